"""Closing rate: its lateral part too."""

from __future__ import annotations

from hil.requirements.closing_rate import ClosingRate
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach

ROW = ClosingRate(
    name="rate", floor_mps=0.1, base_mps=0.08, slope_ps=0.0015, range_m=249.0, lateral_range_m=50.0,
)  # fmt: skip


def test_moving_across_the_axis_is_as_slow_as_closing() -> None:
    truth, telemetry = straight_approach(60.0, 0.09)
    truth["v_port_tport_mps"][:, 1] = 0.11
    far = truth["r_port_tport_m"][:, 0] > 50.0
    truth["v_port_tport_mps"][far, 2] = 5.0
    result = found(Scenario.load("iss-vbar"), truth, telemetry, rows=(ROW,))
    assert result["rate"].passed
    assert result["rate_lateral"].passed is False and result["rate_lateral"].figure == 0.11
