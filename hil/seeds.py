"""Lists of seeds as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

SPAN_MAX = 10_000


def parse_seeds(texts: Iterable[str]) -> list[int]:
    """The seeds that texts like "1,2,10-19" name, in order, each once. ValueError names the part that is none."""
    found: dict[int, None] = {}
    for part in (part.strip() for text in texts for part in text.split(",")):
        span = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (1, 0)
        if not first <= last < first + SPAN_MAX:
            raise ValueError(f"{part!r}: expected whole numbers and ranges of up to {SPAN_MAX:,}, as 1,2,10-19")
        found |= dict.fromkeys(range(first, last + 1))
    return list(found)
