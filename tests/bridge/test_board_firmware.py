"""Firmware: what is in it, where it is built, and what a user is told when it cannot be."""

import os
import re
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

import pytest

from firmware_bridge import boards
from firmware_bridge.boards import firmware
from gnc.build_id import core_build_id
from tests.bridge import here
from tests.bridge.plain_host import PlainHost

BARE = ("emulated:mps2-an500", "emulated:zynq-a9", "stm32h7-nucleo")


def tool(name: str, *arguments: str) -> str:
    return subprocess.run([name, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", BARE)
def test_firmware_has_no_heap_no_libm_no_stdio(name: str) -> None:
    here.need(name, run=False)
    symbols = set(re.findall(r"^\S+ [A-Za-z] (\S+)$", tool("arm-none-eabi-nm", str(boards.build(name))), re.M))
    assert {"flight_step", "flight_init", "board_main"} <= symbols
    libm = {"sqrt", "sin", "cos", "tan", "asin", "acos", "atan2", "exp", "log", "cbrt", "floor", "fmin", "fmax"}
    heap = {"malloc", "calloc", "realloc", "free", "_sbrk", "_malloc_r"}
    assert symbols & (libm | heap) == set()
    assert not [s for s in symbols if re.search("printf|puts|fopen|_exit|__ieee754", s)]


@pytest.mark.parametrize("name", BARE)
def test_square_roots_and_products_are_the_fpus(name: str) -> None:
    here.need(name, run=False)
    code = tool("arm-none-eabi-objdump", "-d", str(boards.build(name)))
    assert code.count("vsqrt.f64") > 10 and code.count("vmul.f64") > 100
    # vmla rounds the product before it adds; vfma, which does not, would give other bits. The compiler's own conversion
    # of a double to 64 bits uses one where it is exact.
    code = re.sub(r"<__aeabi_d2u?lz>:\n(?:.+\n)+", "", code)
    assert not re.search(r"\bv(fma|fms|fnma|fnms)\.f64|__aeabi_d(add|mul|div)", code)


def test_build_id_in_the_firmware_is_the_packages() -> None:
    """Computed by make from the sources alone; the board's own word for it is in its HELLO."""
    here.need("linux")
    with boards.open_board("linux") as board, PlainHost(board.tty) as host:
        hello = host.hello()
    assert f"{int(hello['build_id']):016x}" == core_build_id()[:16]
    assert hello["board"] == b"linux"


def test_code_that_does_not_compile_says_so(tmp_path: Path) -> None:
    here.need("linux", run=False)
    with pytest.raises(boards.BoardError, match=r"board linux: the firmware does not build:[\s\S]*ICD_HASH"):
        boards.build("linux", folder=tmp_path, defines=["ICD_HASH=1"])


def test_a_changed_header_compiles_every_file_that_includes_it(tmp_path: Path) -> None:
    """However deep below the core it lies: objects of two layouts of one struct would fly something else."""
    here.need("linux", run=False)
    core, folder = tmp_path / "core", tmp_path / "built"
    shutil.copytree(firmware.core_sources(), core)
    boards.build("linux", folder=folder, core=core)
    made = {path: path.stat().st_mtime_ns for path in folder.rglob("camera.o")}
    assert made
    header = core / "nav" / "nav.h"
    header.write_text(header.read_text() + "\n")
    boards.build("linux", folder=folder, core=core)
    assert all(path.stat().st_mtime_ns > before for path, before in made.items())


# ---- where firmware is built --------------------------------------------------------------------


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package, outside any checkout; a home and a temporary folder of its own."""
    site = tmp_path / "site"
    monkeypatch.setattr(firmware, "SOURCES", site / "firmware_bridge" / "board")
    monkeypatch.setenv("HOME", str(tmp_path / "a home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    return tmp_path


def place() -> Path:
    return firmware._build_folder(boards.target_of("linux"))


def test_firmware_is_built_in_the_users_cache(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert place().parent == installed / "a home" / ".cache" / "proxops" / "board"
    monkeypatch.setenv("XDG_CACHE_HOME", str(installed / "cache"))
    assert place().parent == installed / "cache" / "proxops" / "board"
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")  # which counts for nothing
    assert place().parent == installed / "a home" / ".cache" / "proxops" / "board"


def test_two_installations_share_no_objects(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = place()
    monkeypatch.setattr(firmware, "SOURCES", installed / "other" / "firmware_bridge" / "board")
    assert place() != first


@pytest.mark.parametrize("home", ["/dev/null/none", "relative", ""])
def test_without_a_home_firmware_is_built_among_temporary_files(
    installed: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    monkeypatch.setenv("HOME", home)
    own = installed / "temporary" / f"proxops-{os.getuid()}"
    assert place().parent == own and stat.S_IMODE(own.stat().st_mode) == 0o700
    own.chmod(0o777)  # somebody else's programs could be in it
    with pytest.raises(boards.BoardError, match="not this user's alone; expected XDG_CACHE_HOME or TMPDIR to name one"):
        place()


def test_nowhere_to_build_is_one_line(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/dev/null/none")
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null/none")
    with pytest.raises(
        boards.BoardError, match=r"no folder to build in: /dev/null.* \(Not a directory\), Not a dir"
    ) as nowhere:
        place()
    assert "\n" not in str(nowhere.value)


def test_firmware_is_built_in_a_folder_of_any_name(tmp_path: Path) -> None:
    here.need("linux", run=False)
    folder = tmp_path / "a folder: $HOME's"
    core = folder / "the core"
    shutil.copytree(boards.SOURCES.parents[1] / "gnc" / "core", core)
    recording = folder / "flight.bin"
    recording.write_bytes(b"")
    elf = boards.build("linux", "check", folder=folder / "build", core=core, recording=recording, opt="-O0")
    built = elf.stat().st_mtime_ns
    assert elf == folder / "build" / "check-flight.elf"
    assert boards.build("linux", "check", folder=folder / "build", core=core, recording=recording, opt="-O0") == elf
    assert elf.stat().st_mtime_ns == built, "nothing had changed"
    os.utime(core / "flight.c", ns=(built + 1, built + 1))
    boards.build("linux", "check", folder=folder / "build", core=core, recording=recording, opt="-O0")
    assert elf.stat().st_mtime_ns > built
