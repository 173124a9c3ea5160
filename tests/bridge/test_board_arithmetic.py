"""Every board computes the bits that this computer does: the core's functions, and a whole flight replayed."""

import shutil
import zlib
from pathlib import Path

import pytest

from benchmarks.board_cost import recorded
from firmware_bridge import boards, wire
from hil.log import Log
from hil.run import fly
from tests.bridge import here


@pytest.fixture(scope="module")
def flight() -> Log:
    return fly("iss-contact", 1)


@pytest.fixture(scope="module")
def recording(flight: Log) -> Path:
    return recorded("iss-contact", wire.recording(flight.params[0], flight.sensors))


@pytest.fixture(scope="module")
def unoptimised(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """The plainest build there is: this computer's compiler at -O0."""
    here.need("linux")
    folder = tmp_path_factory.mktemp("plain")
    return boards.run_check("linux", boards.build("linux", "check", folder=folder, recording=recording, opt="-O0"))


def crc_of_answers(flight: Log) -> int:
    crc = 0
    for command, telemetry in zip(flight.command, flight.telemetry, strict=True):
        crc = zlib.crc32(telemetry.tobytes(), zlib.crc32(command.tobytes(), crc))
    return crc


@pytest.mark.parametrize("name", here.EMULATED + here.LINUX)
def test_board_computes_the_same_bits(name: str, flight: Log, recording: Path, unoptimised: dict[str, int]) -> None:
    here.need(name)
    found = boards.run_check(name, boards.build(name, "check", recording=recording))
    assert found["elementary"] == unoptimised["elementary"]
    assert found["frames"] == len(flight.telemetry) > 3000
    assert found["replay"] == crc_of_answers(flight)
    assert "refused_at" not in found


def test_one_changed_bit_in_the_core_is_seen(recording: Path, tmp_path: Path, unoptimised: dict[str, int]) -> None:
    core = tmp_path / "core"
    shutil.copytree(here.ROOT / "gnc" / "core", core, ignore=lambda _, names: {n for n in names if n.endswith(".o")})
    (changed,) = core.rglob("elementary.c")
    text, cbrt = changed.read_text(), "double elem_cbrt(double x)\n{\n"
    assert text.count(cbrt) == 1
    changed.write_text(text.replace(cbrt, f"{cbrt}    x *= 1.0 + 0x1p-52;\n"))
    found = boards.run_check("linux", boards.build("linux", "check", folder=tmp_path / "b", core=core, opt="-O0"))
    assert found["elementary"] != unoptimised["elementary"]


def test_nucleo_builds() -> None:
    here.need("stm32h7-nucleo", run=False)
    assert boards.build("stm32h7-nucleo", "check").stat().st_size > 0
