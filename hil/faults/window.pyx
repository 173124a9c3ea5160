"""When a fault is in force: from its row to a window of time, which one that waits for something begins itself."""

from libc.stdint cimport UINT64_MAX


cdef uint64_t _us(object seconds):
    return <uint64_t>(<double>seconds * 1.0e6 + 0.5)


cdef int window_set(window_t* w, object row, object phases) except -1:
    if problem := row.timing_problem():
        raise ValueError(f"fault: {problem[0]} = {getattr(row, problem[0])}: {problem[1]}")
    w.begins, w.phase, w.within_m, w.start_us = BEGINS_AT, -1, 0.0, UINT64_MAX
    w.after_us = _us(row.after_s or 0.0)
    w.length_us = UINT64_MAX if row.duration_s is None else _us(row.duration_s)
    w.period_us = 0 if row.period_s is None else _us(row.period_s)
    w.on_us = 0 if row.period_s is None else _us(row.period_s * row.duty)
    w.end_us = UINT64_MAX
    w.ramp_s = getattr(row, "ramp_s", None) or 0.0
    if row.start_s is not None:
        w.start_us = <uint64_t>(<double>row.start_s * 1.0e6)
        if row.end_s is not None:
            w.end_us = <uint64_t>(<double>row.end_s * 1.0e6)
        elif w.length_us != UINT64_MAX:
            w.end_us = w.start_us + w.length_us
    elif row.phase is not None:
        if row.phase not in phases:
            raise ValueError(f"fault: phase = {row.phase}: expected one of {', '.join(phases)}")
        w.begins, w.phase = BEGINS_IN_PHASE, tuple(phases).index(row.phase)
    elif row.event is not None:
        w.begins = BEGINS_AT_CONTACT if row.event == "contact" else BEGINS_AT_CAPTURE
    else:
        w.begins, w.within_m = BEGINS_WITHIN, row.within_m
    return 0


cdef object window_times(const window_t* w):
    return (
        None if w.start_us == UINT64_MAX else w.start_us / 1.0e6,
        None if w.end_us == UINT64_MAX else w.end_us / 1.0e6,
    )


cdef void window_look(window_t* w, const sight_t* sight) noexcept nogil:
    cdef bint met
    if w.start_us != UINT64_MAX:
        return
    if w.begins == BEGINS_IN_PHASE:
        met = sight.phase == w.phase
    elif w.begins == BEGINS_AT_CONTACT:
        met = sight.contact
    elif w.begins == BEGINS_AT_CAPTURE:
        met = sight.captured
    else:
        met = sight.range_m <= w.within_m
    if met:
        w.start_us = sight.t_us + w.after_us
        if w.length_us != UINT64_MAX:
            w.end_us = w.start_us + w.length_us


cdef class Declared:
    """Faults that a run declares of one thing: when each is in force, and what became of it."""

    cdef _admit(self, object faults, int most, str whose, str key):
        self.faults, self.key = tuple(faults), key
        if len(self.faults) > most:
            raise ValueError(f"{len(self.faults)} faults of {whose}: expected at most {most}")

    def injected(self):
        """What became of each declared fault: a tuple of dicts.

        Each has the key that names the thing, `kind`, `start_s` (None: it has not begun), `end_s` (None: never) and
        `changed`, how many cycles, frames, bits or telecommands it changed. A fault that changed none was not injected.
        """
        found = []
        for i, f in enumerate(self.faults):
            start_s, end_s = window_times(&self.window[i])
            found.append({self.key: getattr(f, self.key), "kind": f.kind, "start_s": start_s, "end_s": end_s,
                          "changed": self.changed[i]})
        return tuple(found)

    cdef void look(self, const sight_t* sight) noexcept nogil:
        cdef int i
        for i in range(self.count):
            window_look(&self.window[i], sight)

    cdef bint waits(self) noexcept nogil:
        """Whether any fault waits for something to begin with."""
        cdef int i
        for i in range(self.count):
            if window_waits(&self.window[i]):
                return True
        return False
