# Nothing for Python: Cython modules cimport it (hil/actuators.pxd).
