"""Faults of telecommands on their way: lost, late, repeated, and those that nobody sent."""

from hil.faults.window cimport window_look, window_open, window_set, window_times, window_waits

from hil.faults.rows import CommandFault


cdef class Commands:
    """Faults of the command link: `Commands(faults, phases)`.

    faults: `hil.faults.rows.CommandFault`; phases: those of the flight, in which faults begin. A forged telecommand has the
    number that the flight computer expects next; the next one that the ground sends then has the same.
    """

    def __init__(self, faults=(), phases=()):
        self.faults = tuple(faults)
        if len(self.faults) > COMMAND_FAULTS:
            raise ValueError(f"{len(self.faults)} faults of telecommands: expected at most {COMMAND_FAULTS}")
        for fault in self.faults:
            self._declare(fault, phases)

    def _declare(self, fault, phases):
        cdef command_fault_t* f = &self.fault[self.count]
        if problem := fault.problem():
            raise ValueError(f"fault of telecommands: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        f.kind = CommandFault.KINDS[fault.kind].number
        window_set(&f.window, fault, phases)
        f.delay_us = <uint64_t>(<double>(fault.delay_s or 0.0) * 1.0e6 + 0.5)
        f.opcode = fault.opcode
        f.arg[0], f.arg[1] = fault.arg or (0.0, 0.0)
        self.count += 1

    def injected(self):
        """What became of each declared fault: a tuple of dicts.

        Each has `link`, `kind`, `start_s` (None: it has not begun), `end_s` (None: never) and `changed`, how many
        telecommands it changed. A fault that changed none was not injected.
        """
        found = []
        for i, f in enumerate(self.faults):
            start_s, end_s = window_times(&self.fault[i].window)
            found.append({"link": f.link, "kind": f.kind, "start_s": start_s, "end_s": end_s,
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
            if not window_open(&f.window, frame.t_us):
                f.done = False
                continue
            if frame.tc_opcode == 0 or f.kind == FAULT_FORGED:
                continue
            f.changed += 1
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
            if f.kind == FAULT_FORGED and frame.tc_opcode == 0 and not f.done and window_open(&f.window, frame.t_us):
                f.done = True
                f.changed += 1
                frame.tc_seq, frame.tc_opcode = <uint16_t>(self.seq + 1), f.opcode
                frame.tc_arg[0], frame.tc_arg[1] = f.arg[0], f.arg[1]
        if frame.tc_opcode != 0:
            self.seq = frame.tc_seq
        else:
            frame.tc_seq = self.seq
            frame.tc_arg[0], frame.tc_arg[1] = 0.0, 0.0
