"""Consistency of the navigation over a campaign: made-up filters whose answer is known, and a flown run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gnc import flight, kernels
from hil import Log, fly
from hil.campaign.consistency import Consistent, assess, measure


@pytest.fixture(scope="module")
def log() -> Log:
    return fly("iss-contact", seed=4)


def measured(log: Log, telemetry: Any) -> Mapping[str, Mapping[str, Any]]:
    return measure(log.scenario.flight.phases, log.scenario.instrument_kinds, log.sensors, telemetry, log.truth)


def last_before_contact(log: Log) -> int:
    return int(np.flatnonzero(log.truth["contact_status"] == 0)[-1])


def perfect(log: Log) -> Any:
    """Telemetry that tells the truth, with sigmas of 1."""
    told = log.telemetry.copy()
    told["q_body_from_eci"] = -log.truth["q_body_from_eci"]  # the same attitude
    for name in ("r_chaser_target_hill_m", "v_chaser_target_hill_mps"):
        told[name] = log.truth[name]
    for name in ("sigma_r_hill_m", "sigma_v_hill_mps", "sigma_attitude_rad"):
        told[name] = 1.0
    return told


def test_what_tells_the_truth_has_no_error(log: Log) -> None:
    nees = measured(log, perfect(log))["final"]["nees"]
    assert [max(nees[name]) for name in ("position", "velocity", "attitude")] == pytest.approx([0.0] * 3, abs=1e-25)


def test_an_error_is_squared_in_units_of_its_sigma(log: Log) -> None:
    """A radial error of 0.3 m is one of 3 sigma; in the inertial rate it is one of 1.13 mrad/s x 0.3 m along-track."""
    told, at = perfect(log), last_before_contact(log)
    told["r_chaser_target_hill_m"][at] += (0.3, 0.0, 0.0)
    told["sigma_r_hill_m"][at] = 0.1
    told["v_chaser_target_hill_mps"][at] += (0.002, 0.0, 0.0)
    told["sigma_v_hill_mps"][at] = 0.001
    told["q_body_from_eci"][at] = kernels.quat_mul(
        kernels.quat_from_rotvec(np.array([2.0e-4, 0.0, -1.0e-4])), log.truth["q_body_from_eci"][at]
    )
    told["sigma_attitude_rad"][at] = 1.0e-4
    nees = measured(log, told)["final"]["nees"]
    assert nees["position"] == pytest.approx([9.0, 0.0, 0.0], rel=1e-5, abs=0.0)
    assert nees["velocity"] == pytest.approx([4.0, 0.3394**2, 0.0], rel=0.01, abs=0.0)
    assert nees["attitude"] == pytest.approx([4.0, 0.0, 1.0], rel=1e-4, abs=1e-20)


def test_innovations_are_those_of_the_updates_alone(log: Log) -> None:
    """Telemetry repeats the last innovation in every cycle; only cycles with a measurement count."""
    told = log.telemetry.copy()
    seen = np.zeros(len(log.sensors), bool)
    seen[flight.measurements(log.sensors, flight.Kind.CAMERA)["row"]] = True
    valid = seen & (log.truth["contact_status"] == 0)
    told["instrument_nis"][:, 4] = np.where(valid, 2.0, 1.0e6)
    nis = measured(log, told)["final"]["nis"]
    images = flight.measurements(log.sensors, flight.Kind.CAMERA)
    degrees = np.where(images["count"] == 7, 6, 3)[(valid & (told["phase"] == 5))[images["row"]]]
    assert nis["camera"] == {
        "mean": pytest.approx(2.0 * len(degrees) / degrees.sum(), rel=1e-6, abs=0.0),
        "count": degrees.sum(),
    }
    assert 0 < len(degrees) < len(told) / 4


def test_software_that_declares_no_sigma_has_no_figures(log: Log) -> None:
    told = log.telemetry.copy()
    told["sigma_r_hill_m"] = 0.0
    assert measured(log, told) == {}
    assert measured(log, log.telemetry) != {}


# ---- over a campaign ----------------------------------------------------------------------------


def rows(error_over_sigma: float, runs: int = 400) -> list[dict[str, float]]:
    rng = np.random.default_rng(12)
    made = []
    for _ in range(runs):
        row = {
            f"consistency.s3.nees.position.{i}": x
            for i, x in enumerate((error_over_sigma * rng.standard_normal(3)) ** 2)
        }
        count = int(rng.integers(150, 450))
        row["consistency.s3.nis.camera.mean"] = error_over_sigma**2 * rng.chisquare(count) / count
        row["consistency.s3.nis.camera.count"] = count
        made.append(row)
    return made


@pytest.mark.parametrize(("factor", "judgement"), [(1.0, "inside"), (1.2, "optimistic"), (0.83, "pessimistic")])
def test_a_filter_is_judged_by_its_chi_square_bounds(factor: float, judgement: str) -> None:
    found = assess(rows(factor), confidence=0.99)
    assert [(c.kind, c.quantity, c.axis) for c in found] == [
        ("nees", "position", "x"), ("nees", "position", "y"), ("nees", "position", "z"), ("nis", "camera", ""),
    ]  # fmt: skip
    for c in found:
        assert c.judgement == judgement and c.phase == "s3" and c.runs == 400
        assert c.sigma_ratio == pytest.approx(factor, rel=0.1, abs=0.0)
    assert found[0].samples == 400 and found[3].samples > 400 * 50
    # 400 values of one degree of freedom: normal to 1 +- 2.576 sqrt(2 / 400), skewed a little upwards
    assert (found[0].low, found[0].high) == pytest.approx((0.826, 1.191), abs=0.003)


def test_a_figure_of_few_cases_is_judged_over_those() -> None:
    made: list[dict[str, Any]] = [*rows(1.0, 40), {"case": 40, "verdict": "ERROR"}]
    made[0]["consistency.retreat-hold.nees.attitude.2"] = 30.0
    found = {(c.phase, c.quantity, c.axis): c for c in assess(made)}
    assert found["s3", "position", "x"].runs == 40
    alone: Consistent = found["retreat-hold", "attitude", "z"]
    assert alone.runs == 1 and alone.judgement == "optimistic"
    assert assess([{"case": 0}]) == []
