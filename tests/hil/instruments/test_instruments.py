"""Instruments as rows: any number of a kind, each with its own name, number and noise."""

from dataclasses import replace

import numpy as np
import pytest

from gnc import flight
from hil.instruments import fit, kinds
from hil.instruments.instrument import Instrument, Instruments
from hil.instruments.rows import Fitted, Row, TargetPort
from hil.loop import Chunk, Loop
from hil.prepare import prepare
from hil.scenario import Scenario

CONTACT = Scenario.load("iss-contact")
CYCLES = 60


def fitted(row: Row, number: int) -> Instrument:
    drawn = {drawn.name: (0.0, 0.0, 0.0) for drawn in kinds()[row.kind].drawn}
    port = TargetPort(CONTACT.target.port_tbody_m, CONTACT.target.q_tport_from_tbody)
    return fit(Fitted(kinds()[row.kind], row, number, seed=1, case=0, target=port, drawn=drawn, ports=("port", "side")))


def frames(rows: list[Row]) -> np.ndarray:
    """Sensor frames of the first seconds of iss-contact, nobody flying."""
    run = prepare(CONTACT, 1)
    loop, chunk = Loop(run.plant, Instruments(fitted(row, i) for i, row in enumerate(rows)), 0.1), Chunk(CYCLES)
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
    return chunk.sensors


def row_of(name: str) -> Row:
    return next(row for row in CONTACT.instruments if row.name == name)


def test_two_cameras_measure_each_for_itself() -> None:
    camera = row_of("camera")
    alone = flight.measurements(frames([camera]), flight.Kind.CAMERA)
    both = flight.measurements(frames([replace(camera, name="left"), camera]), flight.Kind.CAMERA)
    left, second = both[both["instrument"] == 0], both[both["instrument"] == 1]
    assert len(left) == len(second) == len(alone) > 10
    for name in ("t_us", "seq", "range_m", "azimuth_rad", "elevation_rad", "q_camera_from_tport"):
        np.testing.assert_array_equal(second[name], alone[name])  # the other one changes none of its draws
    assert (left["range_m"] != second["range_m"]).all()
    np.testing.assert_allclose(left["range_m"], second["range_m"], atol=2.0)


def test_rows_say_what_is_fitted_and_in_which_order() -> None:
    found = frames([row_of("star"), row_of("imu")])
    assert flight.measurements(found, flight.Kind.STAR)["instrument"].max() == 0
    imu = flight.measurements(found, flight.Kind.IMU)
    assert (imu["instrument"] == 1).all() and len(imu) == CYCLES - 1  # nothing to integrate before the first cycle
    assert len(flight.measurements(found, flight.Kind.CAMERA)) == 0


def test_every_kind_of_the_shipped_missions_is_registered() -> None:
    assert {row.kind for row in CONTACT.instruments} <= set(kinds())
    assert CONTACT.instrument_kinds == {
        "imu": 1, "star": 2, "gnss": 3, "rgnss": 4, "camera": 5, "dock": 6, "imu-2": 1, "imu-3": 1
    }  # fmt: skip


def test_too_many_instruments_are_refused() -> None:
    star = row_of("star")
    with pytest.raises(ValueError, match="13 instruments: expected at most 12"):
        Instruments(fitted(star, i) for i in range(13))
