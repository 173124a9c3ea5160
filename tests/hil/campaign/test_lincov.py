"""Linear covariance: its parts against closed forms and simulation, the whole of it against flown campaigns."""

from __future__ import annotations

from math import erf, sqrt
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import solve_discrete_are
from scipy.stats import chi2, norm

from gnc import kernels
from hil import Scenario, fly
from hil.campaign import campaign
from hil.campaign.lincov import Compared, Gate, compare, predict, prediction
from hil.campaign.lincov.control import Control, DeadBand, ForcedReference
from hil.campaign.lincov.linear import (
    AT,
    CONSIDERED,
    ESTIMATED,
    FILTER,
    I3,
    SIZE,
    STEP_S,
    Augmented,
    burn_statistics,
    cross,
    dead_zone,
    dead_zone_gain,
    dead_zone_mean,
    of,
    relative_motion,
)
from hil.campaign.lincov.navigation import Navigation, RelativeFilter, declared_rms
from hil.campaign.lincov.prediction import Prediction, not_predicted
from hil.campaign.lincov.reference import Path, without_noise
from hil.prepare import prepare
from hil.truth import TRUTH

N_RADPS = 1.13e-3


# ---- parts --------------------------------------------------------------------------------------


def test_free_drift_is_the_clohessy_wiltshire_transition_of_the_covariance() -> None:
    """P after 900 s in steps is Phi P Phi' of the closed form, once inertial rates are taken for turning ones."""
    state = Augmented()
    state.put("r", [4.0, 9.0, 1.0])
    state.put("u", [1e-4, 4e-4, 9e-4])
    start = state.covariance[:6, :6]
    step = np.eye(SIZE)
    step[:6, :6] = relative_motion(N_RADPS, STEP_S)
    for _ in range(900):
        state.apply(step)
    turning = np.block([[I3, np.zeros((3, 3))], [-cross([0.0, 0.0, N_RADPS]), I3]])
    phi = np.linalg.inv(turning) @ np.asarray(kernels.cw_stm(N_RADPS, 900.0)) @ turning
    np.testing.assert_allclose(state.covariance[:6, :6], phi @ start @ phi.T, rtol=1e-9, atol=1e-9)


def test_what_a_phase_begins_with_is_followed() -> None:
    """Of r all comes from the entry; what noise adds to it does not."""
    state = Augmented()
    state.put("r", 4.0)
    state.put("u", 1.0)
    state.begin_phase()
    noise = np.zeros((SIZE, SIZE))
    noise[AT["r"], AT["r"]] = 5.0 * I3
    state.apply(np.eye(SIZE) + np.eye(SIZE, k=3) * (np.arange(SIZE) < 3)[:, None], noise)  # r <- r + u
    rows = of(r=1.0)
    assert state.sigma(rows) == pytest.approx([sqrt(10.0)] * 3, rel=1e-9, abs=0.0)
    assert ((rows @ state.entry) ** 2).sum(axis=1) == pytest.approx([5.0] * 3, rel=1e-9, abs=0.0)


@pytest.fixture(scope="module")
def near() -> tuple[Scenario, Any, Path]:
    scenario = Scenario.load("iss-contact")
    params = prepare(scenario, 1).params
    return scenario, params, Path(scenario, fly(without_noise(scenario)), params)


def test_filter_settles_where_the_riccati_equation_says(near: tuple[Scenario, Any, Path]) -> None:
    _, params, path = near
    r = path.r[0]
    filtered = RelativeFilter(params, path)
    h, variance = np.zeros((3, ESTIMATED + 3)), np.full(3, 0.05**2)
    h[:, 0:3] = h[:, 12:15] = I3
    h[:, 6:9] = np.diag([0.5, -0.5, 0.3])
    for _ in range(6000):
        filtered.gain(h, variance)
        filtered.propagate(r)
    mine = slice(ESTIMATED)  # what is considered is not in h and stays what it is
    noise = filtered.noise[mine, mine].copy()
    noise[12:, 12:] += filtered.bias_sigma_m(r) ** 2 * (1.0 - filtered.keep**2) * I3
    settled = solve_discrete_are(filtered.transition[mine, mine].T, h[:, mine].T, noise, np.diag(variance))
    # velocity takes hours to settle to the last digit under 1e-10 m²/s³
    np.testing.assert_allclose(np.diag(filtered.covariance)[mine], np.diag(settled), rtol=0.02)


def test_in_a_world_as_the_filter_believes_the_errors_are_its_own_covariance(near: tuple[Scenario, Any, Path]) -> None:
    """Truth with the filter's own noise, and a constant that it considers: covariance of r - r^ is the filter's."""
    _, params, path = near
    filtered, state = RelativeFilter(params, path), Augmented()
    boresight = filtered.camera["boresight_sigma_rad"] ** 2
    filtered.covariance = np.diag(np.repeat([1.0, 1e-4, 0.0, 0.0, 0.0, boresight], 3))
    filtered.noise[6:, 6:] = 0.0
    state.put("r^", 1.0)
    state.put("u^", 1e-4)
    state.put("boresight", boresight)
    a, q = np.eye(SIZE), np.zeros((SIZE, SIZE))
    a[:6, :6] = relative_motion(path.n_radps, STEP_S)
    a[FILTER, FILTER] = filtered.transition[:ESTIMATED, :ESTIMATED]
    q[:6, :6] = filtered.noise[:6, :6]
    seen, h, variance = of(r=1.0, boresight=cross([3.0, 250.0, -40.0])), of(r_hat=1.0), np.full(3, 0.04)
    for _ in range(400):
        state.apply(a, q)
        filtered.covariance = filtered.transition @ filtered.covariance @ filtered.transition.T + filtered.noise
        gain = filtered.gain(np.hstack([h[:, FILTER], seen[:, CONSIDERED]]), variance)
        state.correct(gain, seen - h, variance)
    error = np.vstack([of(r=1.0, r_hat=-1.0), of(u=1.0, u_hat=-1.0), of(boresight=1.0)])
    own = np.r_[:6, ESTIMATED : ESTIMATED + 3]
    found = filtered.covariance[np.ix_(own, own)]
    np.testing.assert_allclose(error @ state.covariance @ error.T, found, rtol=1e-8, atol=1e-12)
    assert found[0, 0] > 0.9 * boresight * 250.0**2  # no number of measurements shows it


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (0.7, 0.4), (-1.2, 0.3), (3.0, 0.5)])
def test_dead_zone_of_a_normal_input(mean: float, sigma: float) -> None:
    band = 1.0

    def expected(of_x: Any) -> float:
        density = norm(mean, sigma).pdf
        return float(quad(lambda x: of_x(x) * density(x), mean - 9 * sigma, mean + 9 * sigma, points=[-band, band])[0])

    assert dead_zone_mean(mean, sigma, band) == pytest.approx(expected(lambda x: float(dead_zone(x, band))), abs=1e-8)
    gain = expected(lambda x: float(dead_zone(x, band)) * (x - mean)) / sigma**2
    assert dead_zone_gain(mean, sigma, band) == pytest.approx(gain, abs=1e-8)


def test_dead_band_leaves_an_error_in_two_heaps_at_its_edges() -> None:
    """20 time constants after a start spread over +-30 m a band of 3 m holds what a simulation of the law says."""
    band, k, sigma = 3.0, 0.05, np.full(3, 10.0)
    loop = DeadBand(band, k, 1.0e3)
    for _ in range(400):
        sigma = sigma * (1.0 - STEP_S * k * loop.gain(np.zeros(3), sigma, sigma)[0])
    x = 10.0 * np.random.default_rng(3).standard_normal(20000)
    for _ in range(400):
        x = x - STEP_S * k * dead_zone(x, band)
    assert sigma == pytest.approx([x.std()] * 3, rel=0.02, abs=0.0)
    inside = erf(0.3 / sqrt(2.0))
    assert x.std() == pytest.approx(3.0 * sqrt(1.0 - inside + inside / 3.0), rel=0.02, abs=0.0)


def test_noise_alone_meets_a_dead_band_as_if_normal() -> None:
    loop = DeadBand(1.0, 0.01, 1.0e3)
    mean = np.array([0.0, 0.5, 2.0])
    gain, outside = loop.gain(mean, np.full(3, 0.4), np.zeros(3))
    assert gain == pytest.approx(dead_zone_gain(mean, 0.4, 1.0), rel=1e-9, abs=0.0)
    assert outside == pytest.approx(dead_zone_mean(mean, 0.4, 1.0), rel=1e-9, abs=0.0)


def test_a_forced_leg_arrives_later_the_further_out_it_starts() -> None:
    """Far out it runs at its largest speed, so that a metre costs the inverse of it; the rest fades on the way."""
    params = prepare(Scenario.load("iss-vbar"), 1).params
    leg = ForcedReference(params, 3, 249.0, 2000, 0.1)
    assert leg.later_s_per_m == pytest.approx(1.0 / 0.28, abs=0.11)  # counted in cycles of 0.1 s
    assert leg.along[0] == pytest.approx(1.0, rel=1e-9, abs=0.0) and leg.along[-1] == pytest.approx(0.0, abs=0.001)
    assert leg.across[0] == 1.0 and leg.across[-1] == pytest.approx(0.0, abs=0.001)


def test_an_error_that_no_sensor_shows_moves_no_estimate(near: tuple[Scenario, Any, Path]) -> None:
    """A turned target that is known to be turned, and a centre of mass out of place with the estimate as much out."""
    scenario, params, path = near
    innovations = []

    class Seen(Augmented):
        def correct(self, gain: Any, innovation: Any, noise: Any) -> None:
            innovations.append(innovation)

    navigation = Navigation(scenario, params, path)
    step = int(np.flatnonzero(path.updates["rgnss"] * path.updates["camera_pose"])[0])
    navigation.update(Seen(), step)
    turn = cross([0.0, 0.0, path.n_radps])
    unseen = np.zeros((2, SIZE))
    unseen[0, AT["hold"]] = unseen[0, AT["theta^"]] = [2e-3, -1e-3, 3e-3]
    unseen[1, AT["com"]] = [0.01, 0.02, -0.03]
    unseen[1, AT["r^"]], unseen[1, AT["u^"]] = -unseen[1, AT["com"]], -turn @ unseen[1, AT["com"]]
    assert len(innovations) == 4
    for innovation in innovations:
        np.testing.assert_allclose(innovation @ unseen.T, 0.0, atol=1e-12)


# ---- burns --------------------------------------------------------------------------------------

QUANTUM = np.full(3, 8.0e-4)
CYCLE = 3.2e-3


def burn(mean: list[float], sigma: float, force: float = 0.0, least: float = 0.0) -> tuple[Any, Any]:
    return burn_statistics(np.array(mean), sigma**2 * I3, QUANTUM, CYCLE, np.full(3, force), least)


def test_a_burn_below_the_smallest_firing_gives_nothing() -> None:
    gain, left = burn([0.0, 0.0, 0.0], 1.0e-4)
    assert np.abs(gain).max() < 1e-9 and np.abs(left).max() < 1e-16


def test_a_burn_of_one_cycle_gives_what_is_asked() -> None:
    gain, left = burn([1.4e-3, 1.4e-3, -1.4e-3], 1.0e-5)
    np.testing.assert_allclose(gain, I3, atol=1e-9)
    assert np.abs(left).max() < 1e-16


def test_a_burn_not_worth_it_is_not_made() -> None:
    gain, left = burn([1.4e-3, 1.4e-3, -1.4e-3], 1.0e-5, least=1.0e-2)
    assert np.abs(gain).max() < 1e-9 and np.abs(left).max() < 1e-16


def test_a_long_burn_leaves_anything_within_a_quantum() -> None:
    gain, left = burn([0.1, 0.02, -0.05], 2.0e-3, force=0.01)
    np.testing.assert_allclose(gain, I3, atol=0.02)
    np.testing.assert_allclose(left, np.diag(QUANTUM**2 / 3.0), atol=0.1 * QUANTUM[0] ** 2 / 3.0)


# ---- the whole of it ----------------------------------------------------------------------------


def test_the_reference_flight_repeats_and_draws_nothing() -> None:
    still = without_noise(Scenario.load("iss-contact"))
    assert fly(still, seed=1).digest == fly(still, seed=2).digest


def test_the_predicted_filter_is_the_one_that_flies() -> None:
    """Sigmas of position that telemetry declares in a flown case at the last gate, within 5 %."""
    scenario = Scenario.load("iss-final")
    log = fly(scenario, seed=10031)
    prediction = Prediction(scenario, fly(without_noise(scenario)))
    gate = list(prediction.gates())[-1]
    row = int(np.flatnonzero(log.telemetry["phase"] == scenario.flight.phases.index(gate))[-1])
    told = log.telemetry["sigma_r_hill_m"][row]
    own = np.diag(prediction.navigation.filter.covariance)[:3] + prediction.p["com_sigma_m"] ** 2
    assert np.sqrt(own) == pytest.approx(told, rel=0.05, abs=0.0)


def test_the_mean_that_the_law_leaves_goes_on_into_the_next_leg() -> None:
    """The reference flight is one of many in a dead band: what it begins the next leg with is not the mean of them."""
    scenario = Scenario.load("iss-final")
    p = Prediction(scenario, fly(without_noise(scenario)))
    before, after = p.path.legs[1:3]
    first = Control(p.p, p.path, p.navigation, before, p.state, p.along)
    first.mean = p.path.error[before.last] + [0.02, 0.0, -0.03]
    first.mean_rate = p.path.error_rate[before.last] + [0.0, 0.0, 1.0e-4]
    first.finish()
    second = Control(p.p, p.path, p.navigation, after, p.state, p.along)
    assert second.mean - p.path.error[after.first] == pytest.approx([0.02, 0.0, -0.03], rel=1e-9, abs=0.0)
    assert second.mean_rate - p.path.error_rate[after.first] == pytest.approx([0.0, 0.0, 1.0e-4], rel=1e-9, abs=0.0)


def agrees(found: Compared, confidence: float = 0.9995) -> bool:
    """Whether the true ratio may lie within 0.8 to 1.25, for all that so many cases say."""
    freedom = found.runs - 1
    low, high = chi2.interval(confidence, freedom)
    return found.ratio * sqrt(freedom / low) >= 0.8 and found.ratio * sqrt(freedom / high) <= 1.25


@pytest.fixture(scope="module")
def final() -> list[Compared]:
    flown = campaign("iss-final", 60, seed=10041, jobs=2)
    return compare(flown.scenario, flown.rows)


def test_prediction_and_campaign_agree_but_at_the_edge_of_a_dead_band(final: list[Compared]) -> None:
    assert {(c.gate, c.axis) for c in final} == {(g, a) for g in ("s3", "approach", "s4") for a in "xyz"}
    for c in final:
        assert c.low_m < c.sampled_m < c.high_m and c.ratio == pytest.approx(
            c.sampled_m / c.predicted_m, rel=1e-9, abs=0.0
        )
        assert agrees(c) or (c.at_edge and 1.0 < c.ratio < 2.0), c
    assert sum(agrees(c) for c in final) >= 7


@pytest.mark.long
def test_a_hop_is_predicted_too() -> None:
    flown = campaign("iss-vbar", 200, seed=10043, jobs=2)
    found = {(c.gate, c.axis): c for c in compare(flown.scenario, flown.rows)}
    assert len(found) == 15
    for where, c in found.items():  # on H-bar s3 is left to drift within the velocity dead band
        assert agrees(c) or ((c.at_edge or where == ("s3", "z")) and 1.0 < c.ratio < 2.0), c
    assert all(agrees(found["hop", axis]) for axis in "xyz")


def test_doubled_noise_is_predicted_to_matter() -> None:
    """Navigation errors grow with the sensors' true noise; what the filter believes stays."""
    plain = predict(Scenario.load("iss-final"))
    worse = predict(Scenario.load("iss-final", ["instrument.camera.boresight_deg=0.3"]))
    gates: list[tuple[Gate, Gate]] = list(zip(plain.values(), worse.values(), strict=True))
    for before, after in gates[1:]:
        assert np.trace(after.navigation_m2) > 1.5 * np.trace(before.navigation_m2)


def test_nothing_is_predicted_of_what_breaks_off_or_is_commanded() -> None:
    scenario = Scenario.load("iss-contact", ["scenario.max_duration_s=20.0"])
    assert predict(scenario) == {}


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ('fault=[{instrument="camera",kind="dropout",start_s=5.0}]', "faults or telecommands are declared"),
        ('vehicle.cargo.orbit={kind="docked"}', "does not start at rest before"),
        (
            'vehicle.iss.attitude={mode="inertial_hold",q_body_from_eci=[1.0,0.0,0.0,0.0]}',
            "the target holds no LVLH attitude",
        ),
    ],
)
def test_what_is_no_approach_to_a_held_port_is_refused_with_its_reason(override: str, expected: str) -> None:
    scenario = Scenario.load("iss-contact", [override])
    reason = not_predicted(scenario)
    assert reason is not None and expected in reason
    assert predict(scenario) == {} and not_predicted(Scenario.load("iss-contact")) is None


@pytest.mark.parametrize(("excess", "predicted"), [(1.0, True), (1.004, True), (1.006, False), (1.2, False)])
def test_nothing_is_predicted_on_an_eccentric_orbit(
    excess: float, predicted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At perigee v² r / mu is 1 + e: 0.8 % and 1.2 % of eccentricity lie on either side of the limit."""
    scenario = Scenario.load("iss-contact", [f"effector.mechanism.capture_angle_deg={9.0 + excess}"])
    truth = np.zeros(1, TRUTH)
    truth["r_target_eci_m"] = [7.0e6, 0.0, 0.0]
    truth["v_target_eci_mps"] = [0.0, excess * sqrt(scenario.central_body.mu_m3ps2 / 7.0e6), 0.0]
    flown = SimpleNamespace(verdict="PASS", truth=truth)
    monkeypatch.setattr(prediction, "fly", lambda scenario: flown)
    monkeypatch.setattr(prediction, "Prediction", lambda scenario, flown: SimpleNamespace(gates=lambda: {"s4": None}))
    assert bool(predict(scenario)) is predicted
    rows = [{f"gate.final.{axis}": 0.0 for axis in range(3)}] * 30
    assert compare(scenario, rows) == [] == compare(Scenario.load("iss-final"), [])


def test_declared_spread_of_any_kind_counts_by_its_root_mean_square() -> None:
    scenario = Scenario.load(
        "iss-final", ['dispersions.com_m={kind="uniform", low=-0.03, high=0.03}', "instrument.camera.boresight_deg=0.3"]
    )
    assert declared_rms(scenario, "dispersions.com_m") == pytest.approx(0.03 / sqrt(3.0), rel=1e-9, abs=0.0)
    assert declared_rms(scenario, "instrument.camera.boresight_deg") == pytest.approx(0.1, rel=1e-9, abs=0.0)
