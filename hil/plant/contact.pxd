"""Ports seen from each other, and what a docking mechanism captures.

Port frames: +x along the docking axis, pointing outward. Two ports are mated when their origins
coincide and q_tport_from_port has its declared docked value (x axes opposed; usually z axes aligned).
"""

from hil.plant.dynamics cimport body_t

# The chaser's port seen from the target's port
ctypedef struct port_state_t:
    double r_port_tport_tport_m[3]      # chaser port relative to target port, tport axes
    double v_port_tport_tport_mps[3]    # as seen in the rotating tport frame
    double axial_m                      # x of the above: range port to port along the docking axis
    double lateral_m                    # off the docking axis
    double closing_mps                  # -d(axial)/dt
    double lateral_rate_mps
    double corridor_rad                 # angle off the docking axis at the target port, 0..pi
    double pitch_yaw_rad                # between the opposed x axes (vector sum)
    double roll_rad                     # of the chaser about tport x, -pi..pi
    double w_port_tport_tport_radps[3]  # chaser's rate relative to the target, tport axes
    double pitch_yaw_rate_radps
    double roll_rate_radps              # signed, about tport x
    double range_com_m                  # centre of mass to centre of mass

ctypedef enum contact_status_t:
    CONTACT_NONE = 0
    CONTACT_CAPTURED = 1                # inside the capture envelope: held rigid from here on
    CONTACT_FAILED = 2                  # touched outside the envelope
    CONTACT_TOUCHED = 3                 # touch inside the envelope, not captured, until they part

ctypedef struct contact_t:
    int status                          # contact_status_t
    double t_s                          # since scenario start, interpolated
    port_state_t state                  # at t_s

# Largest values at which the mechanism captures
ctypedef struct capture_envelope_t:
    double closing_min_mps
    double closing_max_mps
    double lateral_m
    double lateral_rate_mps
    double pitch_yaw_rad
    double roll_rad
    double pitch_yaw_rate_radps
    double roll_rate_radps
    double touch_lateral_m              # crossing the docking plane farther off axis than this is no touch

ctypedef struct port_t:
    double position_body_m[3]
    double q_port_from_body[4]
    # the mechanism, of a chaser's port
    bint captures
    capture_envelope_t envelope
    double q_tport_from_port_docked[4]  # when perfectly mated
    double release_mps                  # relative speed that the springs give
    # where it may be touched: a cylinder about its axis, this far to either side of its origin
    double radius_m
    double depth_m

# The chaser's port seen from the target's port
cdef void contact_port_state(port_state_t* out, const body_t* chaser, const port_t* port, const body_t* target,
                             const port_t* tport) noexcept nogil
cdef bint contact_inside(const port_state_t* ps, const capture_envelope_t* e) noexcept nogil
