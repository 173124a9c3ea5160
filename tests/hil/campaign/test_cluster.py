"""Campaigns on a real dask.distributed cluster: a scheduler and two workers, each a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hil.campaign import Keep, campaign
from hil.campaign.journal import CampaignError, Journal

pytest.importorskip("distributed")

RUNS = 8


@dataclass
class Cluster:
    address: str
    scheduler: subprocess.Popen[bytes]
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(log: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    with log.open("wb") as output:
        started = subprocess.Popen([sys.executable, "-m", *arguments], env=environment, stdout=output, stderr=output)
        try:
            yield started
        finally:
            started.kill()
            started.wait()


@contextmanager
def cluster(folder: Path, count: int = 2) -> Iterator[Cluster]:
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    here = ("--host", "127.0.0.1", "--no-dashboard")
    with ExitStack() as stack:
        scheduler = stack.enter_context(
            process(folder / "scheduler.log", "distributed.cli.dask_scheduler", *here, "--port", str(port))
        )
        found = Cluster(address, scheduler)
        for at in range(count):
            worker = ("distributed.cli.dask_worker", address, *here, "--nthreads", "1", "--no-nanny")
            worker += ("--local-directory", str(folder / f"worker{at}"))
            found.workers.append(stack.enter_context(process(folder / f"worker{at}.log", *worker)))
        for at in range(count):
            registered(folder / f"worker{at}.log")
        yield found


def registered(log: Path) -> None:
    deadline = time.monotonic() + 60.0
    while "Registered to" not in log.read_text():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)


def test_a_worker_killed_in_mid_campaign_loses_nothing_and_changes_no_bit(tmp_path: Path) -> None:
    with cluster(tmp_path) as found:

        def kill_one(done: int, failures: int, runs: int) -> None:
            if done == 2:
                found.workers[0].kill()

        by_both = campaign("iss-contact", RUNS, dask=found.address)
        by_survivor = campaign("iss-contact", RUNS, dask=found.address, progress=kill_one)
        assert found.workers[0].wait(10.0) != 0
    here = campaign("iss-contact", RUNS, jobs=1)
    assert here.digest == by_both.digest == by_survivor.digest


def test_a_scheduler_that_goes_is_named_and_the_campaign_resumes(tmp_path: Path) -> None:
    out, keep = tmp_path / "out", Keep(0, 0, 0)
    with cluster(tmp_path, 1) as found:

        def kill_scheduler(done: int, failures: int, runs: int) -> None:
            if done == 2:
                found.scheduler.kill()

        with pytest.raises(CampaignError, match=r"scheduler .*gone; \d of 8 cases are in the journal: --resume flies"):
            campaign("iss-contact", RUNS, dask=found.address, out=out, progress=kill_scheduler, keep=keep)
    journal = Journal(out / "journal.sqlite")
    assert 2 <= len(journal.verdicts()) < RUNS
    journal.close()
    resumed = campaign("iss-contact", RUNS, out=out, resume=True, keep=keep)
    assert resumed.digest == campaign("iss-contact", RUNS).digest


def test_an_interrupt_does_not_wait_for_what_the_cluster_still_flies(tmp_path: Path) -> None:
    class Interrupt(BaseException):
        pass

    began: list[float] = []

    def interrupt(done: int, failures: int, runs: int) -> None:
        began.append(time.monotonic())
        raise Interrupt

    with cluster(tmp_path, 1) as found:
        with pytest.raises(Interrupt):
            campaign("iss-vbar", 50, dask=found.address, progress=interrupt)
        took_s = time.monotonic() - began[0]
    assert took_s < 3.0


def test_a_scheduler_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.workers.SCHEDULER_TIMEOUT_S", 0.5)
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(CampaignError, match=rf"^scheduler {address}: cannot be reached within 0\.5 s"):
        campaign("iss-contact", 1, dask=address)
