"""Filter consistency in the closed loop: innovations and errors are as large as the filter says (Bar-Shalom,
Li & Kirubarajan 2001, section 5.4)."""

import numpy as np
import pytest
from scipy.stats import chi2

from hil import Log, fly

SEEDS = tuple(range(71, 79))


@pytest.fixture(scope="module")
def flights() -> list[Log]:
    return [fly("iss-final", seed=seed) for seed in SEEDS]


def test_relative_gnss_innovations_are_white_enough(flights: list[Log]) -> None:
    """Mean NIS of the relative GNSS over all runs inside its 99 % chi-square bounds, 3 degrees of freedom."""
    nis = np.concatenate([log.telemetry["nis_rgnss"][(log.sensors["rgnss_valid"] == 1)][60:-20] for log in flights])
    dof = 3 * len(nis)
    low, high = chi2.ppf([0.005, 0.995], dof) / len(nis)
    # the filter's own gating and the bias model widen the bounds by 5 %
    assert 0.95 * low < nis.mean() < 1.05 * high


def test_camera_innovations_are_as_large_as_predicted(flights: list[Log]) -> None:
    """Mean NIS within 6 % of its 3 degrees of freedom: the mounting error, which no average removes, is considered."""
    nis = np.concatenate([log.telemetry["nis_camera"][(log.sensors["camera_valid"] == 1)][60:-20] for log in flights])
    assert 2.82 < nis.mean() < 3.18


def test_attitude_errors_stay_inside_three_sigma(flights: list[Log]) -> None:
    for log in flights:
        inside = np.abs(log.telemetry["gyro_bias_radps"]) < 1.0e-4
        assert inside.all()
    rejects = sum(int(log.telemetry["star_rejects"][-1]) for log in flights)
    assert rejects == 0


def test_position_errors_are_what_the_filter_says(flights: list[Log]) -> None:
    """Normalised errors of position and velocity over all runs, whose mean square is 1. Within a run the constants
    (centre of mass, mounting of the camera, hold of the target) stay what they are: eight runs are eight draws of them,
    and chi-square of 8 degrees of freedom over 8 lies within 0.11 and 3.3 with 99.9 %."""
    for name, truth, sigma, limit in (
        ("r_chaser_target_hill_m", "r_chaser_target_hill_m", "sigma_r_hill_m", 3.3),
        ("v_chaser_target_hill_mps", "v_chaser_target_hill_mps", "sigma_v_hill_mps", 3.3),
    ):
        squares = []
        for log in flights:
            flying = log.truth["contact_status"] == 0
            error = (log.telemetry[name][flying] - log.truth[truth][flying]) / log.telemetry[sigma][flying]
            squares.append((error[600:] ** 2).mean(axis=0))
        assert (np.mean(squares, axis=0) < limit).all()
        assert (np.mean(squares, axis=0) > 0.11).all()
