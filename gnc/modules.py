"""Users' own modules of the core: C files with laws, attitudes, monitors and measurement models, built into it.

Needs nothing that is compiled: setup.py uses it before there is anything.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

TYPES = {"law": "laws", "attitude": "attitudes", "monitor": "monitors", "model": "models"}
"""What a module may have rows of, and how the lists of them are called."""
ID_MIN, ID_MAX = 128, 255
FOLDER = "modules"
"""Where modules lie in a core with them."""
LISTS = "users.c"
_ROW = re.compile(r"^const (\w+)_t (\w+)\s*=\s*\{(.*?)\};", re.M | re.S)
_NUMBER = re.compile(r"\.(?:id|kind)\s*=\s*(\w+)")


class ModuleError(ValueError):
    """A user's module cannot be built into the core; one line."""

    exit_status = 2


class Row(NamedTuple):
    """A row of a module: a key of `TYPES`, its name, its number, and the file that has it."""

    type: str
    name: str
    id: int
    source: Path

    @property
    def symbol(self) -> str:
        """The constant in the C file."""
        return f"{self.type}_{self.name}"


def sources(core: Path) -> list[str]:
    """The C files of a core, relative to its folder, sorted."""
    return sorted(path.relative_to(core).as_posix() for path in core.rglob("*.c"))


def folders_of(text: str) -> tuple[Path, ...]:
    """The folders that `PROXOPS_MODULES` names, separated as those of a PATH."""
    return tuple(Path(part) for part in text.split(os.pathsep) if part)


def find(folders: Iterable[Path]) -> tuple[Row, ...]:
    """The rows of all C files in the folders, in the order of the folders and of the files' names.

    Raises ModuleError for a folder without any, a number that is none from 128 to 255, or a name, a number or a file
    that is there twice.
    """
    rows: list[Row] = []
    for folder in dict.fromkeys(folder.resolve() for folder in folders):
        sources = sorted(folder.glob("*.c")) if folder.is_dir() else []
        if not sources:
            raise ModuleError(f"modules folder {folder}: expected a folder with C files")
        for source in sources:
            rows += rows_of(source)
    _check_unique(rows)
    for row in rows:
        if row.symbol in _symbols_of_the_core():
            raise ModuleError(f"{row.source}: {row.symbol}: the core has one of that name")
    return tuple(rows)


def _symbols_of_the_core() -> set[str]:
    """The rows of the core itself."""
    core = Path(__file__).parent / "core"
    texts = (source.read_text(encoding="utf-8") for source in core.rglob("*.c"))
    return {found[2] for text in texts for found in _ROW.finditer(text)}


def rows_of(source: Path) -> list[Row]:
    """The rows of one C file. Raises ModuleError."""
    text = source.read_text(encoding="utf-8")
    rows = []
    for found in _ROW.finditer(text):
        kind, symbol, body = found.groups()
        if kind not in TYPES:
            continue
        if not symbol.startswith(f"{kind}_"):
            raise ModuleError(f"{source}: {symbol}: expected a name that begins with {kind}_")
        number = _NUMBER.search(body)
        if number is None or not number[1].isdigit() or not ID_MIN <= int(number[1]) <= ID_MAX:
            given = f" = {number[1]}" if number else ""
            raise ModuleError(f"{source}: {symbol}: id{given}: expected a number from {ID_MIN} to {ID_MAX}")
        rows.append(Row(kind, symbol.removeprefix(f"{kind}_"), int(number[1]), source))
    if not rows:
        said = ", ".join(f"const {name}_t {name}_…" for name in TYPES)
        raise ModuleError(f"{source}: no row: expected a definition as {said} = {{…}};")
    return rows


def _check_unique(rows: Sequence[Row]) -> None:
    for at, row in enumerate(rows):
        for other in rows[:at]:
            if row.type == other.type and row.id == other.id:
                raise ModuleError(
                    f"{row.source}: {row.symbol}: id = {row.id}: taken by {other.symbol} of {other.source}"
                )
            if row.symbol == other.symbol:
                raise ModuleError(f"{row.source}: {row.symbol}: there is one of that name in {other.source}")
            if row.source.name == other.source.name and row.source != other.source:
                raise ModuleError(f"{row.source}: there is a file of that name in {other.source.parent}")


def lists(rows: Sequence[Row]) -> str:
    """The C file with the lists of users' rows, in place of the core's own with empty ones."""
    out = ["/* The lists of users' own rows, made by gnc.modules; PROXOPS_MODULES puts others in their place. */"]
    out += ['#include "registry.h"', ""]
    for type_, plural in TYPES.items():
        own = [row for row in rows if row.type == type_]
        if own:
            out.append(f"extern const {type_}_t {', '.join(row.symbol for row in own)};")
        out.append(f"const {type_}_t *const users_{plural}[] = {{{''.join(f'&{row.symbol}, ' for row in own)}NULL}};")
    named = "".join(f'{{"{row.type}", "{row.name}", {row.id}}}, ' for row in rows)
    out.append(f"const user_row_t users_rows[] = {{{named}{{NULL, NULL, 0}}}};")
    return "\n".join([*out, ""])


def stage(core: Path, rows: Sequence[Row], target: Path) -> None:
    """Writes a copy of the core with modules in it. What is the same already keeps its time.

    The modules' files lie in `FOLDER`; `LISTS` has their rows.
    """
    of_modules = sorted({row.source for row in rows})
    files = {path.relative_to(core): path for path in core.rglob("*") if path.suffix in (".c", ".h", ".mk")}
    files |= {Path(FOLDER, source.name): source for source in of_modules}
    wanted = {*files, Path(LISTS)}
    for path in [path for path in target.rglob("*") if path.is_file()] if target.exists() else []:
        if path.relative_to(target) not in wanted:
            path.unlink()
    for name, source in files.items():
        if name != Path(LISTS):
            _copy(source, target / name, keeps_time=source not in of_modules)
    _write(target / LISTS, lists(rows))


def _copy(source: Path, target: Path, keeps_time: bool) -> None:
    """keeps_time: what was compiled from `source` is as good as from the copy."""
    if not target.exists() or target.read_bytes() != source.read_bytes():
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copy2 if keeps_time else shutil.copyfile)(source, target)


def _write(target: Path, text: str) -> None:
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
