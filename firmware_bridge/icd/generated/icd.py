"""Made by `python -m firmware_bridge.icd` from messages.toml and the flight core's descriptors: do not edit."""

# ruff: noqa
from enum import IntEnum

import numpy as np

from firmware_bridge.icd.message import Message

ICD_HASH = 0x463E44D7FA036EDE


class Apid(IntEnum):
    HELLO = 16
    PARAMS = 17
    LOOP = 18
    SERVICES = 32
    TEXT = 48


class BoardState(IntEnum):
    COLD = 0  # no parameters: nothing can fly
    READY = 1  # parameters loaded, no sensor frame taken yet
    FLYING = 2  # sensor frames have been taken


class BootReason(IntEnum):
    POWER_ON = 0  # power was switched on, or the process started
    RESET = 1  # reset by its pin, by the debugger or by request
    WATCHDOG = 2  # the watchdog was not kicked in time
    FAULT = 3  # the processor stopped at a fault


class NakReason(IntEnum):
    UNKNOWN = 1  # no such request
    SESSION = 2  # the request belongs to another session; detail: the board's
    OFFSET = 3  # a chunk is missing before this one; detail: the offset expected
    SIZE = 4  # the parameter record has another size; detail: the size expected
    CRC = 5  # the parameter record's CRC-32 does not match; detail: the one received
    PARAMETER = 6  # flight_init refused a parameter; detail: its index in flight_param_layout
    CORE = 7  # flight_init refused to start; detail: its FLIGHT_ERR_* status
    LOADED = 8  # another parameter set is loaded in this session; detail: its CRC-32


class Function(IntEnum):
    RESET = 1  # reset the board
    HANG = 2  # stop kicking the watchdog and answering: what a hung program does
    SPOIL_CHECKPOINT = 3  # spoil both copies of the checkpoint, then reset the board
    CLEAR_STATISTICS = 4  # set every counter of the statistics to zero


class Event(IntEnum):
    COLD_START = 1  # started without a state to resume
    RESUMED = 2  # resumed a flight from its checkpoint; argument: the last tick taken
    FRAME_REFUSED = 3  # the core refused a sensor frame; argument: its FLIGHT_ERR_* status


class Severity(IntEnum):
    INFO = 1  # normal progress
    LOW = 2  # anomaly, low severity
    MEDIUM = 3  # anomaly, medium severity
    HIGH = 4  # anomaly, high severity


# Asks who is there. The same session never starts twice, so that a repeated request does no harm.
HELLO_REQUEST = Message(
    "hello_request", True, 0x010, None, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("icd_hash", ">u8"),
        ("session", ">u4"),
        ("start", "u1"),
    ]),
)

# One part of the parameter record. Parts come in order; each is answered by ACK or NAK.
PARAMS = Message(
    "params", True, 0x011, None, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("session", ">u4"),
        ("total_bytes", ">u4"),
        ("crc32", ">u4"),
        ("offset", ">u4"),
        ("used", ">u2"),
        ("data", "u1", (256,)),
    ]),
)

# One control cycle's sensors. Answered by exactly one COMMAND of the same tick; a repeated tick is answered from memory.
SENSOR = Message(
    "sensor", True, 0x012, None, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("tc_arg", ">f8", (2,)),
        ("tc_seq", ">u2"),
        ("tc_opcode", ">u2"),
    ]),
    tail_bytes=989,
)

# Asks for STATISTICS.
STATISTICS_REQUEST = Message(
    "statistics_request", True, 0x020, 3, 27,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
    ]),
)

# Asks for a function; ACK comes before it is performed.
FUNCTION_REQUEST = Message(
    "function_request", True, 0x020, 8, 1,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("function", "u1"),
    ]),
)

# Asks for a PONG.
PING = Message(
    "ping", True, 0x020, 17, 1,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("token", ">u4"),
    ]),
)

# Who is there: unasked after each start of the board, with session 0, and in answer to HELLO_REQUEST.
HELLO = Message(
    "hello", False, 0x010, None, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("icd_hash", ">u8"),
        ("build_id", ">u8"),
        ("params_crc32", ">u4"),
        ("session", ">u4"),
        ("boot_count", ">u4"),
        ("next_tick", ">u4"),
        ("boot_reason", "u1"),
        ("state", "u1"),
        ("board", "S32"),
    ]),
)

# The answer to SENSOR: the command and the telemetry of the same cycle. All off and zero unless status is 0.
COMMAND = Message(
    "command", False, 0x012, None, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("status", ">i4"),
        ("thruster_on_us", ">u4", (32,)),
        ("mechanism", ">u4"),
        ("shut", ">u4"),
        ("q_body_from_eci", ">f8", (4,)),
        ("w_body_eci_body_radps", ">f8", (3,)),
        ("r_chaser_target_hill_m", ">f8", (3,)),
        ("v_chaser_target_hill_mps", ">f8", (3,)),
        ("r_port_tport_m", ">f8", (3,)),
        ("v_port_tport_mps", ">f8", (3,)),
        ("sigma_r_hill_m", ">f4", (3,)),
        ("sigma_v_hill_mps", ">f4", (3,)),
        ("sigma_attitude_rad", ">f4", (3,)),
        ("target_attitude_rad", ">f4", (3,)),
        ("gyro_bias_radps", ">f4", (3,)),
        ("attitude_error_rad", ">f4", (3,)),
        ("r_ref_hill_m", ">f4", (3,)),
        ("v_ref_hill_mps", ">f4", (3,)),
        ("accel_cmd_hill_mps2", ">f4", (3,)),
        ("instrument_nis", ">f4", (12,)),
        ("flags", ">u4"),
        ("instrument_rejects", ">u2", (12,)),
        ("slots_refused", ">u2"),
        ("instrument_state", "u1", (12,)),
        ("phase", "u1"),
        ("law", "u1"),
        ("abort_reason", "u1"),
        ("previous_phase", "u1"),
    ]),
)

# A request was accepted.
ACK = Message(
    "ack", False, 0x020, 1, 1,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("request_apid", ">u2"),
        ("request_sequence", ">u2"),
        ("detail", ">u4"),
    ]),
)

# A request was refused.
NAK = Message(
    "nak", False, 0x020, 1, 2,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("request_apid", ">u2"),
        ("request_sequence", ">u2"),
        ("reason", "u1"),
        ("detail", ">u4"),
    ]),
)

# The board's counters since it started.
STATISTICS = Message(
    "statistics", False, 0x020, 3, 25,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("bytes_received", ">u4"),
        ("bytes_sent", ">u4"),
        ("packets_received", ">u4"),
        ("packets_sent", ">u4"),
        ("cobs_errors", ">u4"),
        ("length_errors", ">u4"),
        ("crc_errors", ">u4"),
        ("apid_errors", ">u4"),
        ("overrun_errors", ">u4"),
        ("sequence_gaps", ">u4"),
        ("sequence_duplicates", ">u4"),
        ("sequence_reordered", ">u4"),
        ("uart_lost", ">u4"),
        ("steps", ">u4"),
        ("repeats", ">u4"),
        ("frames_refused", ">u4"),
        ("naks", ">u4"),
        ("stack_high_water_bytes", ">u4"),
    ]),
)

# Something happened that nobody asked for. The subtype is its severity (1 info to 4 high).
EVENT = Message(
    "event", False, 0x020, 5, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("event", "u1"),
        ("argument", ">u4"),
    ]),
)

# The answer to PING.
PONG = Message(
    "pong", False, 0x020, 17, 2,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("service", "u1"),
        ("subtype", "u1"),
        ("token", ">u4"),
    ]),
)

# A line for a human reader.
TEXT = Message(
    "text", False, 0x030, None, None,
    np.dtype([
        ("tick", ">u4"),
        ("t_us", ">u8"),
        ("severity", "u1"),
        ("text", "S80"),
    ]),
)

MESSAGES = (HELLO_REQUEST, PARAMS, SENSOR, STATISTICS_REQUEST, FUNCTION_REQUEST, PING, HELLO, COMMAND, ACK, NAK, STATISTICS, EVENT, PONG, TEXT)

# The parameter record on the wire.
PARAMETERS = np.dtype([
    ("cycle_s", ">f8"),
    ("mu_m3ps2", ">f8"),
    ("re_m", ">f8"),
    ("j2", ">f8"),
    ("pole_eci", ">f8", (3,)),
    ("mass_kg", ">f8"),
    ("com_body_m", ">f8", (3,)),
    ("com_sigma_m", ">f8"),
    ("inertia_body_kgm2", ">f8", (9,)),
    ("port_body_m", ">f8", (3,)),
    ("q_port_from_body", ">f8", (4,)),
    ("thruster_min_on_s", ">f8", (4,)),
    ("thruster_rise_s", ">f8", (4,)),
    ("thruster_decay_s", ">f8", (4,)),
    ("thruster_body_m", ">f8", (96,)),
    ("thruster_dir_body", ">f8", (96,)),
    ("thruster_force_n", ">f8", (32,)),
    ("tport_tbody_m", ">f8", (3,)),
    ("q_tport_from_tbody", ">f8", (4,)),
    ("q_tport_from_port", ">f8", (4,)),
    ("q_tbody_from_hill", ">f8", (4,)),
    ("target_r_eci_m", ">f8", (3,)),
    ("target_v_eci_mps", ">f8", (3,)),
    ("target_sigma_r_m", ">f8"),
    ("target_sigma_v_mps", ">f8"),
    ("init_r_hill_m", ">f8", (3,)),
    ("init_v_hill_mps", ">f8", (3,)),
    ("init_sigma_r_m", ">f8"),
    ("init_sigma_v_mps", ">f8"),
    ("init_q_body_from_eci", ">f8", (4,)),
    ("init_sigma_attitude_rad", ">f8"),
    ("rel_accel_psd_m2ps3", ">f8"),
    ("orbit_accel_psd_m2ps3", ">f8"),
    ("mated_sigma_r_m", ">f8"),
    ("mated_sigma_v_mps", ">f8"),
    ("mated_sigma_attitude_rad", ">f8"),
    ("target_attitude_sigma_rad", ">f8"),
    ("target_rate_sigma_radps", ">f8"),
    ("target_damping_ratio", ">f8"),
    ("gate_chi2_3dof", ">f8"),
    ("measurement_max_age_s", ">f8"),
    ("attitude_kp_ps2", ">f8"),
    ("attitude_kd_ps", ">f8"),
    ("attitude_rate_max_radps", ">f8"),
    ("quiet_start_s", ">f8"),
    ("force_max_n", ">f8"),
    ("fire_threshold", ">f8"),
    ("track_far_m", ">f8"),
    ("track_near_m", ">f8"),
    ("attitude_max_rad", ">f8"),
    ("phase_timeout_s", ">f8", (32,)),
    ("phase_gate_r_m", ">f8", (32,)),
    ("phase_gate_v_mps", ">f8", (32,)),
    ("phase_attitude_deadband_rad", ">f8", (32,)),
    ("phase_corridor_rad", ">f8", (32,)),
    ("sun_eci", ">f8", (3,)),
    ("block", ">f8", (640,)),
    ("instrument_position_body_m", ">f8", (36,)),
    ("instrument_q_from_body", ">f8", (48,)),
    ("instrument_timeout_s", ">f8", (12,)),
    ("instrument_count", ">u4"),
    ("thruster_count", ">u4"),
    ("phase_count", ">u4"),
    ("start_phase", ">u4"),
    ("reject_limit", ">u4"),
    ("instrument_block_offset", ">u2", (12,)),
    ("instrument_block_length", ">u2", (12,)),
    ("transition_count", ">u4"),
    ("monitor_count", ">u4"),
    ("transition_guard_arg", ">u2", (192,)),
    ("phase_ignores_contact_until_m", ">u2", (32,)),
    ("phase_mechanism", ">u2", (32,)),
    ("phase_needs", ">u2", (32,)),
    ("monitor_block_offset", ">u2", (16,)),
    ("monitor_block_length", ">u2", (16,)),
    ("phase_block_offset", ">u2", (32,)),
    ("phase_block_length", ">u2", (32,)),
    ("target_attitude_mode", "u1"),
    ("thruster_group", "u1", (32,)),
    ("transition_from", "u1", (96,)),
    ("transition_to", "u1", (96,)),
    ("transition_event", "u1", (96,)),
    ("transition_event_arg", "u1", (96,)),
    ("transition_guard", "u1", (192,)),
    ("monitor_kind", "u1", (16,)),
    ("instrument_kind", "u1", (12,)),
    ("phase_law", "u1", (32,)),
    ("phase_point", "u1", (32,)),
    ("phase_frame", "u1", (32,)),
    ("phase_attitude", "u1", (32,)),
])
