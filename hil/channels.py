"""The channels of a flight: each number of its frames by name, as "telemetry.q_body_from_eci[2]".

A measurement is a channel of its instrument, as "sensors.camera.range_m", whichever slot of the frame it came in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gnc import flight


class Channel(NamedTuple):
    """One channel: its values have shape (n,), one a cycle; a measurement that did not come is zero."""

    name: str
    unit: str
    values: NDArray[Any]


def channels(frame: str, records: NDArray[np.void], instruments: Mapping[str, int]) -> Iterator[Channel]:
    """Every channel of one frame of a flight, always in the same order.

    frame: "sensors", "telemetry", "command" or "params"; records: shape (n,), of its dtype; instruments: the kind of
    each instrument by its name, in the order of their numbers.
    """
    for field in flight.fields(frame):
        if field.type == "measurement":
            yield from _measured(frame, records, instruments)
        elif field.name.startswith("instrument_") and frame == "telemetry":
            told = field.name.removeprefix("instrument_")
            for number, name in enumerate(instruments):
                yield Channel(f"{frame}.{name}.{told}", field.unit, records[field.name][:, number])
        else:
            yield from _elements(f"{frame}.{field.name}", field, records[field.name])


def _elements(name: str, field: flight.Field, values: NDArray[Any]) -> Iterator[Channel]:
    if not field.count:
        yield Channel(name, field.unit, values)
        return
    for i in range(field.count):
        yield Channel(f"{name}[{i}]", field.unit, values[:, i])


def _measured(frame: str, records: NDArray[np.void], instruments: Mapping[str, int]) -> Iterator[Channel]:
    for number, (instrument, kind) in enumerate(instruments.items()):
        found = flight.measurements(records, kind)
        found = found[found["instrument"] == number][::-1]  # of two in one frame, the first counts
        dense = np.zeros(len(records), found.dtype)
        dense[found["row"]] = found
        name = f"{frame}.{instrument}"
        for header in flight.fields("measurement"):
            if header.name in ("seq", "t_valid_us", "flags", "count"):
                yield Channel(f"{name}.{header.name}", header.unit, dense[header.name])
        for component in flight.components(kind):
            yield from _elements(f"{name}.{component.name}", component, dense[component.name])
