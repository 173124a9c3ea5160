"""A board on a wire as a flight computer of the harness: `hil.fly("iss-final", flight=RemoteFlight(link))`."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from firmware_bridge.host import Host
from firmware_bridge.serial_link import ByteLink


class RemoteFlight:
    """Flies the board at the other end of a link, in lockstep: every frame waits for its answer.

    link: the wire; `options` are those of `firmware_bridge.host.Host`. The board is asked who it is at
    once, and given its parameters when a run starts. Raises what `Host.connect` and `Host.begin` raise.
    """

    def __init__(self, link: ByteLink, **options: Any):
        self.host = Host(link, **options)
        self.host.connect()

    def start(self, params: np.void) -> None:
        """Begins a run with these flight parameters, one record of gnc.flight.PARAMS."""
        self.host.begin(params)

    def restart(self, params: np.void) -> None:
        """After a ColdStartError: goes on with these flight parameters, from the next frame on."""
        boots = self.host.boots
        self.host.begin(params)
        self.host.boots = boots

    def step(self, sensors: np.void) -> tuple[np.void, np.void]:
        """One control cycle: a SENSOR_FRAME record in, COMMAND and TELEMETRY records out."""
        return self.host.step(sensors)

    def close(self) -> None:
        """Gives the port back."""
        self.host.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
