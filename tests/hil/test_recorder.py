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

from hil.recorder import FRAMES, SCHEMA_VERSION, LogFile, Recorder, RecorderError

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


def test_full_disk_leaves_no_log_and_one_line(tmp_path: Path) -> None:
    script = f"""
        import resource
        from pathlib import Path
        from test_recorder import ATTRIBUTES, random_rows
        from hil.recorder import Recorder, RecorderError
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        recorder = Recorder(Path({str(tmp_path / "out")!r}), 0.1, 1000, ATTRIBUTES)
        try:
            for _ in range(10):
                recorder.append(random_rows(100))
        except RecorderError as error:
            print(error)
    """
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *(p for p in sys.path if p)])
    }
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, env=environment, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "cannot be written: File too large" in done.stdout and done.stdout.count("\n") == 1
    assert not (tmp_path / "out" / "log.h5").exists()


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
    with pytest.raises(RecorderError, match=r"cannot be written"):
        Recorder(Path("/proc/nowhere/out"), 0.1, 1000, ATTRIBUTES)


def test_what_is_not_a_log(tmp_path: Path) -> None:
    with pytest.raises(RecorderError, match="no log there"):
        LogFile(tmp_path)
    (tmp_path / "log.h5").write_text("not HDF5")
    with pytest.raises(RecorderError, match="not a readable log"):
        LogFile(tmp_path)
