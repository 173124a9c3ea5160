"""Workers that fly cases: threads of this process, worker processes, or a cluster.

A worker process flies one case at a time, so a worker that dies or hangs affects only that case. Worker processes end
with the process that started them, however that one ends.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from time import monotonic
from typing import Any, Literal, TypeVar

from hil.software import FlightFactory, RunError

Pool = Literal["threads", "processes"]
Task = TypeVar("Task")

SCHEDULER_TIMEOUT_S = 10.0
ATTEMPTS = 2
"""How often a case is flown whose worker dies: what killed it may have come from outside."""
LOOK_S = 0.5
"""Polling interval for a worker whose death its pipe may not reveal, because a child process holds it open."""

_thread = threading.local()


class WorkersError(RuntimeError):
    """Workers that cannot be started, or not with these settings; one line with the reason."""

    exit_status = 2


def pool_for(flight: FlightFactory | None, time_limit_s: float | None = None) -> Pool:
    """Who best flies this software: the core holds no lock; software in Python holds the interpreter, and may die.

    Only a process can be ended at a time limit.
    """
    return "threads" if flight is None and time_limit_s is None else "processes"


def stop_event() -> threading.Event | None:
    """The event that tells the calling thread's pool to stop; None outside such a pool."""
    return getattr(_thread, "stop", None)


@dataclass(frozen=True)
class Workers:
    """A number of workers on this machine, or a cluster; `time_limit_s` limits a case in a worker process."""

    jobs: int | None
    pool: Pool
    dask: str | None = None
    time_limit_s: float | None = None

    def __post_init__(self) -> None:
        """Raises WorkersError."""
        if self.jobs is not None and self.jobs < 1:
            raise WorkersError(f"jobs = {self.jobs}: expected 1 or more")
        if self.time_limit_s is None:
            return
        if not 0.0 < self.time_limit_s < threading.TIMEOUT_MAX:
            raise WorkersError(f"time limit = {self.time_limit_s:g} s: expected more than 0 s")
        if self.dask is not None or self.pool != "processes":
            raise WorkersError("a time limit needs worker processes of this machine: expected --pool processes")

    @contextmanager
    def open(self) -> Iterator[tuple[Executor, int]]:
        """An executor, and how many cases to keep it busy with."""
        if self.dask is not None:
            from hil.campaign.cluster import cluster

            with cluster(self.dask, SCHEDULER_TIMEOUT_S) as opened:
                yield opened
            return
        jobs = self.jobs or len(os.sched_getaffinity(0))
        executor = Threads(jobs) if self.pool == "threads" else Processes(jobs, self.time_limit_s)
        try:
            yield executor, 2 * jobs
        finally:
            executor.shutdown(cancel_futures=True)

    def results(self, function: Callable[[Task], Any], tasks: Iterable[Task]) -> Generator[tuple[Task, Future[Any]]]:
        """Each task with its result, as they complete. Close it to abandon the tasks in progress."""
        waiting = iter(tasks)
        flying: dict[Future[Any], Task] = {}
        with self.open() as (executor, width):
            try:
                while True:
                    while len(flying) < width and (task := next(waiting, _NONE)) is not _NONE:
                        flying[executor.submit(function, task)] = task
                    if not flying:
                        return
                    for future in wait(flying, return_when=FIRST_COMPLETED).done:
                        yield flying.pop(future), future
            finally:
                for future in flying:
                    future.cancel()


_NONE: Any = object()


def not_flown(error: BaseException) -> RunError | None:
    """The error of a case that ended its worker; None for any other error."""
    if isinstance(error, RunError):
        return error
    if type(error).__name__ == "KilledWorker":  # of dask.distributed, which may not be there
        return RunError("the workers that flew it died, one after the other")
    return None


# ---- threads ------------------------------------------------------------------------------------


class Threads(ThreadPoolExecutor):
    """Threads of this process, which are told when they are to stop."""

    def __init__(self, jobs: int):
        self._stop = threading.Event()
        super().__init__(jobs, thread_name_prefix="case", initializer=_stop_with, initargs=(self._stop,))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Ends the flights under way too when futures are cancelled."""
        if cancel_futures:
            self._stop.set()
        super().shutdown(wait, cancel_futures=cancel_futures)


def _stop_with(event: threading.Event) -> None:
    _thread.stop = event


# ---- processes ----------------------------------------------------------------------------------


class Processes(ThreadPoolExecutor):
    """Worker processes, one for each thread of this executor, which only waits for it.

    If a worker dies, its call is repeated in a new one; the future raises RunError if that dies as well, or at the time
    limit, when the worker is killed.
    """

    def __init__(self, jobs: int, time_limit_s: float | None = None):
        super().__init__(jobs, thread_name_prefix="worker")
        self._time_limit_s = time_limit_s
        self._workers: list[_Worker] = []
        self._closed, self._lock = False, threading.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Makes a call in one of the workers."""
        return super().submit(self._call, fn, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Kills the workers: when futures are cancelled, in the middle of what they fly."""
        if not cancel_futures:
            super().shutdown(wait=True)
        with self._lock:
            self._closed = True
            for worker in self._workers:
                worker.kill()
        super().shutdown(wait, cancel_futures=cancel_futures)

    def _call(self, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        task = pickle.dumps((fn, args, kwargs))
        for attempt in range(1, ATTEMPTS + 1):
            worker = self._worker()
            try:
                done, found = worker.call(task, self._time_limit_s)
            except EOFError:
                ended = worker.kill()
                if self._closed or attempt == ATTEMPTS:
                    raise RunError(f"its worker process died in all {ATTEMPTS} attempts: {ended}") from None
                continue
            except TimeoutError:
                worker.kill()
                raise RunError(f"not flown within the time limit of {self._time_limit_s:g} s") from None
            if done:
                return found
            raise found
        raise AssertionError("the last attempt returns or raises")

    def _worker(self) -> _Worker:
        """The worker of this thread; a new one when there is none or it has died."""
        worker: _Worker | None = getattr(_thread, "worker", None)
        if worker is None or not worker.alive:
            with self._lock:
                if self._closed:
                    raise RunError("the workers were told to stop")
                worker = _thread.worker = _Worker()
                self._workers = [other for other in self._workers if other.alive] + [worker]
            worker.wait_until_ready()
        return worker


class _Worker:
    """One process, which makes one call at a time."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _safe_path():
            self._process.start()
        theirs.close()

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def wait_until_ready(self) -> None:
        """Raises WorkersError when the process ends before it can take a call."""
        try:
            self._receive(None)
        except EOFError:
            raise WorkersError(f"a worker process cannot be started: {self.kill()}") from None

    def call(self, task: bytes, time_limit_s: float | None) -> tuple[bool, Any]:
        """Whether it returned, and what it returned or raised. EOFError when it died, TimeoutError at the limit."""
        try:
            self._pipe.send_bytes(task)
        except OSError:
            raise EOFError from None
        answer: tuple[bool, Any] = pickle.loads(self._receive(time_limit_s))
        return answer

    def _receive(self, time_limit_s: float | None) -> bytes:
        until = None if time_limit_s is None else monotonic() + time_limit_s
        try:
            while not self._pipe.poll(LOOK_S if until is None else max(0.0, min(LOOK_S, until - monotonic()))):
                if until is not None and monotonic() >= until:
                    raise TimeoutError
                if not self.alive and not self._pipe.poll():
                    raise EOFError
            return self._pipe.recv_bytes()
        except TimeoutError:
            raise
        except OSError:
            raise EOFError from None

    def kill(self) -> str:
        """Ends it; how it had ended, if it had."""
        if self.alive:
            self._process.join(0.0)
        self._process.kill()
        self._process.join()
        code = self._process.exitcode or 0
        return signal.Signals(-code).name if code < 0 else f"exit status {code}"


_starting = threading.Lock()


@contextmanager
def _safe_path() -> Iterator[None]:
    """A process that is started within does not look for its first modules in the current folder."""
    with _starting:
        before = os.environ.get("PYTHONSAFEPATH")
        os.environ["PYTHONSAFEPATH"] = "1"
        try:
            yield
        finally:
            if before is None:
                del os.environ["PYTHONSAFEPATH"]
            else:
                os.environ["PYTHONSAFEPATH"] = before


def _serve(pipe: Connection) -> None:
    """Makes the calls that come through the pipe, in the worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process of a terminal; the parent decides
    _end_with_parent()
    os.environ.pop("PYTHONSAFEPATH", None)
    with suppress(OSError):
        os.dup2(2, 1)  # user software may print, and its output is not a result
    pipe.send_bytes(b"ready")
    while True:
        try:
            task = pipe.recv_bytes()
        except EOFError:
            return
        pipe.send_bytes(_answer(task))


def _answer(task: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(task)
        return pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:
        error.add_note(f"in a worker process:\n{traceback.format_exc()}")
        if isinstance(error, Exception):
            with suppress(Exception):
                answer = pickle.dumps((False, error))
                pickle.loads(answer)
                return answer
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    if sys.platform == "linux":  # at once, even in code that holds the interpreter
        pr_set_pdeathsig = 1
        ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="parent").start()
