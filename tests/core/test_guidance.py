"""Guidance: the reference of holds and forced legs, the hop's burns, the avoidance burn."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gnc.flight import Overlay, law_block
from tests.core.internals import CYCLE_US, Array, Core, blank_frame, phase, scenario_params
from tests.core.world import rotation, turned

PLAN, WAIT, BURN, COAST, DONE = range(5)


def at(core: ctypes.CDLL, name: str, r_port_hill: Any = (0.0, -134.0, 0.0), **changes: Any) -> Core:
    """A chaser whose port is at a place in hill, at rest, entering a phase."""
    c = Core(core, scenario_params("iss-contact", **changes))
    c.call("nav_solution")
    c["solution.r_port_hill_m"], c["solution.v_port_hill_mps"] = r_port_hill, 0.0
    c.call("mission_enter", ctypes.c_uint32(phase(name)))
    return c


# ---- forced legs ----


@given(
    start=st.floats(-20.0, 150.0), end=st.floats(0.0, 100.0), top=st.floats(0.1, 2.0), final=st.floats(0.1, 0.2),
    slope=st.floats(0.0, 0.02), accel=st.floats(1e-3, 1.0), cycle=st.sampled_from([0.1, 1.0]),
)  # fmt: skip
def test_a_forced_leg_keeps_its_limits_and_comes_to_rest(
    core: ctypes.CDLL, start: float, end: float, top: float, final: float, slope: float, accel: float, cycle: float
) -> None:
    """Speed within the leg's largest and its profile, changes within the ramp, and at rest at the end."""
    c = at(
        core, "retreat", (0.0, -34.0 - start, 0.0), law_point_m=[end, 0.0, 0.0], law_speed_max_mps=top,
        law_speed_end_mps=final, law_speed_slope_ps=slope, law_accel_mps2=accel, cycle_s=cycle,
    )  # fmt: skip
    distance, speed = c["guidance.path.distance_m"], c["guidance.path.speed_mps"]
    assert distance[0] == pytest.approx(start, abs=1e-9)
    size, before = abs(end - start), 0.0
    slowest = min(top, final)
    limit = int((size / slowest + 4.0 * np.sqrt(size / accel) + 2.0 * top / accel + 20.0) / cycle)
    for _ in range(limit):
        to_go = abs(end - distance[0])
        c.call("guidance_step")
        if distance[0] == end and speed[0] == 0.0:
            break
        assert abs(speed[0]) <= top + 1e-12
        assert abs(speed[0] - before) <= accel * cycle + 1e-12
        assert abs(end - distance[0]) <= to_go + 0.005 + 1e-9
        before = speed[0]
    assert distance[0] == end
    assert speed[0] == 0.0
    assert abs(before) <= max(np.sqrt(accel * 0.006) + accel * cycle, 0.006 / cycle)


def test_the_rate_of_the_reference_is_its_derivative(core: ctypes.CDLL) -> None:
    """Position and velocity reference of a leg that runs out, with a lateral offset to be lost, toward a port that
    turns: differences of the one are the other."""
    c = at(core, "final", (1.0, -70.0, -0.5), law_point_m=[2.0, 0.0, 0.0])
    theta, rate = np.array([0.01, -0.02, 0.015]), np.array([2e-4, 1e-4, -3e-4])
    past: list[Array] = []
    for k in range(4000):
        c["relative.theta_tbody_rad"], c["relative.rate_tbody_radps"] = theta + rate * 0.1 * k * 0.02, rate * 0.02
        c.call("nav_solution")
        c.call("guidance_step")
        past.append(np.concatenate([c["reference.r_hill_m"], c["reference.v_hill_mps"]]))
    r, v = np.array(past)[:, :3], np.array(past)[:, 3:]
    numeric = (r[1:] - r[:-1]) / 0.1
    wrong = np.abs(numeric - 0.5 * (v[1:] + v[:-1])).max(axis=1)
    assert (wrong > 5e-4).sum() < 8  # where the profile's corners lie within the cycle
    assert np.abs(numeric).max() > 0.07


def test_the_lateral_offset_is_gone_at_the_end_of_the_leg(core: ctypes.CDLL) -> None:
    c = at(core, "approach", (8.0, -134.0, 3.0), law_accel_mps2=0.01)
    c.call("guidance_step")
    assert c["reference.r_hill_m"][[0, 2]] == pytest.approx([8.0, 3.0], abs=0.01)
    lateral, way = [], []
    for _ in range(20_000):
        c.call("guidance_step")
        lateral.append(c["reference.r_hill_m"][[0, 2]].copy())
        way.append((c["guidance.path.distance_m"][0] - 20.0) / (c["guidance.path.start_distance_m"][0] - 20.0))
        if c["guidance.path.distance_m"][0] == 20.0:
            break
    assert c["guidance.path.distance_m"][0] == 20.0
    assert np.abs(lateral[-1]).max() < 1e-9
    assert (np.diff(lateral, axis=0) <= 1e-12).all()
    np.testing.assert_allclose(lateral, np.outer(way, [8.0, 3.0]), rtol=0, atol=1e-9)  # in proportion to what is left


@pytest.mark.parametrize(("length_m", "kept"), [(1.5, 1.0), (0.5, 0.0)])
def test_only_a_leg_of_more_than_a_metre_loses_its_offset_on_the_way(
    core: ctypes.CDLL, length_m: float, kept: float
) -> None:
    c = at(core, "approach", (8.0, -54.0 - length_m, 3.0), law_accel_mps2=0.01)
    c.call("guidance_step")
    assert c["reference.r_hill_m"][[0, 2]] == pytest.approx([8.0 * kept, 3.0 * kept], abs=0.02)


def test_in_the_last_leg_it_is_gone_where_the_port_is_tracked_fully(core: ctypes.CDLL) -> None:
    c = at(core, "final", (0.5, -54.0, 0.0))
    while c["guidance.path.distance_m"][0] > c.params["track_near_m"] - 0.01:
        c.call("guidance_step")
    assert abs(c["reference.r_hill_m"][0]) < 1e-12


def test_held_it_stays_where_it_was_stopped(core: ctypes.CDLL) -> None:
    c = at(core, "approach", (2.0, -134.0, 1.0))
    c["intent.overlay"] = Overlay.HELD
    for _ in range(100):
        c.call("guidance_step")
    assert c["reference.r_hill_m"] == pytest.approx([2.0, -134.0, 1.0], abs=1e-9)
    assert np.abs(c["reference.v_hill_mps"]).max() == 0.0


# ---- holds and the attitude ----


def test_a_hold_is_its_point_and_its_offset(core: ctypes.CDLL) -> None:
    c = at(core, "s3", (0.0, 0.0, 0.0))
    c.call("guidance_step")
    assert c["reference.r_hill_m"] == pytest.approx([8.0, -34.0 - 249.0, 0.0], abs=1e-9)
    assert c["reference.error_r_m"] == pytest.approx([-8.0, 283.0, 0.0], abs=1e-9)


@pytest.mark.parametrize(("name", "tracked"), [("s3", 0.0), ("s4", 0.0), ("final", 1.0)])
def test_far_out_the_nominal_port_is_tracked_and_near_the_estimated_one(
    core: ctypes.CDLL, name: str, tracked: float
) -> None:
    """And the attitude reference mates the ports."""
    c = at(core, name, (0.0, -36.0, 0.0))
    theta = np.array([0.02, -0.03, 0.01])
    c["relative.theta_tbody_rad"] = theta
    c.call("nav_solution")
    c.call("guidance_step")
    p = c.params
    tbody = turned(tracked * theta) * rotation(p["q_tbody_from_hill"])
    port = tbody.inv().apply(p["tport_tbody_m"])
    axis = (rotation(p["q_tport_from_tbody"]) * tbody).inv().apply([1.0, 0.0, 0.0])
    offset = law_block(p, phase(name))["offset_hill_m"]
    assert c["reference.r_hill_m"] == pytest.approx(
        port + c["guidance.path.distance_m"][0] * axis + offset, abs=1e-2 if tracked else 1e-9
    )
    mated = (
        rotation(p["q_tport_from_port"]) * rotation(p["q_port_from_body"]) * rotation(c["reference.q_body_from_hill"])
    )
    assert (mated * (rotation(p["q_tport_from_tbody"]) * tbody).inv()).magnitude() < 1e-12


def test_the_attitude_error_turns_the_reference_into_the_estimate(core: ctypes.CDLL) -> None:
    c = at(core, "s4")
    c.call("guidance_step")
    error = np.array([0.02, -0.01, 0.03])
    q = (turned(error) * rotation(c["reference.q_body_from_hill"])).as_quat(scalar_first=True)
    c["solution.q_body_from_hill"] = q
    c.call("guidance_step")
    assert c["reference.error_attitude_rad"] == pytest.approx(error, abs=1e-12)


# ---- the hop ----


def hop(core: ctypes.CDLL, **changes: Any) -> Core:
    c = Core(core, scenario_params("iss-vbar", start_phase=phase("hop"), **changes))
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(phase("hop")))
    return c


def to(c: Core, t_us: int) -> None:
    """Both craft coast to a time; the solution follows."""
    while c["t_us"][0] < t_us:
        c["t_us"] = c["t_us"] + np.uint64(CYCLE_US)
        c.call("nav_relative_propagate", blank_frame())
    c.call("nav_solution")


def stage(c: Core) -> int:
    return int(c["burn.stage"][0])


def give(c: Core) -> None:
    """The velocity to be gained, at once."""
    c["relative.dv_eci_mps"] = c["relative.dv_eci_mps"] + c["burn.dv_to_go_eci_mps"]
    c["burn.dv_to_go_eci_mps"] = 0.0


def test_the_whole_hop(core: ctypes.CDLL) -> None:
    """Plan, wait, burn, coast, correct twice, arrive: with burns given at once and in full it stops at the aim."""
    c = hop(core)
    seen = [stage(c)]
    burns = 0
    for _ in range(40):
        c.call("guidance_step")
        if stage(c) != seen[-1]:
            seen.append(stage(c))
        if stage(c) == WAIT:
            length = np.linalg.norm(c["burn.dv_to_go_eci_mps"]) * c.params["mass_kg"] / c.params["force_max_n"]
            to(c, int(c["burn.start_us"][0] + length * 0.5e6))
        elif stage(c) == BURN:
            burns += 1
            give(c)
        elif stage(c) == COAST:
            left = float(c["hop.arrive_us"][0]) - float(c["t_us"][0])
            share = [*law_block(c.params, 1)["correction_fraction"], 1.0][int(c["hop.leg"][0])]
            due = c["hop.arrive_us"][0] - (1.0 - share) * law_block(c.params, 1)["duration_s"] * 1e6
            to(c, int(min(due if share < 1.0 else c["hop.arrive_us"][0] - 18e6, c["t_us"][0] + left)) + CYCLE_US)
        elif stage(c) == DONE:
            break
    assert stage(c) == DONE
    assert seen[:4] == [PLAN, WAIT, BURN, COAST]
    assert burns >= 2
    assert c["burn.is_last"][0]
    c.call("nav_solution")
    assert np.abs(c["solution.r_hill_m"][:2] - [8.0, -288.0]).max() < 0.5  # the port is 5 m ahead of the c.m.
    assert np.linalg.norm(c["solution.v_hill_mps"]) < 0.01


def test_a_burn_waits_for_its_start(core: ctypes.CDLL) -> None:
    c = hop(core)
    c.call("guidance_step")
    assert stage(c) == WAIT
    length = np.linalg.norm(c["burn.dv_to_go_eci_mps"]) * c.params["mass_kg"] / c.params["force_max_n"]
    assert c["burn.start_us"][0] == pytest.approx((law_block(c.params, 1)["lead_s"] - 0.5 * length) * 1e6, abs=2)
    c["t_us"] = c["burn.start_us"] - np.uint64(1)
    c.call("guidance_step")
    assert stage(c) == WAIT
    c["t_us"] = c["burn.start_us"]
    c.call("guidance_step")
    assert stage(c) == BURN


@pytest.mark.parametrize(("left_mps", "since_s", "ended"), [(9e-4, 0.0, True), (2e-3, 0.9, False), (2e-3, 1.1, True)])
def test_a_burn_ends_at_its_cutoff_or_when_it_fires_no_more(
    core: ctypes.CDLL, left_mps: float, since_s: float, ended: bool
) -> None:
    c = hop(core)
    c["burn.stage"], c["burn.dv_to_go_eci_mps"] = BURN, [left_mps, 0.0, 0.0]
    c["t_us"], c["burn.last_fire_us"] = 50_000_000, int(50e6 - since_s * 1e6)
    c["solution.cycles_since_thrust"] = 5
    c.call("guidance_step")
    assert (stage(c) == COAST) == ended
    assert c["burn.dv_to_go_eci_mps"].any() == (not ended)
    assert bool(c["reference.clear"][0]) == ended  # what is carried between firings goes with it


def test_firing_keeps_a_burn_going(core: ctypes.CDLL) -> None:
    c = hop(core)
    c["burn.stage"], c["burn.dv_to_go_eci_mps"] = BURN, [0.1, 0.0, 0.0]
    c["t_us"], c["burn.last_fire_us"], c["solution.cycles_since_thrust"] = 50_000_000, 0, 0
    c.call("guidance_step")
    assert stage(c) == BURN
    assert c["burn.last_fire_us"][0] == 50_000_000


def test_a_hop_that_cannot_be_planned_waits_for_one_that_can(core: ctypes.CDLL) -> None:
    c = hop(core, law_duration_s=0.0)
    c.call("guidance_step")
    assert stage(c) == PLAN


def test_no_correction_where_none_is_asked(core: ctypes.CDLL) -> None:
    c = hop(core, law_correction_fraction=0.0)
    c["burn.stage"], c["hop.arrive_us"] = COAST, 2_000_000_000
    c.call("guidance_step")
    c.call("guidance_step")
    assert (stage(c), int(c["hop.leg"][0])) == (COAST, 2)


# ---- the avoidance burn ----


def test_the_avoidance_burn_establishes_its_velocity(core: ctypes.CDLL) -> None:
    c = at(core, "cam")
    c["solution.v_hill_mps"] = [0.01, 0.2, -0.03]
    c.call("guidance_step")
    assert stage(c) == BURN
    turn = c.matrix("solution.c_hill_from_eci")
    assert turn @ c["burn.dv_to_go_eci_mps"] == pytest.approx(
        law_block(c.params, phase("cam"))["velocity_hill_mps"] - [0.01, 0.2, -0.03], abs=1e-12
    )
    asked = c["burn.dv_to_go_eci_mps"].copy()
    c["solution.v_hill_mps"] = 0.0
    c["solution.cycles_since_thrust"] = 0
    c.call("guidance_step")
    assert (c["burn.dv_to_go_eci_mps"] == asked).all()
    c["burn.dv_to_go_eci_mps"] = 0.0
    c.call("guidance_step")
    assert stage(c) == DONE
    c.call("guidance_step")
    assert stage(c) == DONE
