"""Master seeds: their range, and lists such as 1,2,10-19."""

from __future__ import annotations

import re
from collections.abc import Iterable
from operator import index
from typing import SupportsIndex

SEED_MAX = 2**64 - 1
SPAN_MAX = 10_000


def checked(name: str, number: SupportsIndex) -> int:
    """A master seed or the number of a case, from 0 to 2^64 - 1. Raises ValueError with `name` in its text."""
    try:
        found = index(number)
    except TypeError:
        found = -1
    if not 0 <= found <= SEED_MAX:
        raise ValueError(f"{name} = {number!r}: expected a whole number from 0 to 2^64 - 1")
    return found


def parse_seeds(texts: Iterable[str]) -> list[int]:
    """The seeds in strings such as "1,2,10-19", in order, without duplicates. ValueError names an invalid part."""
    found: dict[int, None] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        span = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if last > SEED_MAX:
            raise ValueError(f"{part!r}: expected seeds from 0 to 2^64 - 1")
        if not first <= last < first + SPAN_MAX:
            raise ValueError(f"{part!r}: expected whole numbers and ranges of up to {SPAN_MAX:,}, as 1,2,10-19")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)
