"""Requirement `turn_rate`: how fast the chaser may turn.

    [[requirement]]
    name = "turning"
    kind = "turn_rate"
    max_deg_s = 1.0

docs/requirements.md explains requirements and what counts as a pass.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic.dataclasses import dataclass

from hil.requirements import Measure, Requirement, Row, View
from hil.schema import STRICT, Positive


@dataclass(frozen=True, kw_only=True, config=STRICT)
class TurnRate(Row):
    """Maximum angular rate of the chaser over the whole run.

    The fields are the keys of the table. Types with ranges are in `hil.schema`; a name ends in its unit.
    """

    kind: Literal["turn_rate"] = "turn_rate"
    max_deg_s: Positive

    def measures(self) -> tuple[Measure, ...]:
        """The figures that tables and reports show: name, unit, and what they are in words."""
        return (Measure(self.name, "deg/s", "maximum angular rate of the chaser"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        """One result for each measure. `flight.truth` has one row a cycle (hil.truth.FIELDS), SI and radians."""
        (measure,) = self.measures()
        rate_radps = np.linalg.norm(flight.truth["w_body_eci_body_radps"], axis=1)
        return [measure.at_most(float(np.degrees(rate_radps.max())), self.max_deg_s)]
