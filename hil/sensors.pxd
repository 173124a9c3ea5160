"""Sensors: truth in, SensorFrame out."""

from libc.stdint cimport uint16_t, uint32_t, uint64_t

from gnc.definitions cimport measurement_t, sensor_frame_t
from hil.noise cimport gauss_markov_t, stream_t
from hil.plant.plant cimport Plant

cdef enum:
    SENSORS_HISTORY = 32
    SENSORS_MAX_FAULTS = 16

# Truth of one moment, kept for measurements that arrive late
ctypedef struct moment_t:
    uint64_t t_us
    double r_chaser_eci_m[3]
    double v_chaser_eci_mps[3]
    double r_target_eci_m[3]
    double v_target_eci_mps[3]
    double q_body_from_eci[4]
    double q_tbody_from_eci[4]
    double w_body_radps[3]
    double w_tbody_radps[3]
    double com_body_m[3]

# One declared fault of one sensor, in force for start_us <= t_valid < end_us
ctypedef struct fault_t:
    int sensor
    int kind
    uint64_t start_us
    uint64_t end_us
    double magnitude[3]

# When a sensor measures and how late it answers
ctypedef struct timing_t:
    uint64_t period_us
    uint64_t latency_us
    double dropout_probability
    uint16_t seq

cdef class Sensors:
    cdef moment_t history[SENSORS_HISTORY]
    cdef uint32_t next_moment
    cdef fault_t faults[SENSORS_MAX_FAULTS]
    cdef int fault_count
    cdef timing_t star_timing, gnss_timing, rgnss_timing, camera_timing
    cdef stream_t gyro_stream, accel_stream, star_stream, gnss_stream, rgnss_stream, camera_stream
    cdef gauss_markov_t rgnss_bias[3]
    cdef measurement_t frozen[5]        # what a frozen sensor repeats
    cdef uint16_t imu_seq, dock_seq
    # imu
    cdef double imu_body_m[3]
    cdef double gyro_bias_radps[3]
    cdef double gyro_arw_radps05, gyro_rrw_radps15
    cdef double gyro_matrix[9]          # scale factor and misalignment
    cdef double accel_bias_mps2[3]
    cdef double accel_noise_mps_per_sqrt_s
    cdef double accel_matrix[9]
    # star tracker, as mounted
    cdef double q_star_from_body[4]
    cdef double star_sigma_cross_rad, star_sigma_roll_rad
    # gnss
    cdef double gnss_body_m[3]
    cdef double tgnss_tbody_m[3]
    cdef double gnss_sigma_r_m, gnss_sigma_v_mps, rgnss_sigma_r_m, rgnss_sigma_v_mps, rgnss_growth_m
    # camera, as mounted
    cdef double camera_body_m[3]
    cdef double q_camera_from_body[4]
    cdef double tport_tbody_m[3]
    cdef double q_tport_from_tbody[4]
    cdef double camera_max_range_m, camera_pose_range_m, camera_half_view_rad
    cdef double camera_sigma_range_ratio, camera_sigma_range_floor_m, camera_sigma_los_rad
    cdef double camera_sigma_pose_rad, camera_pose_reference_m

    # Fills the frame of the cycle that starts at the plant's present time
    cdef void sample(self, Plant plant, uint32_t tick, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil
    cdef void _remember(self, Plant plant) noexcept nogil
    cdef const moment_t* _moment(self, uint64_t t_us) noexcept nogil
    cdef const moment_t* _due(self, timing_t* timing, stream_t* stream, int sensor, uint64_t t_us) noexcept nogil
    cdef const fault_t* _fault(self, int sensor, int kind, uint64_t t_us) noexcept nogil
    cdef void _imu(self, Plant plant, uint64_t t_us, uint64_t cycle_us, sensor_frame_t* out) noexcept nogil
    cdef void _star(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil
    cdef void _gnss(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil
    cdef void _rgnss(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil
    cdef void _freeze(self, int sensor, measurement_t* m) noexcept nogil
    cdef void _dock(self, Plant plant, uint64_t t_us, sensor_frame_t* out) noexcept nogil
    cdef void _camera(self, uint64_t t_us, sensor_frame_t* out) noexcept nogil
    cdef void _sight(self, const moment_t* m, const fault_t* shift, sensor_frame_t* out) noexcept nogil
