"""The structured records are the C structs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import gnc
from gnc import flight

CORE = Path(gnc.__file__).parent
RECORDS = {
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
        at += np.dtype(field.type).itemsize * max(field.count, 1)
    assert at == RECORDS[frame].itemsize


@pytest.mark.parametrize("frame", RECORDS)
def test_every_field_has_unit_and_meaning(frame: str) -> None:
    for field in flight.fields(frame):
        assert field.unit and field.meaning, field.name


def test_parameters_declare_a_range() -> None:
    for field in flight.fields("params"):
        assert field.lo < field.hi or field.name == "param_reserved", field.name


@pytest.mark.parametrize(
    ("frame", "struct"),
    [
        ("sensors", "sensor_frame_t"),
        ("command", "command_t"),
        ("telemetry", "telemetry_t"),
    ],
)
def test_cython_declares_the_same_fields(frame: str, struct: str) -> None:
    types = {"double": "<f8", "float": "<f4", "uint64_t": "<u8", "uint32_t": "<u4", "uint16_t": "<u2", "uint8_t": "u1"}
    text = (CORE / "flight.pxd").read_text()
    block = re.search(rf"ctypedef struct {struct}:\n((?:        .*\n)+)", text)
    assert block
    declared = [
        (name, types[ctype], int(count or 0))
        for ctype, name, count in re.findall(r"(\w+) (\w+)(?:\[(\d+)\])?\n", block[1])
    ]
    assert declared == [(f.name, f.type, f.count) for f in flight.fields(frame)]


def test_unknown_frame_is_refused() -> None:
    with pytest.raises(ValueError, match="expected one of sensors, command, telemetry, params"):
        flight.fields("sensor")


def test_core_refuses_a_parameter_by_name_value_and_range() -> None:
    with pytest.raises(ValueError, match=r"flight parameter cycle_s = 0\.0: expected 0\.01 to 1 s"):
        flight.Flight(np.zeros((), flight.PARAMS))


def test_only_whole_records_are_taken() -> None:
    with pytest.raises(ValueError, match=r"PARAMS: expected one record of gnc\.flight\.PARAMS"):
        flight.Flight(np.zeros(2, flight.PARAMS))
    with pytest.raises(ValueError, match="PARAMS: expected one record"):
        flight.Flight(np.zeros(3))
