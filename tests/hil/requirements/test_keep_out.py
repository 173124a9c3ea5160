"""Keep-out zones of every shape."""

from __future__ import annotations

import numpy as np
import pytest

from hil.requirements.keep_out import KeepOut
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach

POINTS = np.array([[0.0, -300.0, 0.0], [90.0, 0.0, 0.0], [0.0, 0.0, 60.0], [0.0, 0.0, 0.0], [30.0, 40.0, 120.0]])
SPHERE = KeepOut(name="zone", radius_m=200.0)
ELLIPSOID = KeepOut(name="zone", semi_axes_m=(100.0, 200.0, 50.0))
BOX = KeepOut(name="zone", half_sizes_m=(100.0, 200.0, 50.0))


@pytest.mark.parametrize(
    ("zone", "clearance_m"),
    [
        (SPHERE, [100.0, -110.0, -140.0, -200.0, -70.0]),
        (ELLIPSOID, [100.0, -10.0, 10.0, -200.0, None]),
        (BOX, [100.0, -10.0, 10.0, -50.0, 70.0]),
    ],
    ids=["sphere", "ellipsoid", "box"],
)
def test_clearance_is_from_the_edge_and_negative_inside(zone: KeepOut, clearance_m: list[float | None]) -> None:
    for found_m, expected_m in zip(zone.clearance_m(POINTS), clearance_m, strict=True):
        assert expected_m is None or found_m == pytest.approx(expected_m, abs=1e-9)


def test_the_edge_drawn_has_no_clearance() -> None:
    for zone in (SPHERE, ELLIPSOID, BOX):
        for first, second in ((1, 0), (1, 2)):
            edge = zone.outline_m(first, second)
            at = np.zeros((len(edge), 3))
            at[:, first], at[:, second] = edge[:, 0], edge[:, 1]
            assert np.abs(zone.clearance_m(at)).max() < 1e-9


@pytest.mark.parametrize(("zone", "limit"), [(SPHERE, 200.0), (ELLIPSOID, 0.0), (BOX, 0.0)])
def test_a_mission_without_a_corridor_stays_out_altogether(zone: KeepOut, limit: float) -> None:
    truth, telemetry = straight_approach(400.0, 0.2)
    outside = found(Scenario.load("iss-vbar"), truth[:500], telemetry[:500], rows=(zone,))["zone"]
    inside = found(Scenario.load("iss-vbar"), truth, telemetry, rows=(zone,))["zone"]
    assert outside.passed and outside.limit == limit and inside.passed is False


def test_the_zone_can_be_a_distance_between_the_shapes() -> None:
    truth, telemetry = straight_approach(400.0, 0.2)
    truth["clearance_m"] = truth["r_port_tport_m"][:, 0] - 2.0
    row = KeepOut(name="zone", shape_m=30.0)
    near = found(Scenario.load("iss-vbar"), truth, telemetry, rows=(row,))["zone"]
    assert near.passed is False and near.figure == truth["clearance_m"].min() and near.limit == 30.0
    assert found(Scenario.load("iss-vbar"), truth[:1000], telemetry[:1000], rows=(row,))["zone"].passed
    assert row.guards(truth).sum() == (truth["clearance_m"] < 30.0).sum() > 0


def test_one_shape_is_given() -> None:
    assert SPHERE.problem() is None
    for zone in (KeepOut(name="zone"), KeepOut(name="zone", radius_m=1.0, half_sizes_m=(1.0, 1.0, 1.0))):
        assert zone.problem() is not None
