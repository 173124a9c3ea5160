"""Missions with faults, for the tests of faults."""

from __future__ import annotations

from functools import cache
from typing import Any

import tomli_w

from hil.log import Log
from hil.run import fly
from hil.scenario import Scenario
from hil.scenario.files import read_toml


@cache
def _text(name: str, *overrides: str) -> str:
    return Scenario.load(name, overrides).to_toml()


def with_faults(*rows: dict[str, Any], name: str = "iss-contact", overrides: tuple[str, ...] = ()) -> Scenario:
    """A shipped mission with these rows `[[fault]]`."""
    return Scenario.parse(tomli_w.dumps({**read_toml(_text(name, *overrides)), "fault": list(rows)}), "made up")


def flown(*rows: dict[str, Any], seconds: float = 60.0, overrides: tuple[str, ...] = ()) -> Log:
    """The last 20 m to the station with these faults, from the hold on."""
    return fly(with_faults(*rows, overrides=(f"scenario.max_duration_s={seconds}", *overrides)), 1)
