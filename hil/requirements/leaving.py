"""Aborts, detected from the trajectory: the limits of an approach apply until the chaser leaves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Stay:
    """One stay inside a zone, rows start to stop - 1; left: it ends outside, or opening at the end of the run."""

    start: int
    stop: int
    left: bool


def stays(inside: Mask, range_m: Floats, in_contact: bool) -> Iterator[Stay]:
    """The stays inside a zone, in the order of time.

    Args:
        inside: shape (n,), the rows in the zone.
        range_m: shape (n,), distance from the target.
        in_contact: whether the rows end with contact, which does not count as leaving.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        to_the_end = stop == len(inside)
        opening = stop - start > 1 and bool(range_m[stop - 1] > range_m[stop - 2])
        yield Stay(start, stop, not to_the_end or (opening and not in_contact))


def leaving(inside: Mask, entered: Mask, range_m: Floats, in_contact: bool, coast_m: float) -> Mask:
    """The rows in which the chaser has aborted and is leaving the zone, shape (n,).

    An abort is a stay that begins on an approach and ends outside. It begins at the closest approach, or earlier by as
    long as the chaser was closing without a pause, but at most by the coast. The chaser is leaving as long as it does
    not come back by more than the coast.

    Args:
        inside: shape (n,), the rows in the zone.
        entered: shape (n,), the rows in which a stay may begin: in a corridor and not docked, because leaving a port is
            not an abort.
        range_m: shape (n,), distance from the target.
        in_contact: whether the rows end with contact.
        coast_m: distance by which it may still close during an abort.
    """
    found = np.zeros(len(inside), bool)
    for stay in stays(inside, range_m, in_contact):
        if not (stay.left and entered[stay.start]):
            continue
        distance = range_m[stay.start : stay.stop]
        closest = int(np.argmin(distance))
        before = distance[:closest]
        steady = (before > distance[1 : closest + 1]) & (before <= distance[closest] + coast_m)
        pauses = np.flatnonzero(~steady)
        begins = int(pauses[-1]) + 1 if pauses.size else 0
        farthest = np.maximum.accumulate(distance[closest:])
        found[stay.start + begins : stay.start + closest] = True
        found[stay.start + closest : stay.stop] = distance[closest:] >= farthest - coast_m
    return found
