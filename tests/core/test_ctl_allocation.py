"""Thruster allocation: least total on-time for the demanded wrench, against SciPy's linear programming."""

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linprog

from gnc.flight import COMMAND
from tests.core.internals import Array, Core, scenario_params

CYCLE_S = 0.1
COUNT = 28
HALF_TICK_S = 0.5e-6
NEVER = 1e30
LAGS = {"sharp": (0.0, 0.0), "slow": (0.010, 0.012)}


def fitted(core: ctypes.CDLL, rise_s: float = 0.0, decay_s: float = 0.0, **changes: Any) -> Core:
    """The station approach's 28 thrusters, with valves that can open for as little as their rise takes."""
    least = max(rise_s, 1e-4)
    return Core(
        core,
        scenario_params(thruster_rise_s=rise_s, thruster_decay_s=decay_s, **{"thruster_min_on_s": least, **changes}),
    )


def uneven(core: ctypes.CDLL, *lag: float) -> Core:
    """The same with uneven thrusts and places, so that only one set of on-times is the cheapest;
    no axis waits for its smallest demand."""
    rng = np.random.default_rng(0)
    places = scenario_params()["thruster_body_m"] + rng.normal(0.0, 0.1, 96)
    c = fitted(core, *lag, thruster_force_n=rng.uniform(200.0, 230.0, 32), thruster_body_m=places)
    c["effectors.smallest"] = 0.0
    return c


def few(core: ctypes.CDLL, positions: Any, directions: Any, force_n: float = 10.0, **changes: Any) -> Core:
    """Thrusters of one's own, about a centre of mass at the origin."""
    params = scenario_params(
        thruster_rise_s=0.0, thruster_decay_s=0.0, thruster_count=len(positions), com_body_m=0.0,
        thruster_force_n=force_n, **{"thruster_min_on_s": 1e-3, **changes},
    )  # fmt: skip
    params["thruster_body_m"][0, : 3 * len(positions)] = np.ravel(positions)
    params["thruster_dir_body"][0, : 3 * len(positions)] = np.ravel(directions)
    return Core(core, params)


def wrenches(c: Core) -> Array:
    """Impulse and angular impulse about the centre of mass per second of full thrust, one row a thruster."""
    p = c.params
    n = int(p["thruster_count"])
    force = p["thruster_dir_body"].reshape(-1, 3)[:n] * p["thruster_force_n"][:n, None]
    return np.hstack([force, np.cross(p["thruster_body_m"].reshape(-1, 3)[:n] - p["com_body_m"], force)])


def allocate(c: Core, demand: Array) -> tuple[Array, Array]:
    """On-times in s and what is carried over."""
    command = np.zeros(1, COMMAND)
    c["control.carried"] = demand
    c["progress.saturated"] = False
    c.call("control_allocate", command)
    return command["thruster_on_us"][0, : c.params["thruster_count"]] * 1e-6, c["control.carried"].copy()


def impulse_seconds(c: Core, on_s: Array) -> Array:
    """Full-thrust seconds below a thrust that rises from opening and decays from closing, both linearly."""
    rise, decay = c.params["thruster_rise_s"][0], c.params["thruster_decay_s"][0]
    profile = [
        np.trapezoid([0.0, 1.0, 1.0, 0.0], [0.0, rise, max(on, rise), max(on, rise) + decay]) if on > 0 else 0.0
        for on in on_s
    ]
    return np.array(profile)


def fired(c: Core, on_s: Array) -> Array:
    return impulse_seconds(c, on_s) @ wrenches(c)


def cheapest(c: Core, demand: Array) -> tuple[float, Array]:
    """Least total of full-thrust seconds for a wrench, infinite when none gives it; and the seconds."""
    a = wrenches(c).T
    found = linprog(np.ones(a.shape[1]), A_eq=a, b_eq=demand, bounds=(0, None), method="highs")
    return (found.fun, found.x) if found.status == 0 else (np.inf, np.zeros(a.shape[1]))


def close(c: Core, a: Array, b: Array, seconds: float) -> bool:
    """Equal within what every thruster's on-time off by `seconds` makes, and 1e-9."""
    return bool((np.abs(a - b) <= seconds * np.abs(wrenches(c)).sum(axis=0) + 1e-9 * (1.0 + np.abs(b))).all())


def long_enough(seed: int, c: Core, least_s: float) -> tuple[Array, Array]:
    """A wrench whose cheapest on-times all last at least least_s, and these.

    Leaving thrusters out of a cheapest set leaves it the cheapest for what the rest gives (the prices stay).
    """
    rng = np.random.default_rng(seed)
    _, seconds = cheapest(c, rng.uniform(0.0, 0.1, COUNT) @ wrenches(c) * rng.choice([0.0, 1.0], 6, p=[0.3, 0.7]))
    seconds *= 0.095 / seconds.max()
    seconds[seconds < least_s] = 0.0
    return seconds @ wrenches(c), seconds


@pytest.mark.parametrize("lag", LAGS)
@given(seed=st.integers(0, 10**6))
def test_on_times_give_the_demanded_wrench_at_least_cost(core: ctypes.CDLL, lag: str, seed: int) -> None:
    c = uneven(core, *LAGS[lag])
    demand, seconds = long_enough(seed, c, 0.012)
    on, carried = allocate(c, demand)
    assert not c["progress.saturated"][0]
    assert close(c, fired(c, on), demand, HALF_TICK_S)
    assert np.abs(fired(c, on) + carried - demand).max() < 1e-9 * max(1.0, np.abs(demand).max())
    assert impulse_seconds(c, on).sum() == pytest.approx(seconds.sum(), abs=COUNT * HALF_TICK_S)
    assert c["progress.fired"][0]


@given(seed=st.integers(0, 10**6), size=st.floats(1e-3, 1e3))
def test_fired_and_carried_over_always_make_the_demand(core: ctypes.CDLL, seed: int, size: float) -> None:
    """Any demand, feasible in a cycle or not, with the real valves: nothing is lost, no valve stays open longer."""
    c = fitted(core, *LAGS["slow"], thruster_min_on_s=0.028)
    demand = size * np.random.default_rng(seed).normal(size=6)
    on, carried = allocate(c, demand)
    assert np.abs(fired(c, on) + carried - demand).max() < 1e-9 * max(1.0, np.abs(demand).max())
    assert on.max() < CYCLE_S + 1e-9
    assert (on[on > 0.0] >= 0.028 - HALF_TICK_S).all()


@given(seed=st.integers(0, 10**6))
def test_below_the_smallest_nothing_fires_and_all_is_carried(core: ctypes.CDLL, seed: int) -> None:
    c = fitted(core, *LAGS["slow"], thruster_min_on_s=0.028)
    share = np.random.default_rng(seed).uniform(-0.999, 0.999, 6)
    demand = share * c.params["fire_threshold"] * c["effectors.smallest"]
    on, carried = allocate(c, demand)
    assert (on == 0.0).all()
    assert (carried == demand).all()
    assert not c["progress.fired"][0]


@pytest.mark.parametrize("sign", [-1.0, 1.0])
@pytest.mark.parametrize("axis", range(6))
def test_the_smallest_demand_of_an_axis_can_be_given(core: ctypes.CDLL, axis: int, sign: float) -> None:
    """At the threshold the axis' main thrusters all burn at least their minimum, and no other axis is asked."""
    c = fitted(core, *LAGS["slow"], thruster_min_on_s=0.028, fire_threshold=1.0)
    demand = 0.1 * c["effectors.smallest"]
    demand[axis] = sign * 1.000001 * c["effectors.smallest"][axis]
    on, carried = allocate(c, demand)
    assert (on >= 0.028 - HALF_TICK_S).any()
    assert abs(carried[axis]) < 0.3 * abs(demand[axis])
    alone = np.zeros(6)
    alone[axis] = demand[axis]
    assert (allocate(c, alone)[0] == on).all()


@given(seed=st.integers(0, 10**6), size=st.floats(1.05, 50.0))
def test_saturation_scales_the_whole_wrench_and_says_so(core: ctypes.CDLL, seed: int, size: float) -> None:
    c = uneven(core, *LAGS["slow"])
    demand, seconds = long_enough(seed, c, 0.4 * CYCLE_S)
    demand, seconds = (size / seconds.max() * CYCLE_S * x for x in (demand, seconds))
    scale = (CYCLE_S - 0.5 * (0.010 - 0.012)) / seconds.max()
    on, carried = allocate(c, demand)
    assert c["progress.saturated"][0]
    assert on.max() == pytest.approx(CYCLE_S, abs=1e-9)
    assert close(c, fired(c, on), scale * demand, 2 * HALF_TICK_S)
    assert np.abs(fired(c, on) + carried - demand).max() < 1e-9 * np.abs(demand).max()


# ---- few, weak and degenerate thrusters ----


def test_an_axis_that_no_thruster_serves_is_carried_and_hinders_no_other(core: ctypes.CDLL) -> None:
    c = few(core, [[0, 0, 0], [0, 0, 0]], [[1, 0, 0], [-1, 0, 0]])
    assert (c["effectors.smallest"][1:] == NEVER).all()
    demand = np.array([0.4, 5.0, -3.0, 1.0, 2.0, -1.0])
    on, carried = allocate(c, demand)
    assert on.tolist() == [0.04, 0.0]
    assert (carried[1:] == demand[1:]).all()
    assert abs(carried[0]) < 1e-12


def test_an_axis_served_in_one_sense_only_is_never_asked(core: ctypes.CDLL) -> None:
    """Half a control axis would drive the craft one way without end."""
    c = few(core, [[0, 0, 0]], [[1, 0, 0]])
    assert c["effectors.smallest"][0] == NEVER
    on, carried = allocate(c, np.array([0.4, 0, 0, 0, 0, 0]))
    assert (on == 0.0).all()
    assert carried[0] == 0.4


def test_a_couple_that_only_a_pair_gives(core: ctypes.CDLL) -> None:
    """Four thrusters on two arms: a pure torque about z takes two, a pure force along y the other way about."""
    at = [[1, 0, 0], [1, 0, 0], [-1, 0, 0], [-1, 0, 0]]
    c = few(core, at, [[0, 1, 0], [0, -1, 0], [0, 1, 0], [0, -1, 0]])
    on, _ = allocate(c, np.array([0, 0, 0, 0, 0, 0.6]))
    assert on.tolist() == [0.03, 0.0, 0.0, 0.03]
    on, _ = allocate(c, np.array([0, 0.6, 0, 0, 0, 0]))
    assert on.tolist() == [0.03, 0.0, 0.03, 0.0]


@pytest.mark.parametrize("force_n", [1e-4, 1e-2, 1e5])
def test_thrusters_of_any_strength(core: ctypes.CDLL, force_n: float) -> None:
    """The cost of what cannot be given stays above that of what can, down to a cold-gas thruster's 0.1 mN."""
    c = fitted(core, thruster_force_n=force_n, fire_threshold=1.0)
    demand = force_n * np.array([0.05, -0.04, 0.02, 0.01, 0.0, 0.02])
    least, _ = cheapest(c, demand)
    on, carried = allocate(c, demand)
    assert np.abs(fired(c, on) + carried - demand).max() < 1e-9 * force_n
    assert on.sum() == pytest.approx(least, abs=COUNT * HALF_TICK_S)


def test_a_thruster_without_thrust_is_never_fired(core: ctypes.CDLL) -> None:
    force = np.full(32, 216.0)
    force[:4] = 0.0
    c = fitted(core, thruster_force_n=force)
    on, _ = allocate(c, np.array([20.0, 5.0, 3.0, 2.0, 1.0, 4.0]))
    assert on[:4].tolist() == [0.0] * 4
    assert on.any()


@given(seed=st.integers(0, 10**6), count=st.integers(1, 32), grid=st.booleans())
def test_any_set_of_thrusters_ends_and_is_right_or_silent(core: ctypes.CDLL, seed: int, count: int, grid: bool) -> None:
    """Random thrusters, many of them the same (a grid makes ties and degenerate vertices): the answer is what linear
    programming finds, or nothing fires and everything is carried."""
    rng = np.random.default_rng(seed)
    if grid:
        positions = rng.integers(-1, 2, (count, 3)).astype(float)
        directions = np.eye(3)[rng.integers(0, 3, count)] * rng.choice([-1.0, 1.0], (count, 1))
    else:
        positions = rng.normal(size=(count, 3))
        directions = rng.normal(size=(count, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    c = few(core, positions, directions, thruster_min_on_s=1e-4, fire_threshold=1.0)
    demand = rng.normal(size=6) * rng.choice([0.02, 0.3], 6)
    asked = np.where(np.abs(demand) >= c["effectors.smallest"], demand, 0.0)
    least, seconds = cheapest(c, asked)
    on, carried = allocate(c, demand)
    assert np.abs(fired(c, on) + carried - demand).max() < 1e-9
    if not np.isfinite(least):
        assert not on.any()
    elif seconds.max() < CYCLE_S and not ((seconds > 1e-9) & (seconds < 2e-4)).any():
        assert on.sum() == pytest.approx(least, abs=(count + 1) * 1e-4)


def test_clearing_forgets_what_is_carried(core: ctypes.CDLL) -> None:
    c = fitted(core)
    c["control.carried"] = 3.0
    c.call("control_clear")
    assert not c["control.carried"].any()


def two_groups(core: ctypes.CDLL, **changes: Any) -> Core:
    """12 thrusters of 22 N, 20 ms at least, and in the same places 12 of 1 N, 5 ms at least."""
    places, directions = np.zeros((12, 3)), np.zeros((12, 3))
    for t in range(12):
        axis = t // 4
        directions[t, axis], places[t, (axis + 1) % 3] = (-1.0, 1.0)[t // 2 % 2], (-1.0, 1.0)[t % 2]
    params = scenario_params(
        thruster_rise_s=0.0, thruster_count=24, com_body_m=0.0, fire_threshold=1.0,
        **{"thruster_min_on_s": [0.02, 0.005, 0.02, 0.02], "thruster_decay_s": 0.0, **changes},
    )  # fmt: skip
    for name, value in (("body_m", places), ("dir_body", directions)):
        params[f"thruster_{name}"][0, :72] = np.ravel([value, value])
    params["thruster_force_n"][0, :24] = [22.0] * 12 + [1.0] * 12
    params["thruster_group"][0, :24] = [0] * 12 + [1] * 12
    return Core(core, params)


def test_small_demands_are_given_by_the_group_with_the_shortest_firing(core: ctypes.CDLL) -> None:
    """Also below what a firing of the others gives; what it cannot give in a cycle, all groups give together."""
    c = two_groups(core)
    assert c["effectors.smallest"][:3] == pytest.approx(2 * 1.0 * 0.005, rel=1e-12, abs=0.0)
    on_s, carried = allocate(c, np.array([0.05, 0.0, 0.0, 0.0, 0.0, 0.0]))
    assert on_s[:12].sum() == 0.0 and on_s[12:].sum() == pytest.approx(0.05, abs=1e-6)
    assert carried == pytest.approx(np.zeros(6), abs=1e-6)
    on_s, carried = allocate(c, np.array([2.2, 0.0, 0.0, 0.0, 0.0, 0.0]))
    assert on_s[:12].sum() == pytest.approx(0.1, abs=1e-6)
    assert carried == pytest.approx(np.zeros(6), abs=1e-4)


def test_groups_with_the_same_shortest_firing_are_one(core: ctypes.CDLL) -> None:
    c = two_groups(core, thruster_min_on_s=0.02)
    on_s, _ = allocate(c, np.array([2.2, 0.0, 0.0, 0.0, 0.0, 0.0]))
    assert on_s[:12].sum() == pytest.approx(0.1, abs=1e-6) and on_s[12:].sum() == 0.0


def test_each_group_has_its_own_shortest_on_time_and_lag(core: ctypes.CDLL) -> None:
    c = two_groups(core, thruster_decay_s=[0.004, 0.001, 0.0, 0.0])
    on_s, _ = allocate(c, np.array([0.05, 0.0, 0.0, 0.0, 0.0, 0.0]))
    assert on_s[12:][on_s[12:] > 0.0] == pytest.approx(0.025 - 0.0005, abs=1e-6)
    on_s, _ = allocate(c, np.array([2.2, 0.0, 0.0, 0.0, 0.0, 0.0]))
    assert on_s[:12][on_s[:12] > 0.0] == pytest.approx(0.05 - 0.002, abs=1e-6)
