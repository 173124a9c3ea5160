"""Instruments written in Python, of other packages: their times, dropouts and faults are those of any other.

The loop takes the interpreter only when one is due.
"""

import numpy as np

from libc.string cimport memset

from gnc.definitions cimport measurement_t
from hil.instruments.instrument cimport Instrument, instrument_t, moment_t


cdef object _dtype_of_moment():
    cdef moment_t row
    cdef moment_t[::1] view = <moment_t[:1]> &row
    return np.asarray(view).dtype


MOMENT = _dtype_of_moment()

cdef enum:
    VALUES = 8


cdef bint measure(instrument_t* it, const moment_t* m, const double* error, measurement_t* z) noexcept nogil:
    with gil:
        return (<PythonInstrument>it.state).measured(m, z)


cdef class PythonInstrument(Instrument):
    """Any object with a method `measure(moment)`, fitted as an instrument.

    moment: one record of `MOMENT`, the truth at the time of validity. It answers up to eight numbers, or None when there is
    nothing to measure; it is asked once for each moment. What it raises ends the run and is kept in `failure`.
    """

    cdef object made
    cdef readonly object failure
    cdef moment_t moment
    cdef measurement_t last_one
    cdef bint asked, delivered

    def __init__(self, fitted, made):
        if not callable(getattr(made, "measure", None)):
            raise ValueError(f"instrument {fitted.name}: {type(made).__name__} has no method measure(moment)")
        self.made, self.failure = made, None
        self._fit(fitted, measure, <void*>self, 0, VALUES, 0)

    cdef bint measured(self, const moment_t* m, measurement_t* z) noexcept:
        cdef int i
        if self.it.failed:
            return False
        if not (self.asked and self.moment.t_us == m.t_us):
            self.asked = True
            self.moment = m[0]
            try:
                self.delivered = self._ask()
            except BaseException as error:
                self.failure, self.it.failed, self.delivered = error, True, False
        for i in range(VALUES):
            z.z[i] = self.last_one.z[i]
        z.count = self.last_one.count
        return self.delivered

    cdef bint _ask(self) except *:
        cdef int i
        cdef moment_t[::1] view = <moment_t[:1]> &self.moment
        answer = self.made.measure(np.asarray(view).copy()[0])
        memset(&self.last_one, 0, sizeof(measurement_t))
        if answer is None:
            return False
        values = [float(value) for value in answer]
        if len(values) > VALUES:
            raise ValueError(f"expected up to {VALUES} numbers, got {len(values)}")
        for i in range(len(values)):
            self.last_one.z[i] = values[i]
        self.last_one.count = len(values)
        return True
