"""What the target does that it should not: it accelerates, its attitude drifts, or it begins to tumble."""

from gnc.ccore cimport orbit_hill_frame, quat_mul, quat_normalize, vec3_add
from hil.faults.window cimport window_open, window_set
from hil.plant.attitude cimport attitude_t
from hil.plant.plant cimport Plant

from hil.faults.rows import TargetFault
from hil.schema import DEG


cdef class TargetFaults(Declared):
    """Faults of the target: `TargetFaults(plant, faults, phases)`.

    faults: `hil.faults.rows.TargetFault`; phases: those of the flight, in which faults begin. Raises ValueError for one that
    this target cannot have.
    """

    def __init__(self, Plant plant, faults=(), phases=()):
        self._admit(faults, TARGET_FAULTS, "the target", "vehicle")
        for fault in self.faults:
            self._declare(plant, fault, phases)

    def _declare(self, Plant plant, fault, phases):
        cdef target_fault_t* f = &self.fault[self.count]
        cdef int i
        if problem := fault.problem():
            raise ValueError(f"fault of {fault.vehicle}: {problem[0]} = {getattr(fault, problem[0])}: {problem[1]}")
        if fault.kind != "reboost" and plant.attitudes[plant.i_target].reference == NULL:
            raise ValueError(f"fault of {fault.vehicle}: kind = {fault.kind}: expected a target that holds an attitude")
        if fault.kind == "tumble" and any(x is not None for x in (fault.end_s, fault.duration_s, fault.period_s)):
            raise ValueError(f"fault of {fault.vehicle}: kind = tumble: expected without an end")
        f.kind = TargetFault.KINDS[fault.kind].number
        window_set(&self.window[self.count], fault, phases)
        vector = fault.accel_hill_mps2 or [x * DEG for x in fault.rate_deg_s]
        for i in range(3):
            f.vector[i] = vector[i]
        self.count += 1

    cdef void act(self, Plant plant, uint64_t cycle_us) noexcept nogil:
        cdef target_fault_t* f
        cdef attitude_t* attitude = &plant.attitudes[plant.i_target]
        cdef double h_s = 1.0e-6 * <double>cycle_us
        cdef double dcm[9]
        cdef double w[3]
        cdef double q[4]
        cdef int i, k, n
        for i in range(self.count):
            f = &self.fault[i]
            if not window_open(&self.window[i], plant.t_us):
                continue
            if f.kind == FAULT_REBOOST and not plant.docked:
                orbit_hill_frame(dcm, w, plant.target.r_eci_m, plant.target.v_eci_mps)
                for k in range(3):
                    for n in range(3):
                        plant.target.v_eci_mps[k] += h_s * dcm[3 * n + k] * f.vector[n]
                self.changed[i] += 1
            elif f.kind == FAULT_ATTITUDE_DRIFT:
                q[0] = 1.0
                for k in range(3):
                    q[k + 1] = -0.5 * h_s * f.vector[k]
                quat_mul(attitude.q_body_from_frame_nominal, q, attitude.q_body_from_frame_nominal)
                quat_normalize(attitude.q_body_from_frame_nominal)
                self.changed[i] += 1
            elif f.kind == FAULT_TUMBLE and not f.done:
                f.done = True
                attitude.reference = NULL
                vec3_add(plant.target.w_body_radps, plant.target.w_body_radps, f.vector)
                if plant.docked:
                    vec3_add(plant.stack.body.w_body_radps, plant.stack.body.w_body_radps, f.vector)
                self.changed[i] += 1
