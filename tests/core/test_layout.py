"""The frames as declared in flight.h: descriptors, sizes, and the names Python knows them by."""

import re
from enum import IntEnum, IntFlag
from pathlib import Path

import numpy as np
import pytest

import gnc
from gnc import define, flight
from tests.core.internals import CORE

FRAMES = ("measurement", "sensors", "command", "telemetry", "params")
HEADER = (CORE / "definitions/values.h").read_text()
UNITS = {
    "1", "us", "s", "rad", "m", "kg", "N", "bool", "m/s", "rad/s", "m/s^2", "1/s", "1/s^2", "m^2/s^3", "m^3/s^2",
    "kg m^2", "rad/s^0.5", "rad/s^1.5",
}  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_names_are_unique_and_units_known(frame: str) -> None:
    fields = flight.fields(frame)
    assert len({f.name for f in fields}) == len(fields)
    assert {f.unit for f in fields} <= UNITS


@pytest.mark.parametrize("frame", FRAMES)
def test_a_name_ends_in_its_unit(frame: str) -> None:
    suffix = {
        "us": "_us", "s": "_s", "rad": "_rad", "m": "_m", "kg": "_kg", "N": "_n", "m/s": "_mps", "rad/s": "_radps",
        "m/s^2": "_mps2", "1/s": "_ps", "1/s^2": "_ps2", "m^2/s^3": "_m2ps3", "m^3/s^2": "_m3ps2", "kg m^2": "_kgm2",
        "rad/s^0.5": "_radps05", "rad/s^1.5": "_radps15",
    }  # fmt: skip
    wrong = [f.name for f in flight.fields(frame) if f.unit in suffix and not f.name.endswith(suffix[f.unit])]
    assert wrong == []


@pytest.mark.parametrize("frame", FRAMES)
def test_every_field_lies_at_a_multiple_of_its_size(frame: str) -> None:
    """No access is misaligned on a processor that faults on one."""
    for f in flight.fields(frame):
        size = 8 if f.type == "measurement" else np.dtype(f.type).itemsize
        assert f.offset % size == 0, f.name


def test_frames_fit_the_wire() -> None:
    assert flight.COMMAND.itemsize + flight.TELEMETRY.itemsize <= 520


def test_only_parameters_declare_a_range() -> None:
    for frame in ("measurement", "sensors", "command", "telemetry"):
        assert all(f.lo == f.hi == 0.0 for f in flight.fields(frame))
    assert all(np.isfinite([f.lo, f.hi]).all() for f in flight.fields("params"))


def test_quaternions_have_four_elements_and_vectors_of_space_three() -> None:
    for frame in FRAMES:
        for f in flight.fields(frame):
            if re.search(r"(^|_)q_\w+_from_", f.name):
                assert f.count == 4, f.name
            elif re.search(r"_(eci|hill)_(m|mps|mps2)$", f.name) and not f.name.startswith("phase_"):
                assert f.count == 3, f.name


def test_files_made_from_the_definitions_are_theirs() -> None:
    for name, text in define.files().items():
        assert Path(gnc.__file__).with_name(name).read_text() == text, "run `make define`"


def test_components_of_a_kind_fill_its_values_in_order() -> None:
    for kind in flight.Kind:
        at = 0
        for f in flight.components(kind):
            assert f.offset == 8 * at and f.unit in UNITS and f.meaning, f.name
            at += max(f.count, 1)
        assert at <= flight.MEASUREMENT["z"].shape[0]


@pytest.mark.parametrize("name", flight.tables())
def test_python_names_every_value_of_an_enumeration(name: str) -> None:
    """The header and the enumeration agree: an unnamed reason would read as a bare number."""
    prefix = {"Telecommand": "TC"}.get(name, name.upper())
    declared = {k: int(v) for k, v in re.findall(rf"[VR]\({prefix}, (\w+),(?: \w+,)? (\d+),", HEADER)}
    known: type[IntEnum] | type[IntFlag] = getattr(flight, name)
    assert {m.name: m.value for m in known} == declared
