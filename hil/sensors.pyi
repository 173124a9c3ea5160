from dataclasses import dataclass

from gnc.definitions import Kind

INSTRUMENTS: dict[str, Kind]
SENSOR_NAMES: tuple[str, ...]
FAULT_KINDS: tuple[str, ...]

@dataclass(frozen=True)
class Fault:
    sensor: str
    kind: str
    start_s: float
    end_s: float
    magnitude: tuple[float, float, float] = (0.0, 0.0, 0.0)

@dataclass(frozen=True)
class SensorsConfig:
    imu_body_m: tuple[float, ...]
    gyro_arw_radps05: float
    gyro_rrw_radps15: float
    gyro_bias_radps: tuple[float, ...]
    gyro_matrix: tuple[float, ...]
    accel_bias_mps2: tuple[float, ...]
    accel_noise_mps_per_sqrt_s: float
    accel_matrix: tuple[float, ...]
    q_star_from_body: tuple[float, ...]
    star_period_s: float
    star_latency_s: float
    star_sigma_cross_rad: float
    star_sigma_roll_rad: float
    gnss_body_m: tuple[float, ...]
    gnss_period_s: float
    gnss_latency_s: float
    gnss_sigma_r_m: float
    gnss_sigma_v_mps: float
    tgnss_tbody_m: tuple[float, ...]
    rgnss_period_s: float
    rgnss_latency_s: float
    rgnss_sigma_r_m: float
    rgnss_sigma_v_mps: float
    rgnss_bias_sigma_m: float
    rgnss_bias_tau_s: float
    rgnss_growth_m: float
    camera_body_m: tuple[float, ...]
    q_camera_from_body: tuple[float, ...]
    tport_tbody_m: tuple[float, ...]
    q_tport_from_tbody: tuple[float, ...]
    camera_period_s: float
    camera_latency_s: float
    camera_max_range_m: float
    camera_pose_range_m: float
    camera_field_of_view_rad: float
    camera_sigma_range_ratio: float
    camera_sigma_range_floor_m: float
    camera_sigma_los_rad: float
    camera_sigma_pose_rad: float
    camera_pose_reference_m: float
    camera_dropout_probability: float
    faults: tuple[Fault, ...] = ()

class Sensors:
    def __init__(self, config: SensorsConfig, seed: int, case: int = 0) -> None: ...
