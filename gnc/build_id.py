"""Which flight core this is: a hash of its sources, the same for every machine and board that builds the same core."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

CORE = Path(__file__).parent / "core"


@cache
def core_build_id(core: Path = CORE) -> str:
    """The first 8 bytes, in hexadecimal, of the SHA-256 of the core's sources: paths and bytes, sorted by path."""
    total = hashlib.sha256()
    for name in sorted(file.relative_to(core).as_posix() for file in core.rglob("*.[ch]")):
        total.update(name.encode() + b"\0" + (core / name).read_bytes() + b"\0")
    return total.hexdigest()[:16]
