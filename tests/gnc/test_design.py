"""gnc/design.py: gains, margins and passive-safety offsets against independent computations."""

from __future__ import annotations

import math
import tomllib
from pathlib import Path

import control
import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm, solve_discrete_are

from gnc import design
from hil.prepare import prepare
from hil.scenario import Scenario

N = 0.0011313666536110223  # rad/s, 400 km
ORBIT_S = 2.0 * math.pi / N

HIL = Path(__file__).parents[2] / "hil"
SCENARIO = tomllib.loads((HIL / "missions" / "iss-vbar.toml").read_text())
ISS, CARGO = (
    tomllib.loads((HIL / "vehicles" / f"{name}.toml").read_text())["vehicle"]["port"][0]["position_body_m"][0]
    for name in ("iss", "cargo")
)
FLIGHT = SCENARIO["flight"]
PHASES = {phase["name"]: phase for phase in SCENARIO["phase"]}
LOOP_OF_PHASE = {
    "s2": "s2_hold", "s3": "s3_hold", "approach": "approach", "s4": "s4_hold", "final": "final",
    "retreat": "retreat", "retreat-hold": "s3_hold",
}  # fmt: skip
FROZEN_GAINS = {loop: (PHASES[phase]["kp_ps2"], PHASES[phase]["kd_ps"]) for phase, loop in LOOP_OF_PHASE.items()}
FROZEN_GAINS["attitude"] = (FLIGHT["attitude_kp_ps2"], FLIGHT["attitude_kd_ps"])


def cw_rhs(_t: float, s: np.ndarray, n: float = N, ay: float = 0.0) -> list[float]:
    x, _, vx, vy = s
    return [vx, vy, 3.0 * n * n * x + 2.0 * n * vy, -2.0 * n * vx + ay]


def drift(state: list[float], duration_s: float, ay: float = 0.0, points: int = 2001) -> np.ndarray:
    """Along-track position of an integrated free drift; shape (points,)."""
    t = np.linspace(0.0, duration_s, points)
    return solve_ivp(cw_rhs, (0.0, duration_s), state, "DOP853", t, args=(N, ay), rtol=1e-12, atol=1e-12).y[1]


# ---- gains


def test_declared_weights_give_the_attitude_gains_of_the_scenario() -> None:
    gains = design.design_gains(design.DECLARED_WEIGHTS["attitude"])
    assert (gains.kp_ps2, gains.kd_ps) == pytest.approx(FROZEN_GAINS["attitude"], rel=1e-6, abs=0.0)


@pytest.mark.parametrize("phase", [name for name, phase in PHASES.items() if "kp_ps2" in phase])
def test_declared_weights_give_the_translation_gains_of_the_scenario(phase: str) -> None:
    gains = design.design_gains(design.DECLARED_WEIGHTS[LOOP_OF_PHASE[phase]])
    assert (gains.kp_ps2, gains.kd_ps) == pytest.approx(
        (PHASES[phase]["kp_ps2"], PHASES[phase]["kd_ps"]), rel=1e-6, abs=0.0
    )


def test_every_declared_loop_is_flown() -> None:
    assert set(design.DECLARED_WEIGHTS) == set(FROZEN_GAINS)


def test_lqr_is_the_solution_of_the_riccati_equation() -> None:
    T, w = 0.1, design.DECLARED_WEIGHTS["s4_hold"]
    A, B = np.array([[1.0, T], [0.0, 1.0]]), np.array([[T * T / 2.0], [T]])
    Q, R = np.diag([w.position**-2, w.velocity**-2]), np.array([[w.acceleration**-2]])
    X = solve_discrete_are(A, B, Q, R)
    K = np.linalg.solve(R + B.T @ X @ B, B.T @ X @ A)[0]
    gains = design.design_gains(w, T)
    assert [gains.kp_ps2, gains.kd_ps] == pytest.approx(K, rel=1e-8, abs=0.0)


@pytest.mark.parametrize("zeta", [1.0 / math.sqrt(2.0), 0.8, 1.0, 1.3])
def test_weights_for_give_the_asked_frequency_and_damping(zeta: float) -> None:
    gains = design.design_gains(design.weights_for(0.02, zeta, 2.5), cycle_s=1e-3)
    assert gains.natural_frequency_radps == pytest.approx(0.02, rel=1e-4, abs=0.0)
    assert gains.damping_ratio == pytest.approx(zeta, rel=1e-4, abs=0.0)


def test_cw_plant_is_the_matrix_exponential() -> None:
    a = np.zeros((9, 9))
    a[:3, 3:6] = np.eye(3)
    a[3, 0], a[3, 4], a[4, 3], a[5, 2] = 3 * N * N, 2 * N, -2 * N, -N * N
    a[3:6, 6:] = np.eye(3)
    exact = expm(a * 10.0)
    plant = design.cw_plant(N, 10.0)
    np.testing.assert_allclose(plant.A, exact[:6, :6], rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(plant.B, exact[:6, 6:], rtol=1e-12, atol=1e-15)


def test_orbital_coupling_changes_the_lqr_gain_little_where_the_loop_is_fast() -> None:
    for loop, limit in (("s2_hold", 0.05), ("final", 0.002)):
        weights = design.DECLARED_WEIGHTS[loop]
        coupled, plain = design.lqr_gain(weights, 0.1, N), design.lqr_gain(weights)
        diagonal = [np.diag(k[:, j : j + 3]) for k in (coupled, plain) for j in (0, 3)]
        for with_orbit, without in zip(diagonal[:2], diagonal[2:], strict=True):
            assert np.max(np.abs(with_orbit / without - 1.0)) < limit, loop


@pytest.mark.parametrize("bad", [{"position": 0.0}, {"acceleration": math.inf}, {"velocity": math.nan}])
def test_bad_weights_are_named(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        design.BrysonWeights(**{"position": 1.0, "velocity": 1.0, "acceleration": 1.0, **bad})


def test_unreachable_damping_is_refused() -> None:
    with pytest.raises(ValueError, match="damping_ratio"):
        design.weights_for(0.1, 0.6, 1.0)


# ---- margins


def largest_pole(gains: design.Gains, delay_cycles: int, gain: float = 1.0) -> float:
    """Largest closed-loop pole of one axis, the loop built here from the recursion itself."""
    T = 0.1
    a = np.zeros((2 + delay_cycles, 2 + delay_cycles))
    a[:2, :2] = [[1.0, T], [0.0, 1.0]]
    b = np.array([T * T / 2.0, T])
    k = np.array([gains.kp_ps2, gains.kd_ps]) * gain
    if delay_cycles == 0:
        a -= np.outer(b, k)
    else:
        a[:2, 2] = b
        for i in range(2, 1 + delay_cycles):
            a[i, i + 1] = 1.0
        a[-1, :2] = -k
        a[-1, 2:] = 0.0
    return float(np.max(np.abs(np.linalg.eigvals(a))))


@pytest.mark.parametrize("loop", ["attitude", "final"])
@pytest.mark.parametrize("delay_cycles", [0, 1, 3])
def test_gain_and_delay_margins_are_where_the_loop_goes_unstable(loop: str, delay_cycles: int) -> None:
    gains = design.Gains(*FROZEN_GAINS[loop])
    found = design.loop_margins(loop, gains, delay_cycles=delay_cycles)
    margin = 10.0 ** (found.gain_margin_db / 20.0)
    assert largest_pole(gains, delay_cycles, 0.999 * margin) < 1.0 < largest_pole(gains, delay_cycles, 1.001 * margin)
    extra = found.delay_margin_s / 0.1
    assert largest_pole(gains, delay_cycles + math.floor(extra)) < 1.0
    assert largest_pole(gains, delay_cycles + math.ceil(extra)) > 1.0


@pytest.mark.parametrize(("loop", "delay_cycles", "n"), [("attitude", 1, 0.0), ("final", 3, N), ("s2_hold", 1, N)])
def test_margins_are_those_of_python_control(loop: str, delay_cycles: int, n: float) -> None:
    gains = design.Gains(*FROZEN_GAINS[loop])
    found = design.loop_margins(loop, gains, delay_cycles=delay_cycles, n_radps=n)
    grid = np.geomspace(1e-3, math.pi / 0.1, 4000, endpoint=False)
    worst = [math.inf] * 3
    for axis in range(3) if n else (0,):
        response = design.loop_transfer(gains, 0.1, delay_cycles, n, axis).frequency_response(grid).complex
        above, phases, _, _, crossovers, _ = control.stability_margins(
            control.frd(response, grid, smooth=True), returnall=True
        )
        delays = np.radians(phases % 360.0) / crossovers
        axis_found = (20.0 * math.log10(min(g for g in above if g > 1.0)), min(phases), min(delays))
        worst = [min(pair) for pair in zip(worst, axis_found, strict=True)]
    assert (found.gain_margin_db, found.phase_margin_deg, found.delay_margin_s) == pytest.approx(
        worst, rel=1e-6, abs=0.0
    )


def test_margins_of_the_sampled_loop_approach_the_continuous_ones() -> None:
    zeta, w = 0.8, 0.05
    found = design.loop_margins("x", design.Gains(w * w, 2 * zeta * w), cycle_s=0.01, delay_cycles=0)
    crossover = w * math.sqrt(2 * zeta**2 + math.sqrt(4 * zeta**4 + 1))
    assert found.phase_margin_deg == pytest.approx(math.degrees(math.atan(2 * zeta * crossover / w)), abs=0.05)
    bandwidth = w * math.sqrt(1 - 2 * zeta**2 + math.sqrt(4 * zeta**4 - 4 * zeta**2 + 2))
    assert found.bandwidth_radps == pytest.approx(bandwidth, rel=1e-3, abs=0.0)
    # The disk factor (2 + a e^it)/(2 - a e^it) that puts L through -1 has a = 2 |1 + L| / |1 - L|.
    s = 1j * np.geomspace(1e-3, 1.0, 20001)
    L = (w * w + 2 * zeta * w * s) / s**2
    assert found.disk_margin == pytest.approx(np.min(2 * np.abs((1 + L) / (1 - L))), rel=1e-3, abs=0.0)


def test_every_declared_loop_has_room() -> None:
    """6 dB and 45 degrees with a whole cycle of delay, on the orbiting plant; a second and a half of further delay."""
    for loop, gains in FROZEN_GAINS.items():
        found = design.loop_margins(loop, design.Gains(*gains), n_radps=0.0 if loop == "attitude" else N)
        assert found.gain_margin_db > 6.0, found
        assert found.phase_margin_deg > 45.0, found
        assert found.delay_margin_s > 1.5, found
        assert found.disk_margin > 0.8, found


def test_an_unstable_loop_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="fast"):
        design.loop_margins("fast", design.Gains(100.0, 20.0))


def test_margins_of_flight_parameters_name_each_controlled_loop() -> None:
    scenario = Scenario.load("iss-vbar")
    params, names = prepare(scenario, seed=1).params, scenario.flight.phases
    found = design.margins(params, names)
    assert [m.loop for m in found] == ["attitude", *(f"translation, {n}" for n in names if n in LOOP_OF_PHASE)]
    assert found[0] == design.loop_margins("attitude", design.Gains(*FROZEN_GAINS["attitude"]))
    first = names.index(found[1].loop.removeprefix("translation, "))
    assert design.margins(params)[1].loop == f"translation, phase {first}"
    with pytest.raises(ValueError, match="phase_names"):
        design.margins(params, ["s2_hold"])


def test_step_response_is_the_recursion() -> None:
    gains, T = design.Gains(*FROZEN_GAINS["attitude"]), 0.1
    r = v = held = 0.0
    expected = []
    for _ in range(200):
        expected.append(r)
        command = gains.kp_ps2 * (1.0 - r) - gains.kd_ps * v
        r, v, held = r + T * v + T * T / 2.0 * held, v + T * held, command
    t, position = design.step_response(gains, duration_s=19.9)
    np.testing.assert_allclose(position, expected, atol=1e-12)
    assert t[-1] == pytest.approx(19.9, rel=1e-9, abs=0.0)
    assert 1.0 < np.max(position) < 1.1


def test_figure_has_a_line_for_each_loop() -> None:
    gains = {k: design.Gains(*g) for k, g in FROZEN_GAINS.items()}
    axes = design.plot_step_responses(gains).axes[0]
    assert [line.get_label() for line in axes.lines] == list(FROZEN_GAINS)


# ---- passive safety


def test_drift_per_orbit_is_that_of_an_integrated_drift() -> None:
    x, vy = 3.0, 0.004
    y = drift([x, 0.0, 0.02, vy], ORBIT_S)
    assert design.drift_per_orbit_m(N, x, vy) == pytest.approx(y[-1], abs=1e-6)


@pytest.mark.parametrize(("x_start", "x_aim"), [(0.0, 0.0), (5.0, 8.0), (20.0, -4.0)])
def test_hop_reaches_its_aim_and_drifts_as_stated(x_start: float, x_aim: float) -> None:
    vx, vy = design.hop_departure_velocity(N, x_start, -3500.0, x_aim, -280.0)
    path = solve_ivp(
        cw_rhs, (0.0, ORBIT_S), [x_start, -3500.0, vx, vy], "DOP853", [ORBIT_S / 2.0, ORBIT_S], rtol=1e-12, atol=1e-9
    ).y
    assert path[:2, 0] == pytest.approx([x_aim, -280.0], abs=1e-5)
    assert path[1, 1] + 3500.0 == pytest.approx(design.hop_drift_per_orbit_m(x_start, x_aim), abs=1e-5)


@pytest.mark.parametrize("burnt", [0.0, 0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("which", ["first", "second"])
def test_stopping_inside_either_burn_of_an_offset_hop_drifts_away(burnt: float, which: str) -> None:
    x_start, x_aim = 5.0, 8.0
    vx, vy = design.hop_departure_velocity(N, x_start, -3500.0, x_aim, -280.0)
    state = np.array([x_start, -3500.0, burnt * vx, burnt * vy])
    if which == "second":
        arrival = solve_ivp(cw_rhs, (0.0, ORBIT_S / 2), [x_start, -3500.0, vx, vy], "DOP853", rtol=1e-12, atol=1e-9).y[
            :, -1
        ]
        state = arrival * [1.0, 1.0, 1.0 - burnt, 1.0 - burnt]
    y = drift(list(state), ORBIT_S)
    assert y[-1] - y[0] < -1.5 * math.pi * 4 * min(x_start, x_aim) * 0.5


def covariance(sigma_x: float, sigma_y: float, sigma_vx: float, sigma_vy: float, rho: float = 0.0) -> np.ndarray:
    p = np.diag(np.square([sigma_x, sigma_y, sigma_vx, sigma_vy]))
    p[0, 3] = p[3, 0] = rho * sigma_x * sigma_vy
    return p


CASES = [
    design.DriftCase(N, 200.0, covariance(0.5, 1.0, 0.002, 0.002)),
    design.DriftCase(N, 200.0, covariance(1.0, 2.0, 0.004, 0.003, -0.8)),
    design.DriftCase(N, 200.0, covariance(0.5, 1.0, 0.002, 0.002), relative_accel_mps2=-3.0e-7),
]


def worst_front(case: design.DriftCase, nominal: list[float]) -> float:
    """Largest y over the drifts from the points of the sigma ellipsoid that matter, each integrated."""
    duration = case.orbits * 2 * math.pi / case.n_radps
    times = np.linspace(0.0, duration, 37)
    root = np.linalg.cholesky(case.covariance)
    worst = -math.inf
    for t in times:
        row = design.along_track_rows(case.n_radps, np.array([t]))[0]
        direction = root.T @ row
        error = case.sigmas * root @ direction / np.linalg.norm(direction)
        worst = max(worst, float(np.max(drift(list(np.asarray(nominal) + error), duration, case.relative_accel_mps2))))
    return worst


@pytest.mark.parametrize("case", CASES)
def test_least_hold_offset_just_clears_and_less_does_not(case: design.DriftCase) -> None:
    y = -280.0
    x = design.least_hold_offset_m(case, y)
    assert x > 0.5
    assert worst_front(case, [x, y, 0.0, 0.0]) == pytest.approx(-case.keep_out_m, abs=0.5)
    assert design.drift_clearance_m(case, [x, y, 0.0, 0.0]) == pytest.approx(0.0, abs=1e-6)
    assert design.drift_clearance_m(case, [x - 0.1, y, 0.0, 0.0]) < -0.5


@pytest.mark.parametrize("case", CASES)
def test_least_hop_aim_offset_just_clears_and_less_does_not(case: design.DriftCase) -> None:
    x_start, y_start, y_aim = 2.0, -3500.0, -280.0
    aim = design.least_hop_aim_offset_m(case, x_start, y_start, y_aim)

    def after_burn(x_aim: float) -> list[float]:
        return [x_start, y_start, *design.hop_departure_velocity(N, x_start, y_start, x_aim, y_aim)]

    assert aim > 0.0
    assert design.drift_clearance_m(case, after_burn(aim)) == pytest.approx(0.0, abs=1e-5)
    assert design.drift_clearance_m(case, after_burn(aim - 0.2)) < -0.1


def test_without_dispersion_or_drag_no_offset_is_needed() -> None:
    case = design.DriftCase(N, 200.0, np.zeros((4, 4)))
    assert design.least_hold_offset_m(case, -280.0) == 0.0


def test_the_offset_tends_to_the_drift_criterion_far_from_the_keep_out_plane() -> None:
    """Over many orbits the transient and the distance no longer count: x = 3 sigma_vy / (2 n)."""
    case = design.DriftCase(N, 200.0, covariance(0.0, 0.0, 0.0, 0.002), orbits=400.0)
    assert design.least_hold_offset_m(case, -280.0) == pytest.approx(3 * 0.002 / (2 * N), rel=0.01, abs=0.0)


def test_bad_drift_cases_are_named() -> None:
    with pytest.raises(ValueError, match="covariance"):
        design.DriftCase(N, 200.0, np.eye(3))
    with pytest.raises(ValueError, match="negative eigenvalue"):
        design.DriftCase(N, 200.0, -np.eye(4))
    with pytest.raises(ValueError, match="n_radps"):
        design.DriftCase(0.0, 200.0, np.eye(4))
    with pytest.raises(ValueError, match="y_m"):
        design.least_hold_offset_m(CASES[0], -199.0)
    with pytest.raises(ValueError, match="y_aim_m"):
        design.least_hop_aim_offset_m(CASES[0], 0.0, -3500.0, -205.0)


def test_hold_offset_of_the_scenario_covers_its_dispersion() -> None:
    """The dispersion of docs/design/passive_safety.md, from seeds that prove nothing else."""
    case = design.DriftCase(0.0011273, 200.0, covariance(2.0, 0.45, 0.0023, 0.0012, -0.41))
    y = -(PHASES["s3"]["distance_m"] - ISS + CARGO)
    least = design.least_hold_offset_m(case, y)
    assert 0.5 * PHASES["s3"]["offset_x_m"] < least < PHASES["s3"]["offset_x_m"]
