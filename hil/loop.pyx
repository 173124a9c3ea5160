"""The closed loop: instruments -> flight computer -> command -> plant, once a control cycle.

`Loop.run` flies a stretch of cycles with the flight core in this process, without the interpreter.
`Loop.sense` and `Loop.act` are the same two halves for any other flight computer. Everything a
flight computer is given is the SensorFrame; everything it gives back is the Command.
"""

from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

from gnc.ccore cimport vec3_copy, vec3_norm
from gnc.flight cimport FLIGHT_OK, flight_step_with
from hil.faults.window cimport sight_t
from hil.plant.plant cimport LEFT_NOTHING, port_state_t

from gnc.flight import COMMAND, SENSOR_FRAME, TELEMETRY
from hil.truth import TRUTH

import numpy as np

# After capture a run goes on until no thruster has fired for the one, but no longer than the other
cdef uint64_t QUIET_US = 2000000
cdef uint64_t AFTER_CAPTURE_MAX_US = 60000000


cdef object _dtype_of_telecommand():
    cdef telecommand_t row
    return np.asarray(<telecommand_t[:1]> &row).dtype


cdef bint _finite(const truth_t* truth) noexcept nogil:
    """Whether every double of a record is a finite number: they fill it from behind its time to the contact's status."""
    cdef const double* value = <const double*>truth
    cdef Py_ssize_t i, end = (<const char*>&truth.contact_status - <const char*>truth) // sizeof(double)
    cdef double nothing = 0.0
    for i in range(1, end):
        nothing += value[i] - value[i]
    return nothing == 0.0


cdef sensor_frame_t* _frames(array) except NULL:
    """Where the records of an array of sensor frames lie. A record has records in it, which no typed view of Cython's can
    say; so the type is checked here."""
    cdef uint8_t[::1] raw
    if array.dtype is not SENSOR_FRAME and array.dtype != SENSOR_FRAME:
        raise ValueError(f"sensors: expected records of gnc.flight.SENSOR_FRAME, got {array.dtype}")
    raw = array.view(np.uint8)
    return <sensor_frame_t*>&raw[0]


class Chunk:
    """Preallocated records of up to `size` cycles: sensors, command, telemetry, truth (structured arrays).

    A cycle flown with the flight core writes every byte of its rows.
    """

    def __init__(self, size):
        self.sensors = np.zeros(size, SENSOR_FRAME)
        self.command = np.zeros(size, COMMAND)
        self.telemetry = np.zeros(size, TELEMETRY)
        self.truth = np.zeros(size, TRUTH)


cdef class Loop:
    """One run: `Loop(plant, instruments, cycle_s, flight=None, telecommands=())`.

    flight: the flight core in this process, or None when another flight computer answers through
    `sense` and `act`. telecommands: (t_s, opcode, arg0, arg1) in order of time. The telemetry of every
    `look_cycles`-th cycle, none if 0, says whether the run is broken off: it has been for `broken_off_after_s` in
    one of `last_phases`, numbers of phases from which nothing follows. `lost` becomes True, and `run` ends, in the
    cycle in which a value of the truth is not finite or a craft has left what the plant's models hold for.
    computer, commands, target_faults: faults of these, none if None. `cold` is True, and `run` ends, when the flight
    computer has lost its state: the loop then needs a new flight core, `restart`.
    """

    def __init__(self, Plant plant, Instruments instruments, double cycle_s, Flight flight=None, telecommands=(),
                 double after_contact_s=5.0, uint32_t look_cycles=0, last_phases=(), double broken_off_after_s=0.0,
                 Effectors effectors=None, Computer computer=None, Commands commands=None,
                 TargetFaults target_faults=None):
        self.computer, self.commands, self.target_faults = computer, commands, target_faults
        self.phase = -1
        self.plant = plant
        self.instruments = instruments
        self.effectors = Effectors() if effectors is None else effectors
        self.flight = flight
        self.waits = self.instruments.waits() or self.effectors.waits()
        if computer is not None:
            self.waits = self.waits or computer.waits()
        if commands is not None:
            self.waits = self.waits or commands.waits()
        if target_faults is not None:
            self.waits = self.waits or target_faults.waits()
        self.tick = 0
        self.cycle_us = <uint64_t>(cycle_s * 1.0e6 + 0.5)
        self.contact_us = 0
        self.after_contact_us = <uint64_t>(after_contact_s * 1.0e6)
        self.look_cycles = look_cycles
        self.last_phases = 0
        for phase in last_phases:
            if not 0 <= phase < 32:
                raise ValueError(f"last phase {phase}: expected 0 to 31")
            self.last_phases |= <uint32_t>1 << <uint32_t>phase
        self.broken_off_after_us = <uint64_t>(broken_off_after_s * 1.0e6)
        self.in_last_since_us = 0
        self.broken_off = False
        self.lost = False
        self.status = FLIGHT_OK
        self.telecommand_count = len(telecommands)
        self.telecommands = np.zeros(len(telecommands), _dtype_of_telecommand())
        for i, (t_s, opcode, arg0, arg1) in enumerate(telecommands):
            self.telecommands[i].t_us = <uint64_t>(t_s * 1.0e6)
            self.telecommands[i].opcode = opcode
            self.telecommands[i].arg[0] = arg0
            self.telecommands[i].arg[1] = arg1

    @property
    def t_s(self):
        """Time of the next cycle since scenario start, s."""
        return 1.0e-6 * self.plant.t_us

    @property
    def finished(self):
        """True once contact has been made, the time after it has passed, and a captured chaser is quiet."""
        return self._finished()

    @property
    def cold(self):
        """True when the flight computer has lost its state, until `restart`."""
        return self.computer is not None and self.computer.cold

    def restart(self, Flight flight):
        """Goes on with a new flight core."""
        self.flight = flight
        if self.computer is not None:
            self.computer.started()

    cdef bint _finished(self) noexcept nogil:
        if self.contact_us == 0 or self.plant.t_us < self.contact_us + self.after_contact_us:
            return False
        # who still thrusts does not know yet that it is captured
        return (not self.plant.docked or self.plant.t_us >= self.fired_us + QUIET_US
                or self.plant.t_us >= self.contact_us + AFTER_CAPTURE_MAX_US)

    cdef bint _over(self, const telemetry_t* telemetry, const truth_t* truth) noexcept nogil:
        """True when no cycle may follow the one just flown; its telemetry counts if it is one that is looked at."""
        if telemetry.t_us != 0:
            self.phase = telemetry.phase
        if self.plant.left_what != LEFT_NOTHING or not _finite(truth):
            self.lost = True
            return True
        if self.look_cycles == 0 or self.tick % self.look_cycles != 0:
            return False
        if telemetry.t_us == 0 or telemetry.phase >= 32 or not (self.last_phases >> telemetry.phase) & 1:
            self.in_last_since_us = 0
        elif self.in_last_since_us == 0:
            self.in_last_since_us = telemetry.t_us
        elif telemetry.t_us >= self.in_last_since_us + self.broken_off_after_us:
            self.broken_off = True
        return self.broken_off

    cdef void _observe(self, truth_t* truth) noexcept nogil:
        cdef port_state_t port
        cdef int i
        truth.t_us = self.plant.t_us
        vec3_copy(truth.r_chaser_eci_m, self.plant.chaser.r_eci_m)
        vec3_copy(truth.v_chaser_eci_mps, self.plant.chaser.v_eci_mps)
        vec3_copy(truth.r_target_eci_m, self.plant.target.r_eci_m)
        vec3_copy(truth.v_target_eci_mps, self.plant.target.v_eci_mps)
        for i in range(4):
            truth.q_body_from_eci[i] = self.plant.chaser.q_body_from_eci[i]
            truth.q_tbody_from_eci[i] = self.plant.target.q_body_from_eci[i]
        vec3_copy(truth.w_body_eci_body_radps, self.plant.chaser.w_body_radps)
        self.plant.relative_hill(truth.r_chaser_target_hill_m, truth.v_chaser_target_hill_mps)
        self.plant.port_state(&port)
        vec3_copy(truth.r_port_tport_m, port.r_port_tport_tport_m)
        vec3_copy(truth.v_port_tport_mps, port.v_port_tport_tport_mps)
        truth.port_pitch_yaw_rad = port.pitch_yaw_rad
        truth.port_roll_rad = port.roll_rad
        vec3_copy(truth.dv_body_mps, self.plant.imu.dv_com_body_mps)
        truth.mass_kg = self.plant.chaser.mass_kg
        truth.propellant_kg = self.plant.chaser.propellant_kg
        truth.sunlit = self.plant.sunlit_chaser()
        truth.clearance_m = self.plant.clearance_m()
        truth.contact_status = <uint32_t>self.plant.contact.status
        truth.collisions = <uint32_t>self.plant.n_collisions

    cdef void _look(self, const truth_t* truth) noexcept nogil:
        """Begins the faults that wait for what is so now."""
        cdef sight_t sight
        sight.t_us, sight.phase = self.plant.t_us, self.phase
        sight.contact, sight.captured = truth.contact_status != 0, truth.contact_status == 1
        sight.range_m = vec3_norm(truth.r_port_tport_m)
        self.instruments.look(&sight)
        self.effectors.look(&sight)
        if self.computer is not None:
            self.computer.look(&sight)
        if self.commands is not None:
            self.commands.look(&sight)
        if self.target_faults is not None:
            self.target_faults.look(&sight)

    cdef void _sense(self, sensor_frame_t* frame, truth_t* truth) noexcept nogil:
        cdef telecommand_t* tc
        cdef int i
        self._observe(truth)
        if self.waits:
            self._look(truth)
        self.instruments.sample(self.plant, self.tick, self.cycle_us, frame)
        self.effectors.read(self.plant, frame)
        frame.tc_seq = <uint16_t>self.telecommands_sent
        if self.telecommands_sent < self.telecommand_count:
            tc = &self.telecommands[self.telecommands_sent]
            if tc.t_us <= frame.t_us:
                self.telecommands_sent += 1
                frame.tc_seq = <uint16_t>self.telecommands_sent
                frame.tc_opcode = <uint16_t>tc.opcode
                frame.tc_arg[0] = tc.arg[0]
                frame.tc_arg[1] = tc.arg[1]
        if self.commands is not None:
            self.commands.deliver(frame)
        if self.computer is not None:
            self.computer.tell(frame)

    cdef int _step(self, sensor_frame_t* frame, command_t* command, telemetry_t* telemetry) noexcept nogil:
        """The flight core's answer to a frame; its status."""
        if self.computer is None:
            return flight_step_with(self.flight.state, frame, command, telemetry, &self.flight.stages)
        return self.computer.step(self.flight, self.plant.t_us, self.cycle_us, self.effectors.armed, frame, command,
                                  telemetry)

    cdef void _act(self, const command_t* command) noexcept nogil:
        if self.target_faults is not None:
            self.target_faults.act(self.plant, self.cycle_us)
        self.effectors.act(self.plant, command, <uint32_t>self.cycle_us)
        self.tick += 1
        if self.plant.n_active > 0:
            self.fired_us = self.plant.t_us
        if self.contact_us == 0 and (self.plant.touched or self.plant.n_collisions > 0):
            self.contact_us = self.plant.t_us
        elif self.contact_us > 0 and not self.plant.touched and self.plant.n_collisions == 0:
            self.contact_us = 0  # what was captured has been let go: it flies on

    cdef int _run(self, int count, sensor_frame_t* frames, command_t* commands, telemetry_t* telemetry,
                  truth_t* truth) noexcept nogil:
        cdef int i
        for i in range(count):
            if self._finished():
                return i
            self._sense(&frames[i], &truth[i])
            if self.instruments.failed:
                return i
            self.status = self._step(&frames[i], &commands[i], &telemetry[i])
            if self.status != FLIGHT_OK:
                return i
            self._act(&commands[i])
            if self._over(&telemetry[i], &truth[i]) or (self.computer is not None and self.computer.cold):
                return i + 1
        return count

    def run(self, chunk, int count) -> int:
        """Fly up to `count` cycles into `chunk`; returns how many were flown. No interpreter is involved."""
        if self.flight is None:
            raise ValueError("this loop has no flight core of its own: drive it with sense() and act()")
        if not 0 <= count <= len(chunk.sensors):
            raise ValueError(f"count is {count}: expected 0 to the chunk's size, {len(chunk.sensors)}")
        cdef sensor_frame_t* frames
        cdef command_t[::1] commands = chunk.command
        cdef telemetry_t[::1] telemetry = chunk.telemetry
        cdef truth_t[::1] truth = chunk.truth
        cdef int flown = 0
        if count > 0:
            frames = _frames(chunk.sensors)
            with nogil:
                flown = self._run(count, frames, &commands[0], &telemetry[0], &truth[0])
        return flown

    def sense(self, chunk, int i):
        """Fill row i of the chunk's truth and sensors for the cycle that starts now."""
        cdef truth_t[::1] truth = chunk.truth
        if not 0 <= i < truth.shape[0] or len(chunk.sensors) != truth.shape[0]:
            raise IndexError(f"row {i} is outside the chunk of {truth.shape[0]}")
        self._sense(&_frames(chunk.sensors)[i], &truth[i])

    def act(self, chunk, int i):
        """Apply the command in row i of the chunk for one cycle."""
        cdef command_t[::1] commands = chunk.command
        cdef telemetry_t[::1] telemetry = chunk.telemetry
        cdef truth_t[::1] truth = chunk.truth
        if not 0 <= i < commands.shape[0]:
            raise IndexError(f"row {i} is outside the chunk of {commands.shape[0]}")
        self._act(&commands[i])
        self._over(&telemetry[i], &truth[i])
