"""Switches of the docking mechanism: contact and capture."""

from typing import Literal

from pydantic.dataclasses import dataclass

from gnc.definitions cimport DOCK_CAPTURED, DOCK_CONTACT, measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t

from firmware_bridge.faults import STRICT
from gnc.definitions import Kind
from hil.instruments.rows import InstrumentKind, Row



@dataclass(frozen=True, kw_only=True, config=STRICT)
class Dock(Row):
    """Contact and capture switches of a docking port."""

    kind: Literal["dock"]


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    if m.contact_status != 0:
        z.flags |= DOCK_CONTACT
    if m.contact_status == 1:
        z.flags |= DOCK_CAPTURED
    return True


cdef class _Dock(Instrument):
    def __init__(self, fitted):
        self._fit(fitted, measure, NULL, 0, 0, 0)


KIND = InstrumentKind(number=Kind.DOCK, row=Dock, make=_Dock, group="docking mechanism", faults=("dropout",))
