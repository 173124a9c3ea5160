"""Faults of telecommands on their way: lost, late, repeated, and those that nobody sent."""

from hil.faults.window cimport window_open, window_set

from hil.faults.rows import CommandFault


cdef class Commands(Declared):
    """Faults of the command link: `Commands(faults, phases)`.

    faults: `hil.faults.rows.CommandFault`; phases: those of the flight, in which faults begin. A forged telecommand has the
    number that the flight computer expects next; the next one that the ground sends then has the same.
    """

    def __init__(self, faults=(), phases=()):
        self._admit(faults, COMMAND_FAULTS, "telecommands", "link")
        for fault in self.faults:
            self._declare(fault, phases)

    def _declare(self, fault, phases):
        cdef command_fault_t* f = &self.fault[self.count]
        if problem := fault.problem():
            raise ValueError(f"fault of telecommands: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        f.kind = CommandFault.KINDS[fault.kind].number
        window_set(&self.window[self.count], fault, phases)
        f.delay_us = <uint64_t>(<double>(fault.delay_s or 0.0) * 1.0e6 + 0.5)
        f.opcode = fault.opcode
        f.arg[0], f.arg[1] = fault.arg or (0.0, 0.0)
        self.count += 1

    cdef void _hold(self, const sensor_frame_t* frame, uint64_t delay_us) noexcept nogil:
        cdef under_way_t* one
        if self.n_waiting == COMMANDS_UNDER_WAY:
            return
        one = &self.waiting[self.n_waiting]
        one.due_us, one.seq, one.opcode = frame.t_us + delay_us, frame.tc_seq, frame.tc_opcode
        one.arg[0], one.arg[1] = frame.tc_arg[0], frame.tc_arg[1]
        self.n_waiting += 1

    cdef void deliver(self, sensor_frame_t* frame) noexcept nogil:
        cdef command_fault_t* f
        cdef int i, k
        for i in range(self.count):
            f = &self.fault[i]
            if not window_open(&self.window[i], frame.t_us):
                f.done = False
                continue
            if frame.tc_opcode == 0 or f.kind == FAULT_FORGED:
                continue
            self.changed[i] += 1
            if f.kind != FAULT_LOST:
                self._hold(frame, f.delay_us)
            if f.kind != FAULT_REPEATED:
                frame.tc_opcode = 0
        for i in range(self.n_waiting):
            if frame.tc_opcode == 0 and self.waiting[i].due_us <= frame.t_us:
                frame.tc_seq, frame.tc_opcode = self.waiting[i].seq, self.waiting[i].opcode
                frame.tc_arg[0], frame.tc_arg[1] = self.waiting[i].arg[0], self.waiting[i].arg[1]
                self.n_waiting -= 1
                for k in range(i, self.n_waiting):
                    self.waiting[k] = self.waiting[k + 1]
                break
        for i in range(self.count):
            f = &self.fault[i]
            if f.kind == FAULT_FORGED and frame.tc_opcode == 0 and not f.done and window_open(&self.window[i], frame.t_us):
                f.done = True
                self.changed[i] += 1
                frame.tc_seq, frame.tc_opcode = <uint16_t>(self.seq + 1), f.opcode
                frame.tc_arg[0], frame.tc_arg[1] = f.arg[0], f.arg[1]
        if frame.tc_opcode != 0:
            self.seq = frame.tc_seq
        else:
            frame.tc_seq = self.seq
            frame.tc_arg[0], frame.tc_arg[1] = 0.0, 0.0
