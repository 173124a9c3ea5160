"""The flight computer with its faults: between the loop and the flight core in this process."""

from libc.string cimport memset

from gnc.flight cimport FLIGHT_ERR_STAGE, FLIGHT_OK, flight_frames, flight_frames_t, flight_size, flight_step_with, flight_t
from hil.faults.window cimport window_open, window_set
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


cdef class Computer(Declared):
    """Faults of the flight computer: `Computer(faults, phases, seed, case)`.

    faults: `hil.faults.rows.ComputerFault`; phases: those of the flight, in which faults begin; seed, case: of the bits that
    are drawn. While it is down no thrust is commanded, the mechanism stays as it was and no telemetry comes. What the
    core refuses afterwards does not end the run: it is answered by a command that is all off.
    """

    def __init__(self, faults=(), phases=(), seed=1, case=0):
        self._admit(faults, COMPUTER_FAULTS, "the flight computer", "computer")
        for fault in self.faults:
            self._declare(fault, phases, seed, case)

    def _declare(self, fault, phases, seed, case):
        cdef computer_fault_t* f = &self.fault[self.count]
        if problem := fault.problem():
            raise ValueError(f"fault of the flight computer: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        memset(f, 0, sizeof(computer_fault_t))
        f.kind = ComputerFault.KINDS[fault.kind].number
        window_set(&self.window[self.count], fault, phases)
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

    cdef void tell(self, sensor_frame_t* frame) noexcept nogil:
        cdef uint64_t t_us = frame.t_us
        cdef int i
        for i in range(self.count):
            if self.fault[i].kind == FAULT_CLOCK_STEP and window_open(&self.window[i], t_us):
                frame.t_us += self.fault[i].step_us
                self.changed[i] += 1

    cdef int32_t step(self, Flight flight, uint64_t t_us, uint64_t cycle_us, uint32_t mechanism,
                      const sensor_frame_t* frame, command_t* command, telemetry_t* telemetry) noexcept nogil:
        cdef computer_fault_t* f
        cdef bint down = False
        cdef int32_t status
        cdef int i
        for i in range(self.count):
            f = &self.fault[i]
            if not window_open(&self.window[i], t_us):
                f.done = False
            elif f.kind == FAULT_BIT_FLIP and not f.done:
                f.done = True
                self.changed[i] += self._flip(flight, f)
            elif f.kind <= FAULT_COLD_RESET:
                down = True
                self.changed[i] += 1
                if f.kind == FAULT_COLD_RESET and not window_open(&self.window[i], t_us + cycle_us):
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

    cdef uint32_t _flip(self, Flight flight, computer_fault_t* f) noexcept nogil:
        """Flips its bits, and says how many."""
        cdef char* first = <char*>flight.state if f.frame < 0 else _frame_of(flight.state, f.frame) + f.first
        cdef uint64_t bits = 8 * flight_size() if f.frame < 0 else f.bits
        cdef uint64_t bit
        cdef int i
        for i in range(f.count):
            bit = <uint64_t>(noise_uniform(&f.stream) * <double>bits) if f.bit < 0 else <uint64_t>f.bit
            first[bit // 8] ^= <char>(1 << (bit % 8))
        return f.count
