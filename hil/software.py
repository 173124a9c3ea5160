"""Users' flight software: import by name, errors, and validation of its answers.

Whatever user code does (raise, exit, change the working directory or NumPy's error handling), it ends at most its own
run and does not affect the state of ProxOps.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import reduce
from importlib import import_module
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from gnc import flight as core

FlightFactory = Callable[[Any], Any]
"""Makes a flight computer from a run's flight parameters, one record of `gnc.flight.PARAMS`."""

MESSAGE_MAX = 300
"""Characters of an exception's text that are kept."""
_NUMPY_DEFAULTS: Any = {"divide": "warn", "over": "warn", "under": "ignore", "invalid": "warn"}


class SoftwareError(ValueError):
    """Flight software that cannot be imported by name; one line with the reason."""

    exit_status = 2


class RunError(RuntimeError):
    """A run that could not be flown or completed and has no log; one line with the reason."""

    exit_status = 3


class AnswerError(ValueError):
    """An invalid command or telemetry of a flight computer: names the field, its value and the range."""


# ---- names --------------------------------------------------------------------------------------


class Software:
    """Flight software by its name, MODULE:FACTORY as `--flight` takes it; called with the flight parameters.

    Any callable that the module holds under that name is accepted, including a partial or an object. A worker process
    imports it by the same name. The current folder is searched last, so a user's file never replaces a module that
    ProxOps imports.

    Raises SoftwareError if it cannot be imported, or if another module has this name.
    """

    def __init__(self, name: str):
        self.name = name
        self._factory = _imported(name)

    def __call__(self, params: Any) -> Any:
        """The flight computer for those parameters."""
        return self._factory(params)

    def __reduce__(self) -> tuple[type[Software], tuple[str]]:
        """A pickle contains only the name."""
        return Software, (self.name,)


def _imported(name: str) -> FlightFactory:
    module, _, factory = name.partition(":")
    folder = os.getcwd()  # noqa: PTH109  # as sys.path has it
    if folder not in sys.path:
        sys.path.append(folder)
    try:
        with own_state():
            found: Any = reduce(getattr, factory.split("."), import_module(module))
    except BaseException as error:
        if is_interrupt(error):
            raise
        shadowed = _shadowed(module, Path(folder))
        raise SoftwareError(
            shadowed or f"{name}: expected MODULE:FACTORY that can be imported: {_text(error)}"
        ) from None
    if shadowed := _shadowed(module, Path(folder)):
        raise SoftwareError(shadowed)
    if not callable(found):
        raise SoftwareError(f"{name}: expected a class or a function, found {type(found).__name__}")
    return found  # type: ignore[no-any-return]


def _shadowed(module: str, folder: Path) -> str | None:
    """Why a module of the current folder is not what its name imports; None if it is, or there is no such file."""
    top = module.partition(".")[0]
    own = next((path for path in (folder / f"{top}.py", folder / top / "__init__.py") if path.is_file()), None)
    loaded = sys.modules.get(top)
    if own is None or loaded is None:
        return None
    found = getattr(loaded, "__file__", None)
    if found is not None and Path(found).resolve() == own.resolve():
        return None
    return f"{module}: {own.name} here has the name of the module {found or top}: expected another name"


def software_name(flight: FlightFactory | None) -> str:
    """MODULE:FACTORY, as `--flight` takes it; empty for the flight core.

    Raises SoftwareError for objects that cannot be imported by name: a partial, an object, a nested function.
    """
    if flight is None:
        return ""
    if isinstance(flight, Software):
        return flight.name
    module, qualname = getattr(flight, "__module__", None), getattr(flight, "__qualname__", None)
    loaded = sys.modules.get(module or "")
    found: Any = None
    with suppress(AttributeError):
        found = reduce(getattr, qualname.split("."), loaded) if loaded is not None and qualname else None
    if found is not flight:
        raise SoftwareError(
            f"flight = {qualname or type(flight).__name__}: expected a class or a function that can be imported by "
            'its name, or hil.software.Software("MODULE:FACTORY")'
        )
    file = getattr(loaded, "__file__", None)
    if module == "__main__" and file:  # a script is imported by its own name
        spec = getattr(loaded, "__spec__", None)
        module = spec.name if spec else Path(file).stem
    return f"{module}:{qualname}"


def flown_by(flight: FlightFactory | None) -> str:
    """The options that a command needs to fly this software again."""
    return "" if flight is None else f" --flight {quote(software_name(flight))}"


# ---- what it raises -----------------------------------------------------------------------------


def is_interrupt(error: BaseException) -> bool:
    """Whether an exception is Ctrl-C. If the signal is ignored, as in a worker, the software raised it."""
    return isinstance(error, KeyboardInterrupt) and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


def told(error: BaseException) -> str:
    """An exception in one line: its type, its text, and the line of the user's code that raised it."""
    where = ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        if not str(frame.f_globals.get("__name__", "")).startswith(("hil.", "gnc.", "firmware_bridge.")):
            where = f" ({Path(frame.f_code.co_filename).name}:{line})"
    return _text(error) + where


def _text(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception:
        text = ""
    if len(text) > MESSAGE_MAX:
        text = text[:MESSAGE_MAX] + "…"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


@contextmanager
def own_state() -> Iterator[None]:
    """Protects the process's state from user code: the working directory and NumPy's error handling.

    Within the block, NumPy has its default settings, so that a run does not depend on the caller.
    """
    with np.errstate(**_NUMPY_DEFAULTS):
        try:
            folder = os.open(".", os.O_RDONLY)
        except OSError:  # a working directory that is gone already cannot be lost
            yield
            return
        try:
            yield
        finally:
            os.fchdir(folder)
            os.close(folder)


# ---- what it answers ----------------------------------------------------------------------------


def _runs_of(kind: np.dtype[Any]) -> tuple[int, int]:
    """Offset and count of the floats of one type, which lie side by side in a telemetry record."""
    fields = list((core.TELEMETRY.fields or {}).values())
    spans = [(int(f[1]), int(f[0].itemsize)) for f in fields if f[0].base == kind]
    offset = spans[0][0]
    count = sum(size for _, size in spans) // kind.itemsize
    if spans[-1][0] + spans[-1][1] != offset + count * kind.itemsize:
        raise TypeError(f"the {kind} of gnc.flight.TELEMETRY do not lie side by side")
    return offset, count


_FLOATS = {name: (kind, *_runs_of(kind)) for name, kind in (("f8", np.dtype("<f8")), ("f4", np.dtype("<f4")))}
_AS_FLOATS = np.dtype({
    "names": list(_FLOATS),
    "formats": [(kind, (count,)) for kind, _, count in _FLOATS.values()],
    "offsets": [offset for _, offset, _ in _FLOATS.values()],
    "itemsize": core.TELEMETRY.itemsize,
})  # fmt: skip
_LARGEST = {
    "law": max(core.numbers("law").values()),
    # a monitor without a reason of its own; a user's gives its own number
    "abort_reason": max(*core.Reason, core.Reason.MONITOR + max(core.Monitor), *core.numbers("monitor").values()),
}


def take_answer(answer: Any, frame: np.void, part: Any, i: int, phases: int) -> bool:
    """Writes a flight computer's answer to row i of `part.command` and `part.telemetry`.

    phases: number of phases of the mission. Returns whether there was telemetry. Raises AnswerError for an invalid
    command or invalid telemetry; the row is then undefined.
    """
    command, telemetry = answer if isinstance(answer, tuple) and len(answer) == 2 else (answer, None)
    _take_command(command, frame, part.command[i : i + 1])
    if telemetry is None:
        return False
    _take_telemetry(telemetry, frame, part.telemetry[i : i + 1], phases)
    return True


def _take_command(command: Any, frame: np.void, row: Any) -> None:
    try:
        record = np.asarray(command)
        if record.dtype == core.COMMAND and record.size == 1:
            row[:] = record
            return
        given = record.ndim == 1 and len(record) <= core.N_THRUSTERS and record.dtype.kind in "iufb"
    except (TypeError, ValueError):
        given = False
    if not given or not ((record >= 0) & (record < 2**32)).all():
        text = " ".join(repr(command).split())
        raise AnswerError(
            f"command at {frame['t_us'] * 1e-6:.1f} s: expected a gnc.flight.COMMAND record or up to "
            f"{core.N_THRUSTERS} on-times in us, got {text[:MESSAGE_MAX]}"
        )
    row["thruster_on_us"][0, : len(record)] = record
    row["mechanism"] = 1
    row["t_us"], row["tick"] = frame["t_us"], frame["tick"]


def _take_telemetry(telemetry: Any, frame: np.void, row: Any, phases: int) -> None:
    what = f"telemetry at {frame['t_us'] * 1e-6:.1f} s"
    try:
        record = np.asarray(telemetry)
        known = record.dtype == core.TELEMETRY and record.size == 1
    except (TypeError, ValueError):
        known = False
    if not known:
        raise AnswerError(f"{what}: expected a gnc.flight.TELEMETRY record or None, got {type(telemetry).__name__}")
    row[:] = record
    floats = row.view(_AS_FLOATS)
    if not all(np.isfinite(floats[name]).all() for name in _FLOATS):
        raise AnswerError(f"{what}: {_not_finite(row[0])}: expected a finite number")
    for name, largest in (("phase", phases - 1), *_LARGEST.items()):
        if row[name][0] > largest:
            raise AnswerError(f"{what}: {name} = {row[name][0]}: expected 0 to {int(largest)}")


def _not_finite(record: np.void) -> str:
    """The first channel of a record that is not finite, with its value."""
    fields: Sequence[Any] = core.fields("telemetry")
    for field in fields:
        values = np.atleast_1d(record[field.name])
        for at in np.flatnonzero(~np.isfinite(values)):
            return f"{field.name}{f'[{at}]' if field.count else ''} = {values[at]}"
    raise AssertionError("every channel is finite")
