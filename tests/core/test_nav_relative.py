"""The relative filter: consistent on a world as it was told, its covariance that of the exact dynamics, late and false
measurements, the accelerometer."""

from __future__ import annotations

import ctypes
from functools import cache
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.stats import chi2

from gnc.flight import MEASUREMENT
from tests.core.internals import CYCLE_US, Array, Core, blank_frame, scenario_params, with_imu
from tests.core.world import DT, Truth, gravity, quaternion, rotation, turned

RUNS = 50
SECONDS = 60
LATE = 2
# An attitude that is known, and gates wide open.
MATCHED: dict[str, Any] = {"star_misalignment_sigma_rad": 0.0, "gate_chi2_3dof": 100.0, "init_sigma_attitude_rad": 1e-6}


def propagate(c: Core, frame: NDArray[Any]) -> None:
    """One cycle with the attitude known and held."""
    c["t_us"], c["tick"] = frame["t_us"], frame["tick"]
    c.call("nav_imu_take", frame)
    c.call("nav_relative_propagate", frame)


def started(core: ctypes.CDLL, scenario: str = "iss-final", **changes: Any) -> Core:
    c = Core(core, scenario_params(scenario, **{**MATCHED, **changes}))
    c["attitude.p"] = 0.0
    c.call("nav_relative_remember")
    return c


# ---- consistency ----


@cache
def fly(core: ctypes.CDLL, scenario: str, camera: bool, seed: int = 17) -> dict[str, Array]:
    """NEES of position and velocity, of the target's attitude and of its orbit, each 10 s; NIS of each measurement."""
    filters = [started(core, scenario) for _ in range(RUNS)]
    truth = Truth(filters[0], RUNS, np.random.default_rng(seed))
    found: dict[str, list[Any]] = {
        name: [] for name in ("motion", "attitude", "orbit", "rgnss", "camera", "camera_degrees")
    }
    for k in range(1, SECONDS * 10 + 1):
        truth.step()
        second, half = k % 10 == 0, k % 5 == 0
        frames = truth.frames(LATE, gnss=second, rgnss=second, camera=camera and half) if half else None
        blank = blank_frame(k)
        for i, c in enumerate(filters):
            propagate(c, blank if frames is None else frames[i : i + 1])
            if frames is None:
                continue
            frame = frames[i : i + 1]
            frame["camera_pose_valid"] = frame["camera_range_m"] < 40.0
            for update in ("nav_gnss_update", "nav_rgnss_update", "nav_camera_update"):
                c.call(update, frame)
        if second:
            found["rgnss"].append([c["relative.rgnss.nis"][0] for c in filters])
        if half and camera:
            found["camera"].append([c["relative.camera.nis"][0] for c in filters])
            found["camera_degrees"].append(np.where(frames["camera_pose_valid"], 6, 3))
        if k % 100 == 0:
            for name, values in nees(filters, truth).items():
                found[name].append(values)
    assert sum(int(c[f"relative.{s}.rejects"][0]) for c in filters for s in ("gnss", "rgnss", "camera")) == 0
    return {name: np.array(values) for name, values in found.items()}


def nees(filters: list[Core], truth: Truth) -> dict[str, list[float]]:
    out: dict[str, list[float]] = {"motion": [], "attitude": [], "orbit": []}
    for i, c in enumerate(filters):
        c.call("nav_relative_covariance")
        p = c.matrix("relative.p")
        motion = np.concatenate([truth.dr[i] - c["relative.dr_eci_m"], truth.dv[i] - c["relative.dv_eci_mps"]])
        attitude = np.concatenate(
            [truth.theta[i] - c["relative.theta_tbody_rad"], truth.rate[i] - c["relative.rate_tbody_radps"]]
        )
        orbit = np.concatenate(
            [truth.rt[i] - c["relative.r_target_eci_m"], truth.vt[i] - c["relative.v_target_eci_mps"]]
        )
        out["motion"].append(motion @ np.linalg.solve(p[:6, :6], motion))
        out["attitude"].append(attitude @ np.linalg.solve(p[6:12, 6:12], attitude))
        out["orbit"].append(orbit @ np.linalg.solve(c.matrix("relative.p_orbit"), orbit))
    return out


PLACES = {"far": ("iss-vbar", False), "on the way": ("iss-final", True), "near": ("iss-contact", True)}


@pytest.fixture(params=PLACES)
def runs(core: ctypes.CDLL, request: pytest.FixtureRequest) -> dict[str, Array]:
    """At 3.5 km on GNSS alone; at 249 m with the camera, whose mounting error is then most of what it says across; at
    20 m with the relative attitude as well."""
    scenario, camera = PLACES[request.param]
    return fly(core, scenario, camera)


@pytest.mark.xdist_group("relative")
@pytest.mark.parametrize("what", ["motion", "attitude", "orbit"])
def test_errors_are_as_large_as_the_covariance_says(runs: dict[str, Array], what: str) -> None:
    """NEES at six times, each over 50 runs inside its 99.9 % bounds (Bar-Shalom et al. 2001, section 5.4)."""
    low, high = chi2.ppf([0.0005, 0.9995], 6 * RUNS) / RUNS
    if what == "orbit":  # the relative state's error is weighed as noise of the fix, and lasts longer than that
        high *= 1.25
    average = runs[what].mean(axis=1)
    assert (low < average).all() and (average < high).all(), average


@pytest.mark.xdist_group("relative")
def test_innovations_are_as_large_as_predicted(runs: dict[str, Array]) -> None:
    for what in ("rgnss", "camera"):
        if (nis := runs[what]).size:
            degrees = 6 if what == "rgnss" else runs["camera_degrees"].mean()
            low, high = chi2.ppf([0.0005, 0.9995], degrees * nis.size) / nis.size
            assert low < nis.mean() < high, what


# ---- covariance ----


def variational(p: Any, r: Array, v: Array, seconds: float) -> Array:
    """Two-body state transition in eci by integrating the variational equations (Montenbruck & Gill 2000)."""

    def rate(_: float, x: Array) -> Array:
        at, size = x[:3], np.linalg.norm(x[:3])
        gradient = p["mu_m3ps2"] / size**3 * (3 * np.outer(at, at) / size**2 - np.eye(3))
        phi = x[6:].reshape(6, 6)
        return np.concatenate([x[3:6], -p["mu_m3ps2"] / size**3 * at, np.vstack([phi[3:], gradient @ phi[:3]]).ravel()])

    start = np.concatenate([r, v, np.eye(6).ravel()])
    return solve_ivp(rate, (0, seconds), start, method="DOP853", rtol=1e-11, atol=1e-9).y[6:, -1].reshape(6, 6)


@pytest.mark.parametrize("seconds", [0.4, 1.0, 60.0, 600.0])
def test_covariance_follows_the_exact_transition(core: ctypes.CDLL, seconds: float) -> None:
    """Relative motion and target orbit, without noise, against the two-body transition: within three
    thousandths of the sigmas over ten minutes."""
    c = started(core, rel_accel_psd_m2ps3=0.0, orbit_accel_psd_m2ps3=0.0)
    a = np.random.default_rng(4).normal(size=(6, 6)) * np.repeat([1.0, 1e-3], 3)[:, None]
    c.matrix("relative.p")[:6, :6] = c.matrix("relative.p_orbit")[:] = a @ a.T
    phi = variational(c.params, c["relative.r_target_eci_m"].copy(), c["relative.v_target_eci_mps"].copy(), seconds)
    for k in range(1, round(seconds / DT) + 1):
        propagate(c, blank_frame(k))
    c.call("nav_relative_covariance")
    exact = phi @ a @ a.T @ phi.T
    sigma = np.sqrt(np.diag(exact))
    for p in (c.matrix("relative.p")[:6, :6], c.matrix("relative.p_orbit")):
        assert np.abs((p - exact) / np.outer(sigma, sigma)).max() < 3e-3


@pytest.mark.parametrize("t", [0.3, 10.0])
def test_process_noise_is_the_continuous_one(core: ctypes.CDLL, t: float) -> None:
    """From nothing, white acceleration for part of a covariance step and for many: q t^3/3, q t^2/2, q t."""
    q = 1e-6
    c = started(core, rel_accel_psd_m2ps3=q, orbit_accel_psd_m2ps3=q)
    c["relative.p"] = 0.0
    c["relative.p_orbit"] = 0.0
    for k in range(1, round(t / DT) + 1):
        propagate(c, blank_frame(k))
    c.call("nav_relative_covariance")
    for p in (c.matrix("relative.p"), c.matrix("relative.p_orbit")):
        assert p[0, 0] == pytest.approx(q * t**3 / 3, rel=1e-3, abs=0.0)
        assert p[0, 3] == pytest.approx(q * t**2 / 2, rel=1e-3, abs=0.0)
        assert p[3, 3] == pytest.approx(q * t, rel=1e-3, abs=0.0)


def test_noise_of_the_hold_and_of_the_gnss_bias_over_part_of_a_step(core: ctypes.CDLL) -> None:
    """From nothing, as the continuous processes: white noise on the target's rate, and a Gauss-Markov bias."""
    c, t = started(core), 0.3
    c["relative.p"] = 0.0
    for k in range(1, round(t / DT) + 1):
        propagate(c, blank_frame(k))
    c.call("nav_relative_covariance")
    q, p = c["relative.hold_psd_rad2ps3"][0], c.matrix("relative.p")
    assert [p[6, 6], p[6, 9], p[9, 9]] == pytest.approx([q * t**3 / 3, q * t**2 / 2, q * t], rel=0.02, abs=0.0)
    growth = 1.0 + np.linalg.norm(c["relative.dr_eci_m"]) / c.params["rgnss_growth_m"]
    bias = (c.params["rgnss_bias_sigma_m"] * growth) ** 2 * (1.0 - np.exp(-2.0 * t / c.params["rgnss_bias_tau_s"]))
    assert p[12, 12] == pytest.approx(bias, rel=0.01, abs=0.0)


def test_the_targets_attitude_stays_as_uncertain_as_declared(core: ctypes.CDLL) -> None:
    """The oscillator about the hold is stationary: two hundred seconds change neither variance by 2 %, and with the
    exact transition of the oscillator the correlation decays as it must."""
    c = started(core)
    before = np.diag(c.matrix("relative.p"))[6:12].copy()
    for k in range(1, 2001):
        propagate(c, blank_frame(k))
    c.call("nav_relative_covariance")
    assert np.diag(c.matrix("relative.p"))[6:12] == pytest.approx(before, rel=0.02, abs=0.0)
    stiffness, damping = c["relative.hold_stiffness_ps2"][0], c["relative.hold_damping_ps"][0]
    c["relative.theta_tbody_rad"], c["relative.rate_tbody_radps"] = 1e-2, 0.0
    for k in range(2001, 2201):
        propagate(c, blank_frame(k))
    exact = expm(20.0 * np.array([[0.0, 1.0], [-stiffness, -damping]])) @ [1e-2, 0.0]
    assert c["relative.theta_tbody_rad"] == pytest.approx(np.full(3, exact[0]), abs=1e-3 * 1e-2)


def test_the_gnss_bias_forgets_and_keeps_its_spread(core: ctypes.CDLL) -> None:
    c = started(core)
    c["relative.bias_rgnss_eci_m"] = 0.1
    for k in range(1, 1001):
        propagate(c, blank_frame(k))
    c.call("nav_relative_covariance")
    tau, sigma = c.params["rgnss_bias_tau_s"], c.params["rgnss_bias_sigma_m"]
    growth = 1.0 + np.linalg.norm(c["relative.dr_eci_m"]) / c.params["rgnss_growth_m"]
    assert c["relative.bias_rgnss_eci_m"] == pytest.approx(np.full(3, 0.1 * np.exp(-100.0 / tau)), rel=1e-3, abs=0.0)
    assert np.diag(c.matrix("relative.p"))[12:15] == pytest.approx(np.full(3, (sigma * growth) ** 2), rel=1e-3, abs=0.0)


# ---- state propagation ----


def test_both_craft_follow_the_exact_motion(core: ctypes.CDLL) -> None:
    """Ten minutes of velocity Verlet against DOP853 in the same field: a millimetre relative, a centimetre absolute."""
    c = started(core, "iss-vbar")
    p = c.params
    state = np.concatenate(
        [c[f"relative.{n}"] for n in ("r_target_eci_m", "v_target_eci_mps", "dr_eci_m", "dv_eci_mps")]
    )

    def rate(_: float, x: Array) -> Array:
        a = gravity(p, x[:3])
        return np.concatenate([x[3:6], a, x[9:], gravity(p, x[:3] + x[6:9]) - a])

    exact = solve_ivp(rate, (0, 600.0), state, method="DOP853", rtol=1e-13, atol=1e-9).y[:, -1]
    for k in range(1, 6001):
        propagate(c, blank_frame(k))
    assert np.abs(c["relative.r_target_eci_m"] - exact[:3]).max() < 0.02
    assert np.abs(c["relative.dr_eci_m"] - exact[6:9]).max() < 1e-3
    assert np.abs(c["relative.dv_eci_mps"] - exact[9:]).max() < 1e-6


# ---- the accelerometer ----


def sensed(tick: int, dv: Any, valid: bool = True, on_us: int = 0) -> NDArray[Any]:
    frame = with_imu(blank_frame(tick), dv=dv)
    frame["imu_valid"] = valid
    frame["thruster_applied_us"][0, -1] = on_us
    return frame


@pytest.mark.parametrize("commanded", [True, False])
def test_the_accelerometer_bias_is_learned_only_while_no_thruster_fires(core: ctypes.CDLL, commanded: bool) -> None:
    """A firing is known from the core's own command, or from the valve drivers when somebody else commanded it."""
    c, bias = started(core), np.array([1e-3, -2e-3, 3e-3])
    for k in range(1, 101):
        propagate(c, sensed(k, bias * DT))
    assert c["relative.accel_bias_mps2"] == pytest.approx(bias, rel=1e-9, abs=0.0)
    assert not c["relative.sensed_eci_mps"].any()
    for since in (0, 1):
        c["progress.fired"] = commanded and since == 0
        propagate(c, sensed(101 + since, (bias + 0.2) * DT, on_us=0 if commanded or since else 1))
        assert c["relative.accel_bias_mps2"] == pytest.approx(bias, rel=1e-9, abs=0.0)
        body = rotation(c["attitude.q_body_from_eci"]).apply(c["relative.sensed_eci_mps"])
        assert body == pytest.approx(np.full(3, 0.2 * DT), rel=1e-9, abs=0.0)
    propagate(c, sensed(103, (bias + 0.2) * DT))
    assert not c["relative.sensed_eci_mps"].any()


def test_what_is_sensed_moves_the_chaser(core: ctypes.CDLL) -> None:
    """Two filters, one with a firing: they differ by its velocity, and by half a cycle of it in place."""
    c, twin = started(core), started(core)
    dv = np.array([0.01, -0.02, 0.03])
    propagate(c, sensed(1, dv, on_us=30_000))
    propagate(twin, sensed(1, np.zeros(3), on_us=30_000))
    eci = rotation(c["attitude.q_body_from_eci"]).inv().apply(dv)
    assert c["relative.dv_eci_mps"] - twin["relative.dv_eci_mps"] == pytest.approx(eci, abs=1e-8)
    assert c["relative.dr_eci_m"] - twin["relative.dr_eci_m"] == pytest.approx(0.5 * DT * eci, abs=1e-8)


def test_the_imus_lever_arm_is_taken_out(core: ctypes.CDLL) -> None:
    """A body that spins up about its centre of mass senses velocity at the IMU, and none at the centre."""
    c = started(core)
    arm = c.params["imu_body_m"] - c.params["com_body_m"]
    before, after = np.array([0.01, 0.02, -0.01]), np.array([0.012, 0.017, -0.006])
    c["attitude.w_before_radps"], c["attitude.w_body_radps"] = before, after
    at_imu = np.cross(after - before, arm) + DT * np.cross(after, np.cross(after, arm))
    assert np.linalg.norm(at_imu) > 1e-3
    propagate(c, sensed(1, at_imu, on_us=30_000))
    assert np.abs(c["relative.sensed_eci_mps"]).max() < 1e-15


@pytest.mark.parametrize("dv", [[np.nan, 0, 0], [0, np.inf, 0], [0, 0, 1e3], None])
def test_a_velocity_no_accelerometer_can_mean_is_left_out(core: ctypes.CDLL, dv: Any) -> None:
    for on_us in (0, 30_000):
        c, twin = started(core), started(core)
        propagate(c, sensed(1, np.ones(3) if dv is None else dv, valid=dv is not None, on_us=on_us))
        propagate(twin, blank_frame(1))
        assert (c["relative.dv_eci_mps"] == twin["relative.dv_eci_mps"]).all()
        assert not c["relative.accel_bias_mps2"].any()


def test_the_scale_error_adds_variance_as_the_square_of_the_whole_burn(core: ctypes.CDLL) -> None:
    c = started(core, rel_accel_psd_m2ps3=0.0)
    c["relative.p"] = 0.0
    for k in range(1, 51):
        propagate(c, sensed(k, [0.01, 0.0, 0.0], on_us=30_000))
    c.call("nav_relative_covariance")
    expected = (c.params["accel_scale_sigma"] * 0.5) ** 2
    assert np.diag(c.matrix("relative.p"))[3:6] == pytest.approx(np.full(3, expected), rel=1e-2, abs=0.0)


# ---- past states, and measurements late, false or seen before ----


def test_the_past_is_kept_for_sixteen_cycles_and_read_between_them(core: ctypes.CDLL) -> None:
    c = started(core)
    c["attitude.w_body_radps"] = [1e-2, -2e-2, 1e-2]
    at = [c["relative.dr_eci_m"].copy()]
    for k in range(1, 31):
        propagate(c, blank_frame(k))
        at.append(c["relative.dr_eci_m"].copy())
    out = np.zeros(26)
    for k in range(15, 31):
        assert c.call("nav_relative_at", ctypes.c_uint64(k * CYCLE_US), out)
        assert (out[1:4] == at[k]).all()
    back = 30_000
    assert c.call("nav_relative_at", ctypes.c_uint64(20 * CYCLE_US - back), out)
    assert out[:1].view(np.uint64)[0] == 20 * CYCLE_US - back
    assert out[1:4] == pytest.approx(at[20] - 0.3 * (at[20] - at[19]), abs=1e-6)
    turn = rotation(out[7:11]) * rotation(c["attitude.q_body_from_eci"]).inv()
    assert turn.as_rotvec() == pytest.approx(0.03 * c["attitude.w_body_radps"], rel=1e-9, abs=0.0)
    assert not c.call("nav_relative_at", ctypes.c_uint64(14 * CYCLE_US), out)
    assert not c.call("nav_relative_at", ctypes.c_uint64(31 * CYCLE_US), out)


def test_the_past_moves_with_a_correction(core: ctypes.CDLL) -> None:
    c = started(core)
    for k in range(1, 6):
        propagate(c, blank_frame(k))
    before, after, dx = np.zeros(26), np.zeros(26), np.arange(1.0, 16.0)
    c.call("nav_relative_at", ctypes.c_uint64(3 * CYCLE_US), before)
    c.call("nav_relative_correct", dx)
    c.call("nav_relative_at", ctypes.c_uint64(3 * CYCLE_US), after)
    assert after[1:7] - before[1:7] == pytest.approx(dx[:6], abs=1e-9)
    names = ("theta_tbody_rad", "rate_tbody_radps", "bias_rgnss_eci_m")
    assert np.concatenate([c[f"relative.{n}"] for n in names]) == pytest.approx(dx[6:], rel=1e-9, abs=0.0)


@pytest.mark.parametrize(
    ("seq", "age_us", "taken", "counted"),
    [
        (2, 0, True, 0),
        (2, 200_000, True, 0),
        (2, 1_000_000, True, 0),
        (2, 1_000_001, False, 1),
        (2, -1, False, 1),
        (1, 0, False, 0),
    ],
)
def test_a_measurement_is_taken_once_when_neither_old_nor_from_the_future(
    core: ctypes.CDLL, seq: int, age_us: int, taken: bool, counted: int
) -> None:
    c = started(core)
    c["t_us"], c["relative.rgnss.seen"], c["relative.rgnss.seq"] = 5_000_000, True, 1
    track = ctypes.c_void_p(c["relative.rgnss.accepted_us"].ctypes.data)
    m = np.zeros(1, MEASUREMENT)
    m["seq"], m["t_valid_us"] = seq, 5_000_000 - age_us
    assert c.call("nav_take", track, m) == taken
    assert c["relative.rgnss.rejects"][0] == c["relative.rgnss.rejects_in_row"][0] == counted


def test_the_count_of_rejections_stops_at_the_top(core: ctypes.CDLL) -> None:
    c = started(core)
    track = ctypes.c_void_p(c["relative.rgnss.accepted_us"].ctypes.data)
    c["relative.rgnss.rejects"] = 2**16 - 1
    c.call("nav_accept", track, ctypes.c_bool(False))
    late = np.zeros(1, MEASUREMENT)
    late["seq"], late["t_valid_us"] = 9, 10**9
    c.call("nav_take", track, late)
    assert c["relative.rgnss.rejects"][0] == 2**16 - 1
    assert c["relative.rgnss.rejects_in_row"][0] == 2


def test_quaternions_and_turns_of_the_world_are_the_cores(core: ctypes.CDLL) -> None:
    """The simulated world and the core agree on how a frame turns; else the proofs above would prove nothing."""
    c = started(core)
    q, turn = np.zeros(4), np.array([0.1, -0.2, 0.3])
    core.quat_from_rotvec(q.ctypes.data_as(ctypes.c_void_p), turn.ctypes.data_as(ctypes.c_void_p))
    assert quaternion(turned(turn)) == pytest.approx(q, abs=1e-15)
    assert c.params["cycle_s"] == pytest.approx(DT, rel=1e-9, abs=0.0)


def test_the_handover_is_uncertain_in_hill_axes_and_rates(core: ctypes.CDLL) -> None:
    """Position and velocity come in the turning hill frame with errors of their own; in inertial rates the velocity's
    has the position's in it, which far out is as large."""
    c = started(core, "iss-vbar")
    p, r, v = c.params, c["relative.r_target_eci_m"], c["relative.v_target_eci_mps"]
    turn = np.cross(r, v) / (r @ r)
    to_eci = np.block([[np.eye(3), np.zeros((3, 3))], [np.cross(np.eye(3), turn), np.eye(3)]])
    hill = np.diag(np.repeat([p["init_sigma_r_m"] ** 2, p["init_sigma_v_mps"] ** 2], 3))
    assert c.matrix("relative.p")[:6, :6] == pytest.approx(to_eci @ hill @ to_eci.T, rel=1e-9, abs=1e-18)
