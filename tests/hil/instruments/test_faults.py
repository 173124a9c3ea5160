"""Faults of instruments: each kind of each instrument takes effect, in its time alone, and says whether it did."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gnc import flight
from gnc.flight import Dock
from hil.instruments import fit, kinds
from hil.instruments.faults import FAULTS, Fault
from hil.instruments.instrument import Instrument, Instruments
from hil.instruments.rows import Fitted, Row, TargetPort
from hil.log import Log
from hil.loop import Chunk, Loop
from hil.prepare import prepare
from hil.run import fly
from hil.scenario import Scenario, ScenarioError

CONTACT = Scenario.load("iss-contact")
CYCLES = 80
START_S, END_S = 3.0, 5.0
SIZE = {"m": 0.3, "mps": 0.1, "mps2": 0.01, "deg": 0.5, "deg_s": 0.2}
SWITCHES = ("freeze", "zero")  # of the dock: without effect before contact
EVERY = [
    (row.kind, fault)
    for row in CONTACT.instruments
    for fault in kinds()[row.kind].faults
    if row.kind != "dock" or fault not in SWITCHES
]


def keys_of(kind: str, fault: str) -> dict[str, Any]:
    """Figures that a fault of an instrument needs, each the first that it can have."""
    given: dict[str, Any] = {"ramp_s": 1.0, "delay_s": 0.3, "factor": 1.1, "range_m": 7.0, "azimuth_deg": 1.0}
    given |= {"elevation_deg": 2.0}
    found = {key: given[key] for key in FAULTS[fault].keys if key in given}
    if "error" in FAULTS[fault].keys:
        unit = kinds()[kind].errors[-1]
        found[f"error_{unit}"] = (SIZE[unit], 0.0, SIZE[unit])
    if "component" in FAULTS[fault].keys:
        first = flight.components(kinds()[kind].number)[0]
        found["component"] = f"{first.name}[1]" if first.count else first.name
    return found


def row_of(kind: str) -> Row:
    return next(row for row in CONTACT.instruments if row.kind == kind)


def made(row: Row, *faults: Fault) -> Instrument:
    drawn = {drawn.name: (0.0, 0.0, 0.0) for drawn in kinds()[row.kind].drawn}
    port = TargetPort(CONTACT.target.port_tbody_m, CONTACT.target.q_tport_from_tbody)
    return fit(Fitted(kinds()[row.kind], row, 0, 1, 0, port, drawn, faults, ("port",)))


def frames_of(instrument: Instrument) -> Any:
    run = prepare(CONTACT, 1)
    loop, chunk = Loop(run.plant, Instruments([instrument]), 0.1), Chunk(CYCLES)
    for i in range(CYCLES):
        loop.sense(chunk, i)
        loop.act(chunk, i)
    return chunk.sensors


def fault(kind: str, of: str, **more: Any) -> Fault:
    return Fault(instrument=of, kind=kind, **{"start_s": START_S, "end_s": END_S} | keys_of(of, kind) | more)


@pytest.mark.parametrize(("of", "kind"), EVERY)
def test_a_fault_changes_frames_in_its_time_and_counts_them(of: str, kind: str) -> None:
    instrument = made(row_of(of), fault(kind, of))
    with_it, without = frames_of(instrument), frames_of(made(row_of(of)))
    differs = np.array([a.tobytes() != b.tobytes() for a, b in zip(with_it, without, strict=True)])
    latency_s = getattr(row_of(of), "latency_s", 0.0)
    before = with_it["t_us"] < (START_S + latency_s) * 1.0e6
    assert not differs[before].any() and differs.any()
    assert instrument.changed[0] > 0
    if kind not in ("dropout", "latency"):  # what draws the same noise is the same again when it is over
        after = with_it["t_us"] >= (END_S + latency_s + 0.3) * 1.0e6
        assert not differs[after].any()
        assert instrument.changed[0] == differs.sum()


def camera_with(kind: str, **more: Any) -> Any:
    return flight.measurements(frames_of(made(row_of("camera"), fault(kind, "camera", **more))), flight.Kind.CAMERA)


def test_what_each_fault_does() -> None:
    plain = flight.measurements(frames_of(made(row_of("camera"))), flight.Kind.CAMERA)
    at = (plain["t_valid_us"] >= START_S * 1.0e6) & (plain["t_valid_us"] < END_S * 1.0e6)
    assert np.isnan(camera_with("nan")["range_m"][at]).all()
    assert (camera_with("zero")["range_m"][at] == 0.0).all()
    np.testing.assert_allclose(camera_with("scale")["range_m"][at], 1.1 * plain["range_m"][at], rtol=1e-12)
    swapped = camera_with("swapped_axes")
    np.testing.assert_array_equal(swapped["azimuth_rad"][at], plain["elevation_rad"][at])
    stuck = camera_with("stuck", component="azimuth_rad")
    assert len(set(stuck["azimuth_rad"][at])) == 1 and (stuck["range_m"] == plain["range_m"]).all()
    wild = camera_with("wild", error_m=(5.0, 0.0, 0.0))
    assert (np.abs(wild["range_m"] - plain["range_m"]) > 4.0).sum() == 1
    ramp = camera_with("ramp", error_m=(1.0, 0.0, 0.0), ramp_s=2.0)["range_m"] - plain["range_m"]
    assert (np.diff(ramp[at]) > 0.1).all() and abs(ramp[at][0]) < 0.01
    frozen = camera_with("frozen_time")
    assert len(set(frozen["t_valid_us"][at])) == 1 and len(set(frozen["seq"][at])) == at.sum()
    late = camera_with("latency")
    delay = late["t_us"].astype(int) - late["t_valid_us"].astype(int)
    assert set(delay) == {200_000, 500_000} and len(late) == len(plain)
    ghost = camera_with("false_return")
    assert (ghost["range_m"][at] == 7.0).all() and (ghost["count"][at] == 3).all()


def test_a_stale_measurement_comes_again_as_it_was() -> None:
    stale, plain = (flight.measurements(frames, flight.Kind.CAMERA) for frames in (
        frames_of(made(row_of("camera"), fault("stale", "camera"))), frames_of(made(row_of("camera")))
    ))  # fmt: skip
    at = (plain["t_valid_us"] >= START_S * 1.0e6) & (plain["t_valid_us"] < END_S * 1.0e6)
    for name in ("t_valid_us", "seq", "range_m"):
        assert (stale[name][at] == plain[name][~at & (plain["t_valid_us"] < START_S * 1.0e6)][-1]).all(), name
        assert (stale[name][~at] == plain[name][~at]).all()


@pytest.mark.parametrize(
    ("kind", "flags"), [("false_contact", Dock.CONTACT), ("false_capture", Dock.CONTACT | Dock.CAPTURED)]
)
def test_switches_tell_what_is_not_so(kind: str, flags: int) -> None:
    told = flight.measurements(frames_of(made(row_of("dock"), fault(kind, "dock"))), flight.Kind.DOCK)
    at = (told["t_valid_us"] >= START_S * 1.0e6) & (told["t_valid_us"] < END_S * 1.0e6)
    assert (told["flags"][at] == int(flags)).all() and not told["flags"][~at].any()


@pytest.mark.parametrize("kind", SWITCHES)
def test_switches_that_stay_as_they_were_do_not_tell_of_contact(kind: str) -> None:
    log = fly(replace(CONTACT, faults=(Fault(instrument="dock", kind=kind, start_s=1.0),)), 1)
    told = flight.measurements(log.sensors, flight.Kind.DOCK)
    assert log.truth["contact_status"][-1] == 1 and not told["flags"].any() and log.faults[0]["changed"] > 0


def test_a_common_cause_meets_every_instrument_of_a_kind() -> None:
    document = CONTACT.to_toml()
    first = document.index('[[instrument]]\nname = "gnss"')
    end = document.index("[[", first + 5)
    second = document[first:end].replace('name = "gnss"', 'name = "gnss2"')
    row = '[[fault]]\ninstrument_kind = "gnss"\nkind = "dropout"\nstart_s = 1.0\n'
    log = fly(Scenario.parse(f"{document}\n{second}\n{row}", "two", ("scenario.max_duration_s=5.0",)), 1)
    assert [(f["instrument"], f["changed"] > 0) for f in log.faults] == [("gnss", True), ("gnss2", True)]
    with pytest.raises(ScenarioError, match='instrument_kind = "sonar": expected one of "imu"'):
        Scenario.parse(document + row.replace("gnss", "sonar"), "none")
    with pytest.raises(ScenarioError, match="instrument: expected one of instrument, instrument_kind, effector, power"):
        Scenario.parse(document + row.replace('instrument_kind = "gnss"\n', ""), "none")


def test_a_fault_without_effect_is_not_counted() -> None:
    """A camera that sees nothing loses nothing by a dropout, and a false return is seen all the same."""
    row = row_of("camera")
    blind = type(row)(**{**vars(row), "max_range_m": 1.0})
    assert made(blind, fault("dropout", "camera")).changed == (0,)
    quiet, ghost = made(blind, fault("dropout", "camera")), made(blind, fault("false_return", "camera"))
    assert len(flight.measurements(frames_of(quiet), flight.Kind.CAMERA)) == 0 and quiet.changed == (0,)
    assert len(flight.measurements(frames_of(ghost), flight.Kind.CAMERA)) == ghost.changed[0] == 4


def test_each_of_two_faults_counts_for_itself() -> None:
    """The dropout of a gyro is seen; the drift while nothing is measured is not."""
    instrument = made(row_of("imu"), fault("dropout", "imu"), fault("bias", "imu"))
    frames_of(instrument)
    assert instrument.changed == (20, 0)


@pytest.mark.parametrize(
    ("of", "more", "said"),
    [
        ("dock", {"kind": "bias", "error_m": (1.0, 0.0, 0.0)}, "kind = bias: expected a fault that a dock can have"),
        ("star", {"kind": "scale", "factor": 2.0}, "kind = scale: expected a fault that a star can have: dropout"),
        ("star", {"kind": "bias", "error_m": (1.0, 0.0, 0.0)}, "error_m = .*: not a key of a bias of a star"),
        (
            "imu",
            {"kind": "bias"},
            "error_deg_s = None: missing; expected error_deg_s or error_mps2 for a bias of a imu",
        ),
        ("imu", {"kind": "ramp", "error_deg_s": (1.0, 0.0, 0.0)}, "ramp_s = None: missing; expected for a ramp"),
        ("camera", {"kind": "stuck", "component": "range"}, "component = range: expected one of range_m, azimuth_rad"),
        ("camera", {"kind": "zero", "end_s": 1.0}, "end_s = 1.0: expected more than start_s = 3.0"),
        ("gnss", {"kind": "wobble"}, "kind = wobble: expected a fault that a gnss can have"),
    ],
)
def test_a_fault_that_an_instrument_cannot_have_is_refused(of: str, more: dict[str, Any], said: str) -> None:
    declared = Fault(instrument=of, **{"start_s": START_S} | more)
    with pytest.raises(ValueError, match=said):
        made(row_of(of), declared)


def test_a_log_says_which_faults_took_effect(tmp_path: Path) -> None:
    declared = '[[fault]]\ninstrument = "{}"\nkind = "{}"\nstart_s = {}\nend_s = 40.0\n'
    text = 'schema = 2\n[scenario]\nname = "mine"\nextends = "iss-contact"\nmax_duration_s = 50.0\n'
    text += declared.format("camera", "dropout", 10.0) + declared.format("star", "freeze", 39.9)
    (tmp_path / "mine.toml").write_text(text)
    fly(tmp_path / "mine.toml", 1, out=tmp_path / "log")
    read = Log.open(tmp_path / "log")
    assert [(f["instrument"], f["kind"], f["changed"] > 50) for f in read.faults] == [
        ("star", "freeze", False), ("camera", "dropout", True)
    ]  # fmt: skip
    assert read.without_effect() == ["freeze of star from 39.9 s"]
