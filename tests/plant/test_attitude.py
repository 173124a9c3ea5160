"""What bodies do with their attitude, against closed forms."""

import math
from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
from scipy.special import ellipk

from hil import Scenario
from hil.plant.config import Hold
from hil.prepare import prepare
from tests.closed_loop.flights import HEADER
from tests.plant.plants import EMPTY, LVLH, SPHERE, TARGET, plant
from tests.plant.test_motion import rotation

# A stage of 11 m x 4 m and 3 t: a rod more than a disc
ROD = replace(TARGET, dry_mass_kg=3000.0, dry_inertia_body_kgm2=(6000.0, 0, 0, 0, 33000.0, 0, 0, 0, 33000.0))
TUMBLE = import_module("hil.plant.attitudes.free_tumble").Tumble
VOID = replace(EMPTY, mu_m3ps2=1e-9)


def tumbling(environment, inertia, q, w):
    body = replace(ROD, dry_inertia_body_kgm2=(inertia[0], 0, 0, 0, inertia[1], 0, 0, 0, inertia[2]))
    p = plant(environment, target=replace(body, attitude=TUMBLE(q, w)))
    p.set_target((6778137.0, 0.0, 0.0), (0.0, 7668.56, 0.0))
    return p


def momentum(p, inertia):
    s = p.state("target")
    return rotation(s["q_body_from_eci"]).T @ (np.array(inertia) * s["w_body_radps"])


def test_tumble_starts_as_it_is_given():
    p = tumbling(SPHERE, (6000.0, 33000.0, 33000.0), LVLH, (0.01, 0.02, -0.03))
    s = p.state("target")
    assert s["w_body_radps"] == (0.01, 0.02, -0.03)
    # at that place hill is ECI
    assert rotation(s["q_body_from_eci"]) == pytest.approx(rotation(LVLH), abs=1e-12)


def test_axisymmetric_tumble_nutates_and_precesses_as_theory_says():
    """Goldstein 2002, section 5.6: a constant nutation angle, precession at H / J_t about the angular momentum."""
    inertia, w = (6000.0, 33000.0, 33000.0), (0.05, 0.02, 0.0)
    p = tumbling(VOID, inertia, (1.0, 0.0, 0.0, 0.0), w)
    h = momentum(p, inertia)
    size = np.linalg.norm(h)
    nutation = math.atan2(33000.0 * 0.02, 6000.0 * 0.05)
    rate = size / 33000.0
    axis_0 = rotation(p.state("target")["q_body_from_eci"]).T @ (1.0, 0.0, 0.0)
    for k in range(1, 9):
        p.run(400, 100_000)
        axis = rotation(p.state("target")["q_body_from_eci"]).T @ (1.0, 0.0, 0.0)
        assert math.acos(axis @ h / size) == pytest.approx(nutation, abs=1e-8)
        # turned about h by the angle of precession (Rodrigues)
        u, angle = h / size, rate * 40.0 * k
        expected = (
            axis_0 * math.cos(angle) + np.cross(u, axis_0) * math.sin(angle) + u * (u @ axis_0) * (1 - math.cos(angle))
        )
        assert axis == pytest.approx(expected, abs=1e-6)
        assert momentum(p, inertia) == pytest.approx(h, rel=1e-8, abs=1e-6)


def test_asymmetric_tumble_has_the_period_of_the_elliptic_integral():
    """Landau and Lifshitz 1976, section 37: the body rate repeats after 4 K(k^2) over a rate of the moments."""
    a, b, c = 1000.0, 2000.0, 2600.0
    w = np.array((0.004, 0.0, 0.03))
    energy2, h2 = a * w[0] ** 2 + c * w[2] ** 2, (a * w[0]) ** 2 + (c * w[2]) ** 2
    assert h2 > energy2 * b
    rate = math.sqrt((c - b) * (h2 - energy2 * a) / (a * b * c))
    k2 = (b - a) * (energy2 * c - h2) / ((c - b) * (h2 - energy2 * a))
    period_s = 4.0 * ellipk(k2) / rate
    p = tumbling(VOID, (a, b, c), (1.0, 0.0, 0.0, 0.0), tuple(w))
    p.run(round(period_s * 1e3 / 2), 1_000)
    assert p.state("target")["w_body_radps"] == pytest.approx((-w[0], 0.0, w[2]), abs=2e-6)
    p.run(round(period_s * 1e3 / 2), 1_000)
    assert p.state("target")["w_body_radps"] == pytest.approx(w, abs=4e-6)


def test_gravity_gradient_turns_a_free_body():
    """A rod at 45 deg to the vertical, at rest: 3/2 n^2 (J_t - J_a) sin 2 theta (Wertz 1978, section 17.2.1)."""
    q = (math.cos(math.pi / 8), 0.0, 0.0, math.sin(math.pi / 8))
    p = tumbling(SPHERE, (6000.0, 33000.0, 33000.0), q, (0.0, 0.0, 0.0))
    p.run(10, 100_000)
    n2 = SPHERE.mu_m3ps2 / 6778137.0**3
    alpha = 1.5 * n2 * (33000.0 - 6000.0) / 33000.0
    assert abs(p.state("target")["w_body_radps"][2]) == pytest.approx(alpha, rel=1e-2, abs=0.0)


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
        '{ mode = "free_tumble", rate_body_deg_s = [0.5, 0.0, 1.0], q_body_from_hill = [0.5, 0.5, 0.5, -0.5] }',
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
