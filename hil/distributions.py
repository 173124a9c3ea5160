"""Distributions of dispersed quantities: their declaration, and the arithmetic that turns draws into values.

Only + - * / sqrt and the core's logarithm: the same draw has the same bits on every machine, whichever
version of SciPy is installed there. scipy.stats is the reference in the tests (docs/adr/0004).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass as plain_dataclass
from functools import lru_cache
from math import sqrt
from typing import Annotated, Literal, Protocol

from annotated_types import MaxLen, MinLen
from pydantic.dataclasses import dataclass

from firmware_bridge.faults import STRICT
from hil.noise import inverse_normal

Elements = float | tuple[float, ...]
"""One number for every axis or element of a quantity, or one each."""

DEVIATE_MAX = 8.6  # no normal deviate that is drawn is larger: sqrt(-2 ln 2^-53)
TRUNCATION_REACH = 8.0  # an interval farther than this many sigma from the mean is a mistake, not a distribution
MOMENT_POINTS = 256


class Source(Protocol):
    """Source of draws: a noise stream, or a point of the unit cube."""

    def uniform(self) -> float:
        """The next deviate, uniform in the open interval (0, 1)."""

    def normal(self) -> float:
        """The next standard normal deviate."""


class Point:
    """A point of the unit cube as a source: each coordinate is one deviate, a normal one by inversion."""

    def __init__(self, coordinates: Sequence[float]):
        self._coordinates = iter(coordinates)

    def uniform(self) -> float:
        """The next coordinate."""
        return next(self._coordinates)

    def normal(self) -> float:
        """The standard normal deviate of which the next coordinate is the probability."""
        return float(inverse_normal(next(self._coordinates)))


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Normal:
    """Normal with a mean and a standard deviation."""

    kind: Literal["normal"]
    mean: Elements = 0.0
    sigma: Elements

    def problem(self, count: int) -> tuple[str, str] | None:
        """The invalid key and what was expected; None for a valid distribution."""
        return _lengths(self, ("mean", "sigma"), count) or _negative_sigma(self.sigma, count)

    def draw(self, source: Source, count: int) -> tuple[float, ...]:
        """One value for each element, in the unit of the file."""
        return tuple(element(self.mean, i) + element(self.sigma, i) * source.normal() for i in range(count))

    def reach(self, count: int) -> tuple[float, float]:
        """Minimum and maximum of any element; 3 sigma for a normal distribution."""
        ends = [(element(self.mean, i), 3.0 * element(self.sigma, i)) for i in range(count)]
        return min(mean - three for mean, three in ends), max(mean + three for mean, three in ends)

    def mean_square(self, count: int) -> float:
        """Mean of the squared value over distribution and elements."""
        return sum(element(self.mean, i) ** 2 + element(self.sigma, i) ** 2 for i in range(count)) / count


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Uniform:
    """Uniform between two limits."""

    kind: Literal["uniform"]
    low: Elements
    high: Elements

    def problem(self, count: int) -> tuple[str, str] | None:
        """The invalid key and what was expected; None for a valid distribution."""
        return _lengths(self, ("low", "high"), count) or _empty(self.low, self.high, count)

    def draw(self, source: Source, count: int) -> tuple[float, ...]:
        """One value for each element, in the unit of the file."""
        ends = [(element(self.low, i), element(self.high, i)) for i in range(count)]
        return tuple(low + (high - low) * source.uniform() for low, high in ends)

    def reach(self, count: int) -> tuple[float, float]:
        """Minimum and maximum of any element."""
        return min(element(self.low, i) for i in range(count)), max(element(self.high, i) for i in range(count))

    def mean_square(self, count: int) -> float:
        """Mean of the squared value over distribution and elements."""
        ends = [(element(self.low, i), element(self.high, i)) for i in range(count)]
        return sum((a * a + a * b + b * b) / 3.0 for a, b in ends) / count


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Truncated:
    """Normal with a mean and a standard deviation, given that it lies between two limits."""

    kind: Literal["truncated"]
    mean: Elements = 0.0
    sigma: Elements
    low: Elements
    high: Elements

    def problem(self, count: int) -> tuple[str, str] | None:
        """The invalid key and what was expected; None for a valid distribution."""
        found = (
            _lengths(self, ("mean", "sigma", "low", "high"), count)
            or _negative_sigma(self.sigma, count, "> 0")
            or _empty(self.low, self.high, count)
        )
        if found:
            return found
        for i in range(count):
            mean, sigma, low, high = self._of(i)
            if low > mean + TRUNCATION_REACH * sigma or high < mean - TRUNCATION_REACH * sigma:
                key = "low" if low > mean else "high"
                return key, f"expected an interval that reaches within {TRUNCATION_REACH:g} sigma of the mean {mean:g}"
        return None

    def _of(self, i: int) -> tuple[float, float, float, float]:
        return element(self.mean, i), element(self.sigma, i), element(self.low, i), element(self.high, i)

    def _value(self, i: int, probability: float) -> float:
        mean, sigma, low, high = self._of(i)
        return truncated_normal(probability, mean, sigma, low, high)

    def draw(self, source: Source, count: int) -> tuple[float, ...]:
        """One value for each element, in the unit of the file."""
        return tuple(self._value(i, source.uniform()) for i in range(count))

    def reach(self, count: int) -> tuple[float, float]:
        """Minimum and maximum of any element."""
        return min(element(self.low, i) for i in range(count)), max(element(self.high, i) for i in range(count))

    def mean_square(self, count: int) -> float:
        """Mean of the squared value over distribution and elements, by the midpoint rule over probability."""
        at = [(k + 0.5) / MOMENT_POINTS for k in range(MOMENT_POINTS)]
        return sum(self._value(i, p) ** 2 for i in range(count) for p in at) / (MOMENT_POINTS * count)


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Values:
    """Equally likely values: numbers, drawn for each element, or lists, drawn for all elements together."""

    kind: Literal["list"]
    values: tuple[Elements, ...]

    def problem(self, count: int) -> tuple[str, str] | None:
        """The invalid key and what was expected; None for a valid distribution."""
        if not self.values:
            return "values", "expected one value or more"
        whole = [value for value in self.values if isinstance(value, tuple)]
        if not whole:
            return None
        if len(whole) < len(self.values) or any(len(value) != count for value in whole):
            return "values", f"expected numbers only, or lists of {count} numbers only"
        return None

    def draw(self, source: Source, count: int) -> tuple[float, ...]:
        """One value for each element, in the unit of the file."""
        drawn = [self._pick(source.uniform()) for _ in range(count)]
        first = drawn[0]
        return first if isinstance(first, tuple) else tuple(value for value in drawn if isinstance(value, float))

    def _pick(self, probability: float) -> Elements:
        return self.values[min(int(probability * len(self.values)), len(self.values) - 1)]

    def _elements(self) -> list[float]:
        return [v for value in self.values for v in (value if isinstance(value, tuple) else (value,))]

    def reach(self, count: int) -> tuple[float, float]:
        """Minimum and maximum of any element."""
        return min(self._elements()), max(self._elements())

    def mean_square(self, count: int) -> float:
        """Mean of the squared value over distribution and elements."""
        every = self._elements()
        return sum(value * value for value in every) / len(every)


Distribution = Normal | Uniform | Truncated | Values
KINDS: dict[str, type[Distribution]] = {"normal": Normal, "uniform": Uniform, "truncated": Truncated, "list": Values}

Matrix = Annotated[tuple[tuple[float, ...], ...], MinLen(1), MaxLen(60)]


@dataclass(frozen=True, kw_only=True, config=STRICT)
class Correlated:
    """Quantities drawn together, normal: their keys, and the covariance or the correlation of all their elements.

    A covariance, in the units of the keys, replaces what the keys say of sigma; a correlation leaves it.
    """

    of: Annotated[tuple[str, ...], MinLen(1), MaxLen(20)]
    covariance: Matrix | None = None
    correlation: Matrix | None = None


def element(value: Elements, i: int) -> float:
    """What is declared for element i."""
    return value[i] if isinstance(value, tuple) else value


def _lengths(found: Distribution, keys: Sequence[str], count: int) -> tuple[str, str] | None:
    for key in keys:
        value = getattr(found, key)
        if isinstance(value, tuple) and len(value) != count:
            return key, "expected one number" + (f", or {count}, one for each axis or element" if count > 1 else "")
    return None


def _negative_sigma(sigma: Elements, count: int, expected: str = ">= 0") -> tuple[str, str] | None:
    bad = any(element(sigma, i) < 0.0 or (expected == "> 0" and element(sigma, i) == 0.0) for i in range(count))
    return ("sigma", f"expected a standard deviation {expected}") if bad else None


def _empty(low: Elements, high: Elements, count: int) -> tuple[str, str] | None:
    for i in range(count):
        if element(low, i) >= element(high, i):
            return "low", f"expected less than high = {element(high, i):g}"
    return None


# ---- what is drawn ------------------------------------------------------------------------------


@plain_dataclass(frozen=True, kw_only=True)
class Quantity:
    """Something drawn for each run: its field of `hil.dispersion.Dispersed`, and the key that declares it.

    stream: its noise stream. count: its elements; 0 where every thruster has `each` of them. group: what it
    belongs to when the variance of a figure is shared out. A phase has no key: it is uniform over one turn.
    """

    field: str
    stream: str
    key: str
    group: str
    count: int = 3
    each: int = 1

    def elements(self, thrusters: int) -> int:
        """How many numbers are drawn for it."""
        return self.count or self.each * thrusters


def _drawn(field: str, key: str, group: str, stream: str, count: int = 3, each: int = 1) -> Quantity:
    return Quantity(field=field, stream=stream, key=key, group=group, count=count, each=each)


# In the order of the coordinates of a point of the unit cube. What is added later comes last; the errors of a
# scenario's instruments follow, and then its thrusters.
# fmt: off
VEHICLES = (
    _drawn("initial_position_hill_m", "dispersions.initial_position_m", "initial state", "initial_position"),
    _drawn("initial_velocity_hill_mps", "dispersions.initial_velocity_mps", "initial state", "initial_velocity"),
    _drawn("initial_attitude_body_rad", "dispersions.initial_attitude_deg", "initial state", "initial_attitude"),
    _drawn("initial_rate_body_radps", "dispersions.initial_rate_deg_s", "initial state", "initial_rate"),
    _drawn("mass_ratio", "dispersions.mass_ratio", "mass properties", "mass", 1),
    _drawn("com_body_m", "dispersions.com_m", "mass properties", "com"),
    _drawn("inertia_ratio", "dispersions.inertia_ratio", "mass properties", "inertia", 6),
    _drawn("density_factor", "dispersions.density_factor", "atmosphere", "density_factor", 1),
    _drawn("target_attitude_tbody_rad", "dispersions.target_attitude_deg", "target motion", "target_attitude"),
    _drawn("target_rate_amplitude_radps", "dispersions.target_rate_deg_s", "target motion", "target_rate"),
    _drawn("target_phase_rad", "", "target motion", "target_phase"),
    _drawn("upload_target_position_eci_m", "dispersions.upload_target_position_m", "uploaded state",
           "upload_target_position"),
    _drawn("upload_target_velocity_eci_mps", "dispersions.upload_target_velocity_mps", "uploaded state",
           "upload_target_velocity"),
    _drawn("handover_position_hill_m", "dispersions.handover_position_m", "handover", "handover_position"),
    _drawn("handover_velocity_hill_mps", "dispersions.handover_velocity_mps", "handover", "handover_velocity"),
    _drawn("handover_attitude_body_rad", "dispersions.handover_attitude_deg", "handover", "handover_attitude"),
)
THRUSTERS = (
    _drawn("thruster_force_ratio", "dispersions.thruster_force_ratio", "thrusters", "thruster_force", 0, 1),
    _drawn("thruster_direction_rad", "dispersions.thruster_direction_deg", "thrusters", "thruster_direction", 0, 3),
)
# fmt: on

INSTRUMENT_GROUPS = ("inertial unit", "star tracker", "camera")
"""What the errors of instruments belong to when the variance of a figure is shared out."""


# ---- the normal distribution --------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _below(z: float) -> float:
    """Probability below a standard deviate z <= 0: where `inverse_normal` reaches it, by halving."""
    low, high = 0.0, 0.5
    if z >= 0.0:
        return high
    while True:
        middle = 0.5 * (low + high)
        if middle in (low, high):
            return high
        low, high = (middle, high) if inverse_normal(middle) < z else (low, middle)


def truncated_normal(probability: float, mean: float, sigma: float, low: float, high: float) -> float:
    """The value below which a share of 0 < probability < 1 lies of a normal distribution kept in [low, high]."""
    a, b = (low - mean) / sigma, (high - mean) / sigma
    if a > 0.0:  # the lower tail is where probabilities keep their digits
        return -truncated_normal(1.0 - probability, -mean, sigma, -high, -low)
    under = _below(a)
    total = _below(b) - under if b <= 0.0 else (1.0 - _below(-b)) - under
    p = under + probability * total
    z = float(inverse_normal(min(p, 1.0 - 2.0**-53)))
    return min(max(mean + sigma * z, low), high)


# ---- correlation --------------------------------------------------------------------------------


def cholesky(matrix: Sequence[Sequence[float]]) -> list[list[float]]:
    """Lower triangle L with L Lᵀ = matrix. Raises ValueError where the matrix is not positive definite.

    Row by row (Golub & Van Loan 2013, section 4.2), in a fixed order of sums.
    """
    n = len(matrix)
    lower = [[0.0] * n for _ in range(n)]
    for i in range(n):
        for j in range(i + 1):
            rest = float(matrix[i][j])
            for k in range(j):
                rest -= lower[i][k] * lower[j][k]
            if i > j:
                lower[i][j] = rest / lower[j][j]
            elif rest <= 1.0e-13 * matrix[i][i]:
                raise ValueError("not positive definite")
            else:
                lower[i][i] = sqrt(rest)
    return lower
