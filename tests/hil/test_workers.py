"""Workers: a case that kills its worker or never comes back is a row; none outlives what started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from hil import fly
from hil.campaign import Campaign, campaign
from hil.requirements import View
from hil.software import Software
from hil.workers import Processes, Workers, WorkersError
from tests.command_line import call, environment, proxops

SHORT = ("scenario.max_duration_s=10.0",)
HERE = "tests.hil.own_software:"


def test_cases_that_kill_their_workers_are_rows_and_the_rest_is_flown(tmp_path: Path) -> None:
    found = campaign("iss-contact", 4, 1, overrides=SHORT, flight=Software(HERE + "Dies"), out=tmp_path / "c", jobs=2)
    died = [row["error"] == "its worker process died in all 2 attempts: SIGSEGV" for row in found.rows]
    assert any(died) and not all(died)
    assert [row["verdict"] for row in found.rows] == ["ERROR" if one else "FAIL" for one in died]
    assert all("dispersed.mass_ratio" in row for row in found.rows)
    assert Campaign.open(tmp_path / "c").rows == found.rows, "it was flown whole: nothing is left to resume"


def test_a_case_that_never_comes_back_is_ended_at_its_time_limit() -> None:
    found = campaign("iss-contact", 1, overrides=SHORT, flight=Software(HERE + "Endless"), jobs=1, time_limit_s=0.5)
    assert found.rows[0]["error"] == "not flown within the time limit of 0.5 s"


def test_a_run_that_never_comes_back_is_ended_at_its_time_limit(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    own = ("--set", SHORT[0], "--flight", HERE + "Endless", "--time-limit", "3", "--out", str(tmp_path / "out"))
    status, out, _ = call(capsys, "run", "iss-contact", *own)
    assert status == 3 and "tick 3: TimeLimitExceeded: not flown within the time limit of 3 s" in out
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("workers", "expected"),
    [
        ({"jobs": 0, "pool": "threads"}, "jobs = 0: expected 1 or more"),
        ({"jobs": 1, "pool": "threads", "time_limit_s": 1.0}, "a time limit needs worker processes"),
        ({"jobs": 1, "pool": "processes", "dask": "tcp://x", "time_limit_s": 1.0}, "a time limit needs worker proc"),
        ({"jobs": 1, "pool": "processes", "time_limit_s": float("nan")}, "time limit = nan s: expected more than 0 s"),
    ],
)
def test_what_workers_cannot_do_is_refused(workers: dict[str, Any], expected: str) -> None:
    with pytest.raises(WorkersError, match=f"^{expected}"):
        Workers(**workers)


def test_an_error_comes_back_from_a_worker_and_an_exit_is_one() -> None:
    pool = Processes(1)
    try:
        with pytest.raises(ZeroDivisionError, match="integer division or modulo by zero") as error:
            pool.submit(divmod, 1, 0).result()
        assert "in a worker process:" in "".join(error.value.__notes__)
        with pytest.raises(RuntimeError, match="SystemExit: 0"):
            pool.submit(sys.exit, 0).result()
        assert pool.submit(divmod, 7, 2).result() == (3, 1)
    finally:
        pool.shutdown(cancel_futures=True)


# ---- ending -------------------------------------------------------------------------------------


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(condition: Any, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


@pytest.mark.skipif(sys.platform != "linux", reason="looks for processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_campaign(how: signal.Signals, tmp_path: Path) -> None:
    own = ("iss-contact", "--set", SHORT[0], "--flight", HERE + "Endless", "--runs", "4", "--jobs", "2")
    started = subprocess.Popen(
        proxops("campaign", *own, "--out", str(tmp_path / "out")),
        env=environment() | {"PROXOPS_TEST_STARTED": str(tmp_path / "flying")},
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    workers: list[int] = []
    try:
        assert until((tmp_path / "flying").exists, 60.0)
        workers = children(started.pid)
        assert len(workers) >= 2
        started.send_signal(how)
        began = time.monotonic()
        _, err = started.communicate(timeout=30.0)
        took_s = time.monotonic() - began
        assert started.returncode == (130 if how == signal.SIGINT else -how)
        assert until(lambda: not any(map(alive, workers)), 5.0)
        if how == signal.SIGINT:
            assert err.decode().strip() == "proxops: interrupted" and took_s < 5.0
    finally:
        for pid in (started.pid, *workers):
            if alive(pid):
                os.kill(pid, signal.SIGKILL)
        started.wait()


def test_a_flight_stops_when_it_is_told_to() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        fly("iss-contact", stop=stop)


def test_a_flight_is_told_to_stop_in_its_free_drifts(monkeypatch: pytest.MonkeyPatch) -> None:
    from hil import run

    stop, seen = threading.Event(), []

    real = run.judge

    def judge(flight: View) -> Any:
        seen.append(len(flight.truth))
        stop.set()
        return real(flight)

    monkeypatch.setattr(run, "judge", judge)
    with pytest.raises(KeyboardInterrupt):
        fly("iss-final", stop=stop)
    assert seen


@pytest.mark.parametrize("pool", ["threads", "processes"])
def test_an_interrupt_ends_what_is_being_flown(pool: Any) -> None:
    class Interrupt(BaseException):
        pass

    def interrupted(done: int, failures: int, runs: int) -> None:
        raise Interrupt

    with pytest.raises(Interrupt):
        campaign("iss-contact", 40, overrides=SHORT, jobs=2, pool=pool, progress=interrupted)
    assert not [thread.name for thread in threading.enumerate() if thread.name.startswith(("case", "worker"))]
