"""The log of a run: one HDF5 file, one row a control cycle, readable while it grows and after a kill.

`log.h5` holds the compound datasets `sensors`, `command`, `telemetry` and `truth`, and `params`, the
flight parameters of each start of the flight computer. Each has the attributes `fields`, `units` and
`meanings`, in the order of its columns. The frames are compressed without loss, by `hil.log_filter` and
Zstandard: a program that reads them with h5py imports this module first, which registers both filters.
The file's own attributes are the scenario as flown, the seed and the versions. `summary` is the bytes of
a JSON object, empty until the run has ended: a log without it is incomplete.

The file is opened once. What is written at the end goes into datasets that were made at the start, so a
reader that holds the log open (HDF5's SWMR mode) is never in the way. Whatever fails, rows that were
flushed are kept.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from shlex import quote
from time import monotonic, sleep
from typing import Any

import h5py
import hdf5plugin
import numpy as np
import zstandard
from numpy.typing import NDArray

from gnc import flight
from hil import log_filter, truth

SCHEMA_VERSION = 3
READABLE_VERSIONS = (2, SCHEMA_VERSION)
LOG_NAME = "log.h5"
SCENARIO_NAME = "scenario.toml"
RUN_FILES = frozenset({LOG_NAME, f".{LOG_NAME}.part", SCENARIO_NAME, "report.html"})
"""What a run leaves in its folder."""
SUMMARY_NAME, SUMMARY_CHUNK = "summary", 4096
FLUSH_S = 10.0
PROBE_BYTES = 1 << 17
FRAMES: dict[str, tuple[np.dtype[np.void], Iterable[Any]]] = {
    "sensors": (flight.SENSOR_FRAME, flight.fields("sensors")),
    "command": (flight.COMMAND, flight.fields("command")),
    "telemetry": (flight.TELEMETRY, flight.fields("telemetry")),
    "truth": (truth.TRUTH, truth.FIELDS),
}
LOCKING = "HDF5_USE_FILE_LOCKING"
SIGNATURE = b"\x89HDF\r\n\x1a\n"
SUPERBLOCK_VERSION, SUPERBLOCK_BYTES = 3, 48  # with addresses and lengths of 8 bytes
GROWING_S, READ_S = 1.0, 20.0
# Upper bound for a row of the four datasets on disk, from experience (docs/benchmarks.md)
ROW_BYTES = 600
ZSTD_LEVEL = -1  # a sixth faster than level 1, for 7 % more bytes
READING = "frames are compressed: use hil.Log.open, or import hil.recorder before h5py reads them"


class RecorderError(OSError):
    """A log that cannot be written or read; one line with the path and the reason."""


def prepare_directory(directory: Path, rows_max: int, replaced: Collection[str] = ()) -> None:
    """Makes the output folder, empty.

    rows_max: rows of a log that must fit on the disk. replaced: names of files of an earlier command that are removed,
    once everything else is in order. Raises RecorderError for a folder that holds anything else, cannot be written or
    has too little room; nothing is removed then.
    """
    try:
        existed = directory.exists()
        if existed and not directory.is_dir():
            raise RecorderError(f"{directory}: not an empty folder but a file; nothing was overwritten")
        earlier = sorted(directory.iterdir()) if existed else []
        if earlier and not replaced:
            raise RecorderError(
                f"{directory}: not an empty folder; nothing was overwritten. --force replaces an earlier result"
            )
        if foreign := [path.name for path in earlier if path.name not in replaced or path.is_dir()]:
            raise RecorderError(
                f"{directory}: nothing was overwritten: {foreign[0]} is not part of an earlier result of this command"
            )
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / ".probe"
        try:
            probe.write_bytes(bytes(PROBE_BYTES))  # HDF5 does not survive a disk without room for its header
        finally:
            probe.unlink(missing_ok=True)
        free = shutil.disk_usage(directory).free + sum(path.stat().st_size for path in earlier)
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
    try:
        for path in earlier:
            path.unlink()
    except OSError as error:
        raise RecorderError(f"{error.filename}: cannot be removed: {error.strerror}") from None


class Recorder:
    """Writes `log.h5` in a folder, and the scenario as flown beside it.

    Rows are on disk at most 10 s of simulated time later. cycle_s: control cycle (s);
    attributes: what identifies the run, strings and numbers, `scenario_toml` among them; params: the
    flight parameters, one record. overwrite: replace an earlier run in the folder.
    """

    def __init__(
        self, directory: Path, cycle_s: float, rows_max: int, attributes: Mapping[str, Any], params: Any = None,
        overwrite: bool = False,
    ):  # fmt: skip
        prepare_directory(directory, rows_max, RUN_FILES if overwrite else ())
        self.path = directory / LOG_NAME
        self._scenario_path = directory / SCENARIO_NAME
        self.rows, self._flushed = 0, 0
        self._chunk = max(1, int(FLUSH_S / cycle_s + 1.0e-9))
        self._pending = {name: np.zeros(self._chunk, dtype) for name, (dtype, _) in FRAMES.items()}
        self._encoders = {name: log_filter.Encoder(dtype, self._chunk) for name, (dtype, _) in FRAMES.items()}
        self._compressor = zstandard.ZstdCompressor(ZSTD_LEVEL)
        # Readers first see the log when it can be read while it grows; before that they would lock it.
        partial = directory / f".{LOG_NAME}.part"
        try:
            self._file = _without_a_lock_if_need_be(partial, "x")
            self._datasets = {name: self._create(name) for name in FRAMES}
            record = np.zeros((), flight.PARAMS) if params is None else params
            self._params = self._file.create_dataset("params", data=np.array([record]), maxshape=(None,), chunks=(1,))
            _describe(self._params, flight.fields("params"))
            self._summary = self._file.create_dataset(
                SUMMARY_NAME, (0,), np.uint8, maxshape=(None,), chunks=(SUMMARY_CHUNK,)
            )
            self._file.attrs.update({"schema_version": SCHEMA_VERSION, "reading": READING, **attributes})
            self._file.swmr_mode = True
            self._scenario_path.write_text(str(attributes["scenario_toml"]), encoding="utf-8")
            partial.rename(self.path)
        except (OSError, RuntimeError) as error:
            with suppress(AttributeError, OSError, RuntimeError):
                self._file.close()
            partial.unlink(missing_ok=True)
            self._scenario_path.unlink(missing_ok=True)
            raise RecorderError(f"{self.path}: cannot be written: {_reason(error)}") from None

    def _create(self, name: str) -> Any:
        dtype, described = FRAMES[name]
        filters = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        filters.set_filter(log_filter.FILTER_ID, 0, log_filter.options(dtype, self._chunk))
        dataset = self._file.create_dataset(
            name, (0,), dtype, maxshape=(None,), chunks=(self._chunk,), dcpl=filters, **hdf5plugin.Zstd()
        )
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
        """One whole chunk of each dataset; the last may count fewer rows."""
        start = (self.rows - 1) // self._chunk * self._chunk
        try:
            for name, dataset in self._datasets.items():
                dataset.id.set_extent((self.rows,))
                encoded = self._encoders[name].encode(rows[name])
                dataset.id.write_direct_chunk((start,), self._compressor.compress(encoded))
            self._file.flush()
        except (OSError, RuntimeError) as error:
            self._leave_incomplete()
            kept = f"the {self._flushed:,} cycles before are kept" if self._flushed else "no cycle was written"
            raise RecorderError(f"{self.path}: cannot be written: {_reason(error)}; {kept}") from None
        self._flushed = self.rows

    def flush(self) -> None:
        """Writes the rows of the last, partly filled chunk."""
        if self.rows > self._flushed:
            self._write_chunk(self._pending)

    def finish(self, summary: Mapping[str, Any], params: NDArray[np.void] | None = None) -> None:
        """Writes the last rows and the summary, which makes the log complete.

        params: of every start, if of several. RecorderError when that fails; what was flown is then kept, and
        `hil.finish` completes the log.
        """
        self.flush()
        try:
            if params is not None and len(params) > 1:
                self._params.resize((len(params),))
                self._params[1:] = params[1:]
            text = np.frombuffer(json.dumps(summary).encode(), np.uint8)
            self._file.flush()
            self._summary.resize(text.shape)
            self._summary[:] = text
            self._file.flush()
        except (OSError, RuntimeError) as error:
            self._leave_incomplete()
            raise RecorderError(
                f"{self.path}: the summary cannot be written: {_reason(error)}; all {self._flushed:,} cycles are kept: "
                f"`proxops finish {quote(str(self.path.parent))}` completes the log"
            ) from None
        with suppress(OSError, RuntimeError):  # everything is on the disk
            self._file.close()

    def close(self) -> None:
        """Writes the last rows of a run that was interrupted; the log stays incomplete."""
        self.flush()
        with suppress(OSError, RuntimeError):
            self._file.close()

    def _leave_incomplete(self) -> None:
        """Closes the log with the rows that were flushed, all of them and no more."""
        with suppress(OSError, RuntimeError):
            self._summary.id.set_extent((0,))
            for dataset in self._datasets.values():
                dataset.id.set_extent((self._flushed,))
        with suppress(OSError, RuntimeError):  # closing flushes, which may fail for the same reason
            self._file.close()
        if not self._flushed:
            self.path.unlink(missing_ok=True)
            self._scenario_path.unlink(missing_ok=True)


def _describe(dataset: Any, described: Iterable[Any]) -> None:
    described = list(described)
    dataset.attrs["fields"] = [field.name for field in described]
    dataset.attrs["units"] = [field.unit for field in described]
    dataset.attrs["meanings"] = [field.meaning for field in described]


def _reason(error: Exception) -> str:
    text = str(error)
    if "No space left" in text or "errno = 28" in text:
        return "the disk is full"
    if "unable to lock file" in text:
        return f"HDF5 asked for a lock and the file system gave none: set {LOCKING}=FALSE in the environment"
    detail = text.partition("error message = ")[2].split(",")[0].strip("'")
    return detail or text.splitlines()[0]


class LogFile:
    """A log read back: `sensors`, `command`, `telemetry` and `truth` as structured arrays, and `attributes`.

    Also reads a log cut short, up to its last flush. In a log of schema version 2, which can be plotted and reported,
    `sensors` are as they were then; in its other frames, a field that was not there yet is zero. Raises RecorderError
    when it is not a log.
    """

    def __init__(self, path: Path):
        try:
            path = path / LOG_NAME if path.is_dir() else path
            if not path.is_file():
                raise RecorderError(f"{path}: no log there")
            short = _is_short(path)
        except RecorderError:
            raise
        except OSError as error:
            raise RecorderError(f"{path}: cannot be read: {error.strerror}") from None
        with _open(path) as file:
            if short:
                _check_chunks(file, path)
            version = file.attrs.get("schema_version")
            if version not in READABLE_VERSIONS:
                known = " and ".join(map(str, READABLE_VERSIONS))
                raise RecorderError(f"{path}: log of schema version {version}, this ProxOps reads {known}")
            self.attributes: dict[str, Any] = dict(file.attrs)
            # Version 2 kept its summary in an attribute.
            text = bytes(file[SUMMARY_NAME][:]) if SUMMARY_NAME in file else self.attributes.get(SUMMARY_NAME, "")
            try:
                rows = min(len(file[name]) for name in FRAMES)
                frames = {name: file[name][:rows] for name in FRAMES}
                self.params: NDArray[np.void] = file["params"][:]
            except (OSError, KeyError) as error:
                raise RecorderError(f"{path}: damaged: {_reason(error)}") from None
        if version == SCHEMA_VERSION:
            for name, (dtype, _) in FRAMES.items():
                if frames[name].dtype != dtype:
                    raise RecorderError(
                        f"{path}: {name} have other fields than those of this ProxOps: written by "
                        f"{self.attributes.get('versions', 'another')}"
                    )
        else:
            frames |= {name: _as_now(frames[name], FRAMES[name][0]) for name in FRAMES if name != "sensors"}
            self.params = _as_now(self.params, flight.PARAMS)
        self.path = path
        self.sensors: NDArray[np.void] = frames["sensors"]
        self.command: NDArray[np.void] = frames["command"]
        self.telemetry: NDArray[np.void] = frames["telemetry"]
        self.truth: NDArray[np.void] = frames["truth"]
        try:
            self.summary: dict[str, Any] = json.loads(text or "{}")
        except ValueError:  # not yet written whole
            self.summary = {}
        self.complete = bool(text) and bool(self.summary)


def _is_short(path: Path) -> bool:
    """Whether a file is shorter than it says, as it is after a full disk, or when only a part of it was copied.

    Raises RecorderError when it is no HDF5 file, or HDF5 cannot open it; OSError when it cannot be read.
    """
    give_up = monotonic() + GROWING_S
    while True:
        with path.open("rb") as file:
            superblock = file.read(SUPERBLOCK_BYTES)
            size = file.seek(0, 2)
        if len(superblock) < SUPERBLOCK_BYTES or not superblock.startswith(SIGNATURE):
            raise RecorderError(f"{path}: not a readable log: expected an HDF5 file")
        expected = int.from_bytes(superblock[28:36], "little")  # end-of-file address (HDF5 File Format 3.0, II.A)
        if superblock[8] != SUPERBLOCK_VERSION or size >= expected:
            return False
        if monotonic() > give_up:  # otherwise it may be growing, with its superblock ahead for a moment
            break
        sleep(0.05)
    try:
        subprocess.run(
            [sys.executable, "-P", "-c", _READ_METADATA, path], check=True, capture_output=True, timeout=READ_S
        )
    except subprocess.SubprocessError:
        raise _cut_off(path) from None
    return True


# In SWMR mode HDF5 waits practically for ever for metadata that are missing, and no signal interrupts it
_READ_METADATA = """
import sys, h5py
with h5py.File(sys.argv[1], "r", libver="latest", swmr=True, locking=False) as file:
    for dataset in file.values():
        dict(dataset.attrs)
        for row in range(0, len(dataset), dataset.chunks[0]):
            dataset.id.get_chunk_info_by_coord((row,))
"""


def _check_chunks(file: Any, path: Path) -> None:
    """Refuses a log of which rows are missing: HDF5 reads zeros beyond the end of a file. Raises RecorderError."""
    size = path.stat().st_size
    for dataset in file.values():
        for row in range(0, len(dataset), dataset.chunks[0]):
            chunk = dataset.id.get_chunk_info_by_coord((row,))
            if chunk.byte_offset is None or chunk.byte_offset + chunk.size > size:
                raise _cut_off(path)


def _cut_off(path: Path) -> RecorderError:
    return RecorderError(
        f"{path}: not a readable log: a part of it is missing, {path.stat().st_size:,} bytes are there"
    )


def _as_now(records: NDArray[np.void], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Records of an earlier version in the layout of this one, by the names of their fields."""
    now = np.zeros(len(records), dtype)
    was = records.dtype
    for name in dtype.names or ():
        if name in (was.names or ()) and was[name].shape == dtype[name].shape:
            now[name] = records[name]
    return now


def _open(path: Path) -> Any:
    """A log of a run that was killed is still marked as being written: only SWMR opens it."""
    try:
        return _without_a_lock_if_need_be(path, "r")
    except (OSError, RuntimeError):
        pass
    try:
        return _without_a_lock_if_need_be(path, "r", swmr=True)
    except (OSError, RuntimeError) as error:
        raise RecorderError(f"{path}: not a readable log: {_reason(error)}") from None


def _without_a_lock_if_need_be(path: Path, mode: str, **options: Any) -> Any:
    """Opens an HDF5 file, with the lock that other users of HDF5 expect where the file system has locks."""
    try:
        return h5py.File(path, mode, libver="latest", **options)
    except OSError as error:
        if "lock" not in str(error):  # none to be had, or this process has the file open without one
            raise
    if mode == "x":
        path.unlink(missing_ok=True)
    return h5py.File(path, mode, libver="latest", locking=False, **options)
