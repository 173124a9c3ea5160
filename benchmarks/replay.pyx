"""A recorded run through one part of it alone: the flight core on its sensor frames, the plant on its commands."""

from libc.stdint cimport uint32_t

from gnc.flight cimport FLIGHT_OK, Flight, command_t, flight_step, sensor_frame_t, telemetry_t
from hil.plant.plant cimport Plant


def replay_flight(Flight flight, frames):
    """Steps the core through the recorded sensor frames; ValueError when it refuses one."""
    cdef const sensor_frame_t[::1] view = frames
    cdef command_t command
    cdef telemetry_t telemetry
    cdef Py_ssize_t i
    cdef int status = FLIGHT_OK
    with nogil:
        for i in range(view.shape[0]):
            status = flight_step(flight.state, &view[i], &command, &telemetry)
            if status != FLIGHT_OK:
                break
    if status != FLIGHT_OK:
        raise ValueError(f"frame {i}: status {status}")


def replay_plant(Plant plant, commands, uint32_t cycle_us):
    """Advances the plant by one cycle a recorded command."""
    cdef const command_t[::1] view = commands
    cdef Py_ssize_t i
    with nogil:
        for i in range(view.shape[0]):
            plant.dock_armed = view[i].dock_arm != 0
            plant.advance(view[i].thruster_on_us, cycle_us)
