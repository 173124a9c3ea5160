"""Dispersed quantities: their declarations, and checks that every draw can be flown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
from annotated_types import Le

from hil.distributions import (
    DEVIATE_MAX,
    THRUSTERS,
    VEHICLES,
    Correlated,
    Distribution,
    Normal,
    Quantity,
    cholesky,
    element,
)
from hil.instruments import quantities_of
from hil.plant.config import BodyConfig, inertia_problem
from hil.scenario.messages import Reader, nearest
from hil.scenario.schema.dispersions import Dispersions
from hil.scenario.schema.vehicle import inertia_matrix
from hil.scenario.sections import hints_of
from hil.schema import unit_of

if TYPE_CHECKING:
    from hil.scenario.model import Scenario


def quantities(s: Scenario) -> tuple[Quantity, ...]:
    """What is drawn for each run of a scenario: of the vehicles, of each of its instruments, and of its thrusters."""
    return (*VEHICLES, *(each for row in s.instruments for each in quantities_of(row)), *THRUSTERS)


def declared(s: Scenario, quantity: Quantity) -> float | Distribution:
    """What the scenario says of a quantity: 3 sigma, or a distribution, in the unit of its key."""
    section, _, key = quantity.key.rpartition(".")
    if section == "dispersions":
        return getattr(s.dispersions, key)  # type: ignore[no-any-return]
    row = s.instrument(section.removeprefix("instrument."))
    return getattr(row, key, 0.0)


def most_of(s: Scenario, quantity: Quantity) -> float:
    """The largest size that the key of a quantity may have."""
    section, _, key = quantity.key.rpartition(".")
    owner: Any = Dispersions if section == "dispersions" else type(s.instrument(section.removeprefix("instrument.")))
    number = get_args(hints_of(owner)[key])[0]
    return next((float(c.le) for c in get_args(number) if isinstance(c, Le)), float("inf"))  # type: ignore[arg-type]


def check_distributions(reader: Reader, s: Scenario) -> None:
    """Checks that every distribution is valid and within the range of its key."""
    thrusters = len(s.thrusters)
    for quantity in quantities(s):
        found = declared(s, quantity) if quantity.key else 0.0
        if isinstance(found, float):
            continue
        count, most = quantity.elements(thrusters), most_of(s, quantity)
        if problem := found.problem(count):
            key, expected = problem
            raise reader.fail(f"{quantity.key}.{key}", getattr(found, key), expected)
        factor = quantity.field == "density_factor"
        if factor and isinstance(found, Normal):
            raise reader.fail(f"{quantity.key}.kind", found.kind, "expected a distribution of positive factors")
        low, high = found.reach(count)
        least = 1.0 / most if factor else -most
        if low < least or high > most:
            unit = unit_of(quantity.key)
            expected = f"expected values from {least:g} to {most:g}" + (f" ({unit})" if unit else "")
            raise reader.fail(quantity.key, MISSING, f"reaches from {low:g} to {high:g}: {expected}")


def check_correlated(reader: Reader, path: str, s: Scenario, together: Correlated) -> None:
    """Quantities drawn together are normal ones, with a matrix that is a covariance or correlation of them."""
    by_key = {q.key.removeprefix("dispersions."): q for q in quantities(s) if q.key.startswith("dispersions.")}
    earlier = [key for other in s.dispersions.correlated for key in other.of]
    count = 0
    for at, key in enumerate(together.of):
        if key not in by_key or key == "density_factor":
            near = nearest(key, by_key)
            raise reader.fail(f"{path}.of[{at}]", key, f"expected a key of [dispersions] that is normal{near}")
        if earlier.count(key) > 1:
            raise reader.fail(f"{path}.of[{at}]", key, "expected once: it can be drawn with others only once")
        if not isinstance(declared(s, by_key[key]), (float, Normal)):
            raise reader.fail(f"{path}.of[{at}]", key, 'expected a normal distribution, 3 sigma or kind = "normal"')
        count += by_key[key].elements(len(s.thrusters))
    if (together.covariance is None) == (together.correlation is None):
        raise reader.fail(path, MISSING, "expected either covariance or correlation")
    name = "covariance" if together.covariance is not None else "correlation"
    _check_matrix(reader, f"{path}.{name}", getattr(together, name), count, together)
    for at, (key, variance) in enumerate(_variances(s, together)):
        most = most_of(s, by_key[key])
        if 9.0 * variance > most * most:
            expected = f"expected at most {most * most / 9.0:g}: 3 sigma of {key} are at most {most:g}"
            raise reader.fail(f"{path}.covariance[{at}][{at}]", variance, expected)


def _check_matrix(
    reader: Reader, path: str, matrix: tuple[tuple[float, ...], ...], count: int, together: Correlated
) -> None:
    """Of the right shape, symmetric, with ones on the diagonal of a correlation, and positive definite."""
    of = " + ".join(together.of)
    if len(matrix) != count or any(len(row) != count for row in matrix):
        shape = (
            f"{len(matrix)} x {len(matrix[0])}" if len({len(row) for row in matrix}) == 1 else "rows of many lengths"
        )
        raise reader.fail(path, MISSING, f"expected {count} x {count} numbers, those of {of}; found {shape}")
    for i in range(count):
        for j in range(i):
            if matrix[i][j] != matrix[j][i]:
                expected = f"expected a symmetric matrix: [{j}][{i}] is {matrix[j][i]:g}"
                raise reader.fail(f"{path}[{i}][{j}]", matrix[i][j], expected)
        if together.correlation is not None and matrix[i][i] != 1.0:
            raise reader.fail(f"{path}[{i}][{i}]", matrix[i][i], "expected 1 on the diagonal of a correlation")
    try:
        cholesky(matrix)
    except (ValueError, ZeroDivisionError):
        least = float(np.linalg.eigvalsh(np.array(matrix))[0])
        expected = f"expected a positive definite matrix: its smallest eigenvalue is {least:.3g}"
        raise reader.fail(path, MISSING, expected) from None


def _variances(s: Scenario, together: Correlated) -> Iterator[tuple[str, float]]:
    """The diagonal of a covariance, each element with the key it is of; nothing of a correlation."""
    counts = {q.key: q.elements(len(s.thrusters)) for q in quantities(s)}
    owners = [key for key in together.of for _ in range(counts[f"dispersions.{key}"])]
    for at, row in enumerate(together.covariance or ()):
        yield owners[at], row[at]


def largest(s: Scenario, key: str) -> float:
    """The largest size of any value drawn for a key of [dispersions], in its unit."""
    quantity = next(quantity for quantity in quantities(s) if quantity.key == f"dispersions.{key}")
    count, found = quantity.elements(len(s.thrusters)), declared(s, quantity)
    if not isinstance(found, float | Normal):
        return max(map(abs, found.reach(count)))
    normal = found if isinstance(found, Normal) else Normal(kind="normal", sigma=found / 3.0)
    sigma = max(element(normal.sigma, i) for i in range(count))
    for together in s.dispersions.correlated:
        sigma = max([sigma, *(sqrt(variance) for owner, variance in _variances(s, together) if owner == key)])
    return max(abs(element(normal.mean, i)) for i in range(count)) + DEVIATE_MAX * sigma


def check_draws(reader: Reader, s: Scenario) -> None:
    """Checks that no draw gives an impossible vehicle or a state that the flight core refuses."""
    chaser, initial = s.chaser, s.initial
    mass, force = largest(s, "mass_ratio"), largest(s, "thruster_force_ratio")
    if chaser.mass_kg * (1.0 - mass) <= chaser.propellant_kg:
        expected = f"{_DRAWN.format(mass)}: expected more than the propellant, {chaser.propellant_kg} kg, to be left"
        raise reader.fail("dispersions.mass_ratio", s.dispersions.mass_ratio, expected)
    if force >= 1.0:
        expected = f"{_DRAWN.format(force)}: expected less than 1"
        raise reader.fail("dispersions.thruster_force_ratio", s.dispersions.thruster_force_ratio, expected)
    _check_tank(reader, s, mass)
    if initial is None:
        return
    apart = sum(largest(s, key) for key in ("initial_position_m", "handover_position_m", "com_m"))
    apart += initial.distance_m + abs(initial.offset_x_m) + RELATIVE_ARMS_M
    if apart > RELATIVE_MAX_M:
        expected = f"expected at most {RELATIVE_MAX_M:g} m together with offset_x_m and what is drawn, found {apart:g}"
        raise reader.fail(f"vehicle.{s.scenario.chaser}.orbit.distance_m", initial.distance_m, expected)


# Of the flight core's init_r_hill_m, and the port's and the antenna's arms on both craft
RELATIVE_MAX_M, RELATIVE_ARMS_M = 1.0e6, 1000.0
_DRAWN = "a draw may reach {:.3g}"


def _check_tank(reader: Reader, s: Scenario, mass_ratio: float) -> None:
    """The structure, without the propellant, is a body whatever mass and centre of mass are drawn.

    That needs no more than the corners: the moment matrix left, Sigma - mu a aT, is concave in the tank's arm a.
    """
    chaser, reach = s.chaser, largest(s, "com_m")
    for signs in product((-1.0, 1.0), repeat=3):
        x, y, z = (c + sign * reach for c, sign in zip(chaser.com_body_m, signs, strict=True))
        dry = BodyConfig.from_loaded(
            chaser.mass_kg * (1.0 - mass_ratio), (x, y, z), inertia_matrix(chaser.inertia_kgm2), chaser.propellant_kg,
            chaser.tank_body_m,
        )  # fmt: skip
        if problem := inertia_problem(dry.dry_inertia_body_kgm2):
            vehicle = s.vehicles[s.scenario.chaser]
            at = f"vehicle.{vehicle.name}.tank.{vehicle.tanks[0].name}" if vehicle.tanks else f"vehicle.{vehicle.name}"
            expected = f"with propellant_kg = {chaser.propellant_kg} there, the structure is left with {problem}"
            raise reader.fail(f"{at}.position_body_m", chaser.tank_body_m, expected)
