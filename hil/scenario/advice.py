"""Warnings of `proxops check`: a scenario that can be flown, but probably has a mistake."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from gnc.flight import Event, Law
from hil.scenario.graph import ANY, Edge, needs
from hil.schema import DEG, split_unit

if TYPE_CHECKING:
    from hil.scenario.model import Scenario

SAME = 0.05  # relative difference between the assumed and the actual value that is ignored
ARCSEC = DEG / 3600.0
# Unit suffixes in SI units and radians
SI = {"deg": DEG, "arcsec": ARCSEC, "deg_s": DEG, "deg_per_sqrt_h": DEG / 60.0, "deg_per_h15": DEG / 3600.0**1.5,
      "ppm": 1.0e-6}  # fmt: skip
LEAVES = frozenset({Law.HOLD, Law.DRIFT, Law.DOCKED})
"""Laws in which a mission may end."""


def advice(s: Scenario) -> list[str]:
    """Warnings, a line each."""
    return [*_graph(s), *_force(s), *_lead(s), *_noise(s)]


def _graph(s: Scenario) -> Iterator[str]:
    every, phases = s.flight.transitions, s.flight.phases
    start = phases[s.flight["start_phase"]]
    reached, new = {start}, [start]
    while new:
        at = new.pop()
        for edge in every:
            if edge.leaves(at) and edge.to not in reached:
                reached.add(edge.to)
                new.append(edge.to)
    for name in phases:
        out = [edge for edge in every if edge.leaves(name) and edge.to != name]
        if name not in reached:
            yield f"phase {name} cannot be reached from {start}"
        elif not out and s.flight.phase(name, "law") not in LEAVES:
            yield f"phase {name} has no way out: no transition leaves it"
        yield from _losses(s, name, out)


def _losses(s: Scenario, name: str, out: list[Edge]) -> Iterator[str]:
    answered = {edge.argument for edge in out if edge.event is Event.LOST}
    silent = [need for need in needs(s.flight, name) if need not in answered and ANY not in answered]
    if silent:
        yield f"phase {name} needs {', '.join(silent)}, but no transition handles the loss"


def _force(s: Scenario) -> Iterator[str]:
    """force_max_n against the force of the thrusters along each body axis."""
    commanded = float(s.flight["force_max_n"])
    forces = np.array([[f * c for c in d] for f, d in _thrusters(s)])
    weak = []
    for axis in range(3):
        for sign in (1.0, -1.0):
            along = sign * forces[:, axis]
            if (most := float(along[along > 0.0].sum())) < commanded:
                weak.append(f"{most:.4g} N along {'+' if sign > 0.0 else '-'}{'xyz'[axis]}")
    if weak:
        yield f"flight.force_max_n = {commanded:g} exceeds what the thrusters give: {', '.join(weak)}"


def _thrusters(s: Scenario) -> Iterator[tuple[float, tuple[float, float, float]]]:
    for row in s.effectors:
        if row.kind == "thrusters":
            group: Any = row
            yield from ((group.force_n, direction) for direction in group.direction)


def _lead(s: Scenario) -> Iterator[str]:
    """The first burn of a radial hop, of n dy / 4 (Fehse 2003, table 3.2), lasts at most twice its lead."""
    flight, every = s.flight, s.flight.transitions
    for name in flight.phases:
        if flight.phase(name, "law") != Law.HOP:
            continue
        before = [source for e in every if e.to == name and e.event is Event.DONE for source in e.sources]
        starts = [flight.phase(each, "distance_m") for each in before] or [s.initial.distance_m if s.initial else 0.0]
        way_m = max(abs(start - flight.phase(name, "distance_m")) for start in starts)
        duration_s, lead_s = flight.phase(name, "duration_s"), flight.phase(name, "lead_s")
        if not duration_s:
            continue
        burn_s = _mean_motion_radps(duration_s) * way_m / 4.0 * s.chaser.mass_kg / float(flight["force_max_n"])
        if burn_s > 2.0 * lead_s:
            yield f"phase {name}: its first burn takes about {burn_s:.3g} s, more than twice lead_s = {lead_s:g}"


def _mean_motion_radps(duration_s: float) -> float:
    """Of the orbit half of which a radial hop takes."""
    return 3.141592653589793 / duration_s


def _noise(s: Scenario) -> Iterator[str]:
    """The errors that flight assumes of an instrument against its own, key by key."""
    for row in s.instruments:
        own = {split_unit(key)[0]: (key, value) for key, value in vars(row).items() if isinstance(value, float)}
        for name, believed in s.flight.instruments[row.name].items():
            stem, unit = split_unit(name)
            if stem not in own or not isinstance(believed, float):
                continue
            key, value = own[stem]
            has = value * SI.get(split_unit(key)[1], 1.0)
            if abs(believed - has) > SAME * max(abs(has), abs(believed)):
                assumed = f"flight assumes {stem} = {believed / _of(key, unit):.4g}"
                yield f"instrument.{row.name}: {assumed}, but the instrument has {key} = {value:g}"


def _of(key: str, unit: str) -> float:
    """The factor from the unit of flight's value to that of the instrument's key."""
    return SI.get(split_unit(key)[1], 1.0) if unit != split_unit(key)[1] else 1.0
