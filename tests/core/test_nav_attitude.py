"""The attitude filter: consistent on a world that is as it was told, and steady on one that is not."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.spatial.transform import Rotation
from scipy.stats import chi2

from tests.core.internals import CYCLE_US, Array, Core, Parameters, blank_frame, scenario_params, with_imu
from tests.jacobian import assert_columns_close, by_differences

DT = CYCLE_US * 1e-6
RUNS = 60
CYCLES = 600
LATE = 2  # cycles
BIAS_SIGMA = 2e-5  # its share in a fix 0.2 s late, which the filter neglects, stays a tenth of the noise
SIGMA0 = 5e-3
MATCHED: dict[str, Any] = {
    "gyro_arw_radps05": 5e-6, "gyro_rrw_radps15": 1e-7, "gyro_bias_sigma_radps": BIAS_SIGMA,
    "star_sigma_cross_rad": 5e-5, "star_sigma_roll_rad": 3e-4, "star_misalignment_sigma_rad": 0.0,
    "init_sigma_attitude_rad": SIGMA0, "gate_chi2_3dof": 100.0,
}  # fmt: skip


def turned(rotvec: Array) -> Rotation:
    """Components in a frame that turned by rotvec, from those before (docs/conventions.md)."""
    return Rotation.from_rotvec(-np.asarray(rotvec))


def quaternion(r: Rotation) -> Array:
    return r.as_quat(scalar_first=True)


def rotation(q: Array) -> Rotation:
    return Rotation.from_quat(q, scalar_first=True)


def error(c: Core, truth: Rotation) -> Array:
    """The vector angle that turns the estimate into the truth."""
    return -(truth * rotation(c["attitude.q_body_from_eci"]).inv()).as_rotvec()


def star(frame: NDArray[Any], q_star_from_eci: Array, tick: int, valid_us: int) -> None:
    frame["star_valid"], frame["star_seq"], frame["star_t_valid_us"] = 1, tick, valid_us
    frame["star_q_star_from_eci"] = q_star_from_eci


def cycle(c: Core, frame: NDArray[Any]) -> None:
    c["t_us"] = frame["t_us"]
    c.call("nav_imu_take", frame)
    c.call("nav_attitude_propagate", frame)
    c.call("nav_star_update", frame)


def still(core: ctypes.CDLL, **changes: Any) -> Core:
    """A filter that knows its attitude well, at rest in eci, one cycle after the start."""
    c = Core(core, scenario_params(**{**MATCHED, "init_sigma_attitude_rad": 1e-3, **changes}))
    cycle(c, imu(1, np.zeros(3)))
    return c


def imu(tick: int, dtheta: Array) -> NDArray[Any]:
    return with_imu(blank_frame(tick), dtheta)


def seen(c: Core, offset_star: Array = np.zeros(3), late: int = 0, tick: int = 1) -> NDArray[Any]:  # noqa: B008
    """A frame with the estimate itself, turned by a vector angle in star axes."""
    frame = imu(tick, np.zeros(3))
    mount = rotation(c.params["q_star_from_body"])
    truth = turned(offset_star) * mount * rotation(c["attitude.q_body_from_eci"])
    star(frame, quaternion(truth), tick, tick * CYCLE_US - late)
    return frame


# ---- consistency ----


def simulate(core: ctypes.CDLL, seed: int) -> tuple[Array, Array, Array]:
    """One run on a world as the filter believes it: NEES at each tenth star fix, NIS of each fix, final bias error.

    The gyro is Farrenkopf's (1978), in the discrete form of Markley & Crassidis (2014, eq. 4.54).
    """
    rng = np.random.default_rng(seed)
    params = scenario_params(**MATCHED)
    truth = turned(rng.normal(0.0, SIGMA0, 3)) * rotation(params["init_q_body_from_eci"][0])
    c, mount = Core(core, params), rotation(Parameters(params[0])["q_star_from_body"])
    bias, past = rng.normal(0.0, BIAS_SIGMA, 3), [truth]
    white = np.sqrt(MATCHED["gyro_arw_radps05"] ** 2 * DT + MATCHED["gyro_rrw_radps15"] ** 2 * DT**3 / 12)
    sigma = np.array([MATCHED["star_sigma_roll_rad"], *2 * [MATCHED["star_sigma_cross_rad"]]])
    nees, nis = [], []
    spin, phases = rng.normal(0.0, 2e-3, 3), rng.uniform(0.0, 6.0, 3)
    for k in range(1, CYCLES + 1):
        turn = (spin + 1e-3 * np.sin(0.05 * k * DT + phases)) * DT
        before, bias = bias, bias + MATCHED["gyro_rrw_radps15"] * np.sqrt(DT) * rng.normal(size=3)
        truth = turned(turn) * truth
        past.append(truth)
        frame = imu(k, turn + 0.5 * (before + bias) * DT + white * rng.normal(size=3))
        if k % 5 == 0:
            star(
                frame, quaternion(turned(sigma * rng.normal(size=3)) * mount * past[k - LATE]), k, (k - LATE) * CYCLE_US
            )
        cycle(c, frame)
        if k % 5 == 0:
            nis.append(c["attitude.star.nis"][0])
        if k % 50 == 0:
            e = np.concatenate([error(c, truth), bias - c["attitude.bias_radps"]])
            nees.append(e @ np.linalg.solve(c.matrix("attitude.p"), e))
    assert c["attitude.star.rejects"][0] == 0
    return np.array(nees), np.array(nis), bias - c["attitude.bias_radps"]


@pytest.fixture(scope="module")
def runs(core: ctypes.CDLL) -> tuple[Array, Array, Array]:
    nees, nis, bias = zip(*(simulate(core, seed) for seed in range(RUNS)), strict=True)
    return np.array(nees), np.array(nis), np.array(bias)


@pytest.mark.xdist_group("attitude")
def test_errors_are_as_large_as_the_covariance_says(runs: tuple[Array, Array, Array]) -> None:
    """NEES of all six states at twelve times, each over 60 runs inside its 99.9 % bounds (Bar-Shalom et al. 2001,
    section 5.4)."""
    low, high = chi2.ppf([0.0005, 0.9995], 6 * RUNS) / RUNS
    average = runs[0].mean(axis=0)
    assert (low < average).all() and (average < high).all(), average


@pytest.mark.xdist_group("attitude")
def test_innovations_are_as_large_as_predicted_and_white(runs: tuple[Array, Array, Array]) -> None:
    nis = runs[1]
    low, high = chi2.ppf([0.0005, 0.9995], 3 * nis.size) / nis.size
    assert low < nis.mean() < high
    centred = nis - nis.mean()
    correlation = (centred[:, 1:] * centred[:, :-1]).mean() / centred.var()
    assert abs(correlation) < 4.0 / np.sqrt(nis.size)


@pytest.mark.xdist_group("attitude")
def test_the_gyro_bias_is_found(runs: tuple[Array, Array, Array]) -> None:
    """A minute of star fixes leaves a tenth of the bias at switch-on."""
    assert np.sqrt((runs[2] ** 2).mean()) < 0.1 * BIAS_SIGMA


# ---- the linearisation ----


def test_measurement_jacobian(core: ctypes.CDLL) -> None:
    """With small P = e I and large R the correction is e H' R^-1 z: its rows against differences of the innovation,
    derived here for a body that turns, a mounting that is not the identity and a late fix."""
    spin, late_s, small = np.array([4e-3, -7e-3, 5e-3]), 0.2, 1e-6
    mount = rotation(Parameters(scenario_params()[0])["q_star_from_body"])

    def fresh() -> Core:
        c = Core(core, scenario_params(**MATCHED))
        c["attitude.w_body_radps"] = spin
        c.matrix("attitude.p")[:] = small * np.eye(6)
        c.params["star_sigma_cross_rad"] = c.params["star_sigma_roll_rad"] = 0.1
        c["t_us"] = 10 * CYCLE_US
        return c

    def innovation(x: Array, measured: Rotation) -> Array:
        """Vector angle, star axes, from predicted to measured, for an attitude error and a bias error x."""
        now = turned(x[:3]) * rotation(fresh()["attitude.q_body_from_eci"])
        then = turned(-(spin - x[3:]) * late_s) * now
        return -(measured * (mount * then).inv()).as_rotvec()

    predicted = mount * turned(-spin * late_s) * rotation(fresh()["attitude.q_body_from_eci"])
    filters = np.zeros((3, 6))
    for i in range(3):
        c, frame, offset = fresh(), blank_frame(10), np.zeros(3)
        offset[i] = 0.05
        before = rotation(c["attitude.q_body_from_eci"])
        star(frame, quaternion(turned(offset) * predicted), 1, int(10 * CYCLE_US - late_s * 1e6))
        c.call("nav_star_update", frame)
        assert c["attitude.star.rejects"][0] == 0
        correction = np.concatenate(
            [-(rotation(c["attitude.q_body_from_eci"]) * before.inv()).as_rotvec(), c["attitude.bias_radps"]]
        )
        filters[i] = correction * 0.01 / (small * offset[i])
    numeric = -by_differences(lambda state: innovation(state, predicted), [1e-6] * 6)
    assert_columns_close(filters[:, :3], numeric[:, :3], rel=2e-3)  # R is not infinitely larger than P
    # the bias acts on the fix through the 0.2 s since: neglected, below a hundredth of the fix's noise
    assert np.abs(filters[:, 3:]).max() < 1e-9
    assert np.abs(numeric[:, 3:]).max() * 1e-6 < 0.01 * 5e-5


@pytest.mark.parametrize(
    ("known", "arw", "within"),
    # the noise's own turn within half a second, spin times time, is left out: it shows where nothing else does
    [(1.0, MATCHED["gyro_arw_radps05"], 1e-4), (0.0, MATCHED["gyro_arw_radps05"], 1e-4), (0.0, 0.0, 2e-3)],
    ids=["with what was known", "noise alone", "random walk alone"],
)
def test_covariance_propagation_is_the_continuous_one(
    core: ctypes.CDLL, known: float, arw: float, within: float
) -> None:
    """Half a second between fixes against the matrix exponential of the error dynamics, noise by Van Loan (1978)."""
    spin, rng = np.array([2e-3, -3e-3, 1e-3]), np.random.default_rng(5)
    a = known * rng.normal(size=(6, 6)) * np.repeat([1e-4, 1e-5], 3)[:, None]
    c = Core(core, scenario_params(**MATCHED | {"gyro_arw_radps05": arw}))
    c["attitude.p"] = a @ a.T
    for k in range(1, 6):
        frame = imu(k, spin * DT)
        c["t_us"] = frame["t_us"]
        c.call("nav_imu_take", frame)
        c.call("nav_attitude_propagate", frame)
    star(frame, np.zeros(4), 1, 5 * CYCLE_US)  # refused, after the covariance has been brought up to date
    c.call("nav_star_update", frame)
    f = np.zeros((6, 6))
    f[:3, :3] = -np.array([[0, -spin[2], spin[1]], [spin[2], 0, -spin[0]], [-spin[1], spin[0], 0]])
    f[:3, 3:] = -np.eye(3)
    q = np.diag(np.repeat([arw**2, MATCHED["gyro_rrw_radps15"] ** 2], 3))
    whole = expm(np.block([[-f, q], [np.zeros((6, 6)), f.T]]) * 5 * DT)
    phi = whole[6:, 6:].T
    exact = phi @ (a @ a.T) @ phi.T + phi @ whole[:6, 6:]
    sigma = np.sqrt(np.diag(exact))
    assert np.abs((c.matrix("attitude.p") - exact) / np.outer(sigma, sigma)).max() < within


def test_propagation_integrates_the_increments_exactly(core: ctypes.CDLL) -> None:
    """A product of turns is the product of turns, and the bias is taken off first."""
    c, rng = Core(core, scenario_params(**MATCHED)), np.random.default_rng(2)
    truth, bias = rotation(c["attitude.q_body_from_eci"]), np.array([1e-3, -2e-3, 3e-3])
    c["attitude.bias_radps"] = bias
    for k in range(1, 200):
        turn = rng.normal(0.0, 0.001, 3)  # what thrusters can do from one cycle to the next
        cycle(c, imu(k, turn + bias * DT))
        truth = turned(turn) * truth
        assert c["attitude.w_body_radps"] == pytest.approx(turn / DT, abs=1e-12)
    assert np.linalg.norm(error(c, truth)) < 1e-13 * 200


# ---- what is wrong is refused ----


def test_a_perfect_fix_changes_nothing(core: ctypes.CDLL) -> None:
    c = still(core)
    before = c["attitude.q_body_from_eci"].copy()
    cycle(c, seen(c, tick=2))
    assert c["attitude.star.nis"][0] < 1e-20
    assert np.abs(c["attitude.q_body_from_eci"] - before).max() < 1e-15
    assert c["attitude.star.accepted_us"][0] == 2 * CYCLE_US


@pytest.mark.parametrize("axis", range(3))
def test_a_fix_pulls_the_estimate_its_way(core: ctypes.CDLL, axis: int) -> None:
    c, offset = still(core), np.zeros(3)
    offset[axis] = 1e-3
    before = rotation(c["attitude.q_body_from_eci"])
    cycle(c, seen(c, offset, tick=2))
    moved = -(rotation(c["attitude.q_body_from_eci"]) * before.inv()).as_rotvec()
    pulled = rotation(c.params["q_star_from_body"]).apply(moved)
    share = 1e-6 / (1e-6 + (3e-4 if axis == 0 else 5e-5) ** 2)
    assert pulled[axis] == pytest.approx(share * 1e-3, rel=1e-2, abs=0.0)


def test_a_late_fix_is_judged_against_the_attitude_of_its_time(core: ctypes.CDLL) -> None:
    """Turning at 20 mrad/s, 0.2 s late: 4 mrad that are no error."""
    spin = np.array([0.02, 0.0, 0.0])
    c = Core(core, scenario_params(**{**MATCHED, "init_sigma_attitude_rad": 1e-4}))
    mount = rotation(c.params["q_star_from_body"])
    truth = [rotation(c["attitude.q_body_from_eci"])]
    for k in range(1, 11):
        truth.append(turned(spin * DT) * truth[-1])
        frame = imu(k, spin * DT)
        if k == 10:
            star(frame, quaternion(mount * truth[k - LATE]), k, (k - LATE) * CYCLE_US)
        cycle(c, frame)
    assert c["attitude.star.rejects"][0] == 0
    assert c["attitude.star.nis"][0] < 1e-15
    assert np.linalg.norm(error(c, truth[-1])) < 1e-12


def test_an_outlier_is_refused_counted_and_forgotten(core: ctypes.CDLL) -> None:
    c = still(core)
    cycle(c, seen(c, tick=2))
    before, p = c["attitude.q_body_from_eci"].copy(), c["attitude.p"].copy()
    frame = seen(c, np.array([0.0, 0.05, 0.0]), tick=3)
    c["t_us"] = frame["t_us"]
    c.call("nav_star_update", frame)
    assert c["attitude.star.rejects"][0] == c["attitude.star.rejects_in_row"][0] == 1
    assert (c["attitude.q_body_from_eci"] == before).all()
    assert (c["attitude.p"] == p).all()
    assert c["attitude.star.accepted_us"][0] == 2 * CYCLE_US
    cycle(c, seen(c, tick=4))
    assert c["attitude.star.rejects"][0] == 1
    assert c["attitude.star.rejects_in_row"][0] == 0


@pytest.mark.parametrize(
    "q", [[np.nan, 0, 0, 0], [np.inf, 0, 0, 0], [0, 0, 0, 0], [1.01, 0, 0, 0], [0.98, 0, 0, 0], [1, 1, 0, 0]]
)
def test_a_quaternion_that_is_none_is_refused_and_counted(core: ctypes.CDLL, q: list[float]) -> None:
    c = still(core, gate_chi2_3dof=1000.0, init_sigma_attitude_rad=1.0)
    before, frame = c["attitude.q_body_from_eci"].copy(), imu(2, np.zeros(3))
    star(frame, np.array(q), 1, 2 * CYCLE_US)
    cycle(c, frame)
    assert c["attitude.star.rejects"][0] == 1
    assert (c["attitude.q_body_from_eci"] == before).all()
    assert np.isfinite(c["attitude.p"]).all()


def test_the_sign_of_a_quaternion_means_nothing(core: ctypes.CDLL) -> None:
    a, b = still(core), still(core)
    frame = seen(a, np.array([1e-3, 0.0, 0.0]), tick=2)
    cycle(a, frame)
    frame["star_q_star_from_eci"] *= -1.0
    cycle(b, frame)
    assert error(a, rotation(b["attitude.q_body_from_eci"])) == pytest.approx(np.zeros(3), abs=1e-15)


def test_a_number_seen_before_is_no_new_fix(core: ctypes.CDLL) -> None:
    c = still(core)
    frame = seen(c, np.array([1e-3, 0.0, 0.0]), tick=2)
    cycle(c, frame)
    p, q = c["attitude.p"].copy(), c["attitude.q_body_from_eci"].copy()
    c.call("nav_star_update", frame)
    assert (c["attitude.p"] == p).all() and (c["attitude.q_body_from_eci"] == q).all()
    assert c["attitude.star.rejects"][0] == 0


@pytest.mark.parametrize("dtheta", [[np.nan, 0, 0], [0, np.inf, 0], [0, 0, -1e300], [1.01, 0, 0]])
def test_an_increment_no_gyro_can_mean_leaves_the_last_rate_standing(core: ctypes.CDLL, dtheta: list[float]) -> None:
    c, spin = still(core), np.array([1e-2, 0.0, 0.0])
    cycle(c, imu(2, spin * DT))
    expected = turned(spin * DT) * rotation(c["attitude.q_body_from_eci"])
    cycle(c, imu(3, np.array(dtheta)))
    assert np.linalg.norm(error(c, expected)) < 1e-14
    without = imu(4, np.array([1e-3, 0, 0]))
    without["imu_valid"] = 0
    expected = turned(spin * DT) * rotation(c["attitude.q_body_from_eci"])
    cycle(c, without)
    assert np.linalg.norm(error(c, expected)) < 1e-14


def test_the_mounting_error_is_considered_and_not_estimated(core: ctypes.CDLL) -> None:
    c = still(core, star_misalignment_sigma_rad=1e-4)
    for i in range(3):
        assert c.library.internals_nav_attitude_variance(
            ctypes.c_void_p(c.memory.ctypes.data), ctypes.c_size_t(i)
        ) == pytest.approx(c.matrix("attitude.p")[i, i] + 1e-8, rel=1e-12, abs=0.0)
