"""Effectors: each fault changes what thrusters do, in its time alone, and says whether it did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tomli_w

from gnc.flight import Dock, Mechanism
from hil import instruments
from hil.effectors import kinds
from hil.effectors.effector import Effectors
from hil.effectors.faults import FAULTS, Fault
from hil.instruments.instrument import Instruments
from hil.instruments.rows import Fitted, TargetPort
from hil.loop import Chunk, Loop
from hil.plant.plant import Plant
from hil.prepare import plant_config, prepare, target_state
from hil.run import fly
from hil.scenario import Scenario, ScenarioError
from hil.scenario.rows import list_rows

CONTACT = Scenario.load("iss-contact")
THRUSTERS = next(row for row in CONTACT.effectors if row.kind == "thrusters")
CYCLES, START, END = 30, 10, 20
ON_US = 50_000
FIGURES: dict[str, dict[str, Any]] = {
    "leak": {"factor": 0.1}, "weak": {"factor": 0.5}, "slow": {"factor": 3.0}, "stiction": {"min_on_s": 0.06},
    "swapped": {"with_thruster": 5},
}  # fmt: skip


def fault(kind: str, **more: Any) -> Fault:
    given = {"effector": "thrusters", "thruster": 4, "start_s": 0.1 * START, "end_s": 0.1 * END}
    return Fault(kind=kind, **given | FIGURES.get(kind, {}) | more)


def flown(*faults: Fault, on_us: int = ON_US) -> tuple[Loop, np.ndarray, np.ndarray]:
    """Thruster 4 fires in every cycle: the loop, what the drivers gave, and impulses of 4 and 5 a cycle."""
    run = prepare(CONTACT, 1)
    loop = Loop(run.plant, run.instruments, 0.1, effectors=Effectors(CONTACT.effectors, faults))
    chunk, impulse = Chunk(CYCLES + 1), np.zeros((CYCLES + 1, 2))
    chunk.command["thruster_on_us"][:, 4] = on_us
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
        impulse[i + 1] = [run.plant.thruster(k)["impulse_Ns"] for k in (4, 5)]
    loop.sense(chunk, CYCLES)
    return loop, chunk.sensors["thruster_applied_us"][1:], np.diff(impulse, axis=0)


SOUND = flown()[2]
IN_FORCE = np.arange(CYCLES) - START
IN_FORCE = (IN_FORCE >= 0) & (np.arange(CYCLES) < END)


@pytest.mark.parametrize("kind", kinds()["thrusters"].faults)
def test_a_fault_of_a_thruster_takes_effect_in_its_time(kind: str) -> None:
    loop, _, impulse = flown(fault(kind))
    assert (impulse[:START] == SOUND[:START]).all()
    assert (impulse[IN_FORCE] != SOUND[IN_FORCE]).any(axis=1).all()
    np.testing.assert_allclose(impulse[END + 1 :], SOUND[END + 1 :], rtol=1e-9)
    assert [entry["changed"] for entry in loop.effectors.injected()] == [END - START]


def test_what_each_fault_does_to_the_impulse() -> None:
    full = SOUND[0, 0] / (ON_US * 1e-6 - 0.010 / 2 + 0.012 / 2)  # force of thruster 4, N
    inner = slice(START + 1, END)
    np.testing.assert_allclose(flown(fault("stuck_on"))[2][inner, 0], 0.1 * full, rtol=1e-9)
    assert (flown(fault("stuck_off"))[2][IN_FORCE, 0] == 0.0).all()
    np.testing.assert_allclose(flown(fault("weak"))[2][IN_FORCE, 0], 0.5 * SOUND[IN_FORCE, 0], rtol=1e-9)
    leak = 0.1 * full * 0.1 + 0.9 * SOUND[inner, 0]
    np.testing.assert_allclose(flown(fault("leak"))[2][inner, 0], leak, rtol=1e-9)
    slow = full * (ON_US * 1e-6 - 0.030 / 2 + 0.036 / 2)
    np.testing.assert_allclose(flown(fault("slow"))[2][inner, 0], slow, rtol=1e-9)
    assert (flown(fault("stiction"))[2][IN_FORCE, 0] == 0.0).all()
    assert (flown(fault("stiction"), on_us=70_000)[2] > 0.0).any()


def test_a_swapped_harness_fires_the_other_thruster_and_the_drivers_do_not_know() -> None:
    _, applied, impulse = flown(fault("swapped"))
    assert (impulse[IN_FORCE, 0] == 0.0).sum() >= END - START - 1 and (impulse[IN_FORCE, 1] > 0.0).all()
    assert (applied[:, 4] == ON_US).all() and not applied[:, 5].any()


def test_a_fault_that_nothing_calls_on_is_not_counted() -> None:
    loop, _, impulse = flown(fault("stuck_off", thruster=7), fault("weak", thruster=9))
    assert (impulse == SOUND).all()
    assert [entry["changed"] for entry in loop.effectors.injected()] == [0, 0]


def test_groups_of_thrusters_are_numbered_one_after_the_other() -> None:
    fine = replace(THRUSTERS, name="fine", position_m=THRUSTERS.position_m[:4], direction=THRUSTERS.direction[:4])
    coarse = replace(THRUSTERS, position_m=THRUSTERS.position_m[4:], direction=THRUSTERS.direction[4:])
    run = prepare(CONTACT, 1)
    effectors = Effectors([fine, coarse], [fault("stuck_off", thruster=0)])
    loop, chunk = Loop(run.plant, run.instruments, 0.1, effectors=effectors), Chunk(CYCLES)
    chunk.command["thruster_on_us"][:, 4] = ON_US
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
    assert effectors.injected()[0]["changed"] == END - START


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"kind": "no_capture", "thruster": None},
            "kind = no_capture: expected a fault that thrusters can have: stuck_on",
        ),
        ({"kind": "weak", "factor": None}, "factor = None: missing; expected for weak"),
        ({"kind": "stuck_on", "factor": 1.0}, "factor = 1.0: not a key of stuck_on: expected thruster"),
        ({"kind": "stuck_on", "thruster": 28}, "thruster = 28: expected 0 to 27, one of the thrusters of thrusters"),
        ({"kind": "leak", "factor": 2.0}, "factor = 2.0: expected a fraction of full thrust"),
        ({"kind": "stuck_on", "effector": "fine"}, "effector fine: expected one of thrusters, mechanism"),
        ({"kind": "weak", "effector": "mechanism"}, "kind = weak: expected a fault that docking_mechanism can have"),
        ({"kind": "stuck_on", "end_s": 0.5}, "end_s = 0.5: expected more than start_s = 1.0"),
    ],
)
def test_a_fault_that_an_effector_cannot_have_is_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Effectors(CONTACT.effectors, [fault(**more)])


def test_every_fault_of_effectors_is_one_of_some_kind() -> None:
    assert {name for kind in kinds().values() for name in kind.faults} == set(FAULTS)


def two_ports(*faults: Fault) -> tuple[Loop, Chunk]:
    """Docked at the chaser's second port, in a world of its own; the instrument is on that port."""
    run = prepare(CONTACT, 1)
    config = plant_config(CONTACT, run.dispersed)
    target, chaser = (next(b for b in config.bodies if b.name == name) for name in (config.target, config.chaser))
    side = replace(chaser.ports[0], name="side", position_body_m=(5.0, 1.0, 0.0), release_mps=0.05)
    plant = Plant(replace(config, bodies=(target, replace(chaser, ports=(*chaser.ports, side)))))
    plant.set_target(*target_state(CONTACT))
    plant.dock("side")
    dock = next(row for row in CONTACT.instruments if row.kind == "dock")
    port = TargetPort(CONTACT.target.port_tbody_m, CONTACT.target.q_tport_from_tbody)
    kind = instruments.kinds()["dock"]
    rows = [dock, replace(dock, name="side", port="side")]
    fitted = [instruments.fit(Fitted(kind, row, i, 1, 0, port, {}, (), ("port", "side"))) for i, row in enumerate(rows)]
    effectors = Effectors(CONTACT.effectors, faults)
    return Loop(plant, Instruments(fitted), 0.1, effectors=effectors), Chunk(CYCLES)


def sensed(chunk: Chunk, cycle: int) -> list[int]:
    return [int(slot["flags"]) for slot in chunk.sensors[cycle]["slot"][:2]]


def test_a_mechanism_lets_go_when_its_own_port_is_told_to() -> None:
    loop, chunk = two_ports()
    chunk.command["mechanism"][3] = Mechanism.RELEASE  # of the first port, which holds nothing
    chunk.command["mechanism"][6] = Mechanism.RELEASE << 1
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
    held = Dock.CONTACT | Dock.CAPTURED | 1 << 4
    assert [sensed(chunk, i) for i in (0, 5, 6)] == [[0, held]] * 3
    assert sensed(chunk, 7) == [0, 1 << 4]
    apart = chunk.truth["r_chaser_target_hill_m"]
    assert np.linalg.norm(apart[-1]) > np.linalg.norm(apart[6]) + 0.05


def test_a_mechanism_that_is_stuck_does_not_let_go() -> None:
    loop, chunk = two_ports(Fault(effector="mechanism", kind="no_release", start_s=0.0))
    chunk.command["mechanism"][6:] = Mechanism.RELEASE << 1
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
    assert sensed(chunk, CYCLES - 1)[1] & Dock.CAPTURED
    assert loop.effectors.injected()[0]["changed"] == CYCLES - 6


def test_a_mechanism_that_does_not_capture_touches_and_the_flight_goes_on() -> None:
    assert fly("iss-contact", 1).truth["contact_status"][-1] == 1
    longer = Scenario.load("iss-contact", ("scenario.max_duration_s=4000.0",))  # until it holds still again
    broken = replace(longer, effector_faults=(Fault(effector="mechanism", kind="no_capture", start_s=0.0),))
    log = fly(broken, 1)
    status = log.truth["contact_status"]
    touching = np.flatnonzero(status == 3)
    assert touching.size and set(status) == {0, 3} and log.faults[0]["changed"] > 100
    assert log.duration_s > 0.1 * touching[-1] + 600.0 and log.outcome is not None and log.outcome.outcome == "SAFE"


def test_two_groups_of_one_class_fly_as_one(tmp_path: Path) -> None:
    """Rows are numbered through: thrusters divided over two rows are drawn, flown and commanded like those of one."""
    row = next(r for r in list_rows(CONTACT.document)["effector"] if r["kind"] == "thrusters")
    halves = [
        row | {"name": name} | {key: row[key][part] for key in ("position_m", "direction", "power_strings")}
        for name, part in (("aft", slice(0, 20)), ("fore", slice(20, 28)))
    ]
    document = {"schema": 2, "scenario": {"name": "two", "extends": "iss-contact"}}
    document["effector"] = [{"name": "thrusters", "remove": True}, *halves]
    (tmp_path / "two.toml").write_text(tomli_w.dumps(document))
    two = Scenario.load(tmp_path / "two.toml")
    assert [t.group for t in two.thrusters] == [0] * 20 + [1] * 8
    assert fly(two, 1).digest == fly("iss-contact", 1).digest


def test_five_groups_are_too_many(tmp_path: Path) -> None:
    row = next(r for r in list_rows(CONTACT.document)["effector"] if r["kind"] == "thrusters")
    one = {"position_m": row["position_m"][:1], "direction": row["direction"][:1], "power_strings": []}
    document = {"schema": 2, "scenario": {"name": "five", "extends": "iss-contact"}}
    document["effector"] = [row | one | {"name": f"g{i}"} for i in range(4)]
    (tmp_path / "five.toml").write_text(tomli_w.dumps(document))
    with pytest.raises(ScenarioError, match="effector: expected at most 4 groups of thrusters, found 5"):
        Scenario.load(tmp_path / "five.toml")


def test_a_mechanism_may_let_go_by_itself() -> None:
    loop, chunk = two_ports(Fault(effector="mechanism", kind="lets_go", start_s=0.6))
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
    assert sensed(chunk, 6)[1] & Dock.CAPTURED and not sensed(chunk, 7)[1] & Dock.CAPTURED
    assert loop.effectors.injected()[0]["changed"] == 1


def test_a_mechanism_may_capture_without_being_armed() -> None:
    unarmed = Scenario.load("iss-contact", ("phase.final.mechanism=[]",))
    caught = replace(unarmed, effector_faults=(Fault(effector="mechanism", kind="captures_unarmed", start_s=0.0),))
    assert fly(unarmed, 1).truth["contact_status"].max() != 1
    log = fly(caught, 1)
    assert log.truth["contact_status"][-1] == 1 and log.faults[0]["changed"] > 0


def test_a_leak_and_a_weakness_may_grow() -> None:
    for kind in ("leak", "weak"):
        grown = np.abs(flown(fault(kind, ramp_s=1.0))[2][START:END, 0] - SOUND[START:END, 0])
        assert grown[0] < 1e-9 and (np.diff(grown) > 0.0).all(), kind
