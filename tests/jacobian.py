"""Jacobians in tests: by central differences, and compared column by column, so that no term hides behind a larger one
of other units."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def by_differences(function: Callable[[Array], ArrayLike], steps: ArrayLike) -> Array:
    """Central differences of function about zero; column k with steps[k], in the units of state k."""
    steps = np.asarray(steps, float)
    return np.array([
        (np.asarray(function(step)) - np.asarray(function(-step))) / (2.0 * size)
        for step, size in zip(np.diag(steps), steps, strict=True)
    ]).T  # fmt: skip


def assert_columns_close(found: ArrayLike, expected: ArrayLike, *, rel: float, nil: float = 0.0) -> None:
    """Each column within rel of its own largest entry.

    nil: what the rounding of differences leaves of a zero column. It loosens no other column.
    """
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    size = np.abs(expected).max(axis=0)
    off = np.abs(found - expected).max(axis=0)
    off[size <= nil] = np.abs(found).max(axis=0)[size <= nil]
    allowed = np.where(size <= nil, nil, rel * size)
    wrong = ~(off <= allowed)
    assert not wrong.any(), f"columns {np.flatnonzero(wrong)} differ by {off[wrong]}, allowed are {allowed[wrong]}"
