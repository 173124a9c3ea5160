"""The log of a run: one HDF5 file, one row a control cycle, readable while it grows and after a kill.

`log.h5` holds the compound datasets `sensors`, `command`, `telemetry` and `truth`, and `params`, the
flight parameters of each start of the flight computer. Each has the attributes `fields`, `units` and
`meanings`, in the order of its columns. The file's own attributes are the scenario as flown, the seed,
the versions and, once `complete` is true, the summary.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from gnc import flight
from hil import truth

SCHEMA_VERSION = 2
LOG_NAME = "log.h5"
SCENARIO_NAME = "scenario.toml"
FLUSH_S = 10.0
FRAMES: dict[str, tuple[np.dtype[np.void], Iterable[Any]]] = {
    "sensors": (flight.SENSOR_FRAME, flight.fields("sensors")),
    "command": (flight.COMMAND, flight.fields("command")),
    "telemetry": (flight.TELEMETRY, flight.fields("telemetry")),
    "truth": (truth.TRUTH, truth.FIELDS),
}
ROW_BYTES = sum(dtype.itemsize for dtype, _ in FRAMES.values())


class RecorderError(OSError):
    """The log cannot be written; one line that names the place and the reason."""


def prepare_directory(directory: Path, rows_max: int) -> None:
    """Makes the output folder. RecorderError when it holds something, cannot be written or has too little room."""
    existed = directory.exists()
    try:
        if existed and (not directory.is_dir() or any(directory.iterdir())):
            raise RecorderError(f"{directory}: already there and not an empty folder; nothing was overwritten")
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".probe"
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(directory).free
    except RecorderError:
        raise
    except OSError as error:
        raise RecorderError(f"{directory}: cannot be written: {error.strerror}") from None
    if free < rows_max * ROW_BYTES:
        if not existed:
            directory.rmdir()
        raise RecorderError(
            f"{directory}: the log may take {rows_max * ROW_BYTES / 1e6:.0f} MB, only {free / 1e6:.0f} MB are free"
        )


class Recorder:
    """Writes `log.h5` in a folder, and the scenario as flown beside it.

    Rows are on disk at the latest 10 s simulated after they happened. cycle_s: control cycle (s);
    attributes: what identifies the run, strings and numbers, `scenario_toml` among them; params: the
    flight parameters, one record.
    """

    def __init__(
        self, directory: Path, cycle_s: float, rows_max: int, attributes: Mapping[str, Any], params: Any = None
    ):
        prepare_directory(directory, rows_max)
        self.path = directory / LOG_NAME
        self._scenario_path = directory / SCENARIO_NAME
        self.rows = 0
        self._chunk = max(1, int(FLUSH_S / cycle_s + 1.0e-9))
        self._pending = {name: np.zeros(self._chunk, dtype) for name, (dtype, _) in FRAMES.items()}
        try:
            self._file = h5py.File(self.path, "x", libver="latest")
            self._datasets = {name: self._create(name) for name in FRAMES}
            record = np.zeros((), flight.PARAMS) if params is None else params
            _describe(self._file.create_dataset("params", data=np.array([record])), flight.fields("params"))
            self._file.attrs.update({"schema_version": SCHEMA_VERSION, "complete": False, **attributes})
            self._file.swmr_mode = True
            self._scenario_path.write_text(str(attributes["scenario_toml"]), encoding="utf-8")
        except OSError as error:
            self.abandon()
            raise RecorderError(_reason(self.path, error)) from None

    def _create(self, name: str) -> Any:
        dtype, described = FRAMES[name]
        dataset = self._file.create_dataset(name, (0,), dtype, maxshape=(None,), chunks=(self._chunk,))
        _describe(dataset, described)
        return dataset

    def append(self, frames: Mapping[str, NDArray[np.void]]) -> None:
        """Adds the same number of rows to every dataset. RecorderError when the disk is full."""
        count = len(frames["telemetry"])
        done = 0
        while done < count:
            at = self.rows % self._chunk
            step = min(count - done, self._chunk - at)
            self.rows += step
            if step == self._chunk:
                self._write_chunk({name: np.ascontiguousarray(frames[name][done : done + step]) for name in FRAMES})
            else:
                for name, pending in self._pending.items():
                    pending[at : at + step] = frames[name][done : done + step]
                if at + step == self._chunk:
                    self._write_chunk(self._pending)
            done += step

    def _write_chunk(self, rows: Mapping[str, NDArray[np.void]]) -> None:
        """One whole chunk of each dataset, which HDF5 copies to the file as it is; the last may count fewer rows."""
        start = (self.rows - 1) // self._chunk * self._chunk
        try:
            for name, dataset in self._datasets.items():
                dataset.id.set_extent((self.rows,))
                dataset.id.write_direct_chunk((start,), rows[name])
            self._file.flush()
        except (OSError, RuntimeError) as error:
            self.abandon()
            raise RecorderError(_reason(self.path, error)) from None

    def flush(self) -> None:
        """Writes the rows of the last, partly filled chunk."""
        if self.rows % self._chunk:
            self._write_chunk(self._pending)

    def finish(self, summary: Mapping[str, Any], params: NDArray[np.void] | None = None) -> None:
        """Writes the last rows and the summary, and marks the log complete; params: of every start, if of several."""
        try:
            self.flush()
            self._file.close()
            with h5py.File(self.path, "r+", libver="latest") as file:
                if params is not None and len(params) > 1:
                    del file["params"]
                    _describe(file.create_dataset("params", data=params), flight.fields("params"))
                file.attrs["summary"] = json.dumps(summary)
                file.attrs["complete"] = True
        except RecorderError:
            raise
        except (OSError, RuntimeError) as error:
            self.abandon()
            raise RecorderError(_reason(self.path, error)) from None

    def close(self) -> None:
        """Writes the last rows of a run that was interrupted; the log stays marked incomplete."""
        self.flush()
        self._file.close()

    def abandon(self) -> None:
        """Removes what was written: what could not be written whole must not look like it."""
        with suppress(AttributeError, OSError, RuntimeError):  # closing flushes, which may fail for the same reason
            self._file.close()
        self.path.unlink(missing_ok=True)
        self._scenario_path.unlink(missing_ok=True)


def _describe(dataset: Any, described: Iterable[Any]) -> None:
    described = list(described)
    dataset.attrs["fields"] = [field.name for field in described]
    dataset.attrs["units"] = [field.unit for field in described]
    dataset.attrs["meanings"] = [field.meaning for field in described]


def _reason(path: Path, error: Exception) -> str:
    text = str(error)
    if "No space left" in text or "errno = 28" in text:
        return f"{path}: the disk is full; the log was removed"
    detail = text[text.find("error message = ") :].split(",")[0].removeprefix("error message = ").strip("'")
    return f"{path}: cannot be written: {detail or text}"


class LogFile:
    """A log read back: `sensors`, `command`, `telemetry` and `truth` as structured arrays, and `attributes`.

    Also reads a log cut short, up to its last flush. Raises RecorderError when it is not a log.
    """

    def __init__(self, path: Path):
        path = path / LOG_NAME if path.is_dir() else path
        if not path.is_file():
            raise RecorderError(f"{path}: no log there")
        with _open(path) as file:
            version = file.attrs.get("schema_version")
            if version != SCHEMA_VERSION:
                raise RecorderError(f"{path}: log of schema version {version}, this ProxOps reads {SCHEMA_VERSION}")
            self.attributes: dict[str, Any] = dict(file.attrs)
            rows = min(len(file[name]) for name in FRAMES)
            frames = {name: file[name][:rows] for name in FRAMES}
            self.params: NDArray[np.void] = file["params"][:]
        self.path = path
        self.sensors: NDArray[np.void] = frames["sensors"]
        self.command: NDArray[np.void] = frames["command"]
        self.telemetry: NDArray[np.void] = frames["telemetry"]
        self.truth: NDArray[np.void] = frames["truth"]
        self.complete = bool(self.attributes["complete"])
        self.summary: dict[str, Any] = json.loads(self.attributes.get("summary", "{}"))


def _open(path: Path) -> Any:
    """A log of a run that was killed is still marked as being written: only SWMR opens it."""
    try:
        return h5py.File(path, "r", libver="latest")
    except OSError:
        pass
    try:
        return h5py.File(path, "r", libver="latest", swmr=True)
    except OSError as error:
        raise RecorderError(f"{path}: not a readable log: {str(error).splitlines()[0]}") from None
