"""Flight software in Python for the tests: importable by name, as a command line and worker processes need it."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from gnc import flight


class Passive:
    """Keeps every valve shut, and gives up in the cycle it is told to."""

    def __init__(self, gives_up_at_tick: int | None = None):
        self.gives_up_at_tick = gives_up_at_tick

    def step(self, sensors: np.void) -> Any:
        if sensors["tick"] == self.gives_up_at_tick:
            raise ArithmeticError("no solution")
        return np.zeros(flight.N_THRUSTERS, np.uint32)


def passive(params: Any) -> Passive:
    return Passive()


def giving_up(params: Any) -> Passive:
    return Passive(gives_up_at_tick=3)


def dying(params: Any) -> Passive:
    os._exit(9)
