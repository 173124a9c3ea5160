"""The log: what is written is read back, cut short or not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import h5py
import numpy as np
import pytest

from gnc import flight
from hil import Log, baseline, replay
from hil.finish import finish
from hil.recorder import FRAMES, ROW_BYTES, SCHEMA_VERSION, LogFile, Recorder, RecorderError
from hil.report import render

ATTRIBUTES = {"scenario_toml": "[scenario]", "seed": 7}


def random_rows(count: int, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {
        name: np.frombuffer(rng.integers(0, 100, count * dtype.itemsize, np.uint8).tobytes(), dtype)
        for name, (dtype, _) in FRAMES.items()
    }


@pytest.mark.parametrize("sizes", [(1, 2, 3), (100, 100), (250,), (99, 1, 100, 7)])
def test_rows_come_back_bit_for_bit(tmp_path: Path, sizes: tuple[int, ...]) -> None:
    rows = random_rows(sum(sizes))
    recorder = Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES)
    at = 0
    for size in sizes:
        recorder.append({name: frame[at : at + size] for name, frame in rows.items()})
        at += size
    recorder.finish({"verdict": "PASS"})
    log = LogFile(tmp_path / "out")
    assert log.complete and log.summary == {"verdict": "PASS"} and log.attributes["seed"] == 7
    for name, frame in rows.items():
        assert getattr(log, name).tobytes() == frame.tobytes(), name


def test_log_explains_itself_to_plain_h5py(tmp_path: Path) -> None:
    Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES).finish({})
    with h5py.File(tmp_path / "out" / "log.h5") as file:
        assert file.attrs["schema_version"] == SCHEMA_VERSION
        for name, (dtype, _) in FRAMES.items():
            attributes = file[name].attrs
            assert tuple(attributes["fields"]) == dtype.names == file[name].dtype.names
            assert len(attributes["units"]) == len(attributes["meanings"]) == len(dtype.names)
            assert all(attributes["units"])


def test_flush_is_due_every_ten_simulated_seconds(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out", 0.25, 1000, ATTRIBUTES)
    recorder.append(random_rows(41))
    with h5py.File(tmp_path / "out" / "log.h5", "r", libver="latest", swmr=True) as file:
        assert len(file["telemetry"]) == 40
    recorder.close()
    log = LogFile(tmp_path / "out")
    assert len(log.truth) == 41 and not log.complete


def test_log_of_a_killed_run_is_readable_up_to_the_last_flush(tmp_path: Path) -> None:
    script = f"""
        import sys, time
        from pathlib import Path
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from test_recorder import ATTRIBUTES, random_rows
        from hil.recorder import Recorder
        recorder = Recorder(Path({str(tmp_path / "out")!r}), 0.1, 1000, ATTRIBUTES)
        recorder.append(random_rows(250))
        print("written", flush=True)
        time.sleep(60)
    """
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdout is not None and process.stdout.readline() == b"written\n"
        process.send_signal(signal.SIGKILL)
    log = LogFile(tmp_path / "out")
    assert not log.complete
    assert len(log.telemetry) == 200
    assert log.truth.tobytes() == random_rows(250)["truth"][:200].tobytes()


READER = """
import sys, time
import h5py
held = None
while held is None:
    try:
        held = h5py.File(sys.argv[1], "r", swmr=True)
    except OSError:
        time.sleep(0.001)
print(len(held["telemetry"]), flush=True)
sys.stdin.readline()
held["telemetry"].refresh()
held["summary"].refresh()
print(len(held["telemetry"]), bytes(held["summary"][:]).decode(), flush=True)
"""
OWN_READER = """
import sys
from pathlib import Path
from hil.recorder import LogFile
log = LogFile(Path(sys.argv[1]))
print(len(log.telemetry), flush=True)
sys.stdin.readline()
log = LogFile(Path(sys.argv[1]))
print(len(log.telemetry), log.summary, flush=True)
"""


@pytest.mark.parametrize("script", [READER, OWN_READER], ids=["h5py", "own"])
def test_a_reader_of_the_growing_log_does_not_keep_it_from_being_finished(tmp_path: Path, script: str) -> None:
    recorder = Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES)
    recorder.append(random_rows(250))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    command = [sys.executable, "-c", script, str(recorder.path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as reader:
        assert reader.stdin is not None and reader.stdout is not None
        assert reader.stdout.readline() == "200\n"
        recorder.finish({"verdict": "PASS"})
        reader.stdin.write("\n")
        reader.stdin.flush()
        assert reader.stdout.read().replace("'", '"') == '250 {"verdict": "PASS"}\n'
    assert LogFile(tmp_path / "out").complete
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["log.h5", "scenario.toml"]


def test_a_reader_in_the_same_process_neither(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES)
    recorder.append(random_rows(100))
    with h5py.File(recorder.path, "r", libver="latest", swmr=True):
        recorder.finish({"verdict": "PASS"})
    with h5py.File(recorder.path, "r"):
        assert LogFile(recorder.path).complete


@pytest.mark.parametrize("starts", [1, 3])
def test_parameters_of_every_start_are_kept(tmp_path: Path, starts: int) -> None:
    params = np.zeros(starts, flight.PARAMS)
    params["cycle_s"] = 1.0 + np.arange(starts)
    recorder = Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES, params[0])
    recorder.finish({"verdict": "PASS"}, params)
    assert LogFile(tmp_path / "out").params.tobytes() == params.tobytes()


FULL = """
import resource, sys
from pathlib import Path
from test_recorder import ATTRIBUTES, random_rows
from hil.recorder import Recorder, RecorderError
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    recorder = Recorder(Path(sys.argv[1]), 0.1, 1000, ATTRIBUTES)
    for seed in range(4):
        recorder.append(random_rows(100, seed))
    recorder.finish({"verdict": "PASS", "said": "x" * 100_000})
except RecorderError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("share", "said", "rows"),
    [
        (0.01, "cannot be written: File too large", None),  # of what the rows take: not even the header
        (0.3, "cannot be written: File too large; no cycle was written", None),
        (0.8, "cannot be written: File too large; the 200 cycles before are kept", 200),
        (1.1, "the summary cannot be written: File too large; all 400 cycles are kept: `proxops finish ", 400),
    ],
)
def test_a_full_disk_keeps_what_was_flushed(tmp_path: Path, share: float, said: str, rows: int | None) -> None:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *(p for p in sys.path if p)])
    }
    room = int(share * 400 * sum(dtype.itemsize for dtype, _ in FRAMES.values()))  # noise is not compressed
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path / "out"), str(room)],
        capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert said in done.stdout and done.stdout.count("\n") == 1
    if rows is None:
        assert not list((tmp_path / "out").iterdir())
        return
    log = LogFile(tmp_path / "out")
    assert not log.complete and len(log.truth) == rows
    for name in FRAMES:
        written = b"".join(random_rows(100, seed)[name].tobytes() for seed in range(rows // 100))
        assert getattr(log, name).tobytes() == written, name


NO_LOCKS = "#include <errno.h>\nint flock(int file, int how) { (void)file, (void)how; errno = ENOLCK; return -1; }\n"
LOCKLESS = """
import sys
from pathlib import Path
from test_recorder import ATTRIBUTES, random_rows
from hil.recorder import LogFile, Recorder, RecorderError
try:
    recorder = Recorder(Path(sys.argv[1]), 0.1, 1000, ATTRIBUTES)
    recorder.append(random_rows(250))
    print(len(LogFile(Path(sys.argv[1])).truth))
    recorder.finish({"verdict": "PASS"})
    print(len(LogFile(Path(sys.argv[1])).truth))
except RecorderError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("locking", "said"), [(None, "200\n250\n"), ("TRUE", "set HDF5_USE_FILE_LOCKING=FALSE in the environment")]
)
def test_a_file_system_without_locks(tmp_path: Path, locking: str | None, said: str) -> None:
    (tmp_path / "flock.c").write_text(NO_LOCKS)
    library = tmp_path / "flock.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(library), str(tmp_path / "flock.c")], check=True)
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *(p for p in sys.path if p)]),
        "LD_PRELOAD": str(library),
    }
    environment.pop("HDF5_USE_FILE_LOCKING", None)
    if locking:
        environment["HDF5_USE_FILE_LOCKING"] = locking
    done = subprocess.run(
        [sys.executable, "-c", LOCKLESS, str(tmp_path / "out")],
        capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "") and said in done.stdout


def as_version_2(folder: Path) -> Path:
    """Makes a log of this version one of version 2: sensors with other fields, the summary in an attribute."""
    with h5py.File(folder / "log.h5", "r+") as file:
        text = bytes(file["summary"][:]).decode().replace('"log_schema": "3"', '"log_schema": "2"')
        frames = {name: file[name][:] for name in FRAMES}
        imu = np.zeros(len(frames["sensors"]), [("t_us", "<u8"), ("imu_dv_mps", "<f8", 3), ("tick", "<u4")])
        imu["t_us"], imu["tick"] = frames["sensors"]["t_us"], frames["sensors"]["tick"]
        for name in (*FRAMES, "summary"):
            del file[name]
        for name, records in (frames | {"sensors": imu}).items():
            file[name] = records
        shorter = file["params"][:][list(file["params"].dtype.names[:-1])]
        del file["params"]
        file["params"] = np.array(shorter.tolist(), [(n, shorter.dtype[n]) for n in shorter.dtype.names])
        file.attrs.update({"schema_version": 2, "complete": True, "summary": text})
    return folder


def test_a_log_of_schema_version_2_is_reported_but_not_replayed(
    contact_log: Log, contact_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "log.h5").write_bytes((contact_folder / "log.h5").read_bytes())
    as_version_2(tmp_path)
    log = Log.open(tmp_path)
    assert log.verdict == contact_log.verdict and log.sensors.dtype.names == ("t_us", "imu_dv_mps", "tick")
    for name in ("command", "telemetry", "truth"):
        assert getattr(log, name).tobytes() == getattr(contact_log, name).tobytes(), name
    last = flight.PARAMS.names[-1]
    for name in flight.PARAMS.names[:-1]:
        assert (log.params[name] == contact_log.params[name]).all()
    assert not np.any(log.params[last])
    assert render(log).count("<svg") == 8
    refused = r"log of iss-contact, seed 1: of schema version 2: {} needs version 3: fly it again"
    with pytest.raises(RecorderError, match=refused.format("replay")):
        replay.replay(log)
    with pytest.raises(RecorderError, match=refused.format("comparison")):
        replay.compare(contact_log, log)
    with pytest.raises(RecorderError, match=refused.format("a baseline")):
        baseline.Kept.of(log, "iss-contact", (), "")
    with h5py.File(tmp_path / "log.h5", "r+") as file:
        file.attrs["summary"] = ""
        file.attrs["versions"] = file.attrs["versions"].replace('"log_schema": "3"', '"log_schema": "2"')
    with pytest.raises(RecorderError, match=refused.format("finish")):
        finish(tmp_path)
    with h5py.File(tmp_path / "log.h5", "r+") as file:
        file.attrs["schema_version"] = 1
    with pytest.raises(RecorderError, match="log of schema version 1, this ProxOps reads 2 and 3"):
        LogFile(tmp_path)


def test_a_log_with_other_frames_is_named(contact_log: Log, contact_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "log.h5").write_bytes((contact_folder / "log.h5").read_bytes())
    with h5py.File(as_version_2(tmp_path) / "log.h5", "r+") as file:
        file.attrs["schema_version"] = SCHEMA_VERSION
    with pytest.raises(
        RecorderError, match=r"log\.h5: sensors have other fields than those of this ProxOps: written by"
    ):
        LogFile(tmp_path)


def test_a_damaged_log_is_named(contact_log: Log, contact_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "log.h5").write_bytes((contact_folder / "log.h5").read_bytes())
    with h5py.File(tmp_path / "log.h5", "r+") as file:
        place = file["truth"].id.get_chunk_info(1)
    data = bytearray((tmp_path / "log.h5").read_bytes())
    data[place.byte_offset : place.byte_offset + place.size] = bytes(place.size)
    (tmp_path / "log.h5").write_bytes(data)
    with pytest.raises(RecorderError, match=r"log\.h5: damaged: "):
        LogFile(tmp_path)


def test_a_row_takes_no_more_than_is_said(contact_log: Log, contact_folder: Path) -> None:
    """iss-vbar takes 435 bytes a row, 50 of them for each inertial unit; in the short iss-contact more is measured."""
    with h5py.File(contact_folder / "log.h5") as file:
        stored = {name: file[name].id.get_storage_size() / len(contact_log.truth) for name in FRAMES}
    assert sum(stored.values()) < 520.0 < ROW_BYTES


PLAIN = "import sys, h5py; h5py.File(sys.argv[1])['truth'][:]"


@pytest.mark.parametrize("known", [False, True])
def test_frames_are_read_with_h5py_once_their_filters_are_known(
    contact_log: Log, contact_folder: Path, known: bool
) -> None:
    script = ("import hil.recorder; " if known else "") + PLAIN
    done = subprocess.run(
        [sys.executable, "-c", script, str(contact_folder / "log.h5")], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode == 0) == known
    with h5py.File(contact_folder / "log.h5") as file:
        assert "import hil.recorder" in file.attrs["reading"]  # what somebody finds who asks the file why


def test_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("data")
    with pytest.raises(RecorderError, match="not an empty folder"):
        Recorder(tmp_path, 0.1, 1000, ATTRIBUTES)
    with pytest.raises(RecorderError, match="not an empty folder"):
        Recorder(tmp_path / "precious", 0.1, 1000, ATTRIBUTES)
    assert (tmp_path / "precious").read_text() == "data" and len(list(tmp_path.iterdir())) == 1


def test_too_little_room_is_said_before_the_flight(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match=r"the log may take \d+ MB, only \d+ MB are free"):
        Recorder(tmp_path / "out", 0.1, 10**12, ATTRIBUTES)
    assert not (tmp_path / "out" / "log.h5").exists()


def test_place_that_cannot_be_written(tmp_path: Path) -> None:
    for place in (Path("/proc/nowhere/out"), tmp_path / ("n" * 300), tmp_path / ("deep/" * 1000)):
        with pytest.raises(RecorderError, match=r"cannot be written"):
            Recorder(place, 0.1, 1000, ATTRIBUTES)
    with pytest.raises(RecorderError, match=r"cannot be read: File name too long"):
        LogFile(tmp_path / ("n" * 300))


def test_what_is_not_a_log(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match="no log there"):
        LogFile(tmp_path)
    (tmp_path / "log.h5").write_text("not HDF5")
    with pytest.raises(RecorderError, match="not a readable log"):
        LogFile(tmp_path)
    (tmp_path / "log.h5").write_bytes(b"")
    with pytest.raises(RecorderError, match="not a readable log: expected an HDF5 file"):
        LogFile(tmp_path)


CUT = """
import sys
from pathlib import Path
from hil import recorder
from hil.recorder import LogFile, RecorderError
recorder.READ_S = 4.0
for size in map(int, sys.argv[2:]):
    part = Path(sys.argv[1]).with_name("part.h5")
    part.write_bytes(Path(sys.argv[1]).read_bytes()[:size])
    try:
        print(len(LogFile(part).truth))
    except RecorderError as error:
        print(error)
"""


@pytest.mark.parametrize("finished", [True, False])
def test_a_log_of_which_a_part_is_missing_is_refused(tmp_path: Path, finished: bool) -> None:
    recorder = Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES)
    recorder.append(random_rows(200))
    if finished:
        recorder.finish({"verdict": "PASS"})
    size = recorder.path.stat().st_size
    cuts = [47, 2000, size // 2]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run(
        [sys.executable, "-c", CUT, str(recorder.path), *map(str, cuts), str(size)],
        capture_output=True, text=True, env=environment, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    *refused, whole = done.stdout.splitlines()
    assert whole == "200" and len(refused) == len(cuts)
    assert "expected an HDF5 file" in refused[0]
    assert all(f"a part of it is missing, {n:,} bytes" in line for n, line in zip(cuts[1:], refused[1:], strict=True))
