"""The structured records are the C structs."""

from __future__ import annotations

import numpy as np
import pytest

from gnc import flight
from tests.core.internals import phase, scenario_params

RECORDS = {
    "measurement": flight.MEASUREMENT,
    "sensors": flight.SENSOR_FRAME,
    "command": flight.COMMAND,
    "telemetry": flight.TELEMETRY,
    "params": flight.PARAMS,
}


@pytest.mark.parametrize("frame", RECORDS)
def test_record_has_no_gap_and_no_overlap(frame: str) -> None:
    at = 0
    for field in flight.fields(frame):
        assert field.offset == at, field.name
        kind = flight.MEASUREMENT if field.type == "measurement" else np.dtype(field.type)
        at += kind.itemsize * max(field.count, 1)
    assert at == RECORDS[frame].itemsize


@pytest.mark.parametrize("frame", RECORDS)
def test_every_field_has_unit_and_meaning(frame: str) -> None:
    for field in flight.fields(frame):
        assert field.unit and field.meaning, field.name


def test_parameters_declare_a_range() -> None:
    for field in flight.fields("params"):
        assert field.lo < field.hi or field.name == "param_reserved", field.name


def frame_with() -> np.ndarray:
    frame = np.zeros(1, flight.SENSOR_FRAME)
    frame["t_us"] = 7
    flight.add_measurement(frame[0], flight.Kind.STAR, instrument=1, seq=3, t_valid_us=5, q_star_from_eci=[1, 0, 0, 0])
    flight.add_measurement(
        frame[0],
        flight.Kind.CAMERA,
        instrument=4,
        seq=9,
        t_valid_us=6,
        range_m=12.5,
        azimuth_rad=0.1,
        elevation_rad=0.2,
    )
    return frame


def test_measurements_are_read_by_the_names_of_their_components() -> None:
    frames = np.concatenate([np.zeros(2, flight.SENSOR_FRAME), frame_with()])
    found = flight.measurements(frames, flight.Kind.CAMERA)
    assert len(found) == 1
    row = found[0]
    assert (row["row"], row["t_us"], row["t_valid_us"], row["seq"], row["instrument"], row["count"]) == (
        2,
        7,
        6,
        9,
        4,
        3,
    )
    assert (row["range_m"], row["azimuth_rad"], row["elevation_rad"]) == (12.5, 0.1, 0.2)
    assert flight.measurements(frames, flight.Kind.STAR)["q_star_from_eci"].tolist() == [[1.0, 0.0, 0.0, 0.0]]
    assert len(flight.measurements(frames[0], flight.Kind.IMU)) == 0


def test_a_slot_beyond_the_count_is_no_measurement() -> None:
    frame = frame_with()
    frame["slot_count"] = 1
    assert len(flight.measurements(frame, flight.Kind.CAMERA)) == 0


def test_a_measurement_that_its_kind_does_not_have_is_refused() -> None:
    frame = frame_with()
    with pytest.raises(ValueError, match="STAR: components range_m: expected q_star_from_eci"):
        flight.add_measurement(frame[0], flight.Kind.STAR, instrument=1, seq=1, t_valid_us=0, range_m=1.0)
    with pytest.raises(ValueError, match="CAMERA: components azimuth_rad"):
        flight.add_measurement(frame[0], flight.Kind.CAMERA, instrument=1, seq=1, t_valid_us=0, azimuth_rad=1.0)
    for _ in range(flight.N_SLOTS - 2):
        flight.add_measurement(frame[0], flight.Kind.DOCK, instrument=5, seq=1, t_valid_us=0)
    with pytest.raises(ValueError, match="full: it has 12 slots"):
        flight.add_measurement(frame[0], flight.Kind.DOCK, instrument=5, seq=1, t_valid_us=0)


def test_unknown_frame_is_refused() -> None:
    with pytest.raises(
        ValueError,
        match="expected one of measurement, sensors, solution, intent, reference, progress, command, telemetry, params",
    ):
        flight.fields("sensor")


def test_core_refuses_a_parameter_by_name_value_and_range() -> None:
    with pytest.raises(ValueError, match=r"flight parameter cycle_s = 0\.0: expected 0\.01 to 1 s"):
        flight.Flight(np.zeros((), flight.PARAMS))


def test_only_whole_records_are_taken() -> None:
    with pytest.raises(ValueError, match=r"PARAMS: expected one record of gnc\.flight\.PARAMS"):
        flight.Flight(np.zeros(2, flight.PARAMS))
    with pytest.raises(ValueError, match="PARAMS: expected one record"):
        flight.Flight(np.zeros(3))


def test_the_fields_of_a_law_lie_in_the_phases_stretch_of_the_block() -> None:
    params = scenario_params("iss-vbar")[0]
    for number in range(int(params["phase_count"])):
        own = flight.law_fields(int(params["phase_law"][number]))
        assert params["phase_block_length"][number] == sum(max(f.count, 1) for f in own)
    hop = flight.law_block(params, phase("hop"))
    assert hop["duration_s"] == 2780.0 and hop["correction_fraction"].tolist() == [0.35, 0.75]
    hop["lead_s"][...] = 17.0
    first = int(params["phase_block_offset"][phase("hop")])
    assert params["block"][first + 6 : first + 11].tolist() == [2780.0, 17.0, 0.35, 0.75, 0.001]
    with pytest.raises(ValueError, match=r"law 250: expected one of 0 \(hold\)"):
        flight.law_fields(250)


def test_a_refused_field_of_a_law_is_named() -> None:
    params = scenario_params("iss-vbar", law_correction_fraction=[0.5, 1.5])
    with pytest.raises(ValueError, match=r"correction_fraction of phase 1 = 1\.5: expected 0 to 1"):
        flight.Flight(params)
