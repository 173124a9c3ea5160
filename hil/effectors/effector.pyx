"""The effectors of a run: `Effectors(rows, faults)` drives the plant's valves and docking mechanism.

A fault of thrusters changes what the plant knows of them, from the cycle in which it begins to the one in which it
ends.
"""

from hil.faults.window cimport window_open, window_set, window_weight

from hil.effectors import kinds
from hil.effectors.faults import FAULTS


cdef class Effectors(Declared):
    """Effectors in the order of their rows: thrusters of the first group are the first of the plant.

    rows: models of `hil.effectors`; faults: `hil.effectors.faults.Fault`, each of one of the rows; phases: those of the
    flight, in which faults begin.
    """

    def __init__(self, rows=(), faults=(), phases=()):
        self._admit(faults, EFFECTOR_FAULTS, "effectors", "effector")
        first, by_name = 0, {}
        self.can_shut = self.shut = 0
        for row in rows:
            by_name[row.name] = (row, first)
            if getattr(row, "isolation_valves", False):
                self.can_shut |= ((1 << len(row.position_m)) - 1) << first
            first += len(getattr(row, "position_m", ()))
        for fault in self.faults:
            if fault.effector not in by_name:
                raise ValueError(f"fault of effector {fault.effector}: expected one of {', '.join(by_name)}")
            self._declare(fault, *by_name[fault.effector], phases)
        self.armed, self.fitted = 0, False
        self._sound()

    cdef void _sound(self) noexcept nogil:
        self.swapped, self.captures, self.captures_unarmed = False, True, False
        self.releases, self.lets_go = True, False

    def _declare(self, fault, row, first, phases):
        cdef effector_fault_t* f = &self.fault[self.count]
        if problem := fault.problem(kinds()[row.kind], row):
            raise ValueError(f"fault of {row.name}: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        f.kind = FAULTS[fault.kind].number
        window_set(&self.window[self.count], fault, phases)
        f.first = first + (fault.thruster or 0)
        f.last = f.first if fault.thruster is not None else first + len(getattr(row, "position_m", ())) - 1
        f.other = first + (fault.with_thruster or 0)
        f.factor = fault.factor or 0.0
        f.min_on_us = <uint32_t>((fault.min_on_s or 0.0) * 1.0e6 + 0.5)
        self.count += 1

    cdef void act(self, Plant plant, const command_t* command, uint32_t cycle_us) noexcept nogil:
        cdef uint32_t on_us[ACTUATORS_MAX_THRUSTERS]
        cdef int i
        if self.count > 0:
            self._set_faults(plant)
            for i in range(self.count):
                if self.fault[i].in_force and self._changes(plant, &self.fault[i], command, cycle_us):
                    self.changed[i] += 1
        if command.shut & self.can_shut != self.shut:
            self.shut = command.shut & self.can_shut
            for i in range(plant.n_thrusters):
                plant.thrusters[i].isolated = (self.shut >> i) & 1
        self.armed = command.mechanism & 0xFFFF
        plant.dock_armed = (0xFFFF if self.captures_unarmed else self.armed) if self.captures else 0
        if plant.docked and self.releases and (
                self.lets_go or (command.mechanism >> 16 >> plant.chaser_port_index()) & 1):
            plant.dock_release = True
        if not self.swapped:
            plant.advance(command.thruster_on_us, cycle_us)
            return
        for i in range(plant.n_thrusters):
            on_us[self.valve[i]] = command.thruster_on_us[i]
        plant.advance(on_us, cycle_us)

    cdef void read(self, Plant plant, sensor_frame_t* frame) noexcept nogil:
        cdef int i
        for i in range(plant.n_thrusters):
            frame.thruster_applied_us[i] = plant.thrusters[self.valve[i] if self.swapped else i].driven_us

    cdef void _set_faults(self, Plant plant) noexcept nogil:
        """Puts the faults in force into the plant when one begins or ends."""
        cdef effector_fault_t* f
        cdef thruster_t* th
        cdef bint now, changes = not self.fitted
        cdef int i
        for i in range(self.count):
            f = &self.fault[i]
            now = window_open(&self.window[i], plant.t_us)
            changes = changes or now != f.in_force or (now and self.window[i].ramp_s > 0.0)
            f.in_force = now
        if not changes:
            return
        for i in range(plant.n_thrusters):
            th = &plant.thrusters[i]
            if not self.fitted:
                self.sound[i] = th[0]
            th.thrust_n, th.rise_s, th.decay_s = self.sound[i].thrust_n, self.sound[i].rise_s, self.sound[i].decay_s
            th.stuck_on, th.stuck_off = self.sound[i].stuck_on, self.sound[i].stuck_off
            th.leak, th.stiction_us = self.sound[i].leak, self.sound[i].stiction_us
            self.valve[i] = i
        self.fitted = True
        self._sound()
        for i in range(self.count):
            if self.fault[i].in_force:
                self._spoil(plant, &self.fault[i], &self.window[i])

    cdef void _spoil(self, Plant plant, const effector_fault_t* f, const window_t* w) noexcept nogil:
        cdef thruster_t* th
        cdef int i
        if f.kind == FAULT_NO_CAPTURE:
            self.captures = False
        elif f.kind == FAULT_NO_RELEASE:
            self.releases = False
        elif f.kind == FAULT_CAPTURES_UNARMED:
            self.captures_unarmed = True
        elif f.kind == FAULT_LETS_GO:
            self.lets_go = True
        elif f.kind == FAULT_SWAPPED:
            self.swapped = True
            self.valve[f.first], self.valve[f.other] = self.valve[f.other], self.valve[f.first]
        else:
            for i in range(f.first, f.last + 1):
                th = &plant.thrusters[i]
                if f.kind == FAULT_STUCK_ON:
                    th.stuck_on = True
                elif f.kind == FAULT_STUCK_OFF:
                    th.stuck_off = True
                elif f.kind == FAULT_LEAK:
                    th.leak = f.factor * window_weight(w, plant.t_us)
                elif f.kind == FAULT_WEAK:
                    th.thrust_n *= 1.0 + window_weight(w, plant.t_us) * (f.factor - 1.0)
                elif f.kind == FAULT_SLOW:
                    th.rise_s *= f.factor
                    th.decay_s *= f.factor
                elif f.kind == FAULT_STICTION:
                    th.stiction_us = f.min_on_us

    cdef bint _changes(self, Plant plant, const effector_fault_t* f, const command_t* command,
                       uint32_t cycle_us) noexcept nogil:
        """Whether a fault in force makes another of the cycle."""
        cdef bint changes = False
        cdef int i
        if f.kind == FAULT_NO_CAPTURE:
            changes = self.armed != 0
        elif f.kind == FAULT_NO_RELEASE:
            changes = command.mechanism >> 16 != 0
        elif f.kind == FAULT_CAPTURES_UNARMED:
            changes = self.captures and plant.dock_armed != self.armed
        elif f.kind == FAULT_LETS_GO:
            changes = plant.docked and self.releases
        elif f.kind == FAULT_SWAPPED:
            changes = command.thruster_on_us[f.first] != command.thruster_on_us[f.other]
        elif f.kind == FAULT_LEAK:
            changes = True
        else:
            for i in range(f.first, f.last + 1):
                if f.kind == FAULT_STUCK_ON:
                    changes = changes or command.thruster_on_us[i] < cycle_us
                elif f.kind == FAULT_STICTION:
                    changes = changes or 0 < command.thruster_on_us[i] < f.min_on_us
                else:
                    changes = changes or command.thruster_on_us[i] > 0
        return changes
