"""Thrusters: each pulse delivers its declared impulse, and what it costs is accounted for."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hil.plant.config import load_atmosphere
from tests.plant.plants import AFT, CHASER, EMPTY, FIELD, G0, LVLH, ZONAL, plant


def declared_impulse(thruster, on_s):
    """F (T - rise/2 + decay/2), or a triangle when the valve closes on the way up."""
    if on_s >= thruster.rise_s:
        return thruster.thrust_n * (on_s - thruster.rise_s / 2 + thruster.decay_s / 2)
    peak = on_s / thruster.rise_s
    return thruster.thrust_n * peak * (on_s + peak * thruster.decay_s) / 2


@pytest.mark.parametrize("step_s", [0.01, 0.013, 0.05, 0.1, 0.3, 0.5])
@pytest.mark.parametrize("on_ms", [5.0, 7.3, 10.0, 28.0, 50.0, 95.0, 100.0])
@pytest.mark.parametrize("cycle_us", [100_000, 500_000])
def test_pulse_delivers_its_declared_impulse(step_s, on_ms, cycle_us):
    p = plant(EMPTY, thrusters=(AFT,), step_s=step_s)
    v0 = np.array(p.state("chaser")["v_eci_mps"])
    p.run(1, cycle_us, [round(on_ms * 1000)])
    p.run(1, cycle_us)
    expected = declared_impulse(AFT, on_ms / 1000)
    assert p.thruster(0)["impulse_Ns"] == pytest.approx(expected, rel=1e-12, abs=0.0)
    # and the craft got it: thrust along x through the c.m., no rotation
    dv = (np.array(p.state("chaser")["v_eci_mps"]) - v0)[0]
    burnt = expected / (AFT.isp_s * G0)
    assert dv == pytest.approx(AFT.isp_s * G0 * math.log(1100.0 / (1100.0 - burnt)), rel=1e-9, abs=0.0)
    assert p.state("chaser")["mass_kg"] == pytest.approx(1100.0 - burnt, rel=1e-14, abs=0.0)


def test_each_of_many_thrusters_delivers_its_own_pulse():
    thrusters = tuple(replace(AFT, position_body_m=(-2.0, 0.1 * k, 0.0), thrust_n=20.0 + k) for k in range(28))
    p = plant(EMPTY, thrusters=thrusters)
    on_us = [3000 + 3500 * k for k in range(28)]
    p.run(1, 100_000, on_us)
    p.run(1, 100_000)
    for k, thruster in enumerate(thrusters):
        assert p.thruster(k)["impulse_Ns"] == pytest.approx(
            declared_impulse(thruster, on_us[k] * 1e-6), rel=1e-12, abs=0.0
        )
    total = sum(p.thruster(k)["propellant_kg"] for k in range(28))
    assert p.state("chaser")["propellant_kg"] == pytest.approx(100.0 - total, rel=1e-14, abs=0.0)


def test_valve_held_open_over_cycles_joins_without_a_dip():
    p = plant(EMPTY, thrusters=(AFT,))
    p.run(10, 100_000, [100_000])
    p.run(1, 100_000, [40_000])
    p.run(1, 100_000)
    account = p.thruster(0)
    assert account["impulse_Ns"] == pytest.approx(declared_impulse(AFT, 1.04), rel=1e-12, abs=0.0)
    assert account["firings"] == 1
    assert account["on_time_us"] == 1_040_000


def test_decay_that_runs_over_the_cycle_end_is_cut_short_by_the_next_pulse():
    p = plant(EMPTY, thrusters=(AFT,))
    p.run(2, 100_000, [94_000])
    p.run(1, 100_000)
    # 6 ms after closing the valve reopens at half level, and needs half the rise time
    first = 0.094 - 0.010 / 2 + (1.0 + 0.5) / 2 * 0.006
    second = 0.094 - 0.005 * (1.0 - (0.5 + 1.0) / 2) + 0.012 / 2
    assert p.thruster(0)["impulse_Ns"] == pytest.approx(AFT.thrust_n * (first + second), rel=1e-12, abs=0.0)


def test_on_time_longer_than_the_cycle_is_the_cycle():
    p = plant(EMPTY, thrusters=(AFT,))
    p.run(1, 100_000, [400_000])
    assert p.thruster(0)["on_time_us"] == 100_000


def test_instant_valve_gives_a_rectangle():
    thruster = replace(AFT, rise_s=0.0, decay_s=0.0)
    p = plant(EMPTY, thrusters=(thruster,))
    p.run(3, 100_000, [33_000])
    assert p.thruster(0)["impulse_Ns"] == pytest.approx(3 * 200.0 * 0.033, rel=1e-12, abs=0.0)


def test_pulse_below_the_minimum_is_not_fired_and_counted():
    p = plant(EMPTY, thrusters=(replace(AFT, min_on_s=0.028),))
    p.run(2, 100_000, [27_999])
    assert p.thruster(0)["impulse_Ns"] == 0.0
    assert p.thruster(0)["min_on_violations"] == 2
    p.run(1, 100_000, [28_000])
    assert p.thruster(0)["firings"] == 1
    # the tail of a long burn may be short
    p.run(1, 100_000, [100_000])
    p.run(1, 100_000, [2_000])
    assert p.thruster(0)["min_on_violations"] == 2


def test_valve_driver_cuts_on_times_to_its_ticks():
    p = plant(EMPTY, thrusters=(replace(AFT, valve_tick_us=1000),))
    p.run(1, 100_000, [30_999])
    assert p.thruster(0)["on_time_us"] == 30_000


def test_stuck_thrusters():
    p = plant(EMPTY, thrusters=(AFT, AFT))
    p.set_thruster_fault(0, stuck_on=True)
    p.set_thruster_fault(1, stuck_off=True)
    p.run(5, 100_000, [0, 50_000])
    assert p.thruster(0)["impulse_Ns"] == pytest.approx(200.0 * (0.5 - 0.005), rel=1e-12, abs=0.0)
    assert p.thruster(1)["impulse_Ns"] == 0.0


def test_empty_tank_ends_the_thrust():
    p = plant(EMPTY, thrusters=(AFT,), chaser=replace(CHASER, propellant_kg=0.01))
    p.run(20, 100_000, [100_000])
    left = p.state("chaser")["propellant_kg"]
    assert 0.0 <= left < 200.0 * 0.1 / (AFT.isp_s * G0)
    assert p.thruster(0)["propellant_kg"] == pytest.approx(0.01 - left, rel=1e-9, abs=0.0)


def test_thrust_off_the_centre_of_mass_turns_the_craft():
    side = replace(AFT, position_body_m=(-2.0, 0.5, 0.0))
    p = plant(EMPTY, thrusters=(side,))
    p.run(1, 100_000, [50_000])
    p.run(1, 100_000)
    impulse = declared_impulse(side, 0.05)
    # r x F = (-2, 0.5, 0) x (1, 0, 0) = (0, 0, -0.5)
    assert p.state("chaser")["w_body_radps"] == pytest.approx((0.0, 0.0, -0.5 * impulse / 1200.0), rel=1e-9, abs=1e-15)


def test_thrust_turns_with_the_body():
    """A burn while spinning: the impulse in ECI is the integral of the turning direction."""
    p = plant(EMPTY, thrusters=(replace(AFT, rise_s=0.0, decay_s=0.0),))
    state = p.state("chaser")
    w = 0.2
    p.set_chaser(state["r_eci_m"], state["v_eci_mps"], (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, w))
    p.run(50, 100_000, [100_000])
    dv = np.array(p.state("chaser")["v_eci_mps"]) - state["v_eci_mps"]
    t = np.linspace(0.0, 5.0, 20001)
    a = 200.0 / (1100.0 - 200.0 / (AFT.isp_s * G0) * t)
    assert dv[:2] == pytest.approx(
        (np.trapezoid(a * np.cos(w * t), t), np.trapezoid(a * np.sin(w * t), t)), rel=1e-6, abs=0.0
    )
    assert p.state("chaser")["q_body_from_eci"] == pytest.approx(
        (math.cos(w * 2.5), 0, 0, -math.sin(w * 2.5)), abs=1e-9
    )


def test_mass_properties_follow_the_propellant():
    tank = (-2.0, 0.3, 0.1)
    p = plant(EMPTY, thrusters=(AFT,), chaser=replace(CHASER, tank_body_m=tank, dry_com_body_m=(0.5, 0.0, -0.1)))
    p.run(30, 100_000, [100_000])
    state = p.state("chaser")
    parts = [(1000.0, np.array((0.5, 0.0, -0.1))), (state["propellant_kg"], np.array(tank))]
    mass = sum(m for m, _ in parts)
    com = sum(m * r for m, r in parts) / mass
    inertia = np.diag([800.0, 1000.0, 1200.0])
    for m, r in parts:
        d = r - com
        inertia = inertia + m * (d @ d * np.eye(3) - np.outer(d, d))
    assert state["propellant_kg"] < 99.9
    assert state["mass_kg"] == pytest.approx(mass, rel=1e-14, abs=0.0)
    assert state["com_body_m"] == pytest.approx(com, rel=1e-12, abs=0.0)
    assert np.reshape(state["inertia_body_kgm2"], (3, 3)) == pytest.approx(inertia, rel=1e-12, abs=0.0)


def test_structure_stays_in_place_as_the_centre_of_mass_moves():
    """Two opposed thrusters: no net force, and propellant leaves an off-centre tank."""
    chaser = replace(CHASER, tank_body_m=(-2.0, 0.5, 0.0))
    front = replace(AFT, position_body_m=(2.0, 0.0, 0.0), direction_body=(-1.0, 0.0, 0.0))
    p = plant(EMPTY, thrusters=(AFT, front), chaser=chaser)
    before = p.state("chaser")
    p.run(50, 100_000, [100_000, 100_000])
    after = p.state("chaser")
    moved = np.subtract(after["com_body_m"], before["com_body_m"])
    assert moved[0] > 1e-3
    # attitude is the identity throughout: the opposed forces share a line
    drift = np.subtract(after["r_eci_m"], before["r_eci_m"]) - 5.0 * np.array(before["v_eci_mps"])
    assert drift == pytest.approx(moved, abs=1e-8)


def test_burn_displaces_the_craft_as_well():
    """Constant thrust from rest: distance of the rocket equation, u (t - (m0/mdot - t) ln(m0/m))."""
    p = plant(EMPTY, thrusters=(replace(AFT, rise_s=0.0, decay_s=0.0),))
    before = p.state("chaser")
    p.run(20, 100_000, [100_000])
    u, t = AFT.isp_s * G0, 2.0
    mdot = AFT.thrust_n / u
    expected = u * (t - (1100.0 / mdot - t) * math.log(1100.0 / (1100.0 - mdot * t)))
    moved = np.subtract(p.state("chaser")["r_eci_m"], before["r_eci_m"])
    assert moved[0] == pytest.approx(expected, abs=1e-6)


def test_imu_feels_thrust_and_drag_but_not_gravity():
    environment = replace(ZONAL, field=FIELD, atmosphere=load_atmosphere())
    p = plant(environment, thrusters=(AFT,))
    p.set_chaser_hill((0.0, -500.0, 0.0), (0.0, 0.0, 0.0), LVLH, (0.0, 0.0, 0.0))
    drag = np.linalg.norm(p.accelerations("chaser")["drag"])
    p.run(1, 100_000)
    # body x is along-track: drag pushes back
    assert drag > 1e-8
    assert p.imu_truth()["dv_com_body_mps"] == pytest.approx((-0.1 * drag, 0.0, 0.0), abs=0.02 * 0.1 * drag)
    p.run(1, 100_000, [50_000])
    impulse = p.thruster(0)["impulse_Ns"]
    mass = p.state("chaser")["mass_kg"]
    assert p.imu_truth()["dv_com_body_mps"][0] == pytest.approx(impulse / mass - 0.1 * drag, rel=1e-4, abs=0.0)


def test_loaded_figures_give_back_themselves():
    inertia = (4.8e4, 10.0, -20.0, 10.0, 1.92e5, 30.0, -20.0, 30.0, 1.9e5)
    loaded = CHASER.from_loaded(
        19000.0, (0.02, -0.01, 0.03), inertia, 800.0, (-2.5, 0.0, 0.0),
        cd=2.2, area_m2=28.0, name="chaser", ports=CHASER.ports,
    )  # fmt: skip
    state = plant(EMPTY, chaser=loaded).state("chaser")
    assert state["mass_kg"] == pytest.approx(19000.0, rel=1e-14, abs=0.0)
    assert state["com_body_m"] == pytest.approx((0.02, -0.01, 0.03), rel=1e-12, abs=0.0)
    assert state["inertia_body_kgm2"] == pytest.approx(inertia, rel=1e-12, abs=1e-9)
    with pytest.raises(ValueError, match=r"propellant_kg is 20000\.0: expected less than"):
        CHASER.from_loaded(19000.0, (0, 0, 0), inertia, 20000.0, (0, 0, 0))
