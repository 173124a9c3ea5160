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
from hil.recorder import FRAMES, ROW_BYTES, SCHEMA_VERSION, LogFile, Recorder, RecorderError

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
    room = int(share * 400 * ROW_BYTES)
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


def test_a_log_of_schema_version_2_is_read(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "out", 0.1, 1000, ATTRIBUTES)
    recorder.append(random_rows(30))
    recorder.finish({})
    with h5py.File(recorder.path, "r+") as file:
        del file["summary"]
        file.attrs.update({"schema_version": 2, "complete": False})
    log = LogFile(tmp_path / "out")
    assert not log.complete and log.summary == {}
    with h5py.File(recorder.path, "r+") as file:
        file.attrs.update({"complete": True, "summary": '{"verdict": "FAIL"}'})
    log = LogFile(tmp_path / "out")
    assert log.complete and log.summary == {"verdict": "FAIL"} and len(log.truth) == 30
    with h5py.File(recorder.path, "r+") as file:
        file.attrs["schema_version"] = 1
    with pytest.raises(RecorderError, match="log of schema version 1, this ProxOps reads 2 and 3"):
        LogFile(tmp_path / "out")


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
