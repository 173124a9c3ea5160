"""Faults of telecommands: lost, late, repeated and forged ones, as the flight computer is given them."""

from typing import Any

import pytest

from gnc.flight import Telecommand
from hil.scenario import ScenarioError
from tests.hil.faults.flown import flown, with_faults

LINK = {"link": "commands"}
SENT = ('telecommand=[{t_s=10.0,command="hold"},{t_s=20.0,command="resume"}]',)
HOLD, RESUME, ABORT = int(Telecommand.HOLD), int(Telecommand.RESUME), int(Telecommand.ABORT)


def arrived(*rows: dict[str, Any], sent: tuple[str, ...] = SENT) -> tuple[list[tuple[float, int, int]], Any]:
    """Time, number and opcode of each telecommand in the frames; what became of the faults."""
    log = flown(*rows, seconds=30.0, overrides=sent)
    frames = log.sensors[log.sensors["tc_opcode"] != 0]
    return [(f["t_us"] * 1.0e-6, int(f["tc_seq"]), int(f["tc_opcode"])) for f in frames], log


def test_without_a_fault_each_arrives_once() -> None:
    assert arrived()[0] == [(10.0, 1, HOLD), (20.0, 2, RESUME)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"kind": "lost"}, [(20.0, 2, RESUME)]),
        ({"kind": "late", "delay_s": 2.0}, [(12.0, 1, HOLD), (20.0, 2, RESUME)]),
        ({"kind": "late", "delay_s": 12.0}, [(20.0, 2, RESUME), (22.0, 1, HOLD)]),
        ({"kind": "repeated", "delay_s": 12.0}, [(10.0, 1, HOLD), (20.0, 2, RESUME), (22.0, 1, HOLD)]),
        ({"kind": "forged", "command": "abort"}, [(9.0, 1, ABORT), (10.0, 1, HOLD), (20.0, 2, RESUME)]),
    ],
)
def test_what_arrives(more: dict[str, Any], expected: list[tuple[float, int, int]]) -> None:
    found, log = arrived(LINK | {"start_s": 9.0, "duration_s": 5.0} | more)
    assert found == expected and log.faults[0]["changed"] == 1


def test_nothing_sent_nothing_lost() -> None:
    found, log = arrived(LINK | {"kind": "lost", "start_s": 12.0, "duration_s": 5.0})
    assert len(found) == 2 and log.without_effect() == ["lost of commands from 12 s"]


def test_a_forged_command_is_obeyed_or_not_and_seen_either_way() -> None:
    log = arrived(LINK | {"kind": "forged", "command": "abort", "start_s": 5.0}, sent=())[1]
    assert (log.sensors["tc_seq"][:50] == 0).all() and (log.sensors["tc_seq"][50:] == 1).all()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"kind": "garbled"}, 'kind = "garbled": expected a fault that the command link can have: lost, late'),
        ({"kind": "forged"}, "command: missing; expected for forged"),
        ({"kind": "late"}, "delay_s: missing; expected for late"),
        ({"kind": "lost", "delay_s": 1.0}, "delay_s = 1.0: not a key of lost: expected no more"),
    ],
)
def test_what_it_cannot_have_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        with_faults(LINK | {"start_s": 1.0} | more)
