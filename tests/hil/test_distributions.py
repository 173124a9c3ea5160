"""Declared distributions: what is drawn has the declared law, and a mistaken one is one clear line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from hil.dispersion import declared_sigma, sample
from hil.distributions import KINDS, Point, cholesky, truncated_normal
from hil.noise import inverse_normal
from hil.prepare import prepare
from hil.scenario import DEG, Scenario, ScenarioError

DRAWS = 300
RARE = 1.0e-4  # p value below which a seeded sample is not of its law


def loaded(*overrides: str) -> Scenario:
    return Scenario.load("iss-vbar", [f"dispersions.{item}" for item in overrides])


def drawn(scenario: Scenario, field: str) -> Any:
    return np.array([getattr(sample(scenario, 11, case), field) for case in range(DRAWS)])


# ---- the law ------------------------------------------------------------------------------------


def test_the_normal_quantile_is_that_of_scipy() -> None:
    p = np.concatenate([np.linspace(1e-6, 1.0 - 1e-6, 2001), 10.0 ** -np.arange(1.0, 301.0, 3.0)])
    found, expected = np.array([inverse_normal(v) for v in p]), stats.norm.ppf(p)
    assert np.all(np.abs(found - expected) <= 4.0e-15 * np.maximum(np.abs(expected), 1.0))


@pytest.mark.parametrize(
    ("mean", "sigma", "low", "high"),
    [
        (0.0, 1.0, -1.0, 2.0),
        (0.0, 1.0, 5.0, 6.0),
        (3.0, 2.0, -20.0, 30.0),
        (0.0, 1.0, -8.0, -7.5),
        (0.0, 1.0, 7.9, 12.0),
    ],
)
def test_the_truncated_quantile_is_that_of_scipy(mean: float, sigma: float, low: float, high: float) -> None:
    p = np.linspace(0.001, 0.999, 53)
    found = np.array([truncated_normal(v, mean, sigma, low, high) for v in p])
    expected = stats.truncnorm.ppf(p, (low - mean) / sigma, (high - mean) / sigma, mean, sigma)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11)
    assert low <= found.min() and found.max() <= high


@pytest.mark.parametrize(
    ("declared", "law"),
    [
        ('{kind="normal", mean=0.05, sigma=0.02}', stats.norm(0.05, 0.02)),
        ('{kind="uniform", low=-0.1, high=0.3}', stats.uniform(-0.1, 0.4)),
        ('{kind="truncated", mean=0.1, sigma=0.2, low=-0.1, high=0.2}', stats.truncnorm(-1.0, 0.5, 0.1, 0.2)),
    ],
)
def test_draws_are_of_the_declared_law(declared: str, law: Any) -> None:
    values = drawn(loaded(f"mass_ratio={declared}"), "mass_ratio")
    assert stats.kstest(values, law.cdf).pvalue > RARE


def test_lists_are_drawn_one_by_one_or_all_together() -> None:
    each = drawn(loaded('com_m={kind="list", values=[-0.1, 0.0, 0.2]}'), "com_body_m")
    assert set(each.ravel()) == {-0.1, 0.0, 0.2}
    assert stats.chisquare(np.unique(each, return_counts=True)[1]).pvalue > RARE
    assert len(np.unique(each, axis=0)) == 27
    together = drawn(loaded('com_m={kind="list", values=[[0.1, 0.0, 0.2], [0.0, 0.3, 0.0]]}'), "com_body_m")
    assert {tuple(row) for row in together} == {(0.1, 0.0, 0.2), (0.0, 0.3, 0.0)}


def test_axes_have_their_own_numbers_and_angles_are_in_degrees() -> None:
    angles = drawn(
        loaded('initial_attitude_deg={kind="uniform", low=[-1.0, 2.0, 0.0], high=[1.0, 3.0, 0.5]}'),
        "initial_attitude_body_rad",
    )
    low, high = angles.min(axis=0) / DEG, angles.max(axis=0) / DEG
    np.testing.assert_allclose(low, [-1.0, 2.0, 0.0], atol=0.02)
    np.testing.assert_allclose(high, [1.0, 3.0, 0.5], atol=0.02)


def test_a_factor_is_drawn_as_declared_and_a_sensor_error_too() -> None:
    factors = drawn(loaded('density_factor={kind="uniform", low=0.7, high=1.6}'), "density_factor")
    assert stats.kstest(factors, stats.uniform(0.7, 0.9).cdf).pvalue > RARE
    camera = Scenario.load("iss-vbar", ['instrument.camera.boresight_deg={kind="list", values=[-0.1, 0.1]}'])
    assert {abs(v) for v in sample(camera, 1).instruments["camera_boresight_rad"]} == {0.1 * DEG}


COVARIANCE = np.array([
    [100.0, 20.0, 0.0, 0.0, -0.01, 0.0],
    [20.0, 400.0, 0.0, -0.3, 0.0, 0.0],
    [0.0, 0.0, 25.0, 0.0, 0.0, 0.002],
    [0.0, -0.3, 0.0, 4.0e-4, 0.0, 0.0],
    [-0.01, 0.0, 0.0, 0.0, 1.0e-4, 0.0],
    [0.0, 0.0, 0.002, 0.0, 0.0, 1.0e-4],
])  # fmt: skip


def correlated(of: str, name: str, matrix: Any) -> str:
    return f"correlated=[{{of={of}, {name}={np.asarray(matrix).tolist()}}}]"


def test_position_and_velocity_are_drawn_with_their_covariance() -> None:
    together = correlated('["initial_position_m", "initial_velocity_mps"]', "covariance", COVARIANCE)
    scenario = loaded(together, 'initial_position_m={kind="normal", mean=[5.0, 0.0, 0.0], sigma=1.0}')
    both = np.hstack([drawn(scenario, "initial_position_hill_m"), drawn(scenario, "initial_velocity_hill_mps")])
    mean = np.array([5.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    # of draws of that law, (x - mean)' P^-1 (x - mean) is chi-square of 6 degrees
    distance2 = np.einsum("ni,ij,nj->n", both - mean, np.linalg.inv(COVARIANCE), both - mean)
    assert stats.kstest(distance2, stats.chi2(6).cdf).pvalue > RARE
    sigma = np.sqrt(np.diag(COVARIANCE))
    np.testing.assert_allclose(np.corrcoef(both.T), COVARIANCE / np.outer(sigma, sigma), atol=0.15)
    np.testing.assert_allclose(both.std(axis=0), sigma, rtol=0.15)


def test_a_correlation_leaves_the_sigma_of_the_keys() -> None:
    rho = np.eye(6)
    rho[1, 3] = rho[3, 1] = -0.9
    together = correlated('["handover_position_m", "handover_velocity_mps"]', "correlation", rho)
    scenario = loaded(together)
    position, velocity = (drawn(scenario, f"handover_{name}") for name in ("position_hill_m", "velocity_hill_mps"))
    np.testing.assert_allclose(position.std(axis=0), 10.0, rtol=0.15)
    assert np.corrcoef(position[:, 1], velocity[:, 0])[0, 1] == pytest.approx(-0.9, abs=0.03)
    untouched = sample(loaded(), 11, 3).upload_target_position_eci_m
    assert sample(scenario, 11, 3).upload_target_position_eci_m == untouched


def test_cholesky_against_numpy() -> None:
    np.testing.assert_allclose(cholesky(COVARIANCE.tolist()), np.linalg.cholesky(COVARIANCE), rtol=1e-14, atol=1e-16)


def test_a_point_gives_its_coordinates_and_normals_by_inversion() -> None:
    point = Point([0.25, 0.975])
    assert point.uniform() == 0.25 and point.normal() == pytest.approx(1.959963984540054, abs=1e-14)


# ---- what flight is told ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        ("handover_position_m=30.0", 10.0),
        ('handover_position_m={kind="normal", mean=3.0, sigma=4.0}', 5.0),
        ('handover_position_m={kind="uniform", low=-6.0, high=6.0}', 12.0**0.5),
        ('handover_position_m={kind="truncated", sigma=1.0, low=-1.0, high=1.0}', stats.truncnorm(-1.0, 1.0).std()),
        ('handover_position_m={kind="list", values=[-2.0, 2.0]}', 2.0),
        (
            correlated('["initial_rate_deg_s", "handover_position_m"]', "covariance", np.diag([1.0] * 3 + [4.0] * 3)),
            2.0,
        ),
    ],
)
def test_flight_is_told_the_root_mean_square_of_what_is_declared(declared: str, expected: float) -> None:
    scenario = loaded(declared)
    assert declared_sigma(scenario, "handover_position_m") == pytest.approx(expected, rel=1e-4, abs=0.0)
    assert prepare(scenario, 1).params["init_sigma_r_m"] == declared_sigma(scenario, "handover_position_m")


# ---- mistakes -----------------------------------------------------------------------------------

PAIR = '["com_m", "mass_ratio"]'
INDEFINITE = [[1.0, 0.9, 0.9, 0.0], [0.9, 1.0, -0.9, 0.0], [0.9, -0.9, 1.0, 0.0], [0.0, 0.0, 0.0, 1.0]]
MISTAKES = {
    "mass_ratio=-0.1": "mass_ratio = -0.1: expected a number from 0 to 0.5 (ratio), or a distribution",
    "mass_ratio='2 %'": 'mass_ratio = "2 %": expected a number from 0 to 0.5 (ratio), or a distribution',
    'mass_ratio={kind="gauss"}': 'mass_ratio.kind = "gauss": expected one of "normal", "uniform", "truncated", "list"',
    "mass_ratio={sigma=1.0}": "mass_ratio = {'sigma': 1.0}: a distribution needs its kind: expected one of",
    'mass_ratio={kind="normal", sigma=-0.1}': "mass_ratio.sigma = -0.1: expected a standard deviation >= 0",
    'mass_ratio={kind="normal", sigma=nan}': "mass_ratio.sigma = nan: expected a finite number",
    'mass_ratio={kind="normal", sigma=0.1, men=0.1}': "mass_ratio.men = 0.1: unknown key in [dispersions.mass_ratio]; "
    "did you mean mean?",
    'mass_ratio={kind="normal", sigma=0.2}': "mass_ratio: reaches from -0.6 to 0.6: expected values from -0.5 to 0.5",
    'mass_ratio={kind="uniform", low=0.1, high=0.1}': "mass_ratio.low = 0.1: expected less than high = 0.1",
    'mass_ratio={kind="uniform", low=[0.1, 0.2], high=0.3}': "mass_ratio.low = [0.1, 0.2]: expected one number",
    'com_m={kind="uniform", low=[0.1, 0.2], high=0.3}': "com_m.low = [0.1, 0.2]: expected one number, or 3, one for",
    'com_m={kind="normal", sigma=[0.1, -0.2, 0.1]}': "com_m.sigma = [0.1, -0.2, 0.1]: expected a standard deviation",
    'com_m={kind="truncated", sigma=0.1, low=0.3, high=0.2}': "com_m.low = 0.3: expected less than high = 0.2",
    'com_m={kind="truncated", sigma=0.0, low=0.1, high=0.2}': "com_m.sigma = 0.0: expected a standard deviation > 0",
    'com_m={kind="truncated", sigma=0.01, low=0.1, high=0.2}': "com_m.low = 0.1: expected an interval that reaches "
    "within 8 sigma of the mean 0",
    'com_m={kind="list", values=[]}': "com_m.values = []: expected one value or more",
    'com_m={kind="list", values=[[0.1, 0.2]]}': "com_m.values = [[0.1, 0.2]]: expected numbers only, or lists of 3",
    'density_factor={kind="normal", sigma=0.1}': 'density_factor.kind = "normal": expected a distribution of positive',
    'density_factor={kind="uniform", low=0.0, high=2.0}': "density_factor: reaches from 0 to 2: expected values",
    correlated(PAIR, "correlation", INDEFINITE): "correlated[0].correlation: expected a positive definite matrix: its "
    "smallest eigenvalue is -0.8",
    correlated(PAIR, "covariance", np.zeros((4, 4))): "positive definite matrix: its smallest eigenvalue is 0",
    correlated(PAIR, "covariance", np.eye(3)): "correlated[0].covariance: expected 4 x 4 numbers, those of com_m + "
    "mass_ratio; found 3 x 3",
    correlated(PAIR, "covariance", np.tri(4)): "correlated[0].covariance[1][0] = 1.0: expected a symmetric matrix",
    correlated(PAIR, "correlation", 2.0 * np.eye(4)): "correlation[0][0] = 2.0: expected 1 on the diagonal",
    'correlated=[{of=["com_m"]}]': "correlated[0]: expected either covariance or correlation",
    correlated('["com"]', "covariance", np.eye(3)): 'of[0] = "com": expected a key of [dispersions] that is',
    correlated('["com_m", "com_m"]', "covariance", np.eye(6)): 'of[0] = "com_m": expected once',
    "correlated=3": "dispersions.correlated: expected a list of tables",
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistaken_distribution_is_one_clear_line(mistake: str) -> None:
    with pytest.raises(ScenarioError) as error:
        loaded(mistake)
    line = str(error.value)
    assert MISTAKES[mistake] in line and "\n" not in line and line.startswith("--set: dispersions.")


def test_only_what_is_normal_is_correlated() -> None:
    uniform = 'com_m={kind="uniform", low=0.0, high=0.1}'
    with pytest.raises(ScenarioError, match=r'of\[0\] = "com_m": expected a normal distribution'):
        loaded(uniform, correlated('["com_m"]', "covariance", np.eye(3)))


def test_a_distribution_replaces_another_whole_and_survives_the_log() -> None:
    scenario = loaded('mass_ratio={kind="uniform", low=-0.1, high=0.1}')
    again = Scenario.parse(scenario.to_toml(), "log", ['dispersions.mass_ratio={kind="normal", sigma=0.01}'])
    assert isinstance(again.dispersions.mass_ratio, KINDS["normal"])
    assert sample(Scenario.parse(scenario.to_toml(), "log"), 4) == sample(scenario, 4)
