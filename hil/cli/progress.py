"""Progress on the terminal, where there is one."""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any, Self

from hil.report.wording import visible


class Bar:
    """A progress bar, shown while the block lasts, on a terminal only."""

    def __init__(self, name: str, total: float | None, quiet: bool, **fields: str):
        self._bar: Any = None
        if not quiet and sys.stderr.isatty():
            from rich.progress import BarColumn, Progress

            from hil.report.console import Terminal, column

            columns = (column("{task.description}"), BarColumn(), *self._columns())
            self._bar = Progress(*columns, console=Terminal(stderr=True), transient=True)
            self._task = self._bar.add_task(visible(name), total=total, **fields)

    def _columns(self) -> tuple[Any, ...]:
        """The columns behind the bar."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        if self._bar:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._bar:
            self._bar.stop()


class FlightProgress(Bar):
    """Progress of a flight, in simulated time."""

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import TimeElapsedColumn

        from hil.report.console import column

        return column("{task.completed:,.0f} s simulated"), TimeElapsedColumn()

    def __call__(self, t_s: float) -> None:
        """Updates the simulated time."""
        if self._bar:
            self._bar.update(self._task, completed=t_s)


class RunsProgress(Bar):
    """Progress of several runs."""

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import MofNCompleteColumn

        return (MofNCompleteColumn(),)

    def __call__(self, done: int) -> None:
        """Updates the number of runs done."""
        if self._bar:
            self._bar.update(self._task, completed=done)


class CampaignProgress(Bar):
    """Progress of a campaign, with rate, remaining time and failures so far."""

    def __init__(self, name: str, runs: int, quiet: bool):
        super().__init__(name, runs, quiet, verdict="", rate="")
        self._began: tuple[float, int] | None = None

    def _columns(self) -> tuple[Any, ...]:
        from rich.progress import MofNCompleteColumn, TimeRemainingColumn

        from hil.report.console import column

        verdict, rate = column("{task.fields[verdict]}"), column("{task.fields[rate]}")
        return MofNCompleteColumn(), verdict, rate, TimeRemainingColumn()

    def __call__(self, done: int, failures: int, runs: int) -> None:
        """Updates the number of cases and of failures."""
        if not self._bar:
            return
        now = perf_counter()
        self._began = self._began or (now, done)
        since_s, flown = now - self._began[0], done - self._began[1]
        rate = f"{flown / since_s:.1f} runs/s" if since_s > 0.0 and flown else ""
        self._bar.update(self._task, completed=done, verdict=f"{failures} failed in {done}", rate=rate)
