"""Breaking off, told from where the chaser went: what an approach is judged by ends where it leaves."""

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
        in_contact: whether the rows end with contact, which is no leaving.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], inside, [False]]).astype(np.int8)))
    for start, stop in edges.reshape(-1, 2).tolist():
        to_the_end = stop == len(inside)
        opening = stop - start > 1 and bool(range_m[stop - 1] > range_m[stop - 2])
        yield Stay(start, stop, not to_the_end or (opening and not in_contact))


def leaving(inside: Mask, entered: Mask, range_m: Floats, in_contact: bool, coast_m: float) -> Mask:
    """The rows in which the chaser has broken off and is leaving the zone, shape (n,).

    It has broken off in a stay that begins on an approach and ends outside: from the closest approach on, and as
    long before as it was closing on it without a pause, by at most the coast. It is leaving as long as it does not
    come back by more than the coast.

    Args:
        inside: shape (n,), the rows in the zone.
        entered: shape (n,), the rows in which a stay may begin: in a corridor, and not docked, for who leaves a port
            departs and breaks off nothing.
        range_m: shape (n,), distance from the target.
        in_contact: whether the rows end with contact.
        coast_m: how far it may go on closing while it breaks off.
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
