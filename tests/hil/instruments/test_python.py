"""Instruments written in Python: the same seam, the same faults, and no bit changed by one that measures nothing."""

from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import tomli_w
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from gnc import flight
from hil import instruments
from hil.channels import channels
from hil.instruments import fit
from hil.instruments.faults import OF_ANY, Fault
from hil.instruments.instrument import Instruments
from hil.instruments.rows import Fitted, InstrumentKind, Row, TargetPort
from hil.log import Log, digest
from hil.loop import Chunk, Loop
from hil.prepare import prepare
from hil.run import fly
from hil.scenario import Scenario

CONTACT = Scenario.load("iss-contact")
PORT = TargetPort((0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))


@dataclass(frozen=True, kw_only=True, config=STRICT)
class RadarRow(Row):
    """A radar."""

    kind: Literal["radar"] = "radar"
    period_s: float = 0.5
    latency_s: float = 0.1


class Radar:
    """Distance of the centres of mass, m; `quiet` measures nothing, `broken_at_us` raises."""

    def __init__(self, fitted: Fitted) -> None:
        self.moments: list[int] = []
        self.quiet, self.broken_at_us = fitted.row.name == "quiet", 2_000_000 if fitted.row.name == "broken" else 10**12

    def measure(self, moment: np.void) -> list[float] | None:
        self.moments.append(int(moment["t_us"]))
        if moment["t_us"] >= self.broken_at_us:
            raise ZeroDivisionError("no echo")
        between = moment["r_chaser_eci_m"] - moment["r_target_eci_m"]
        return None if self.quiet else [float(np.sqrt(between @ between)), 2.0]


KIND = InstrumentKind(number=200, row=RadarRow, make=Radar, group="radar", faults=OF_ANY)


def loop_with(name: str, cycles: int, *faults: Fault) -> tuple[Loop, Chunk, Any]:
    run = prepare(CONTACT, 1)
    fitted = Fitted(KIND, RadarRow(name=name), len(run.instruments.fitted), 1, 0, PORT, {}, faults)
    radar = fit(fitted)
    loop = Loop(run.plant, Instruments([*run.instruments.fitted, radar]), 0.1, run.flight_core())
    return loop, Chunk(cycles), radar


def test_an_instrument_that_measures_nothing_changes_no_bit() -> None:
    run, cycles = prepare(CONTACT, 1), 600
    plain = Chunk(cycles)
    Loop(run.plant, run.instruments, 0.1, run.flight_core()).run(plain, cycles)
    loop, chunk, _ = loop_with("quiet", cycles)
    assert loop.run(chunk, cycles) == cycles
    assert digest(chunk.telemetry) == digest(plain.telemetry)
    assert chunk.sensors.tobytes() == plain.sensors.tobytes() and chunk.truth.tobytes() == plain.truth.tobytes()


def test_its_measurements_come_late_in_a_slot_of_its_own_and_are_channels() -> None:
    loop, chunk, _ = loop_with("radar", 60)
    assert loop.run(chunk, 60) == 60
    found = flight.measurements(chunk.sensors, 200)
    assert found["t_valid_us"].tolist() == [500_000 * i for i in range(12)]
    assert ((found["t_us"] - found["t_valid_us"]) == 100_000).all() and (found["instrument"] == 8).all()
    at = (found["t_valid_us"] // 100_000).astype(int)
    truth = chunk.truth["r_chaser_eci_m"][at] - chunk.truth["r_target_eci_m"][at]
    np.testing.assert_allclose(found["z"][:, 0], np.linalg.norm(truth, axis=1), rtol=1e-12)
    assert (found["count"] == 2).all()
    named = {c.name: c for c in channels("sensors", chunk.sensors, CONTACT.instrument_kinds | {"radar": 200})}
    assert named["sensors.radar.z[0]"].values.max() == found["z"][:, 0].max()


def test_faults_are_those_of_any_instrument() -> None:
    fault = Fault(instrument="radar", kind="nan", start_s=2.0, end_s=4.0)
    loop, chunk, radar = loop_with("radar", 60, fault)
    loop.run(chunk, 60)
    found = flight.measurements(chunk.sensors, 200)
    at = (found["t_valid_us"] >= 2_000_000) & (found["t_valid_us"] < 4_000_000)
    assert np.isnan(found["z"][at, :2]).all() and not np.isnan(found["z"][~at]).any()
    assert radar.changed == (at.sum(),)


def test_what_it_raises_ends_the_run_and_is_told() -> None:
    loop, chunk, _ = loop_with("broken", 60)
    assert loop.run(chunk, 60) == 21
    assert loop.instruments.failure() == "instrument broken failed: ZeroDivisionError: no echo"


class Wordy(Radar):
    def measure(self, moment: np.void) -> Any:
        return range(9)


@pytest.mark.parametrize(
    ("make", "said"),
    [(Wordy, "ValueError: expected up to 8 numbers, got 9"), (lambda fitted: Radar, "TypeError: ")],
)
def test_an_answer_that_is_none_is_told(make: Any, said: str) -> None:
    kind = InstrumentKind(number=200, row=RadarRow, make=make, group="radar")
    radar = fit(Fitted(kind, RadarRow(name="radar"), 0, 1, 0, PORT))
    run = prepare(CONTACT, 1)
    loop = Loop(run.plant, Instruments([radar]), 0.1, run.flight_core())
    loop.run(Chunk(10), 10)
    assert f"instrument radar failed: {said}" in str(loop.instruments.failure())


def test_an_object_that_measures_nothing_at_all_is_refused() -> None:
    kind = InstrumentKind(number=200, row=RadarRow, make=lambda fitted: 7, group="radar")
    with pytest.raises(ValueError, match=r"instrument radar: int has no method measure\(moment\)"):
        fit(Fitted(kind, RadarRow(name="radar"), 0, 1, 0, PORT))


def entry_points_are(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    points = [EntryPoint(name, value, "proxops.instrument")]
    monkeypatch.setattr(instruments, "entry_points", lambda group: points)
    instruments.kinds.cache_clear()


@pytest.fixture(autouse=True)
def _own_kinds_again() -> Any:
    yield
    instruments.kinds.cache_clear()


def test_a_kind_of_another_package_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    entry_points_are(monkeypatch, "radar", "tests.hil.instruments.test_python:KIND")
    assert instruments.kinds()["radar"] is KIND and list(instruments.kinds())[:2] == ["imu", "star"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("imu", "tests.hil.instruments.test_python:KIND", "there is a kind of instrument of that name already"),
        (
            "radar",
            "tests.hil.instruments.test_python:Radar",
            "expected a hil.instruments.rows.InstrumentKind, got type",
        ),
        ("radar", "no_such_package:KIND", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_package'"),
    ],
)
def test_an_entry_point_that_is_no_kind_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    entry_points_are(monkeypatch, name, value)
    with pytest.raises(ValueError, match=said):
        instruments.kinds()


def test_a_row_of_it_flies_in_a_mission(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Flight has no model of it: its measurements are in the log, and change nothing."""
    entry_points_are(monkeypatch, "radar", "tests.hil.instruments.test_python:KIND")
    document: dict[str, Any] = {"schema": 2, "scenario": {"name": "mine", "extends": "iss-contact"}}
    document["scenario"]["max_duration_s"] = 20.0
    plain = Scenario.load("iss-contact", ["scenario.max_duration_s=20.0"])
    document["instrument"] = [{"name": "radar", "kind": "radar", "period_s": 1.0}]
    (tmp_path / "mine.toml").write_text(tomli_w.dumps(document))
    log = fly(tmp_path / "mine.toml", 1, out=tmp_path / "out")
    assert len(flight.measurements(log.sensors, 200)) == 20
    assert log.scenario.instrument_kinds["radar"] == 200
    truth = fly(plain, 1).truth
    assert log.truth.tobytes() == truth.tobytes()
    assert len(Log.open(tmp_path / "out").sensors) == 200
