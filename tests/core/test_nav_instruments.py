"""The instrument table: several of a kind, of which the first that is there is used; slots that do not fit it."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np
import pytest

from gnc.flight import PARAMS, SENSOR_FRAME, Instrument, Kind, add_measurement, model_block
from tests.core.internals import CYCLE_US, Core, Parameters, scenario_params
from tests.core.test_nav_camera import image
from tests.core.test_nav_gnss import past

IMU, STAR, GNSS, RGNSS, CAMERA, DOCK = range(6)


def fitted(kind: int, **changes: Any) -> Any:
    """Parameters with a second instrument like that of a number, at the table's end."""
    params = scenario_params("iss-contact", **changes)
    p, count = params[0], int(params["instrument_count"][0])
    for name in ("instrument_kind", "instrument_timeout_s", "instrument_block_length"):
        p[name][count] = p[name][kind]
    for name, size in (("instrument_position_body_m", 3), ("instrument_q_from_body", 4)):
        p[name][size * count : size * count + size] = p[name][size * kind : size * kind + size]
    first, length = int(p["instrument_block_offset"][kind]), int(p["instrument_block_length"][kind])
    end = int(max(p["instrument_block_offset"] + p["instrument_block_length"]))
    p["block"][end : end + length] = p["block"][first : first + length]
    p["instrument_block_offset"][count] = end
    p["instrument_count"] = count + 1
    return params


class Table:
    """Two instruments of a kind; each frame has a measurement of either that is told."""

    def __init__(self, core: ctypes.CDLL, kind: int, **changes: Any) -> None:
        self.c, self.tick = Core(core, fitted(kind, start_phase=4, **changes)), -1

    def step(self, **values: Any) -> Any:
        """One cycle; values: the kind and the components of an instrument's measurement, by its number as `n3`."""
        self.tick += 1
        frame = np.zeros(1, SENSOR_FRAME)
        frame["t_us"], frame["tick"] = self.tick * CYCLE_US, self.tick
        for name, (kind, components) in values.items():
            add_measurement(
                frame[0], kind, instrument=int(name[1:]), seq=self.tick, t_valid_us=frame["t_us"][0], **components
            )
        status, _, told = self.c.step(frame)
        assert status == 0
        return told


def turned(rate: float) -> tuple[Kind, dict[str, Any]]:
    return Kind.IMU, {"dtheta_body_rad": [rate, 0.0, 0.0], "dv_body_mps": [0.0, 0.0, 0.0]}


def test_a_unit_mounted_askew_gives_body_rates(core: ctypes.CDLL) -> None:
    table = Table(core, IMU)
    table.c.params.record["instrument_q_from_body"][:4] = [np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]
    for _ in range(2):
        table.step(n0=turned(1e-4))
    assert table.c["attitude.w_body_radps"] == pytest.approx([0.0, 1e-3, 0.0], abs=1e-15) or table.c[
        "attitude.w_body_radps"
    ] == pytest.approx([0.0, -1e-3, 0.0], abs=1e-15)


def test_of_two_cameras_the_second_is_judged_and_takes_over_with_a_mounting_error_of_its_own(
    core: ctypes.CDLL,
) -> None:
    _, truth, x = past(core)
    frame = image(None, truth, x, pose=False)  # type: ignore[arg-type]
    seen = {name: float(frame[f"camera_{name}"][0]) for name in ("range_m", "azimuth_rad", "elevation_rad")}
    both = Table(core, CAMERA)
    wrong = seen | {"range_m": 3.0 * seen["range_m"]}
    p = both.c.matrix("relative.p")
    told = both.step(n4=(Kind.CAMERA, seen), n8=(Kind.CAMERA, wrong))
    assert (told["instrument_rejects"][CAMERA], told["instrument_rejects"][8]) == (0, 1)
    assert told["instrument_nis"][8] > 100.0
    at = both.c["relative.dr_eci_m"].copy()
    for _ in range(60):
        both.step()
    assert np.abs(p[15:18, :15]).max() > 0.0
    moved = both.c["relative.dr_eci_m"].copy()
    told = both.step(n8=(Kind.CAMERA, seen))
    assert not told["instrument_state"][8] & Instrument.IN_USE  # it was lost too: first it is judged
    told = both.step(n8=(Kind.CAMERA, seen))
    assert told["instrument_state"][8] & Instrument.IN_USE and not told["instrument_state"][CAMERA] & Instrument.IN_USE
    assert not (both.c["relative.dr_eci_m"] == moved).all() and np.isfinite(at).all()
    own = model_block(both.c.params.record, 8)["boresight_sigma_rad"]
    assert np.diag(p)[15:18] == pytest.approx(np.full(3, float(own) ** 2), rel=1e-12, abs=0.0)


def test_slots_that_do_not_fit_the_table_are_refused_and_counted(core: ctypes.CDLL) -> None:
    table = Table(core, IMU)
    attitude = {"q_star_from_eci": [1.0, 0.0, 0.0, 0.0]}
    told = table.step(n9=(Kind.STAR, attitude), n11=turned(0.0))
    assert told["slots_refused"] == 2 and not told["instrument_rejects"].any()
    told = table.step(n3=(Kind.STAR, attitude))
    assert told["instrument_rejects"].tolist() == [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]
    told = table.step(n1=(Kind.STAR, {}))
    assert told["instrument_rejects"][STAR] == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("instrument_kind", 99), ("instrument_block_length", 1), ("instrument_block_offset", 640)],
)
def test_a_table_that_no_model_fits_is_refused_by_name(core: ctypes.CDLL, name: str, value: int) -> None:
    params = scenario_params("iss-contact")
    params[name][0, 1] = value
    memory, bad = np.zeros(core.flight_size() // 8 + 1), ctypes.c_uint32(0)
    address = [ctypes.c_void_p(a.__array_interface__["data"][0]) for a in (memory, params)]
    assert core.flight_init(*address, ctypes.byref(bad)) == -2
    assert PARAMS.names is not None and PARAMS.names[bad.value] == name


def without(*kinds: int) -> Any:
    """Parameters whose table lacks some instruments."""
    params = scenario_params("iss-contact")
    p, kept = params[0], [n for n in range(6) if n not in kinds]
    before = params[0].copy()
    for place, number in enumerate(kept):
        for name in ("kind", "timeout_s", "block_offset", "block_length"):
            p[f"instrument_{name}"][place] = before[f"instrument_{name}"][number]
        for name, size in (("position_body_m", 3), ("q_from_body", 4)):
            p[f"instrument_{name}"][size * place : size * place + size] = before[f"instrument_{name}"][
                size * number : size * number + size
            ]
    p["instrument_count"] = len(kept)
    return params


@pytest.mark.parametrize(
    ("lacking", "states"), [((), 18), ((RGNSS,), 15), ((CAMERA,), 15), ((RGNSS, CAMERA), 6), ((GNSS,), 18)]
)
def test_the_filter_has_no_block_that_no_instrument_sees(
    core: ctypes.CDLL, lacking: tuple[int, ...], states: int
) -> None:
    c = Core(core, without(*lacking))
    assert c["relative.filter.states"][0] == states
    assert Parameters(without()[0])["camera_sigma_los_rad"] > 0.0


@pytest.mark.parametrize(("flags", "mated"), [(3, True), (2, True), (1, False), (0, False)])
def test_left_by_the_target_the_chaser_starts_from_the_mated_ports_if_it_was_captured(
    core: ctypes.CDLL, flags: int, mated: bool
) -> None:
    """Contact alone is no capture: the estimate then goes on as it was."""
    c = Core(core, scenario_params("iss-contact"))
    far = []
    for tick, docked in enumerate((False, True, True, False)):
        frame = np.zeros(1, SENSOR_FRAME)
        frame["t_us"], frame["tick"] = tick * CYCLE_US, tick
        sensed = flags if tick == 1 else 0
        add_measurement(frame[0], Kind.DOCK, instrument=DOCK, seq=tick, t_valid_us=frame["t_us"][0], flags=sensed)
        c.call("nav_navigate", frame, ctypes.c_bool(docked))
        far.append(np.linalg.norm(c["solution.r_port_tport_m"]))
    assert (np.array(far[:3]) > 15.0).all()
    assert (far[3] < 1e-6) == mated
