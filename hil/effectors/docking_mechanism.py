"""Docking mechanism at a port: what it captures once armed, and how it lets go.

The plant makes contact, capture and release (`hil/plant`).
"""

from __future__ import annotations

from typing import Literal

from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.effectors.faults import OF_MECHANISMS
from hil.effectors.rows import EffectorKind, Row
from hil.schema import Angle, NonNegative, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class DockingMechanism(Row):
    """Docking mechanism at a port, the vehicle's first if left out, and what it captures."""

    kind: Literal["docking_mechanism"]
    port: str = ""
    capture_lateral_m: Positive
    capture_closing_min_mps: NonNegative
    capture_closing_max_mps: Positive
    capture_angle_deg: Angle
    release_mps: NonNegative = 0.05  # at which its springs part the two


KIND = EffectorKind(row=DockingMechanism, faults=OF_MECHANISMS)
