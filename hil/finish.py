"""Completes a log that has all cycles but lacks its summary.

The plant is flown again with the recorded answers of the flight computer. A run is a function of its
scenario, its seed and those answers, so sensors and truth come out as recorded, and with them what only
the plant knows: the conditions at contact and the requirements. No flight computer is needed.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from shlex import quote
from typing import Any

import numpy as np

from hil.faults.rows import ComputerFault, of_model
from hil.log import Log
from hil.recorder import FRAMES, LOG_NAME, LogFile, RecorderError
from hil.run import fly


class FinishError(RuntimeError):
    """A log that cannot be completed; one line that says why and what to do."""

    exit_status = 2


def finish(directory: str | Path) -> Log:
    """Completes the log in a folder and returns its run; one that is complete is only read.

    The frames do not hold how the wall clock was kept, what a board told of itself, or its cold starts: `realtime`
    and `computer` are None, `cold_starts` is empty.

    Raises:
        FinishError: the run was cut short, or this version of ProxOps gives different results. The log is unchanged.
        RecorderError: the folder cannot be read or written.
        ScenarioError: the scenario, or a file that it names, cannot be read.
    """
    directory = Path(directory)
    file, recorded = LogFile(directory), Log.open(directory)
    if file.complete:
        return recorded
    recorded.require_current("finish")
    scenario = replace(recorded.scenario, path=str(file.attributes.get("path", recorded.scenario.path)))
    partial, answers = directory / ".finish", _Recorded(recorded)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        flown = fly(
            scenario, recorded.seed, case=recorded.case, sampling=recorded.sampling, flight=answers, out=partial
        )  # fmt: skip
        if answers.wanting:
            raise answers.wanting
        for name in FRAMES:
            if getattr(flown, name).tobytes() != getattr(recorded, name).tobytes():
                raise FinishError(
                    f"{directory / LOG_NAME}: {name} of this ProxOps differ from those recorded by "
                    f"{recorded.versions['proxops']}, core {recorded.versions['core']}: complete it with that one"
                )
        (partial / LOG_NAME).replace(directory / LOG_NAME)
    except OSError as error:
        if isinstance(error, RecorderError):
            raise
        raise RecorderError(f"{directory}: cannot be written: {error.strerror}") from None
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Log.open(directory)


class _Recorded:
    """The flight computer of a log: answers each cycle as it did."""

    def __init__(self, log: Log):
        self._log, self._row = log, 0
        self.wanting: FinishError | None = None  # for the run, which makes an error of the flight computer its verdict
        # what they did is in the recorded answers
        self.link_faults, self.board_faults = log.scenario.link_faults, log.scenario.board_faults
        self.computer_faults = of_model(log.scenario.other_faults, ComputerFault)

    def step(self, sensors: np.void) -> Any:
        """One control cycle. FinishError when the recording ends before the run does."""
        log, row = self._log, self._row
        if row == len(log.command):
            again = f"proxops run {quote(log.scenario.name)} --seed {log.seed} --case {log.case}"
            self.wanting = FinishError(
                f"the run was cut short after {row:,} cycles: nothing completes it, fly it again (`{again}`, with the "
                "options it had)"
            )
            raise self.wanting
        self._row += 1
        return log.command[row], log.telemetry[row]
