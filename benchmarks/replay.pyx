"""A recorded run through one part of it alone: the flight core on its sensor frames, the plant on its commands."""

import numpy as np

from libc.stdint cimport uint8_t, uint32_t

from gnc.flight cimport FLIGHT_OK, Flight, command_t, flight_step, sensor_frame_t, telemetry_t
from hil.plant.plant cimport Plant

from gnc.flight import SENSOR_FRAME


def replay_flight(Flight flight, frames):
    """Steps the core through the recorded sensor frames; ValueError when it refuses one."""
    if frames.dtype != SENSOR_FRAME:
        raise ValueError(f"frames: expected records of gnc.flight.SENSOR_FRAME, got {frames.dtype}")
    # a record of records, which no typed view of Cython's can say
    cdef const uint8_t[::1] raw = frames.view(np.uint8)
    cdef const sensor_frame_t *view = <const sensor_frame_t *>&raw[0]
    cdef command_t command
    cdef telemetry_t telemetry
    cdef Py_ssize_t i, count = len(frames)
    cdef int status = FLIGHT_OK
    with nogil:
        for i in range(count):
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
            plant.dock_armed = view[i].mechanism & 0xFFFF
            plant.advance(view[i].thruster_on_us, cycle_us)
