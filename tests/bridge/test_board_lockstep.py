"""A board in the loop flies what software in the loop flies, bit for bit; resets and all."""

import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from firmware_bridge import boards
from firmware_bridge.icd.generated import icd
from hil.log import Log
from hil.prepare import prepare
from hil.run import fly
from hil.scenario import Scenario
from tests.bridge import here
from tests.bridge.plain_host import PlainHost

M7, A9 = here.EMULATED
STACK_BYTES = 16 * 1024  # of the bare boards (firmware_bridge/board/ports/sections.ld); half of it is margin


@contextmanager
def ready(
    name: str, scenario: str = "iss-contact"
) -> Iterator[tuple[boards.EmulatedBoard | boards.LinuxBoard, PlainHost]]:
    """A started board with the parameters of the scenario."""
    here.need(name)
    board = boards.open_board(name)
    assert not isinstance(board, boards.SerialBoard)
    with board, PlainHost(board.tty) as host:
        host.begin(prepare(Scenario.load(scenario), 1).params)
        assert [(h["boot_count"], h["boot_reason"], h["state"]) for h in host.hellos] == [
            (1, icd.BootReason.POWER_ON, icd.BoardState.COLD)
        ]
        host.hellos.clear()
        yield board, host


def fly_with_resets(name: str, scenario: str, ticks: Iterable[int]) -> tuple[Log, PlainHost]:
    at = set(ticks)
    with ready(name, scenario) as (board, host):

        def reset_before(tick: int) -> None:
            if tick in at:
                board.reset()

        host.before_step = reset_before
        return fly(scenario, 1, flight=host), host


def assert_resumed(host: PlainHost, ticks: Iterable[int]) -> None:
    """The board said of each start where it goes on: at the very tick that it was reset before."""
    assert [(h["boot_reason"], h["state"], h["next_tick"]) for h in host.hellos] == [
        (icd.BootReason.RESET, icd.BoardState.FLYING, tick) for tick in ticks
    ]
    assert [h["boot_count"] for h in host.hellos] == list(range(2, 2 + len(host.hellos)))


@pytest.mark.parametrize("name", [M7, A9, "linux"])
def test_two_resets_leave_the_digest_unchanged(name: str) -> None:
    resets = [1000, 2700]
    log, host = fly_with_resets(name, "iss-contact", resets)
    assert log.verdict == "PASS"
    assert log.digest == fly("iss-contact", 1).digest
    assert_resumed(host, resets)


@pytest.mark.parametrize("name", ["linux:aarch64", "linux:armhf"])
def test_other_linux_computers_fly_the_same_bits(name: str) -> None:
    log, _ = fly_with_resets(name, "iss-contact", [])
    assert log.digest == fly("iss-contact", 1).digest


@pytest.mark.long
@pytest.mark.parametrize("name", [M7, A9, "linux", "linux:aarch64", "linux:armhf"])
def test_final_approach_with_twenty_resets(name: str) -> None:
    resets = range(500, 20_500, 1000)
    log, host = fly_with_resets(name, "iss-final", resets)
    assert log.verdict == "PASS"
    assert log.digest == fly("iss-final", 1).digest
    assert_resumed(host, resets)


@pytest.mark.long
@pytest.mark.parametrize("mission", ["iss-vbar", "geo-dock"])
def test_whole_approach_on_the_fast_board(mission: str) -> None:
    log, _ = fly_with_resets(A9, mission, [])
    assert log.verdict == "PASS"
    assert log.digest == fly(mission, 1).digest


def frames(count: int) -> Log:
    return fly("iss-contact", 1, overrides=[f"scenario.max_duration_s={0.1 * count}"])


@pytest.mark.parametrize("name", [M7, A9, "linux"])
def test_reset_in_the_middle_of_an_exchange_costs_no_step(name: str) -> None:
    """Whether or not the frame was taken before the reset, the answers are those of an undisturbed flight."""
    flown = frames(40)
    with ready(name) as (board, host):
        for i, frame in enumerate(flown.sensors):
            if i % 5 == 4:
                body = host.body_of(frame)
                host.send(icd.SENSOR, body)
                time.sleep(0.0005 * (i % 7))
                board.reset()
            command, telemetry = host.step(frame)
            assert (command, telemetry) == (flown.command[i], flown.telemetry[i])
        host.hello()  # comes after all that is still under way
        assert len(host.hellos) == 8


@pytest.mark.parametrize("name", [M7, A9, "linux"])
def test_spoilt_checkpoint_is_announced_and_starts_cold(name: str) -> None:
    flown = frames(5)
    with ready(name) as (_, host):
        for frame in flown.sensors:
            host.step(frame)
        host.function(icd.Function.SPOIL_CHECKPOINT)
        hello = host.hello()
        assert (hello["state"], hello["boot_reason"], hello["boot_count"]) == (
            icd.BoardState.COLD,
            icd.BootReason.RESET,
            2,
        )
        assert hello["params_crc32"] == 0 and hello["next_tick"] == 0
        assert host.texts == ["both copies of the checkpoint are spoilt: cold start"]


@pytest.mark.parametrize("name", [M7, A9, "linux"])
def test_watchdog_ends_a_hang_and_the_flight_goes_on(name: str) -> None:
    flown = frames(6)
    with ready(name) as (board, host):
        for i, frame in enumerate(flown.sensors):
            if i == 3:
                host.function(icd.Function.HANG)
                began = time.monotonic()
            command, telemetry = host.step(frame)
            assert (command, telemetry) == (flown.command[i], flown.telemetry[i])
        assert time.monotonic() - began < 10.0
        (hello,) = host.hellos
        assert (hello["boot_reason"], hello["next_tick"]) == (icd.BootReason.WATCHDOG, 3)
        if name == M7:
            assert isinstance(board, boards.EmulatedBoard)
            assert board.qmp.wait_for("WATCHDOG", 1.0) and board.qmp.wait_for("RESET", 1.0)


@pytest.mark.parametrize("name", [M7, "linux"])
def test_fault_of_the_processor_is_named_and_costs_no_state(name: str, tmp_path: Path) -> None:
    """A core that writes where there is no memory, at every try of tick 5."""
    here.need(name)
    core = tmp_path / "core"
    shutil.copytree(here.ROOT / "gnc" / "core", core)
    text = (core / "flight.c").read_text()
    entry = "static bool cycle(const step_t *c)\n{\n"
    assert text.count(entry) == 1
    fault = "    if (c->sensors->tick == 5u) *(volatile uint32_t *)(uintptr_t)0xFFFFFFF0u = 1u;\n"
    (core / "flight.c").write_text(text.replace(entry, entry + fault))
    elf = boards.build(name, folder=tmp_path / "build", core=core, opt="-O0")
    flown = frames(6)
    board = boards.EmulatedBoard(name, elf) if name == M7 else boards.LinuxBoard(name, elf)
    with board, PlainHost(board.tty) as host:
        host.allow_mismatch = True
        host.begin(flown.params[0])
        for frame in flown.sensors[:5]:
            host.step(frame)
        host.hellos.clear()
        host.send(icd.SENSOR, host.body_of(flown.sensors[5]))
        while not host.hellos:
            assert host.receive(10.0) is not None
        (hello,) = host.hellos
        assert (hello["boot_reason"], hello["next_tick"], hello["boot_count"]) == (icd.BootReason.FAULT, 5, 2)


@pytest.mark.parametrize("name", [M7, "linux"])
def test_held_board_answers_late_and_goes_on(name: str) -> None:
    (frame,) = frames(1).sensors
    with ready(name) as (board, host):
        board.pause()
        host.send(icd.SENSOR, host.body_of(frame))
        assert host.receive(0.35) is None
        board.resume()
        found = host.receive(10.0)
        assert found is not None and found[0] is icd.COMMAND and found[1]["status"] == 0
        assert not host.hellos


@pytest.mark.parametrize("name", [M7, "linux"])
def test_killed_board_hangs_up_its_line(name: str) -> None:
    with ready(name) as (board, host):
        board.kill()
        with pytest.raises(ConnectionError, match="the line has been hung up"):
            host.receive(10.0)


def test_statistics_tell_of_the_board_itself() -> None:
    flown = frames(20)
    with ready(M7) as (_, host):
        for frame in flown.sensors:
            host.step(frame)
        found = host.statistics()
        assert found["steps"] == 20 and found["uart_lost"] == 0 and found["crc_errors"] == 0
        assert 1000 < found["stack_high_water_bytes"] < STACK_BYTES / 2
