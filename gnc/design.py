"""Offline design of the flight gains and offsets: LQR, loop margins, passive-safety offsets.

Nothing here runs in flight or in a simulated run: LAPACK's last bit varies between machines, so
the numbers it gives are frozen in the scenario, and a test holds them against `DECLARED_WEIGHTS`.

The flight law is, on each axis, an acceleration demand ``a = -kp e - kd v`` sampled at the control
cycle and held over the cycle; gains are accelerations per error, so they do not depend on mass or
inertia. See docs/design/control_design.md and docs/design/passive_safety.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import expm

from gnc import flight

if TYPE_CHECKING:  # python-control takes seconds to import; margins, which every report shows, do without
    import control
    from matplotlib.figure import Figure

FloatArray = npt.NDArray[np.float64]

CYCLE_S = 0.1
_DECADES_OF_FREQUENCY = 4.5
_MARGIN_FREQUENCIES = 2000


# ---- gains --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BrysonWeights:
    """Largest acceptable position error, velocity and acceleration of one axis (Bryson's rule).

    SI for translation, radians for attitude. `velocity` may be infinite: no price on velocity
    alone, which gives the Butterworth damping ratio 1/sqrt(2).

    Raises:
        ValueError: a weight is not positive, or position or acceleration is not finite.
    """

    position: float
    velocity: float
    acceleration: float

    def __post_init__(self) -> None:
        for name in ("position", "velocity", "acceleration"):
            value = getattr(self, name)
            if not value > 0.0 or (name != "velocity" and math.isinf(value)):
                raise ValueError(f"Bryson weight {name} = {value!r}: expected a positive finite number")


@dataclass(frozen=True)
class Gains:
    """Gains of ``a = -kp e - kd v`` on one axis: `kp_ps2` [1/s^2], `kd_ps` [1/s]."""

    kp_ps2: float
    kd_ps: float

    @property
    def natural_frequency_radps(self) -> float:
        """Undamped natural frequency sqrt(kp) of the continuous loop."""
        return math.sqrt(self.kp_ps2)

    @property
    def damping_ratio(self) -> float:
        """Damping ratio kd / (2 sqrt(kp)) of the continuous loop."""
        return self.kd_ps / (2.0 * math.sqrt(self.kp_ps2))


DECLARED_WEIGHTS: Mapping[str, BrysonWeights] = MappingProxyType(
    {
        "attitude": BrysonWeights(position=0.01, velocity=math.inf, acceleration=4.0e-4),
        "s2_hold": BrysonWeights(position=10.0, velocity=0.07, acceleration=1.0e-3),
        "s3_hold": BrysonWeights(position=5.0, velocity=0.045, acceleration=1.0e-3),
        "approach": BrysonWeights(position=2.5, velocity=0.1, acceleration=1.0e-3),
        "s4_hold": BrysonWeights(position=1.25, velocity=0.1, acceleration=2.0e-3),
        "final": BrysonWeights(position=0.1, velocity=math.inf, acceleration=2.25e-3),
        "retreat": BrysonWeights(position=0.2, velocity=math.inf, acceleration=2.0e-3),
    }
)
"""The weights behind the gains of the shipped scenarios, by loop."""


def cw_plant(n_radps: float, cycle_s: float) -> control.StateSpace:
    """Clohessy-Wiltshire motion in hill axes sampled at the cycle, acceleration held over it.

    Args:
        n_radps: mean motion of the target; 0 gives three double integrators.
        cycle_s: control cycle.

    Returns:
        Discrete state space: 6 states [r_hill, v_hill], 3 inputs (acceleration), 6 outputs.
        Source: Clohessy and Wiltshire 1960, in the form of Fehse 2003, eq. 3.20.
    """
    import control

    return control.ss(*_sampled_cw(n_radps, cycle_s), np.eye(6), np.zeros((6, 3)), cycle_s)


def _sampled_cw(n_radps: float, cycle_s: float) -> tuple[FloatArray, FloatArray]:
    """A and B of `cw_plant`."""
    _require_positive("cycle_s", cycle_s)
    n = n_radps
    continuous = np.zeros((9, 9))  # with the held acceleration as three more states
    continuous[:3, 3:6] = np.eye(3)
    continuous[3, 0], continuous[3, 4] = 3.0 * n * n, 2.0 * n
    continuous[4, 3] = -2.0 * n
    continuous[5, 2] = -n * n
    continuous[3:6, 6:] = np.eye(3)
    sampled = np.asarray(expm(continuous * cycle_s))
    return sampled[:6, :6], sampled[:6, 6:]


def lqr_gain(weights: BrysonWeights, cycle_s: float = CYCLE_S, n_radps: float = 0.0) -> FloatArray:
    """Discrete LQR gain on the sampled CW plant with the same Bryson weights on each axis.

    Returns:
        K of ``a = -K [r, v]``, shape (3, 6), 1/s^2 and 1/s. With `n_radps` = 0 it is decoupled.
    """
    import control

    plant = cw_plant(n_radps, cycle_s)
    # Bryson and Ho 1975, sec. 5.2: one over the square of the largest acceptable value.
    Q = np.diag([weights.position**-2] * 3 + [weights.velocity**-2] * 3)
    R = np.eye(3) * weights.acceleration**-2
    K, _, _ = control.dlqr(plant, Q, R)
    return np.asarray(K, dtype=np.float64)


def design_gains(weights: BrysonWeights, cycle_s: float = CYCLE_S) -> Gains:
    """Gains of one axis: discrete LQR on the double integrator sampled at the cycle."""
    K = lqr_gain(weights, cycle_s)
    return Gains(kp_ps2=float(K[0, 0]), kd_ps=float(K[0, 3]))


def weights_for(natural_frequency_radps: float, damping_ratio: float, position: float) -> BrysonWeights:
    """Bryson weights whose continuous LQR has the given natural frequency and damping.

    On a double integrator kp = a/r and kd^2 = 2 kp + (a/v)^2 with (r, v, a) the weights, so
    a = r w^2 and a/v = w sqrt(4 zeta^2 - 2); LQR reaches no damping below 1/sqrt(2).

    Raises:
        ValueError: damping ratio below 1/sqrt(2), or a value that is not positive.
    """
    _require_positive("natural_frequency_radps", natural_frequency_radps)
    surplus = 4.0 * damping_ratio * damping_ratio - 2.0
    if surplus < -1.0e-12:
        raise ValueError(f"damping_ratio = {damping_ratio!r}: expected at least 1/sqrt(2), the least that LQR gives")
    acceleration = position * natural_frequency_radps**2
    rate = natural_frequency_radps * math.sqrt(max(surplus, 0.0))
    return BrysonWeights(position, acceleration / rate if rate > 0.0 else math.inf, acceleration)


# ---- margins ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoopMargins:
    """Margins of one sampled loop, broken at its actuator with the other loops closed.

    Attributes:
        loop: name of the loop.
        gain_margin_db: upward gain margin.
        phase_margin_deg: phase margin at the highest crossover.
        delay_margin_s: least further delay that makes the loop unstable.
        disk_margin: balanced disk margin alpha; gain may vary by (2 + a)/(2 - a) and phase with it.
        bandwidth_radps: -3 dB frequency of position over commanded position.
    """

    loop: str
    gain_margin_db: float
    phase_margin_deg: float
    delay_margin_s: float
    disk_margin: float
    bandwidth_radps: float


def _delayed_plant(cycle_s: float, delay_cycles: int, n_radps: float) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, B and C of the sampled CW plant behind a chain of `delay_cycles` unit delays on its inputs."""
    plant_a, plant_b = _sampled_cw(n_radps, cycle_s)
    size = 6 + 3 * delay_cycles
    A, B, C = np.zeros((size, size)), np.zeros((size, 3)), np.zeros((6, size))
    A[:6, :6], C[:, :6] = plant_a, np.eye(6)
    for k in range(delay_cycles):
        row = slice(0, 6) if k == 0 else slice(3 + 3 * k, 6 + 3 * k)
        A[row, 6 + 3 * k : 9 + 3 * k] = plant_b if k == 0 else np.eye(3)
    if delay_cycles:
        B[-3:, :] = np.eye(3)
    else:
        B[:6, :] = plant_b
    return A, B, C


def loop_transfer(
    gains: Gains, cycle_s: float = CYCLE_S, delay_cycles: int = 1, n_radps: float = 0.0, axis: int = 0
) -> control.StateSpace:
    """Open loop of one axis at its actuator (negative feedback), the other two axes closed.

    Args:
        gains: the same on each axis, as the flight law has them.
        cycle_s: control cycle; the command is held over it.
        delay_cycles: whole cycles from the measurement to the start of the held command.
        n_radps: mean motion; 0 for a double integrator, as attitude is.
        axis: hill axis 0..2.
    """
    import control

    return control.ss(*_open_loop(gains, cycle_s, delay_cycles, n_radps, axis), 0.0, cycle_s)


def _open_loop(
    gains: Gains, cycle_s: float, delay_cycles: int, n_radps: float, axis: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, B and C of `loop_transfer`."""
    A, B, C = _delayed_plant(cycle_s, delay_cycles, n_radps)
    K = np.hstack([gains.kp_ps2 * np.eye(3), gains.kd_ps * np.eye(3)]) @ C
    others = [i for i in range(3) if i != axis]
    A_others_closed = A - B[:, others] @ K[others, :]
    return A_others_closed, B[:, [axis]], K[[axis], :]


def closed_loop(
    gains: Gains, cycle_s: float = CYCLE_S, delay_cycles: int = 1, n_radps: float = 0.0
) -> control.StateSpace:
    """All three axes closed: from commanded position, hill, m (3) to position (3)."""
    import control

    return control.ss(*_closed_loop(gains, cycle_s, delay_cycles, n_radps), np.zeros((3, 3)), cycle_s)


def _closed_loop(
    gains: Gains, cycle_s: float, delay_cycles: int, n_radps: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """A, B and C of `closed_loop`."""
    A, B, C = _delayed_plant(cycle_s, delay_cycles, n_radps)
    K = np.hstack([gains.kp_ps2 * np.eye(3), gains.kd_ps * np.eye(3)]) @ C
    return A - B @ K, B * gains.kp_ps2, C[:3, :]


def loop_margins(
    loop: str, gains: Gains, cycle_s: float = CYCLE_S, delay_cycles: int = 1, n_radps: float = 0.0
) -> LoopMargins:
    """Margins of the worst axis of one loop; arguments as `loop_transfer`.

    The phase and delay margins are taken at the crossover, the disk margin (Seiler, Packard and
    Gahinet 2020, theorem 1 with zero skew) on a grid of frequencies up to Nyquist.

    Raises:
        ValueError: the closed loop is unstable.
    """
    A, B, C = _closed_loop(gains, cycle_s, delay_cycles, n_radps)
    if np.max(np.abs(np.linalg.eigvals(A))) >= 1.0:
        raise ValueError(f"loop {loop}: unstable with kp = {gains.kp_ps2!r}, kd = {gains.kd_ps!r}")
    nyquist = math.pi / cycle_s
    grid = np.geomspace(nyquist * 10.0**-_DECADES_OF_FREQUENCY, nyquist, _MARGIN_FREQUENCIES, endpoint=False)
    worst: dict[str, float] = {}
    for axis in range(3) if n_radps else (0,):
        L = _Response(*_open_loop(gains, cycle_s, delay_cycles, n_radps, axis), cycle_s)
        on_grid = L(grid)
        at_180 = L(_crossings(lambda w, L=L: L(w).imag, grid, on_grid.imag))  # type: ignore[misc]
        crossovers = _crossings(lambda w, L=L: np.abs(L(w)) - 1.0, grid, np.abs(on_grid) - 1.0)  # type: ignore[misc]
        phase_margins = np.degrees(np.angle(-L(crossovers)))
        inverses = -1.0 / np.append(at_180.real, L(np.array([nyquist])).real)
        figures = {
            "gain_margin_db": 20.0 * math.log10(np.min(inverses[inverses > 1.0])),
            "phase_margin_deg": np.min(phase_margins),
            "delay_margin_s": np.min(np.radians(phase_margins % 360.0) / crossovers),
            "disk_margin": 1.0 / np.max(np.abs(1.0 / (1.0 + on_grid) - 0.5)),
            "bandwidth_radps": _bandwidth(_Response(A, B[:, [axis]], C[[axis], :], cycle_s), grid),
        }
        worst = {name: min(float(value), worst.get(name, math.inf)) for name, value in figures.items()}
    return LoopMargins(loop=loop, **worst)


@dataclass(frozen=True)
class _Response:
    """Frequency response of a sampled system of one input and one output, without feedthrough."""

    A: FloatArray
    B: FloatArray
    C: FloatArray
    cycle_s: float

    def __call__(self, w_radps: FloatArray) -> npt.NDArray[np.complex128]:
        """The response at each of the frequencies, shape (n,)."""
        z = np.exp(1j * np.asarray(w_radps) * self.cycle_s)
        states = np.linalg.solve(z[:, None, None] * np.eye(len(self.A)) - self.A, self.B)
        return np.asarray((self.C @ states)[:, 0, 0])


def _crossings(function: Callable[[FloatArray], FloatArray], grid: FloatArray, on_grid: FloatArray) -> FloatArray:
    """Frequencies at which a function of the frequency crosses zero, each found between two points of the grid."""
    found = []
    for at in np.flatnonzero(np.diff(np.sign(on_grid))):
        low, high = grid[at], grid[at + 1]
        for _ in range(3):  # 32 parts of 32 of 32: below the rounding of the function
            fine = np.linspace(low, high, 33)
            values = function(fine)
            part = int(np.argmax(np.diff(np.sign(values)) != 0))
            low, high = fine[part], fine[part + 1]
        found.append(low - values[part] * (high - low) / (values[part + 1] - values[part]))
    return np.array(found)


def _bandwidth(response: _Response, grid: FloatArray) -> float:
    """Least frequency of the grid, interpolated, at which the response is 3 dB below its static gain."""
    magnitude = np.abs(response(grid)) / np.abs(response(np.zeros(1)))
    limit = 1.0 / math.sqrt(2.0)
    first = int(np.argmax(magnitude < limit))
    return float(np.interp(-limit, -magnitude[first - 1 : first + 1], grid[first - 1 : first + 1]))


def margins(
    params: Any,
    phase_names: Sequence[str] | None = None,
    delay_cycles: int = 1,
) -> list[LoopMargins]:
    """Margins of every control loop of a set of flight parameters, for the report.

    Args:
        params: one record of `gnc.flight.PARAMS`; read are cycle_s, the attitude's gains, those of each phase's law,
            and mu_m3ps2 and target_r_eci_m for the mean motion.
        phase_names: names of the phases, in the order of the table; their numbers if None.
        delay_cycles: whole cycles from the measurement to the start of the held command.

    Returns:
        The attitude loop, then each phase that controls translation (kp above 0), in phase order.

    Raises:
        ValueError: a loop is unstable, or fewer names than phases.
    """
    count = int(params["phase_count"])
    names = [f"phase {i}" for i in range(count)] if phase_names is None else list(phase_names)
    if len(names) < count:
        raise ValueError(f"phase_names has {len(names)} names: expected {count}, one a phase")
    cycle_s = float(params["cycle_s"])
    radius = math.sqrt(sum(float(r) ** 2 for r in params["target_r_eci_m"]))
    n = math.sqrt(float(params["mu_m3ps2"]) / radius**3)
    attitude = Gains(float(params["attitude_kp_ps2"]), float(params["attitude_kd_ps"]))
    result = [loop_margins("attitude", attitude, cycle_s, delay_cycles)]
    known: dict[Gains, LoopMargins] = {}
    for i in range(count):
        own = flight.law_block(params, i)
        if "kp_ps2" in own and own["kp_ps2"] > 0.0:
            phase = Gains(float(own["kp_ps2"]), float(own["kd_ps"]))
            loop = f"translation, {names[i]}"
            if phase not in known:
                known[phase] = loop_margins(loop, phase, cycle_s, delay_cycles, n)
            result.append(replace(known[phase], loop=loop))
    return result


def step_response(
    gains: Gains, cycle_s: float = CYCLE_S, delay_cycles: int = 1, duration_s: float | None = None
) -> tuple[FloatArray, FloatArray]:
    """Response of one axis to a unit step of the commanded position.

    Returns:
        (t, position): times in s, shape (N,), and position, shape (N,). The default duration is
        twelve natural periods over two pi.
    """
    import control

    span = 12.0 / gains.natural_frequency_radps if duration_s is None else duration_s
    times = np.arange(round(span / cycle_s) + 1) * cycle_s
    response = control.step_response(closed_loop(gains, cycle_s, delay_cycles)[0, 0], times)
    return np.asarray(response.time), np.asarray(response.outputs)


def plot_step_responses(gains_by_loop: Mapping[str, Gains], cycle_s: float = CYCLE_S) -> Figure:
    """Step responses of several loops over normalised time, as a matplotlib figure."""
    from matplotlib.figure import Figure as NewFigure

    figure = NewFigure(figsize=(7.0, 4.0), layout="constrained")
    axes = figure.add_subplot()
    for loop, gains in gains_by_loop.items():
        t, position = step_response(gains, cycle_s)
        axes.plot(t * gains.natural_frequency_radps, position, label=loop)
    axes.set_xlabel("time x natural frequency [rad]")
    axes.set_ylabel("position over command [1]")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    return figure


# ---- passive safety -----------------------------------------------------------------------------


@dataclass(frozen=True)
class DriftCase:
    """What a free drift is judged by. In-plane hill axes, x radial out, y along-track.

    Attributes:
        n_radps: mean motion of the target.
        keep_out_m: the drift stays behind y = -keep_out_m.
        covariance: of [x, y, vx, vy] at the shutdown, navigation and control errors together, 1 sigma,
            shape (4, 4), m and m/s. Radial position and along-track velocity are strongly
            (negatively) correlated in a converged filter: giving their correlation pays.
        sigmas: how many sigma are covered.
        orbits: how long the drift lasts.
        relative_accel_mps2: constant along-track acceleration of the chaser over the target's
            (differential drag; negative when the chaser is braked more, which brings it closer).
    """

    n_radps: float
    keep_out_m: float
    covariance: FloatArray
    sigmas: float = 3.0
    orbits: float = 4.0
    relative_accel_mps2: float = 0.0

    def __post_init__(self) -> None:
        for name in ("n_radps", "sigmas", "orbits"):
            _require_positive(name, getattr(self, name))
        if np.shape(self.covariance) != (4, 4):
            raise ValueError(f"covariance has shape {np.shape(self.covariance)}: expected (4, 4) of [x, y, vx, vy]")
        if np.min(np.linalg.eigvalsh(self.covariance)) < -1e-12 * np.max(np.abs(self.covariance)):
            raise ValueError("covariance has a negative eigenvalue: expected positive semidefinite")

    def _times(self) -> FloatArray:
        """Times at which the drift is judged: 360 an orbit, the start included."""
        return np.linspace(0.0, self.orbits * 2.0 * math.pi / self.n_radps, round(self.orbits * 360) + 1)

    def _dispersion(self, t: FloatArray) -> FloatArray:
        """`sigmas` sigma of y after drifting for t, m."""
        rows = along_track_rows(self.n_radps, t)
        variance = np.einsum("ti,ij,tj->t", rows, self.covariance, rows)
        return np.asarray(self.sigmas * np.sqrt(np.maximum(variance, 0.0)))

    def _drag(self, t: FloatArray) -> FloatArray:
        """Along-track displacement by the relative acceleration after t, m."""
        n = self.n_radps
        # Fehse 2003, eq. 3.21 with a constant along-track force.
        return np.asarray(self.relative_accel_mps2 * (4.0 / n**2 * (1.0 - np.cos(n * t)) - 1.5 * t**2))


def along_track_rows(n_radps: float, t: FloatArray) -> FloatArray:
    """The rows of the CW state transition that give y after t from [x, y, vx, vy]; shape (N, 4)."""
    n = n_radps
    s, c = np.sin(n * t), np.cos(n * t)
    return np.stack([6.0 * (s - n * t), np.ones_like(t), 2.0 / n * (c - 1.0), 4.0 / n * s - 3.0 * t], axis=1)


def drift_per_orbit_m(n_radps: float, x_m: float, vy_mps: float) -> float:
    """Along-track drift an orbit of a free motion: -12 pi x - 6 pi vy / n (negative: falls behind)."""
    return -12.0 * math.pi * x_m - 6.0 * math.pi * vy_mps / n_radps


def hop_drift_per_orbit_m(x_start_m: float, x_aim_m: float) -> float:
    """The same after the first burn of a half-orbit two-impulse hop: -1.5 pi (x_start + x_aim)."""
    return -1.5 * math.pi * (x_start_m + x_aim_m)


def drift_clearance_m(case: DriftCase, state: Sequence[float]) -> float:
    """Least distance, over the drift, between the `sigmas`-sigma front of y and the keep-out plane.

    Args:
        state: nominal [x, y, vx, vy] at the shutdown, m and m/s, y negative (behind the target).

    Returns:
        Clearance in m; negative where the plane y = -keep_out_m is crossed.
    """
    t = case._times()
    front = along_track_rows(case.n_radps, t) @ np.asarray(state) + case._drag(t) + case._dispersion(t)
    return float(np.min(-case.keep_out_m - front))


def least_hold_offset_m(case: DriftCase, y_m: float) -> float:
    """Least radial offset x >= 0 of a hold at rest at y whose dispersed free drift stays clear.

    y(t) = y0 + 6 (sin nt - nt) x0 + drag + dispersion <= -keep_out bounds x0 from below at each t.

    Raises:
        ValueError: the hold itself is not outside the keep-out plane by its own dispersion.
    """
    t = case._times()
    excess = y_m + case._drag(t) + case._dispersion(t) + case.keep_out_m
    if excess[0] > 0.0:
        raise ValueError(f"y_m = {y_m!r}: within the keep-out plane at {-case.keep_out_m!r} m by its own dispersion")
    recession = -along_track_rows(case.n_radps, t)[1:, 0]
    return max(0.0, float(np.max(excess[1:] / recession)))


def least_hop_aim_offset_m(case: DriftCase, x_start_m: float, y_start_m: float, y_aim_m: float) -> float:
    """Least aim offset of a half-orbit hop whose free drift, thrust lost after its first burn, stays clear.

    The covariance of `case` is the one at the end of the burn. With the aim xf the burn leaves
    vy = n (xf - 7 x0) / 4, and y(t) is linear in xf.

    Raises:
        ValueError: no aim offset is enough (the hop overshoots the plane before it can drift off).
    """
    n, t = case.n_radps, case._times()
    rows = along_track_rows(n, t)
    spread = case._drag(t) + case._dispersion(t) + case.keep_out_m
    at_rest, per_metre = (
        rows @ np.asarray([x, y, *hop_departure_velocity(n, x, y, x_aim, y_aim)])
        for x, y, x_aim, y_aim in ((x_start_m, y_start_m, 0.0, y_aim_m), (0.0, 0.0, 1.0, 0.0))
    )
    excess = at_rest + spread
    receding = per_metre < -1e-9
    least = max(0.0, float(np.max(excess[receding] / -per_metre[receding])))
    front = excess + per_metre * least
    if np.max(front) > 1e-6:
        raise ValueError(
            f"y_aim_m = {y_aim_m!r}: no aim offset keeps the dispersed hop behind the keep-out plane; "
            "aim farther out or lessen the covariance"
        )
    return least


def hop_departure_velocity(
    n_radps: float, x_start_m: float, y_start_m: float, x_aim_m: float, y_aim_m: float
) -> tuple[float, float]:
    """(vx, vy) just after the first impulse of a CW transfer in half an orbit, m/s."""
    n = n_radps
    vy = n * (x_aim_m - 7.0 * x_start_m) / 4.0
    vx = -n * (y_aim_m - y_start_m + 6.0 * math.pi * x_start_m + 3.0 * math.pi * vy / n) / 4.0
    return vx, vy


def _require_positive(name: str, value: float) -> None:
    if not (value > 0.0 and math.isfinite(value)):
        raise ValueError(f"{name} = {value!r}: expected a positive finite number")
