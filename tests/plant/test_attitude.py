"""What bodies do with their attitude, against closed forms."""

import pytest

from hil import Scenario
from hil.plant.config import Hold
from hil.prepare import prepare
from tests.closed_loop.flights import HEADER
from tests.plant.plants import SPHERE, plant


def test_inertial_hold_stays_with_the_stars():
    q = (0.5, 0.5, 0.5, -0.5)
    p = plant(SPHERE, hold=Hold(q, frame="inertial", bias_rad=(0.01, 0.0, -0.02)))
    start = p.state("target")["q_body_from_eci"]
    p.run(20_000, 100_000)
    assert p.state("target")["q_body_from_eci"] == pytest.approx(start, abs=1e-5)
    assert p.hold_error_rad() < 1e-5


@pytest.mark.parametrize(
    "attitude",
    [
        '{ mode = "inertial_hold", q_body_from_eci = [0.6, 0.0, 0.8, 0.0] }',
    ],
)
def test_a_chaser_starts_before_the_port_as_it_is_then(tmp_path, attitude):
    """Port to port along the axis of a target that tumbles or keeps with the stars, facing it."""
    exact = "\n[dispersions]\n" + "".join(
        f"{key} = 0.0\n"
        for key in ("initial_position_m", "initial_velocity_mps", "initial_attitude_deg", "initial_rate_deg_s", "com_m")
    )
    path = tmp_path / "other.toml"
    path.write_text(
        "schema = 2\n" * ("schema" not in HEADER) + HEADER.format(name="other", base="iss-contact") + exact
        + f'\n[[vehicle]]\nname = "iss"\nattitude = {attitude}\n'
    )  # fmt: skip
    p = prepare(Scenario.load(path), 3).plant
    port = p.port()
    assert port["axial_m"] == pytest.approx(20.0, abs=1e-6)
    assert port["lateral_m"] == pytest.approx(0.0, abs=1e-6)
    assert port["pitch_yaw_rad"] == pytest.approx(0.0, abs=1e-6)
