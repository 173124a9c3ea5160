"""The flight computer with its faults: between the loop and the flight core in this process."""

from libc.string cimport memset

from gnc.flight cimport FLIGHT_ERR_STAGE, FLIGHT_OK, flight_frames, flight_frames_t, flight_size, flight_step_with, flight_t
from hil.faults.window cimport window_look, window_open, window_set, window_times, window_waits
from hil.noise cimport noise_open, noise_uniform

from hil.faults.rows import FRAMES, ComputerFault, place_of
from hil.noise import stream_key


cdef char* _frame_of(flight_t* state, int frame) noexcept nogil:
    """Where a frame of hil/faults/rows.py lies in the state."""
    cdef flight_frames_t frames = flight_frames(state)
    if frame == 0:
        return <char*>frames.solution
    if frame == 1:
        return <char*>frames.intent
    if frame == 2:
        return <char*>frames.reference
    return <char*>frames.progress if frame == 3 else <char*>state


cdef class Computer:
    """Faults of the flight computer: `Computer(faults, phases, seed, case)`.

    faults: `hil.faults.rows.ComputerFault`; phases: those of the flight, in which faults begin; seed, case: of the bits that
    are drawn. While it is down no thrust is commanded, the mechanism stays as it was and no telemetry comes. What the
    core refuses afterwards does not end the run: it is answered by a command that is all off.
    """

    def __init__(self, faults=(), phases=(), seed=1, case=0):
        self.faults = tuple(faults)
        if len(self.faults) > COMPUTER_FAULTS:
            raise ValueError(f"{len(self.faults)} faults of the flight computer: expected at most {COMPUTER_FAULTS}")
        for fault in self.faults:
            self._declare(fault, phases, seed, case)

    def _declare(self, fault, phases, seed, case):
        cdef computer_fault_t* f = &self.fault[self.count]
        if problem := fault.problem():
            raise ValueError(f"fault of the flight computer: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        memset(f, 0, sizeof(computer_fault_t))
        f.kind = ComputerFault.KINDS[fault.kind].number
        window_set(&f.window, fault, phases)
        step_us = round((fault.step_s or 0.0) * 1.0e6)
        f.step_us = <uint64_t>(step_us % 2**64)
        f.frame, f.bit, f.count = -1, -1 if fault.bit is None else fault.bit, fault.count or 1
        if fault.field is not None:
            frame, f.first, f.bits = place_of(fault.field)
            f.frame = list(FRAMES).index(frame)
        key = stream_key(seed, case, f"fault.computer.{self.count}")
        noise_open(&f.stream, key[0], key[1])
        self.count += 1

    def started(self):
        """A new flight core has taken the place of the one whose state was lost."""
        self.cold = False

    def injected(self):
        """What became of each declared fault: a tuple of dicts.

        Each has `computer`, `kind`, `start_s` (None: it has not begun), `end_s` (None: never) and `changed`, how many cycles,
        frames or bits it changed. A fault that changed none was not injected.
        """
        found = []
        for i, f in enumerate(self.faults):
            start_s, end_s = window_times(&self.fault[i].window)
            found.append({"computer": f.computer, "kind": f.kind, "start_s": start_s, "end_s": end_s,
                          "changed": self.fault[i].changed})
        return tuple(found)

    cdef void look(self, const sight_t* sight) noexcept nogil:
        cdef int i
        for i in range(self.count):
            window_look(&self.fault[i].window, sight)

    cdef bint waits(self) noexcept nogil:
        """Whether any fault waits for something to begin with."""
        cdef int i
        for i in range(self.count):
            if window_waits(&self.fault[i].window):
                return True
        return False

    cdef void tell(self, sensor_frame_t* frame) noexcept nogil:
        cdef uint64_t t_us = frame.t_us
        cdef int i
        for i in range(self.count):
            if self.fault[i].kind == FAULT_CLOCK_STEP and window_open(&self.fault[i].window, t_us):
                frame.t_us += self.fault[i].step_us
                self.fault[i].changed += 1

    cdef int32_t step(self, Flight flight, uint64_t t_us, uint64_t cycle_us, uint32_t mechanism,
                      const sensor_frame_t* frame, command_t* command, telemetry_t* telemetry) noexcept nogil:
        cdef computer_fault_t* f
        cdef bint down = False
        cdef int32_t status
        cdef int i
        for i in range(self.count):
            f = &self.fault[i]
            if not window_open(&f.window, t_us):
                f.done = False
            elif f.kind == FAULT_BIT_FLIP and not f.done:
                f.done = True
                self._flip(flight, f)
            elif f.kind <= FAULT_COLD_RESET:
                down = True
                f.changed += 1
                if f.kind == FAULT_COLD_RESET and not window_open(&f.window, t_us + cycle_us):
                    self.cold = True
        memset(telemetry, 0, sizeof(telemetry_t))
        if down:
            memset(command, 0, sizeof(command_t))
            command.t_us, command.tick, command.mechanism = frame.t_us, frame.tick, mechanism
            return FLIGHT_OK
        status = flight_step_with(flight.state, frame, command, telemetry, &flight.stages)
        if status == FLIGHT_OK or status == FLIGHT_ERR_STAGE:
            return status
        self.refused += 1
        return FLIGHT_OK

    cdef void _flip(self, Flight flight, computer_fault_t* f) noexcept nogil:
        cdef char* first = <char*>flight.state if f.frame < 0 else _frame_of(flight.state, f.frame) + f.first
        cdef uint64_t bits = 8 * flight_size() if f.frame < 0 else f.bits
        cdef uint64_t bit
        cdef int i
        for i in range(f.count):
            bit = <uint64_t>(noise_uniform(&f.stream) * <double>bits) if f.bit < 0 else <uint64_t>f.bit
            first[bit // 8] ^= <char>(1 << (bit % 8))
            f.changed += 1
