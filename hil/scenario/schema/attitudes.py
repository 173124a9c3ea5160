"""How a vehicle turns: `attitude` of `[[vehicle]]`, one model for each mode of `hil.plant.attitudes`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Union

from hil.plant.attitudes import modes

if TYPE_CHECKING:
    Attitude = Any
else:
    Attitude = Union[tuple(mode.row for mode in modes().values())]  # noqa: UP007
