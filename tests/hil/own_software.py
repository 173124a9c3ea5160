"""Flight software in Python for the tests: importable by name, as a command line and worker processes need it."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

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


GIVES_UP = "the flight computer failed at tick 3: ArithmeticError: no solution (own_software.py:26)"


def passive(params: Any) -> Passive:
    return Passive()


def giving_up(params: Any) -> Passive:
    return Passive(gives_up_at_tick=3)


def dying(params: Any) -> Passive:
    os._exit(9)


class Core:
    """The flight core itself behind Python; the classes below change what it answers."""

    def __init__(self, params: Any):
        self.core = flight.Flight(params)

    def step(self, sensors: np.void) -> Any:
        command, telemetry = self.core.step(sensors)
        return command, self.told(telemetry.copy())

    def told(self, telemetry: np.void) -> Any:
        return telemetry


class BadPhase(Core):
    def told(self, telemetry: np.void) -> Any:
        telemetry["phase"] = 200
        return telemetry


class BadLaw(Core):
    def told(self, telemetry: np.void) -> Any:
        telemetry["law"] = 99
        return telemetry


class NanTelemetry(Core):
    def told(self, telemetry: np.void) -> Any:
        for name in telemetry.dtype.names or ():
            if telemetry.dtype[name].base.kind == "f":
                telemetry[name] = np.nan
        return telemetry


class InfiniteSigma(Core):
    def told(self, telemetry: np.void) -> Any:
        telemetry["sigma_r_hill_m"][1] = np.inf
        return telemetry


class DictTelemetry(Core):
    def told(self, telemetry: np.void) -> Any:
        return {"phase": 1}


class AtTick3(Passive):
    """Does one thing at tick 3."""

    def __init__(self, params: Any):
        super().__init__()

    def step(self, sensors: np.void) -> Any:
        if sensors["tick"] == 3:
            self.at_tick_3()
        return super().step(sensors)

    def at_tick_3(self) -> None:
        raise NotImplementedError


class UnspeakableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


class Exits(AtTick3):
    def at_tick_3(self) -> None:
        raise SystemExit(0)


class NotEvenAnException(AtTick3):
    def at_tick_3(self) -> None:
        raise GeneratorExit


class CannotSay(AtTick3):
    def at_tick_3(self) -> None:
        raise UnspeakableError


class ExitsAtStart(AtTick3):
    def __init__(self, params: Any):
        raise SystemExit(0)


class Endless(AtTick3):
    """Never comes back, and catches what it can."""

    def at_tick_3(self) -> None:
        if started := os.environ.get("PROXOPS_TEST_STARTED"):
            Path(started).touch()
        while True:
            with suppress(Exception):
                time.sleep(0.01)


class Dies(AtTick3):
    """Ends its process without an exception, where the case begins above the target."""

    def __init__(self, params: Any):
        super().__init__(params)
        self.dies = float(params["init_r_hill_m"][0]) > 0.0

    def at_tick_3(self) -> None:
        if self.dies:
            os.kill(os.getpid(), signal.SIGSEGV)


class WritesSensors(Core):
    def step(self, sensors: np.void) -> Any:
        sensors["t_us"] = 0
        return super().step(sensors)


class ChangesState(Core):
    seen: ClassVar[set[str]] = set()

    def __init__(self, params: Any):
        super().__init__(params)
        np.seterr(all="raise")
        os.chdir("/")

    def told(self, telemetry: np.void) -> Any:
        self.seen.add(np.geterr()["invalid"])
        return telemetry


class ChangesParams(Core):
    def __init__(self, params: Any):
        super().__init__(params)
        params["mass_kg"] = 1.0


class Prints(AtTick3):
    def step(self, sensors: np.void) -> Any:
        print("printed at", sensors["tick"])
        return Passive.step(self, sensors)


class CannotDescribe(AtTick3):
    def at_tick_3(self) -> None:
        pass

    def describe(self) -> dict[str, Any]:
        raise ZeroDivisionError


partial_passive = partial(lambda gain, params: Passive(), 2.0)
a_lambda = lambda params: Passive()  # noqa: E731


class Gain:
    """An object that makes flight computers."""

    def __call__(self, params: Any) -> Passive:
        return Passive()


an_object = Gain()
