"""Switches of the docking mechanism: contact and capture."""

from typing import Literal

from pydantic.dataclasses import dataclass

from libc.stdint cimport uint8_t, uint32_t

from gnc.definitions cimport DOCK_CAPTURED, DOCK_CONTACT, measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.instruments.faults import OF_SWITCHES
from hil.instruments.rows import InstrumentKind, Row


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Dock(Row):
    """Contact and capture switches of a docking port, the chaser's first if left out."""

    kind: Literal["dock"]
    port: str = ""


ctypedef struct dock_t:
    uint32_t port


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    cdef const dock_t* s = <const dock_t*>it.state
    z.flags = <uint8_t>(s.port << 4)
    if m.contact_port != s.port:
        return True
    if m.contact_status != 0:
        z.flags |= DOCK_CONTACT
    if m.contact_status == 1:
        z.flags |= DOCK_CAPTURED
    return True


cdef class _Dock(Instrument):
    cdef dock_t state

    def __init__(self, fitted):
        self._fit(fitted, measure, &self.state, sizeof(self.state), 0, 0)
        name = fitted.row.port
        if name and name not in fitted.ports:
            raise ValueError(f"instrument {self.name}: port = {name}: expected one of {', '.join(fitted.ports)}")
        self.state.port = fitted.ports.index(name) if name else 0


KIND = InstrumentKind(number=Kind.DOCK, row=Dock, make=_Dock, group="docking mechanism", faults=OF_SWITCHES)
