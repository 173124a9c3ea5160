"""The monotonic clock of the system and sleeping until an absolute time on it; locking memory.

A sleep until an absolute time cannot drift: what one cycle is late the next one is not. Sleeping for a
period can, and is nowhere offered.
"""

from libc.stdint cimport int64_t

import os

cdef extern from *:
    """
    #include <errno.h>
    #include <stdint.h>
    #include <sys/mman.h>
    #include <time.h>
    #include <unistd.h>

    static int64_t monotonic_ns(void)
    {
        struct timespec t;
        return clock_gettime(CLOCK_MONOTONIC, &t) ? -1 : (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
    }

    /* 0, or the number of the error: EINTR when a signal came first */
    static int monotonic_sleep_until(int64_t t_ns)
    {
    #if defined(_POSIX_CLOCK_SELECTION) && _POSIX_CLOCK_SELECTION > 0
        struct timespec t = {.tv_sec = t_ns / 1000000000, .tv_nsec = t_ns % 1000000000};
        return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
    #else
        (void)t_ns;
        return ENOTSUP;
    #endif
    }

    static int memory_lock(int on)
    {
        return (on ? mlockall(MCL_CURRENT | MCL_FUTURE) : munlockall()) ? errno : 0;
    }
    """
    int EINTR
    int64_t monotonic_ns() nogil
    int monotonic_sleep_until(int64_t t_ns) nogil
    int memory_lock(int on) nogil

cdef extern from "Python.h":
    int PyErr_CheckSignals() except -1


class MonotonicClock:
    """The system's monotonic clock, in ns since a time of its own choosing."""

    def now_ns(self) -> int:
        """The time now."""
        return monotonic_ns()

    def sleep_until_ns(self, int64_t t_ns):
        """Returns at or after time t_ns, at once when it has passed. OSError where the system cannot do so."""
        cdef int error
        if t_ns < 0:
            raise ValueError(f"time {t_ns} ns: expected 0 or more")
        while True:
            with nogil:
                error = monotonic_sleep_until(t_ns)
            if error == 0:
                return
            if error != EINTR:
                raise OSError(error, os.strerror(error))
            PyErr_CheckSignals()


def lock_memory():
    """Keeps every page of this process, present and to come, in memory. OSError when that is not allowed."""
    cdef int error = memory_lock(1)
    if error != 0:
        raise OSError(error, os.strerror(error))


def unlock_memory():
    """Undoes `lock_memory`."""
    memory_lock(0)
