"""`proxops new`: working templates of a user's own parts."""

from __future__ import annotations

import keyword
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from gnc import modules
from hil.files import write_text

NAME_MAX = 30
C_KEYWORDS = frozenset(
    {
        "auto", "break", "case", "char", "const", "continue", "default", "do", "double", "else", "enum", "extern",
        "float", "for", "goto", "if", "inline", "int", "long", "register", "restrict", "return", "short", "signed",
        "sizeof", "static", "struct", "switch", "typedef", "union", "unsigned", "void", "volatile", "while",
    }
)  # fmt: skip


class NewPartError(ValueError):
    """A part that cannot be written; one line with the reason."""

    exit_status = 2


@dataclass(frozen=True)
class Part:
    """A kind of part.

    pattern, expected: of a name. taken: the names that ProxOps and installed packages have. numbered: the type of its
    row in the core (`gnc.modules.TYPES`). is_folder: it is a folder of that name, with Python or C in it, not one file.
    """

    pattern: str
    expected: str
    taken: Callable[[], Iterable[str]]
    numbered: str = ""
    is_folder: bool = True


def _instruments() -> Iterable[str]:
    from hil.instruments import kinds

    return kinds()


def _rows_of(type_: str) -> Callable[[], Iterable[str]]:
    def names() -> Iterable[str]:
        from gnc import flight

        return flight.numbers(type_)

    return names


def _requirements() -> Iterable[str]:
    from hil.requirements import kinds

    return kinds()


def _vehicles() -> Iterable[str]:
    return [path.stem for path in (Path(str(resources.files("hil"))) / "vehicles").glob("*.toml")]


def _missions() -> Iterable[str]:
    from hil.scenario import Scenario

    return Scenario.names()


_WORD = (r"[a-z][a-z0-9_]*", "lower-case letters, digits and _, a letter first")
_DASHED = (r"[a-z][a-z0-9_-]*", "lower-case letters, digits, - and _, a letter first")
PARTS = {
    "instrument": Part(*_WORD, _instruments, numbered="model"),
    "law": Part(*_WORD, _rows_of("law"), numbered="law"),
    "monitor": Part(*_WORD, _rows_of("monitor"), numbered="monitor"),
    "requirement": Part(*_WORD, _requirements),
    "vehicle": Part(*_DASHED, _vehicles, is_folder=False),
    "mission": Part(*_DASHED, _missions, is_folder=False),
}


def new(kind: str, name: str, folder: Path, number: int | None = None) -> Path:
    """Writes the template of a kind of part and returns its folder or file.

    kind: a key of `PARTS`. number: of a row in the core; by default the first from 128 that neither the core as it is
    built nor a part in the same folder has. Raises NewPartError for an invalid name or number, an existing
    file, and a folder that cannot be written; nothing is written then.
    """
    part = PARTS[kind]
    _check_name(kind, part, name)
    words = {"name": name, "class_name": "".join(word.capitalize() for word in name.split("_"))}
    if part.numbered:
        words["number"] = str(_number(f"new {kind} {name}", part.numbered, folder, number))
    elif number is not None:
        raise NewPartError(f"new {kind} {name}: --id {number}: expected of {', '.join(_numbered())} only")
    texts = _render(kind, words)
    target = folder / name if part.is_folder else folder / f"{name}.toml"
    if target.exists() or target.is_symlink():
        raise NewPartError(f"{target}: there already; nothing was overwritten")
    if folder.exists() and not folder.is_dir():
        raise NewPartError(f"{folder}: expected a folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if part.is_folder:
            _write_folder(target, texts)
        else:
            write_text(target, texts[target.name])
    except OSError as error:
        raise NewPartError(f"{target}: cannot be written: {error.strerror}") from None
    return target


def _check_name(kind: str, part: Part, name: str) -> None:
    said = f"new {kind} {name}"
    if not re.fullmatch(part.pattern, name) or len(name) > NAME_MAX:
        raise NewPartError(f"{said}: expected a name of at most {NAME_MAX} {part.expected}")
    if name in part.taken():
        raise NewPartError(f"{said}: there is a {kind} of that name already")
    if not part.is_folder:
        return
    if keyword.iskeyword(name) or name in C_KEYWORDS:
        raise NewPartError(f"{said}: a word of Python or C; expected another name")
    if find_spec(name) is not None:
        raise NewPartError(f"{said}: there is a Python module of that name already; expected another name")


def _numbered() -> list[str]:
    return [kind for kind, part in PARTS.items() if part.numbered]


def _number(said: str, type_: str, folder: Path, asked: int | None) -> int:
    """The requested number, or the first free one."""
    from gnc import flight

    taken = dict.fromkeys(flight.numbers(type_).values(), "the core as it is built")
    for source in sorted(folder.glob("*/*.c")):
        with suppress(modules.ModuleError, OSError):
            taken |= {row.id: str(source) for row in modules.rows_of(source) if row.type == type_}
    if asked is None:
        free = [number for number in range(modules.ID_MIN, modules.ID_MAX + 1) if number not in taken]
        if not free:
            raise NewPartError(f"{said}: every number from {modules.ID_MIN} to {modules.ID_MAX} is taken")
        return free[0]
    if not modules.ID_MIN <= asked <= modules.ID_MAX:
        raise NewPartError(f"{said}: --id {asked}: expected a number from {modules.ID_MIN} to {modules.ID_MAX}")
    if asked in taken:
        raise NewPartError(f"{said}: --id {asked}: taken by a {type_} of {taken[asked]}")
    return asked


def _render(kind: str, words: dict[str, str]) -> dict[str, str]:
    """The files of a template by their paths: of each the text of a `.j2`, NAME in its path replaced."""
    environment = Environment(undefined=StrictUndefined, keep_trailing_newline=True, autoescape=False)
    source = Path(str(resources.files("hil"))) / "templates" / kind
    return {
        path.relative_to(source).with_suffix("").as_posix().replace("NAME", words["name"]): environment.from_string(
            path.read_text(encoding="utf-8")
        ).render(words)
        for path in sorted(source.rglob("*.j2"))
    }


def _write_folder(target: Path, texts: dict[str, str]) -> None:
    """Writes all files or none."""
    made = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        for path, text in texts.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        made.chmod(0o755)
        made.rename(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
