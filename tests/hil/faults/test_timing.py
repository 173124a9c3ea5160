"""When faults are in force: by time, phase, event and range, growing, and intermittent."""

from typing import Any

import numpy as np
import pytest

from gnc import flight
from hil.scenario import ScenarioError
from tests.hil.faults.flown import flown, with_faults

CAMERA = {"instrument": "camera", "kind": "dropout"}


def seen(log: Any) -> Any:
    """Times of validity of the camera's measurements, s."""
    return flight.measurements(log.sensors, flight.Kind.CAMERA)["t_valid_us"] * 1.0e-6


def test_a_time_and_a_duration() -> None:
    log = flown(CAMERA | {"start_s": 10.0, "duration_s": 5.0}, seconds=30.0)
    times = seen(log)
    assert not ((times >= 10.0) & (times < 15.0)).any() and (np.diff(times) <= 5.51).all()
    assert log.faults[0] | {"changed": 0} == {
        "instrument": "camera", "kind": "dropout", "start_s": 10.0, "end_s": 15.0, "changed": 0,
    }  # fmt: skip


def test_it_comes_and_goes() -> None:
    times = seen(flown(CAMERA | {"start_s": 10.0, "period_s": 4.0, "duty": 0.25}, seconds=30.0))
    since = (times[times >= 10.0] - 10.0) % 4.0
    assert (since > 0.99).all() and since.max() > 3.0


def test_the_begin_of_a_phase() -> None:
    log = flown(CAMERA | {"phase": "final", "after_s": 5.0, "duration_s": 2.0}, seconds=90.0)
    final = log.telemetry["t_us"][log.telemetry["phase"] == log.scenario.flight.phases.index("final")][0] * 1.0e-6
    (fault,) = log.faults
    assert fault["start_s"] == pytest.approx(final + 5.1, abs=1e-9), "told by the telemetry of the cycle before"
    assert fault["end_s"] == pytest.approx(fault["start_s"] + 2.0, abs=1e-9) and fault["changed"] > 0


@pytest.mark.parametrize(
    ("begins", "row"),
    [({"within_m": 15.0}, 0), ({"event": "contact"}, 1), ({"event": "capture"}, 1)],
)
def test_a_range_or_an_event(begins: dict[str, Any], row: int) -> None:
    dropout = {"instrument": "star", "kind": "dropout"}
    log = flown(dropout | begins, seconds=400.0)
    (fault,) = log.faults
    at = np.searchsorted(log.truth["t_us"], round(fault["start_s"] * 1.0e6))
    if row == 0:
        distance = np.linalg.norm(log.truth["r_port_tport_m"][at - 1 : at + 1], axis=1)
        assert distance[0] > 15.0 >= distance[1]
    else:
        assert log.truth["contact_status"][at - 1] == 0 and log.truth["contact_status"][at] == 1
    assert fault["changed"] > 0


def test_what_it_waits_for_may_never_come() -> None:
    log = flown(CAMERA | {"event": "contact"}, seconds=20.0)
    assert log.faults[0]["start_s"] is None and log.faults[0]["changed"] == 0
    assert log.without_effect() == ["dropout of camera that did not begin"]


def test_a_fault_may_grow() -> None:
    row = {"instrument": "camera", "kind": "scale", "factor": 2.0, "start_s": 10.0, "ramp_s": 10.0}
    table = flight.measurements(flown(row, seconds=30.0).sensors, flight.Kind.CAMERA)
    sound = flight.measurements(flown(seconds=30.0).sensors, flight.Kind.CAMERA)
    at = np.isin(table["t_valid_us"], [10_500_000, 15_000_000, 20_000_000])
    ratio = table["range_m"][at] / sound["range_m"][at]
    np.testing.assert_allclose(ratio, [1.05, 1.5, 2.0], rtol=0.05)


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ({}, "start_s: missing; expected one of start_s, phase, event, within_m"),
        ({"start_s": 1.0, "phase": "final"}, 'phase = "final": expected no more than start_s'),
        ({"phase": "finale"}, 'fault.phase = "finale": expected one of .*did you mean final'),
        ({"event": "contact", "end_s": 9.0}, "end_s = 9.0: expected duration_s of a fault that has no start_s"),
        ({"start_s": 9.0, "end_s": 8.0}, "end_s = 8.0: expected more than start_s = 9.0"),
        ({"start_s": 1.0, "end_s": 8.0, "duration_s": 1.0}, "duration_s = 1.0: expected no more than end_s = 8.0"),
        ({"start_s": 1.0, "after_s": 1.0}, "after_s = 1.0: expected with phase, event, within_m only"),
        ({"start_s": 1.0, "period_s": 1.0}, "duty: missing; an intermittent fault has both"),
        ({"event": "dinner"}, 'event = "dinner": expected one of "contact", "capture"'),
    ],
)
def test_times_that_say_nothing_are_refused(times: dict[str, Any], said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        with_faults(CAMERA | times)
