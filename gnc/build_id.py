"""Which flight core this is: a hash of its sources, the same for every machine and board that builds the same core."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

CORE = Path(__file__).parent / "core"
WITH_MODULES = Path(__file__).parent / "_core"
"""The core with users' own modules that the extensions were built from (gnc.modules); not there without any."""


def core_sources() -> Path:
    """The folder of the sources that the extensions were built from."""
    return WITH_MODULES if WITH_MODULES.is_dir() else CORE


@cache
def core_build_id(core: Path | None = None) -> str:
    """The first 8 bytes, in hexadecimal, of the SHA-256 of the core's sources: paths and bytes, sorted by path.

    core: their folder; `core_sources()` by default.
    """
    folder = core or core_sources()
    total = hashlib.sha256()
    for name in sorted(file.relative_to(folder).as_posix() for file in folder.rglob("*.[ch]")):
        total.update(name.encode() + b"\0" + (folder / name).read_bytes() + b"\0")
    return total.hexdigest()[:16]
