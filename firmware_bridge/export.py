"""All firmware sources in one folder, for a build without Python."""

from __future__ import annotations

import shutil
from pathlib import Path

from firmware_bridge.boards import SOURCES, BoardError
from gnc.build_id import core_sources

ROOT = SOURCES.parents[1]
CORE = "gnc/core"
# Folder and the files of it, from the root of the project; the board's own make file finds the rest from there.
PARTS = (
    (CORE, ("**/*.c", "**/*.h", "sources.mk")),
    ("firmware_bridge/link", ("*.c", "*.h", "sources.mk")),
    ("firmware_bridge/icd/generated", ("*.c", "*.h")),
    ("firmware_bridge/board", ("Makefile", "**/*.c", "**/*.h", "**/*.S", "**/*.ld", "**/*.mk")),
)


def export(directory: Path) -> Path:
    """Copies the sources of all firmware; returns the folder to run make in.

    Raises BoardError if the folder is not empty or cannot be written.
    """
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise BoardError(f"{directory}: already there and not an empty folder; nothing was overwritten")
    try:
        for folder, patterns in PARTS:
            for pattern in patterns:
                origin = core_sources() if folder == CORE else ROOT / folder
                for source in sorted(origin.glob(pattern)):
                    target = directory / folder / source.relative_to(origin)
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(source, target)
    except OSError as error:
        raise BoardError(f"{directory}: cannot be written: {error.strerror}") from None
    return directory / "firmware_bridge" / "board"
