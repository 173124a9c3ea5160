"""Builds the firmware of boards, and finds the folder to build it in."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib import resources
from pathlib import Path

from firmware_bridge.boards.targets import BoardError, Target, need, target_of
from gnc.build_id import core_sources

SOURCES = Path(str(resources.files("firmware_bridge"))) / "board"
LOCK_NAME = "lock"


def build(
    name: str,
    program: str = "proxops",
    *,
    folder: Path | None = None,
    core: Path | None = None,
    recording: Path | None = None,
    defines: Sequence[str] = (),
    opt: str = "-O2",
) -> Path:
    """Builds a board's program and returns its ELF file; compiles only what changed.

    Args:
        name: a name of `TARGETS` or `ALIASES`.
        program: "proxops", the firmware, or "check" (see board/check.c).
        folder: where to build; one for each target by default.
        core: another copy of the flight core's sources; what the extensions were built from by default.
        recording: the recorded flight that "check" replays.
        defines: further preprocessor definitions, "NAME" or "NAME=VALUE".
        opt: optimisation flags.

    Raises:
        BoardError: a program is missing, or the compiler refused.
    """
    target = target_of(name)
    need(name, run=False)
    folder = folder.resolve() if folder else _build_folder(target)
    elf = folder / (f"{program}-{recording.stem}.elf" if recording else f"{program}.elf")
    command = [
        "make",
        "-s",
        f"../{elf.name}",
        f"PORT={target.port}",
        "BUILD=..",
        "CORE=core",
        "LINK=link",
        f"OPT={opt}",
    ]
    command += [f"CROSS={target.cross}"] if target.cross else []
    command += [f"RECORDING={recording.name}"] if recording else []
    command += ["DEFINES=" + " ".join(f"-D{define}" for define in defines)] if defines else []
    environment = _clean_environment() | {"TMPDIR": str(folder)}  # the compiler's, whatever the system has
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOCK_NAME).open("a") as lock:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(lock, fcntl.LOCK_EX)
            sources = _link_sources(folder, core or core_sources(), recording)
            made = subprocess.run(command, cwd=sources, capture_output=True, text=True, env=environment)
    except OSError as error:
        raise BoardError(f"board {name}: {folder}: cannot be written: {error.strerror}") from None
    if made.returncode != 0:
        raise BoardError(f"board {name}: the firmware does not build:\n{made.stderr.strip()}")
    return elf


def _build_folder(target: Target) -> Path:
    """The first place that can be written: beside the sources of a checkout, the user's cache, a temporary folder.

    Outside the checkout it is named for where the sources are: two installations share no objects. Raises BoardError.
    """
    root, name = SOURCES.parents[1], target.name.replace(":", "-")
    own = f"{name}-{zlib.crc32(str(root).encode()):08x}"
    places = [root / "build" / "board" / name] if (root / "pyproject.toml").exists() else []
    places += [base / "proxops" / "board" / own for base in _caches()]
    refused = []
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with (place / LOCK_NAME).open("a"):
                return place
        except OSError as error:
            refused.append(f"{place} ({error.strerror})")
    try:
        return own_temporary_folder() / own
    except OSError as error:
        refused.append(str(error.strerror))
    raise BoardError(
        f"board {target.name}: no folder to build in: {', '.join(refused)}; "
        "expected XDG_CACHE_HOME or TMPDIR to name one"
    )


def _caches() -> Iterator[Path]:
    """Of the XDG base directories, where a relative path counts for nothing; a user may have no home."""
    home = os.environ.get("HOME")
    if home is None:
        with suppress(RuntimeError):
            home = str(Path("~").expanduser())
    for named in (os.environ.get("XDG_CACHE_HOME"), f"{home}/.cache" if home else None):
        if named and Path(named).is_absolute():
            yield Path(named)
            return


def own_temporary_folder() -> Path:
    """This user's own, which survives the process but nobody else can put programs into. Raises OSError."""
    place = Path(tempfile.gettempdir()) / f"proxops-{os.getuid()}"
    place.mkdir(mode=0o700, exist_ok=True)
    found = place.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise PermissionError(errno.EPERM, f"{place} is not this user's alone")
    return place


def _link_sources(folder: Path, core: Path, recording: Path | None) -> Path:
    """Names for what is built from inside the folder where it is built, so that make sees no path with a space."""
    links = {entry.name: entry for entry in SOURCES.iterdir()}
    links |= {"core": core, "link": SOURCES.parent / "link"}
    if recording is not None:
        links[recording.name] = recording
    sources = folder / "sources"
    sources.mkdir(exist_ok=True)
    for name, target in links.items():
        link = sources / name
        if not link.is_symlink() or link.readlink() != target.resolve():
            link.unlink(missing_ok=True)
            link.symlink_to(target.resolve())
    return sources


def _clean_environment() -> dict[str, str]:
    """Without what an outer make or the user's own flags would change in the firmware."""
    foreign = ("CC", "CFLAGS", "CROSS", "CORE", "BUILD", "OPT", "ARCH", "DEFINES", "MAKEFLAGS", "MFLAGS", "MAKELEVEL")
    return {key: value for key, value in os.environ.items() if key not in foreign}
