"""flight_init and flight_step: refusals, one step's order of work, telemetry."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from gnc.flight import (
    COMMAND,
    N_SLOTS,
    SENSOR_FRAME,
    TELEMETRY,
    Attitude,
    Event,
    Flag,
    Instrument,
    Kind,
    Law,
    Overlay,
    components,
    fields,
)
from hil import fly
from tests.core.internals import BREAKING_OFF, CYCLE_US, Core, blank_frame, phase, pointer, scenario_params, slots

NULL, PARAM, FRAME, NOT_INIT, FPU = -1, -2, -3, -4, -5
PARAMS = fields("params")
QUATERNIONS = [f.name for f in PARAMS if "q_" in f.name and "_from_" in f.name]


def init(core: ctypes.CDLL, params: Any) -> tuple[int, str | None, NDArray[Any]]:
    """Status, name of the field found bad, and the memory handed over (ones before the call)."""
    memory = np.full((core.flight_size() + 7) // 8, 2**64 - 1, np.uint64)
    bad = ctypes.c_uint32(len(PARAMS))
    status = core.flight_init(pointer(memory), pointer(params), ctypes.byref(bad))
    return status, PARAMS[bad.value].name if bad.value < len(PARAMS) else None, memory


def assert_refused(core: ctypes.CDLL, params: Any, name: str) -> None:
    status, bad, memory = init(core, params)
    assert (status, bad) == (PARAM, name)
    assert (memory == 2**64 - 1).all()


def outside(field: Any) -> list[float]:
    """Values just outside a parameter's range, and no number at all, as far as its type can hold them."""
    if field.type == "<f8":
        return [np.nextafter(field.lo, -np.inf), np.nextafter(field.hi, np.inf), np.nan, np.inf, -np.inf]
    return [v for v in (field.lo - 1, field.hi + 1) if 0 <= v <= np.iinfo(field.type).max]


# ---- flight_init ----


@pytest.mark.parametrize("field", [f for f in PARAMS if outside(f)], ids=lambda f: f.name)
def test_a_parameter_outside_its_range_is_refused_by_name(core: ctypes.CDLL, field: Any) -> None:
    """Every element of every field, on both sides."""
    for value in outside(field):
        for at in {0, max(field.count, 1) - 1}:
            params = scenario_params()
            params[field.name].reshape(-1)[at] = value
            assert_refused(core, params, field.name)


@pytest.mark.parametrize("field", [f for f in PARAMS if f.type == "<f8" and f.count == 0], ids=lambda f: f.name)
def test_the_ends_of_its_range_are_inside(core: ctypes.CDLL, field: Any) -> None:
    for value in (field.lo, field.hi):
        status, bad, _ = init(core, scenario_params(**{field.name: value}))
        if field.name == "cycle_s":  # the shortest on-time lies between rise and cycle
            assert status == 0 or bad == "thruster_min_on_s", (value, bad)
        elif field.name == "measurement_max_age_s":  # as far as the history reaches
            assert status == 0 or bad == "measurement_max_age_s", (value, bad)
        else:
            assert status == 0, (value, bad)


def test_a_law_without_the_fields_that_its_properties_need_is_refused(core: ctypes.CDLL) -> None:
    """Hold declares its point, two fields, and then what control follows its reference with."""
    assert core.internals_hold_without(0, True) and core.internals_hold_without(2, False)
    assert not core.internals_hold_without(0, False)
    assert not core.internals_hold_without(2, True) and not core.internals_hold_without(1, True)


@pytest.mark.parametrize("name", [*QUATERNIONS, "pole_eci"])
def test_a_direction_or_rotation_that_is_not_of_unit_length_is_refused(core: ctypes.CDLL, name: str) -> None:
    for factor in (0.0, 0.99):
        assert_refused(core, scenario_params(**{name: factor * scenario_params()[name]}), name)


@pytest.mark.parametrize(
    "inertia",
    [
        np.zeros(9),
        np.diag([1.0, 1.0, 0.0]).ravel(),
        np.diag([1.0, -1.0, -1.0]).ravel(),
        np.diag([1.0, 1.0, -1.0]).ravel(),
        np.diag([-1.0, 1.0, 1.0]).ravel(),
        np.array([2.0, 0.1, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0]),
        np.array([2.0, 0.0, 0.1, 0.0, 2.0, 0.0, 0.0, 0.0, 2.0]),
        np.array([2.0, 0.0, 0.0, 0.0, 2.0, 0.1, 0.0, 0.0, 2.0]),
        np.array([0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, -1.0]),
    ],
)
def test_an_inertia_that_no_body_has_is_refused(core: ctypes.CDLL, inertia: NDArray[np.float64]) -> None:
    assert_refused(core, scenario_params(inertia_body_kgm2=inertia), "inertia_body_kgm2")


@given(seed=st.integers(0, 10**6))
def test_any_positive_definite_inertia_is_taken(core: ctypes.CDLL, seed: int) -> None:
    a = np.random.default_rng(seed).normal(size=(3, 3))
    inertia = a @ a.T + 0.01 * np.eye(3)
    assert init(core, scenario_params(inertia_body_kgm2=(0.5 * (inertia + inertia.T)).ravel()))[0] == 0


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"target_r_eci_m": 0.0}, "target_r_eci_m"),
        ({"target_v_eci_mps": 0.0}, "target_r_eci_m"),
        ({"target_r_eci_m": [7e6, 0, 0], "target_v_eci_mps": [7e3, 0, 0]}, "target_r_eci_m"),
        ({"thruster_min_on_s": 0.009, "thruster_rise_s": 0.010}, "thruster_min_on_s"),
        ({"thruster_min_on_s": 0.11}, "thruster_min_on_s"),
        ({"thruster_min_on_s": [0.05, 0.05, 0.05, 0.11]}, "thruster_min_on_s"),
        ({"thruster_dir_body": 0.5}, "thruster_dir_body"),
        ({"phase_count": 4, "start_phase": 4}, "start_phase"),
        ({"transition_from": 11}, "transition_from"),
        ({"transition_to": 11}, "transition_to"),
        ({"transition_event": Event.LOST, "transition_event_arg": 12}, "transition_event_arg"),
        ({"monitor_kind": 250}, "monitor_kind"),
        ({"monitor_block_length": 7}, "monitor_block_length"),
        ({"monitor_block_offset": 640}, "monitor_block_offset"),
        ({"monitor_hard_mps": -1.0}, "block"),
        ({"phase_attitude": 250}, "phase_attitude"),
        ({"phase_attitude": Attitude.SUN}, "phase_block_length"),
        ({"phase_law": 250}, "phase_law"),
        ({"phase_block_length": 2}, "phase_block_length"),
        ({"phase_block_offset": 640}, "phase_block_offset"),
        ({"law_duration_s": -1.0}, "block"),
        ({"law_correction_fraction": [0.5, 1.5]}, "block"),
        ({"law_cutoff_mps": np.nan}, "block"),
        ({"measurement_max_age_s": 1.501}, "measurement_max_age_s"),
    ],
)
def test_what_ranges_alone_cannot_say_is_refused_by_name(core: ctypes.CDLL, changes: dict[str, Any], name: str) -> None:
    assert_refused(core, scenario_params(**changes), name)


def test_thrusters_and_phases_that_are_not_there_need_no_values(core: ctypes.CDLL) -> None:
    params = scenario_params()
    params["thruster_dir_body"][0, 3 * int(params["thruster_count"][0]) :] = 0.5
    params["phase_law"][0, int(params["phase_count"][0]) :] = 250
    params["transition_to"][0, int(params["transition_count"][0]) :] = 11
    params["monitor_kind"][0, int(params["monitor_count"][0]) :] = 250
    assert init(core, params)[0] == 0


def test_a_null_pointer_is_refused(core: ctypes.CDLL) -> None:
    memory = np.zeros(core.flight_size() // 8 + 1, np.uint64)
    params, bad = scenario_params(), ctypes.c_uint32(0)
    assert core.flight_init(None, pointer(params), ctypes.byref(bad)) == NULL
    assert core.flight_init(pointer(memory), None, ctypes.byref(bad)) == NULL
    assert core.flight_init(pointer(memory), pointer(params), None) == 0
    params["mass_kg"] = 0.0
    assert core.flight_init(pointer(memory), pointer(params), None) == PARAM


def test_a_processor_that_flushes_subnormals_is_refused(core: ctypes.CDLL) -> None:
    params = scenario_params()
    if not core.internals_flush_subnormals(True):
        pytest.skip("no such mode on this processor")
    try:
        status, _, memory = init(core, params)
    finally:
        core.internals_flush_subnormals(False)
    assert status == FPU
    assert (memory == 2**64 - 1).all()
    assert init(core, params)[0] == 0


def test_nothing_beyond_the_stated_size_is_written(core: ctypes.CDLL) -> None:
    size = core.flight_size()
    memory = np.full(size // 8 + 8, 0x5A5A5A5A5A5A5A5A, np.uint64)
    params, frame, command = scenario_params(), slots(blank_frame()), np.zeros(1, COMMAND)
    assert core.flight_init(pointer(memory), pointer(params), None) == 0
    assert core.flight_step(pointer(memory), pointer(frame), pointer(command), None) == 0
    assert (memory.view(np.uint8)[size:] == 0x5A).all()


# ---- flight_step: refusals ----


def flying(core: ctypes.CDLL, cycles: int = 3, **changes: Any) -> Core:
    c = Core(core, scenario_params("iss-contact", **changes))
    for tick in range(cycles):
        assert c.step(blank_frame(tick))[0] == 0
    return c


@pytest.mark.parametrize(
    ("ticks", "late_us"),
    [
        (-1, -CYCLE_US),
        (-1, 0),
        (-3, -3 * CYCLE_US),
        (100, 100 * CYCLE_US),
    ],
)
def test_a_number_that_does_not_follow_is_refused_and_leaves_no_trace(
    core: ctypes.CDLL, ticks: int, late_us: int
) -> None:
    """The answer is all off, names the frame it answers, and the next good step is that of an undisturbed twin."""
    c, twin = flying(core), flying(core)
    before = c.memory.copy()
    frame = blank_frame((3 + ticks) % 2**32, 3 * CYCLE_US + late_us)
    status, command, told = c.step(frame)
    assert status == FRAME
    assert command["tick"] == frame["tick"][0]
    assert command["t_us"] == frame["t_us"][0]
    assert not command["thruster_on_us"].any()
    assert not command["mechanism"]
    assert told.tobytes() == b"\xff" * TELEMETRY.itemsize
    c["refused"], c["refused_tick"] = 0, 0
    assert (c.memory == before).all()
    assert [x.tobytes() for x in c.step(blank_frame(3))[1:]] == [x.tobytes() for x in twin.step(blank_frame(3))[1:]]
    assert (c.memory == twin.memory).all()


@pytest.mark.parametrize(("ticks", "late_us"), [(1, 0), (99, 99 * CYCLE_US), (0, 50_000), (0, -50_000), (0, 10**12)])
def test_a_gap_or_a_clock_that_is_set_is_bridged(core: ctypes.CDLL, ticks: int, late_us: int) -> None:
    """The flight's own time goes on by whole cycles of the ticks; the answer has the frame's own time."""
    c = flying(core)
    status, command, told = c.step(blank_frame(3 + ticks, 3 * CYCLE_US + late_us))
    assert status == 0 and c["t_us"][0] == (3 + ticks) * CYCLE_US
    assert command["t_us"] == told["t_us"] == 3 * CYCLE_US + late_us
    status, _, told = c.step(blank_frame(4 + ticks, 4 * CYCLE_US + late_us))
    assert status == 0 and c["t_us"][0] == (4 + ticks) * CYCLE_US


def test_ten_frames_that_go_on_from_each_other_are_believed(core: ctypes.CDLL) -> None:
    c = flying(core)
    for k in range(9):
        assert c.step(blank_frame(5000 + k))[0] == FRAME
    assert c.step(blank_frame(9000))[0] == FRAME  # not in order: counted anew
    assert [c.step(blank_frame(9001 + k))[0] for k in range(9)] == [FRAME] * 8 + [0]


@pytest.mark.parametrize("field", ["intent.phase", "intent.law", "intent.nav_mode"])
@pytest.mark.parametrize("bit", range(8))
def test_a_flipped_bit_of_the_missions_state_is_mended(core: ctypes.CDLL, field: str, bit: int) -> None:
    c, twin = flying(core), flying(core)
    c[field] = int(c[field][0]) ^ (1 << bit)
    assert [x.tobytes() for x in c.step(blank_frame(3))[1:]] == [x.tobytes() for x in twin.step(blank_frame(3))[1:]]
    assert (c.memory == twin.memory).all()


def test_null_pointers_are_refused_with_all_off(core: ctypes.CDLL) -> None:
    c = flying(core)
    before, frame = c.memory.copy(), slots(blank_frame(3))
    command = np.frombuffer(b"\xff" * COMMAND.itemsize, COMMAND).copy()
    assert core.flight_step(pointer(c.memory), pointer(frame), None, None) == NULL
    assert core.flight_step(None, pointer(frame), pointer(command), None) == NULL
    assert command.tobytes() == bytes(COMMAND.itemsize)
    command = np.frombuffer(b"\xff" * COMMAND.itemsize, COMMAND).copy()
    assert core.flight_step(pointer(c.memory), None, pointer(command), None) == NULL
    assert command.tobytes() == bytes(COMMAND.itemsize)
    assert (c.memory == before).all()


def test_a_state_never_initialised_is_refused_with_all_off(core: ctypes.CDLL) -> None:
    memory, frame = np.zeros(core.flight_size() // 8 + 1, np.uint64), slots(blank_frame())
    command = np.frombuffer(b"\xff" * COMMAND.itemsize, COMMAND).copy()
    assert core.flight_step(pointer(memory), pointer(frame), pointer(command), None) == NOT_INIT
    assert command.tobytes() == bytes(COMMAND.itemsize)
    assert not memory.any()


def test_the_first_frame_may_bear_any_number_and_numbers_wrap(core: ctypes.CDLL) -> None:
    c = Core(core, scenario_params("iss-contact"))
    assert c.step(blank_frame(2**32 - 1, 5_000_000))[0] == 0
    status, command, told = c.step(blank_frame(0, 5_000_000 + CYCLE_US))
    assert status == 0
    assert command["tick"] == told["tick"] == 0


def test_telemetry_may_be_left_out(core: ctypes.CDLL) -> None:
    c, twin = flying(core), flying(core)
    assert c.step(blank_frame(3), telemetry=False)[0] == twin.step(blank_frame(3))[0] == 0
    assert (c.memory == twin.memory).all()


def test_only_init_writes_the_part_before_the_time(core: ctypes.CDLL) -> None:
    """A board keeps it once (flight_state.h): parameters, gravity, effectors, cycle."""
    log = fly("iss-contact", 1)
    c = Core(core, log.params)
    at = c["t_us"].__array_interface__["data"][0] - c.memory.__array_interface__["data"][0]
    fixed = c.memory[: at // 8].copy()
    assert {"params", "effectors.arms", "effectors.smallest", "cycle_us"} <= {
        name for name, member in c.members.items() if member.__array_interface__["data"][0] < c["t_us"].ctypes.data
    }
    for frame in log.sensors:
        assert c.step(frame.reshape(1))[0] == 0
        assert (c.memory[: at // 8] == fixed).all()
    assert c["intent.phase"][0] == phase("docked")


# ---- flight_step: what it does ----


def noise(seed: int, tick: int) -> NDArray[Any]:
    """A frame of arbitrary bits, only its number and time right: not a number, infinities, denormals, wild flags."""
    rng = np.random.default_rng([seed, tick])
    frame = rng.integers(0, 256, SENSOR_FRAME.itemsize, np.uint8).view(SENSOR_FRAME).copy()
    frame["slot_count"] = count = int(rng.integers(0, N_SLOTS + 1))
    slot = frame["slot"][0]
    slot["kind"][:count] = rng.choice([*Kind, 250], count)
    for i in range(count):
        if slot["kind"][i] in list(Kind) and rng.random() < 0.7:
            slot["count"][i] = sum(max(f.count, 1) for f in components(slot["kind"][i]))
        if tick % 4 == 1:  # of any size a double has, or of one that gets past the first checks
            slot["z"][i] = rng.normal(size=8) * 10.0 ** rng.uniform(-9, rng.choice([3, 9, 300]))
        if tick % 2:
            slot["t_valid_us"][i] = tick * CYCLE_US
        if tick % 3 == 0 and slot["kind"][i] == Kind.STAR:
            slot["z"][i, :4] = [np.nan, 1.0, 0.0, 0.0]
    frame["tick"], frame["t_us"] = tick, tick * CYCLE_US
    return frame


@pytest.mark.parametrize("count", [N_SLOTS + 1, 255])
def test_a_frame_with_more_slots_than_there_are_is_refused(core: ctypes.CDLL, count: int) -> None:
    c, twin = flying(core), flying(core)
    frame = slots(blank_frame(3))
    frame["slot_count"] = count
    status, command, _ = c.step(frame)
    assert status == FRAME
    assert not command["thruster_on_us"].any()
    assert (c.memory == twin.memory).all()


@given(seed=st.integers(0, 10**6))
def test_no_bit_pattern_stops_the_step_or_spoils_the_state(core: ctypes.CDLL, seed: int) -> None:
    """Arbitrary bits for two seconds: each step answers, estimates stay finite, no valve opens beyond the cycle."""
    c = Core(core, scenario_params("iss-contact"))
    for tick in range(20):
        status, command, told = c.step(noise(seed, tick))
        assert status == 0
        assert (command["thruster_on_us"] <= CYCLE_US).all()
        for name in ("q_body_from_eci", "r_chaser_target_hill_m", "v_chaser_target_hill_mps", "sigma_r_hill_m"):
            assert np.isfinite(told[name]).all(), name
        assert np.linalg.norm(told["q_body_from_eci"]) == pytest.approx(1.0, abs=1e-12)


def test_two_instances_agree_to_the_last_bit(core: ctypes.CDLL) -> None:
    a, b = (Core(core, scenario_params("iss-contact")) for _ in range(2))
    for tick in range(50):
        frame = noise(7, tick)
        assert [x.tobytes() for x in a.step(frame)[1:]] == [x.tobytes() for x in b.step(frame.copy())[1:]]
    assert (a.memory == b.memory).all()


def test_telemetry_is_the_state(core: ctypes.CDLL) -> None:
    c = flying(core, 20)
    _, _, told = c.step(blank_frame(20))
    assert told["tick"] == 20
    assert told["t_us"] == 20 * CYCLE_US
    for name, member in (
        ("q_body_from_eci", "attitude.q_body_from_eci"),
        ("w_body_eci_body_radps", "attitude.w_body_radps"),
        ("r_chaser_target_hill_m", "solution.r_hill_m"),
        ("v_chaser_target_hill_mps", "solution.v_hill_mps"),
        ("r_port_tport_m", "solution.r_port_tport_m"),
        ("v_port_tport_mps", "solution.v_port_tport_mps"),
        ("target_attitude_rad", "relative.theta_tbody_rad"),
        ("gyro_bias_radps", "attitude.bias_radps"),
        ("attitude_error_rad", "reference.error_attitude_rad"),
        ("r_ref_hill_m", "reference.r_hill_m"),
        ("v_ref_hill_mps", "reference.v_hill_mps"),
        ("accel_cmd_hill_mps2", "control.accel_cmd_hill_mps2"),
    ):
        assert (told[name] == c[member].astype(told[name].dtype)).all(), name
    assert told["phase"] == c["intent.phase"][0]
    assert told["law"] == Law.HOLD
    assert not told["reserved"].any()


def test_the_reported_sigmas_are_those_of_the_covariance_in_hill_axes(core: ctypes.CDLL) -> None:
    c = flying(core)
    rng = np.random.default_rng(3)
    a = rng.normal(size=(18, 18)) * 0.01
    c["relative.p"] = a @ a.T
    attitude = rng.normal(size=(6, 6)) * 1e-4
    c["attitude.p"] = attitude @ attitude.T
    _, _, told = c.step(blank_frame(3))  # not yet a second without a measurement: the covariances stand
    turn = c.matrix("solution.c_hill_from_eci")
    p = c.matrix("relative.p")
    com = c.params["com_sigma_m"] ** 2
    assert com > 0.0
    for name, block, besides in (("sigma_r_hill_m", p[:3, :3], com), ("sigma_v_hill_mps", p[3:6, 3:6], 0.0)):
        assert told[name] == pytest.approx(np.sqrt(np.diag(turn @ block @ turn.T) + besides), rel=1e-6, abs=0.0)
    considered = c.params["star_misalignment_sigma_rad"] ** 2
    expected = np.sqrt(np.diag(attitude @ attitude.T)[:3] + considered)
    assert told["sigma_attitude_rad"] == pytest.approx(expected, rel=1e-6, abs=0.0)


def test_no_thruster_fires_before_the_quiet_start_ends(core: ctypes.CDLL) -> None:
    c = Core(core, scenario_params("iss-contact", quiet_start_s=2.0, init_r_hill_m=[0, -70.0, 0]))
    on = [c.step(blank_frame(tick))[1]["thruster_on_us"].any() for tick in range(40)]
    assert not any(on[:20])
    assert any(on[20:])


def test_the_mechanism_is_armed_in_the_leg_to_contact_alone(core: ctypes.CDLL) -> None:
    for name, armed in (("s4", 0), ("final", 1), ("approach", 0), ("hop", 0), ("docked", 0), ("retreat", 0)):
        c = Core(
            core,
            scenario_params("iss-contact", start_phase=phase(name), quiet_start_s=0.0, without=BREAKING_OFF),
        )
        assert c.step(blank_frame())[1]["mechanism"] == armed, name


def test_flags_of_the_mission(core: ctypes.CDLL) -> None:
    """Each bit follows its own cause, and no other bit does."""
    c = flying(core)
    _, _, told = c.step(blank_frame(3))
    assert told["flags"] == 0
    for tick, (member, value, flag) in enumerate(
        (
            ("intent.tc_rejected", 1, Flag.TC_REJECTED),
            ("intent.overlay", Overlay.HELD, Flag.HELD),
            ("intent.overlay", Overlay.FREE_DRIFT, Flag.FREE_DRIFT),
            ("intent.overlay", Overlay.INHIBITED, Flag.INHIBITED),
        ),
        4,
    ):
        c[member] = value
        assert c.step(blank_frame(tick))[2]["flags"] == flag, member
        c[member] = 0


def test_flags_of_the_laws(core: ctypes.CDLL) -> None:
    docked = Core(core, scenario_params("iss-contact", start_phase=phase("docked")))
    assert docked.step(blank_frame())[2]["flags"] == Flag.CAPTURED
    cam = Core(core, scenario_params("iss-contact", start_phase=phase("cam"), quiet_start_s=0.0))
    assert cam.step(blank_frame())[2]["flags"] == Flag.BURN | Flag.GATE_OPEN | Flag.SATURATED


@pytest.mark.parametrize(
    ("member", "number"),
    [("imu.track", 0), ("attitude.star", 1), ("relative.gnss", 2), ("relative.rgnss", 3), ("relative.camera", 4)],
)
def test_the_state_of_the_instruments(core: ctypes.CDLL, member: str, number: int) -> None:
    """Heard, lately accepted, and not refused again and again; each is the one in use of its kind."""
    heard, lost, in_use = Instrument.HEARD, Instrument.LOST, Instrument.IN_USE
    c = flying(core, start_phase=phase("s2"))
    c[f"{member}.seen"] = False

    def state(tick: int, t_us: int | None = None) -> int:
        return int(c.step(blank_frame(tick, t_us))[2]["instrument_state"][number])

    assert state(3) == in_use
    c[f"{member}.seen"] = True
    assert state(4) == heard | in_use
    c[f"{member}.rejects_in_row"] = c.params["reject_limit"]
    assert state(5) == heard | lost | in_use
    c[f"{member}.rejects_in_row"] = c.params["reject_limit"] - 1
    assert state(6) == heard | in_use
    timeout = float(c.params.record["instrument_timeout_s"][number])
    c["t_us"] = timeout * 1e6
    c[f"{member}.accepted_us"] = 0
    assert state(7, int(timeout * 1e6) + CYCLE_US) == heard | lost | in_use


def test_docked_the_relative_filter_takes_no_measurement(core: ctypes.CDLL) -> None:
    c = flying(core, start_phase=phase("docked"))
    frame = blank_frame(3)
    for name in ("gnss", "rgnss", "camera"):
        frame[f"{name}_valid"], frame[f"{name}_t_valid_us"] = 1, frame["t_us"]
    c.step(frame)
    assert not any(c[f"relative.{name}.seen"][0] for name in ("gnss", "rgnss", "camera"))


def test_saturation_is_of_this_cycle_alone(core: ctypes.CDLL) -> None:
    c = Core(core, scenario_params())
    c["progress.saturated"] = True
    assert c.step(blank_frame())[0] == 0
    assert not c["progress.saturated"][0]
