"""Burn accuracy: velocity change and start of one burn, told from true thrust."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.requirements import Requirement
from hil.requirements.burn import BurnAccuracy
from hil.scenario import Scenario
from tests.hil.requirements import made_up
from tests.hil.requirements.made_up import found


def flown(**keys: Any) -> dict[str, Requirement]:
    """The made-up run's two burns: 0.3 m/s from 300.0 s and 0.2 m/s from 600.0 s, body and eci x, which is radial."""
    truth, telemetry = made_up.burning()
    truth["q_body_from_eci"] = [1.0, 0.0, 0.0, 0.0]
    row = BurnAccuracy(**({"name": "first", "number": 1, "dv_hill_mps": (0.3, 0.0, 0.0), "error_mps": 0.01} | keys))
    return found(Scenario.load("iss-vbar"), truth, telemetry, rows=(row,))


def test_the_vector_is_judged() -> None:
    assert flown()["first_error"].figure == pytest.approx(0.0, abs=1e-9)
    off = flown(dv_hill_mps=(0.3, 0.02, 0.0))["first_error"]
    assert off.figure == pytest.approx(0.02, abs=1e-9) and off.passed is False
    second = flown(number=2, dv_hill_mps=(0.0, 0.0, 0.2))["first_error"]
    assert second.figure == pytest.approx(np.hypot(0.2, 0.2), abs=1e-9)


def test_the_start_is_judged_where_asked_for() -> None:
    result = flown(start_s=302.0, start_error_s=1.0)["first_start"]
    assert result.figure == pytest.approx(2.0, abs=0.01) and result.passed is False
    assert flown(start_s=300.5, start_error_s=1.0)["first_start"].passed
    assert "first_start" not in flown()


def test_a_burn_that_was_not_flown_fails() -> None:
    result = flown(number=3, start_error_s=1.0)
    assert [result[name].passed for name in ("first_error", "first_start")] == [False, False]
