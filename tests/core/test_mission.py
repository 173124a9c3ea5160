"""The mission's phases: entry, gates, durations, telecommands, contact."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from gnc.flight import Event, Law, Overlay, Reason, Telecommand
from tests.core.internals import BREAKING_OFF, CYCLE_US, Core, blank_frame, phase, scenario_params

WAIT_CYCLES = 30  # three seconds of free drift after contact
LAWS = {"hold": "s4", "forced": "approach", "hop": "hop", "cam": "cam", "drift": "drift", "docked": "docked"}


class Mission:
    """The mission alone: a chaser that is always exactly where its guidance wants it, with every sensor alive."""

    def __init__(self, core: ctypes.CDLL, name: str, from_port_m: float = 20.0, **changes: Any) -> None:
        self.c = Core(core, scenario_params("iss-contact", start_phase=phase(name), **changes))
        self.tick = -1
        self.alive, self.from_port_m = True, from_port_m
        self.offsets: dict[str, Any] = {}
        self.apart_m = 20.0  # from port to port, as estimated
        for track in ("attitude.star", "relative.rgnss", "relative.camera", "dock"):
            self.c[f"{track}.seen"] = True
        self.step()

    def step(self, cycles: int = 1, **fields: Any) -> None:
        for _ in range(cycles):
            self.tick += 1
            frame: NDArray[Any] = blank_frame(self.tick)
            for name, value in fields.items():
                frame[name] = value
            c = self.c
            c["t_us"], c["tick"] = frame["t_us"], frame["tick"]
            if self.alive:
                for track in ("attitude.star", "relative.rgnss", "relative.camera", "dock"):
                    c[f"{track}.accepted_us"] = frame["t_us"]
            c.call("nav_solution")
            c["solution.r_port_hill_m"] = c["reference.r_hill_m"]
            c["solution.v_port_hill_mps"] = c["reference.v_hill_mps"]
            c["solution.q_body_from_hill"] = c["reference.q_body_from_hill"]
            c["solution.r_port_tport_m"], c["solution.v_port_tport_mps"] = [self.apart_m, 0.0, 0.0], 0.0
            if self.tick == 0:
                c["solution.r_port_hill_m"] = [0.0, -34.0 - self.from_port_m, 0.0]
            for name, value in self.offsets.items():
                c[name] = c[name] + np.asarray(value)
            c["solution.dock_flags"] = frame["dock_contact"] + 2 * frame["dock_captured"]
            c.call("mission_step", frame)
            c["started"] = True

    def command(self, opcode: int, **fields: Any) -> None:
        self.step(tc_opcode=opcode, tc_seq=self.tick + 100, **fields)

    @property
    def overlay(self) -> int:
        return int(self.c["intent.overlay"][0])

    @property
    def phase(self) -> int:
        return int(self.c["intent.phase"][0])

    def seconds(self, s: float, **fields: Any) -> None:
        self.step(round(s * 1e6 / CYCLE_US), **fields)


# ---- phases and gates ----


def test_a_phase_starts_afresh(core: ctypes.CDLL) -> None:
    """Nothing that the last one left: its time, its hop, its orders, what was carried between firings."""
    c = Mission(core, "s4").c
    c["mission.go"], c["intent.gate_open"], c["intent.overlay"] = True, 1, Overlay.HELD
    c["guidance.law"] = c["guidance.attitude"] = 1.0
    c["control.carried"] = 1.0e6
    c["t_us"] = 77 * CYCLE_US
    c.call("mission_enter", phase("hop"))
    assert c["intent.phase"][0] == phase("hop") and c["intent.entry_us"][0] == 77 * CYCLE_US
    assert c["intent.previous_phase"][0] == phase("s4")
    for name in ("mission.go", "intent.overlay", "intent.gate_open", "guidance.law", "guidance.attitude"):
        assert not c[name].any(), name
    c.call("control")
    assert np.abs(c["control.carried"]).max() < 100.0


def test_a_hold_lasts_its_time_and_then_goes_on(core: ctypes.CDLL) -> None:
    m = Mission(core, "s4")
    m.seconds(59.9)
    assert m.phase == phase("s4")
    m.seconds(0.1)
    assert m.phase == phase("final")
    assert m.c["intent.entry_us"][0] == 60_000_000


@pytest.mark.parametrize(
    ("offset", "shut"),
    [
        ({"solution.r_port_hill_m": [0.61, 0, 0]}, True),
        ({"solution.r_port_hill_m": [0.59, 0, 0]}, False),
        ({"solution.v_port_hill_mps": [0, 0.031, 0]}, True),
        ({"solution.v_port_hill_mps": [0, 0.029, 0]}, False),
    ],
)
def test_the_gate_of_a_hold(core: ctypes.CDLL, offset: dict[str, Any], shut: bool) -> None:
    m = Mission(core, "s4", without=BREAKING_OFF)
    m.offsets = offset
    m.seconds(70.0)
    assert (m.phase == phase("s4")) == shut
    m.offsets = {}
    m.step(2)
    assert m.phase == phase("final")


@pytest.mark.parametrize("track", ["attitude.star", "relative.camera"])
@pytest.mark.parametrize("fault", ["never seen", "refused", "silent"])
def test_the_gate_waits_for_every_sensor_of_this_phase_and_the_next(core: ctypes.CDLL, track: str, fault: str) -> None:
    m = Mission(core, "s4", without=BREAKING_OFF)
    if fault == "never seen":
        m.c[f"{track}.seen"] = False
    elif fault == "refused":
        m.c[f"{track}.rejects_in_row"] = 6
    else:
        m.alive = False
    m.seconds(70.0)
    assert m.phase == phase("s4")


def test_the_gate_waits_for_the_gnss_where_it_is_used(core: ctypes.CDLL) -> None:
    m = Mission(core, "s2", law_duration_s=1.0)
    m.c["relative.rgnss.seen"] = False
    m.seconds(2.0)
    assert m.phase == phase("s2")
    m.c["relative.rgnss.seen"] = True
    m.step()
    assert m.phase == phase("hop")


def test_the_gate_waits_for_the_attitude(core: ctypes.CDLL) -> None:
    m = Mission(core, "s4", without=BREAKING_OFF)
    half = 0.51 * m.c.params["attitude_max_rad"]
    m.step()
    q = m.c["reference.q_body_from_hill"].copy()
    m.offsets = {"solution.q_body_from_hill": 0.5 * half * np.array([-q[1], q[0], -q[3], q[2]])}
    m.seconds(70.0)
    assert m.phase == phase("s4")


def test_an_exit_may_wait_for_go(core: ctypes.CDLL) -> None:
    m = Mission(core, "s4", go=phase("s4"))
    m.seconds(65.0)
    assert m.phase == phase("s4")
    m.command(Telecommand.GO)
    assert m.phase == phase("final")
    assert not m.c["mission.go"][0]


def test_a_forced_leg_ends_at_rest_at_its_end(core: ctypes.CDLL) -> None:
    m = Mission(core, "approach", law_point_m=[15.0, 0.0, 0.0])
    m.seconds(60.0)
    assert m.phase == phase("approach")
    m.seconds(240.0)
    assert m.phase != phase("approach")


def test_the_last_phase_stays(core: ctypes.CDLL) -> None:
    m = Mission(core, "retreat-hold", without=[Event.DONE])
    m.seconds(30.0)
    assert m.phase == phase("retreat-hold")


# ---- telecommands ----


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("opcode", [*Telecommand, 8, 65535])
def test_telecommands_by_law(core: ctypes.CDLL, law: str, opcode: int) -> None:
    """The whole table: what each law takes, what it refuses and says so, and where it leads."""
    m = Mission(core, LAWS[law])
    m.command(opcode)
    flying = law in ("hold", "forced")
    taken = {
        Telecommand.NONE: True, Telecommand.GO: True, Telecommand.HOLD: flying, Telecommand.RESUME: False,
        Telecommand.RETREAT: flying or law == "hop", Telecommand.ABORT: law not in ("docked", "cam"),
        Telecommand.FREE_DRIFT: True, Telecommand.INHIBIT: True,
    }.get(opcode, False)  # type: ignore[call-overload] # fmt: skip
    assert bool(m.c["intent.tc_rejected"][0]) == (not taken)
    away = "cam" if law == "hop" else "retreat"  # far away, the retreat point is nearer to the target
    expected = {Telecommand.RETREAT: away, Telecommand.ABORT: "cam"}.get(opcode)  # type: ignore[call-overload]
    assert m.phase == phase(expected if taken and expected else LAWS[law])
    assert m.c["intent.reason"][0] == (Reason.TELECOMMAND if taken and expected else Reason.NONE)
    assert bool(m.overlay & Overlay.HELD) == (opcode == Telecommand.HOLD and flying)
    assert bool(m.overlay & Overlay.FREE_DRIFT) == (opcode == Telecommand.FREE_DRIFT)
    assert bool(m.overlay & Overlay.INHIBITED) == (opcode == Telecommand.INHIBIT)


def test_a_telecommand_number_counts_once(core: ctypes.CDLL) -> None:
    m = Mission(core, "s4")
    m.step(tc_opcode=Telecommand.HOLD, tc_seq=5)
    m.step(tc_opcode=Telecommand.RESUME, tc_seq=5)
    assert m.overlay & Overlay.HELD
    m.step(tc_opcode=Telecommand.RESUME, tc_seq=6)
    assert not m.overlay & Overlay.HELD


def test_a_good_telecommand_takes_the_refusal_back(core: ctypes.CDLL) -> None:
    m = Mission(core, "s4")
    m.command(Telecommand.RESUME)
    assert m.c["intent.tc_rejected"][0]
    m.step()
    assert m.c["intent.tc_rejected"][0]
    m.command(Telecommand.GO)
    assert not m.c["intent.tc_rejected"][0]


def test_held_it_stays_held(core: ctypes.CDLL) -> None:
    m = Mission(core, "s4", phase_timeout_s=0.0)
    m.command(Telecommand.HOLD)
    m.seconds(100.0)
    assert m.phase == phase("s4")
    m.command(Telecommand.RESUME)
    m.step()
    assert m.phase == phase("final")


def test_a_resumed_leg_starts_where_the_chaser_is(core: ctypes.CDLL) -> None:
    """After a free drift as after a hold: the reference has not gone on without it."""
    for stop in (Telecommand.FREE_DRIFT, Telecommand.HOLD):
        m = Mission(core, "approach", from_port_m=100.0)
        m.seconds(10.0)
        m.command(stop)
        m.seconds(20.0)
        m.offsets = {"solution.r_port_hill_m": [0.0, -7.0, 0.0]}
        m.command(Telecommand.RESUME)
        along = -(m.c["solution.r_port_hill_m"][1] + 34.0)
        assert m.c["guidance.path.start_distance_m"][0] == pytest.approx(along, abs=1e-9)
        assert abs(m.c["guidance.path.distance_m"][0] - along) < 1e-3
        assert not m.overlay & Overlay.FREE_DRIFT and not m.overlay & Overlay.HELD


@pytest.mark.parametrize(("opcode", "name"), [(Telecommand.ABORT, "cam"), (Telecommand.RETREAT, "retreat")])
def test_a_commanded_break_off_ends_a_free_drift(core: ctypes.CDLL, opcode: int, name: str) -> None:
    m = Mission(core, "s4")
    m.command(Telecommand.FREE_DRIFT)
    m.command(opcode)
    assert m.phase == phase(name)
    assert not m.overlay & Overlay.FREE_DRIFT


# ---- contact ----


def touching(core: ctypes.CDLL, name: str, **changes: Any) -> Mission:
    """The ports are as near as they are when they touch."""
    m = Mission(core, name, **changes)
    m.apart_m = 0.5
    return m


@pytest.mark.parametrize("sensed", ["dock_contact", "dock_captured"])
def test_contact_stops_everything(core: ctypes.CDLL, sensed: str) -> None:
    m = touching(core, "final")
    m.step(**{sensed: 1})
    assert m.phase == phase("docked")
    assert m.c.params["phase_law"][m.phase] == Law.DOCKED


def test_contact_without_capture_is_left_again_and_stays_left(core: ctypes.CDLL) -> None:
    """Three seconds of free drift, then the retreat, though the ports still touch."""
    m = touching(core, "final")
    m.step(WAIT_CYCLES + 1, dock_contact=1)
    assert m.phase == phase("docked")
    m.step(dock_contact=1)
    assert m.phase == phase("retreat")
    assert m.c["intent.reason"][0] == Reason.MISSED_CONTACT
    m.step(5, dock_contact=1)
    assert m.phase == phase("retreat")
    m.step(dock_captured=1)
    assert m.phase == phase("docked")


def test_captured_it_stays_whatever_becomes_of_the_mechanisms_sensor(core: ctypes.CDLL) -> None:
    m = touching(core, "final")
    m.step(100, dock_contact=1, dock_captured=1)
    assert m.phase == phase("docked")
    m.step(20 * WAIT_CYCLES)
    assert m.phase == phase("docked")


@pytest.mark.parametrize("sensed", ["dock_contact", "dock_captured"])
def test_contact_far_from_the_port_is_not_believed_nor_ever_again(core: ctypes.CDLL, sensed: str) -> None:
    """A sensor that says so is broken: the approach is aborted."""
    m = Mission(core, "final")
    m.step(**{sensed: 1})
    assert (m.phase, m.c["intent.reason"][0]) == (phase("retreat"), Reason.INSTRUMENT)
    m.apart_m = 0.5
    m.step(**{sensed: 1})
    assert m.phase == phase("retreat")


def test_a_port_that_stands_still_in_the_other_is_held_though_the_mechanism_is_silent(core: ctypes.CDLL) -> None:
    m = touching(core, "final", without=BREAKING_OFF)
    m.apart_m = 0.05
    m.step(5)
    assert m.phase == phase("final")
    m.offsets = {"solution.r_port_hill_m": [0.0, -0.2, 0.0]}  # behind its reference
    m.step(2)
    assert m.phase == phase("docked")
    m.offsets = {}
    m.step(20 * WAIT_CYCLES)
    assert m.phase == phase("docked")


def test_contact_in_the_avoidance_burn_does_not_stop_it(core: ctypes.CDLL) -> None:
    m = touching(core, "cam")
    m.step(3, dock_contact=1)
    assert m.phase == phase("cam")


def test_contact_that_no_transition_waits_for_changes_nothing(core: ctypes.CDLL) -> None:
    m = touching(core, "final", without=[Event.CONTACT, Event.CAPTURED])
    m.step(dock_contact=1, dock_captured=1)
    assert m.phase == phase("final")
