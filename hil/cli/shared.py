"""Common parts of the commands: options, flight computers, exit status, writing files and to the terminal."""

from __future__ import annotations

import codecs
import math
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.seeds import SEED_MAX

if TYPE_CHECKING:
    from hil.run import FlightComputer
    from hil.software import Software

EXIT = {"PASS": 0, "FAIL": 1, "ERROR": 3}
REPORT_NAME = "report.html"
SECONDS_MAX = 1.0e9  # limit of a wall-clock time that timers accept everywhere

_SPELLED = {
    "–": "-", "−": "-", "→": "->", "≥": ">=", "≤": "<=", "×": "x", "±": "+-", "…": "...", "µ": "u", "°": " deg",
}  # fmt: skip
"""Replacements for the non-ASCII characters that ProxOps itself prints."""

Command = Callable[..., None]
Option = Callable[[Command], Command]


class Finite(click.FloatRange):
    """A range of numbers that excludes nan, which click accepts."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number in a string; a usage error for anything else."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not in the range {self._describe_range()}.", param, ctx)
        return number


def overrides_option(whose: str = "the scenario") -> Option:
    """Overrides of scenario keys."""
    return click.option(
        "--set", "overrides", multiple=True, metavar="KEY=VALUE",
        help=f"Override a key of {whose}, such as phase.s3.duration_s=600; repeatable."
    )  # fmt: skip


def seed_option(what: str) -> Option:
    """One master seed."""
    return click.option(
        "--seed", type=click.IntRange(0, SEED_MAX), default=1, show_default=True, help=f"Master seed of {what}."
    )  # fmt: skip


def jobs_option(what: str) -> Option:
    """Number of parallel workers; the engines refuse less than 1."""
    return click.option("--jobs", type=int, help=f"{what} flown in parallel (default: number of processors).")


def folder_option(what: str) -> Option:
    """Output folder."""
    return click.option("--out", type=click.Path(path_type=Path, file_okay=False), help=f"Output folder for {what}.")


def force_option() -> Option:
    """Whether an earlier result may be replaced."""
    return click.option("--force", is_flag=True, help="Replace an earlier result of this command in --out.")


def json_option(what: str = "object") -> Option:
    """JSON output."""
    return click.option("--json", "as_json", is_flag=True, help=f"Print one JSON {what} and nothing else.")


def sampler_options(help_runs: str, required: bool) -> Option:
    """How the cases of a campaign are drawn."""

    def options(command: Command) -> Command:
        sampler = click.option(
            "--sampler", type=click.Choice(["random", "lhs", "sobol", "saltelli"]), default="random", show_default=True,
            help="How cases are drawn. Exact statements about failures need random draws.",
        )  # fmt: skip
        runs = click.option("--runs", type=int, required=required, metavar="N", help=help_runs)
        return runs(sampler(command))

    return options


def on_options() -> Option:
    """Which flight computer to use."""

    def options(command: Command) -> Command:
        allow = click.option(
            "--allow-mismatch", is_flag=True,
            help="Fly a board built from another interface or core. The verdict is then never PASS.",
        )  # fmt: skip
        on = click.option(
            "--on", default="sil", show_default=True, metavar="COMPUTER",
            help="Flight computer: sil (the core in this process), emulated[:mps2-an500|zynq-a9], "
            "linux[:aarch64|armhf] or serial:PORT[@BAUD].",
        )  # fmt: skip
        return on(allow(command))

    return options


def computer_named(on: str, allow_mismatch: bool, **faults: Any) -> AbstractContextManager[FlightComputer | None]:
    """The flight computer of a name, with the faults to inject; None for the core in this process."""
    if on == "sil":
        return nullcontext(None)
    from firmware_bridge.computers import open_computer

    return open_computer(on, allow_mismatch=allow_mismatch, **faults)


def flight_option() -> Option:
    """Flight software that replaces the core."""
    return click.option(
        "--flight", "software", metavar="MODULE:FACTORY",
        help="Your own flight software: a callable that makes a flight computer from the flight parameters.",
    )  # fmt: skip


def software_named(name: str | None, on: str = "sil") -> Software | None:
    """The flight software MODULE:FACTORY, from the Python path or the current folder. Refused together with --on."""
    if name is None:
        return None
    if on != "sil":
        raise click.UsageError(f"--flight {name}: cannot be combined with --on {on}")
    from hil.software import Software, SoftwareError

    try:
        return Software(name)
    except SoftwareError as error:
        raise click.UsageError(f"--flight {error}") from None


def time_limit_option(what: str) -> Option:
    """Wall-clock limit of one run."""
    return click.option(
        "--time-limit", "time_limit_s", type=Finite(min=0.0, min_open=True, max=SECONDS_MAX), metavar="S",
        help=f"Wall-clock limit of {what} in s; exceeding it gives verdict ERROR.",
    )  # fmt: skip


@contextmanager
def time_limit(limit_s: float | None) -> Iterator[None]:
    """Raises TimeLimitExceeded in the main thread when the limit is reached, and every second after that."""
    if limit_s is None:
        yield
        return

    def expired(*_: object) -> None:
        raise TimeLimitExceeded(f"not flown within the time limit of {limit_s:g} s")

    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, limit_s, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)


class TimeLimitExceeded(BaseException):  # flight software that catches every Exception must not catch it
    """A run exceeded its time limit."""

    exit_status = EXIT["ERROR"]


def prints_of_software(as_json: bool) -> AbstractContextManager[Any]:
    """Redirects what flight software prints, so that it does not mix with JSON output."""
    return redirect_stdout(sys.stderr if as_json else sys.stdout)


def write(path: Path, text: str) -> Path:
    """Writes a file completely or not at all and returns its path. Raises RecorderError."""
    from hil.files import write_text
    from hil.recorder import RecorderError

    try:
        write_text(path, text)
    except OSError as error:
        raise RecorderError(f"{path}: cannot be written: {error.strerror}") from None
    return path


def print_anything() -> None:
    """Makes standard output and error accept every character: those missing from their encoding are spelled out."""
    codecs.register_error("proxops", _spell_out)
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # closed, or replaced by something else
            stream.reconfigure(errors="proxops")  # type: ignore[union-attr]


def _spell_out(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_SPELLED.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking), error.end


def settle_environment() -> None:
    """Replaces environment settings that do not work, for matplotlib and its font cache.

    Figures are drawn without a window, whatever backend the environment names: a notebook passes on its own, which may
    not be installed here. Relative XDG base directories are ignored, as their specification requires. Without a
    writable home, a temporary folder of the user is used for every run.
    """
    os.environ["MPLBACKEND"] = "agg"
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        if not Path(os.environ.get(name, "")).is_absolute():
            os.environ.pop(name, None)
    if "MPLCONFIGDIR" in os.environ:
        return
    try:
        for name, below_home in (("XDG_CACHE_HOME", ".cache"), ("XDG_CONFIG_HOME", ".config")):
            place = Path(os.environ.get(name) or Path.home() / below_home, "matplotlib")
            place.mkdir(parents=True, exist_ok=True)
            if not os.access(place, os.W_OK):
                raise PermissionError
    except (OSError, RuntimeError):
        from firmware_bridge.boards import own_temporary_folder

        with suppress(OSError):  # then matplotlib says what it needs
            os.environ["MPLCONFIGDIR"] = str(own_temporary_folder())
