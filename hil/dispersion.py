"""Values drawn before a run: deviations of the truth from nominal, and upload errors.

Each quantity has its own noise stream, named after it, so adding one changes no other draw. Only + - * / sqrt and the
core's elementary functions: the same draw on every machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from math import sqrt
from typing import Any

from gnc import kernels
from hil.campaign.sampling import RANDOM, Sampling
from hil.distributions import THRUSTERS, VEHICLES, Correlated, Normal, Quantity, Source, cholesky, element
from hil.plant.config import BodyConfig, inertia_problem
from hil.scenario import DEG, Scenario, declared, inertia_matrix, quantities, unit_of

TWO_PI = 6.28318530717958647693
HOUR_S = 3600.0
HALVINGS = 20

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Dispersed:
    """Everything drawn for one run, SI and radians.

    Ratios are relative errors (0 is nominal), angles are rotation vectors in the axes of the frame
    turned, thruster values have one element a thruster. `instruments` has the constant errors of each instrument by the
    name of its quantity (`hil.instruments.quantities_of`).
    """

    initial_position_hill_m: Vector
    initial_velocity_hill_mps: Vector
    initial_attitude_body_rad: Vector
    initial_rate_body_radps: Vector
    mass_ratio: float
    com_body_m: Vector
    inertia_ratio: tuple[float, ...]
    thruster_force_ratio: tuple[float, ...]
    thruster_direction_rad: tuple[Vector, ...]
    density_factor: float
    target_attitude_tbody_rad: Vector
    target_rate_amplitude_radps: Vector
    target_phase_rad: Vector
    upload_target_position_eci_m: Vector
    upload_target_velocity_eci_mps: Vector
    handover_position_hill_m: Vector
    handover_velocity_hill_mps: Vector
    handover_attitude_body_rad: Vector
    instruments: Mapping[str, Vector]

    def as_dict(self) -> dict[str, Any]:
        """Names and values, for the log."""
        found = asdict(self)
        return {name: value for name, value in found.items() if name != "instruments"} | dict(self.instruments)


def sample(scenario: Scenario, seed: int, case: int = 0, sampling: Sampling = RANDOM) -> Dispersed:
    """Draws every dispersed value of `scenario` under the master seed `seed`, campaign case `case`."""
    thrusters = len(scenario.thrusters)
    normals = _drawn_together(scenario, seed, case, sampling, thrusters)
    found: dict[str, Any] = {}
    every = quantities(scenario)
    for quantity in every:
        count = quantity.elements(thrusters)
        if quantity.key in normals:
            values = normals[quantity.key]
        else:
            values = _values(scenario, quantity, sampling.source(seed, case, quantity, every, thrusters), count)
        if count == 1 and quantity.count == 1:
            found[quantity.field] = values[0]
        elif quantity.each == 3:
            found[quantity.field] = tuple(zip(values[::3], values[1::3], values[2::3], strict=True))
        else:
            found[quantity.field] = values
    found["inertia_ratio"] = _of_a_body(scenario, found)
    names = {field.name for field in fields(Dispersed)}
    own = {name: value for name, value in found.items() if name in names}
    return Dispersed(**own, instruments={name: value for name, value in found.items() if name not in names})


def chaser_config(s: Scenario, mass_ratio: float, com_body_m: Vector, inertia_ratio: Sequence[float]) -> BodyConfig:
    """The chaser as drawn."""
    c = s.chaser
    inertia = tuple(value * (1.0 + ratio) for value, ratio in zip(c.inertia_kgm2, inertia_ratio, strict=True))
    x, y, z = (nominal + off for nominal, off in zip(c.com_body_m, com_body_m, strict=True))
    return BodyConfig.from_loaded(
        c.mass_kg * (1.0 + mass_ratio), (x, y, z), inertia_matrix(inertia), c.propellant_kg, c.tank_body_m,
        cd=c.drag_coefficient, area_m2=c.drag_area_m2,
    )  # fmt: skip


def _of_a_body(s: Scenario, drawn: dict[str, Any]) -> tuple[float, ...]:
    """The inertia's errors, halved until the inertia is possible: independently drawn elements may be impossible."""
    ratio: tuple[float, ...] = drawn["inertia_ratio"]
    for _ in range(HALVINGS):
        if not inertia_problem(chaser_config(s, drawn["mass_ratio"], drawn["com_body_m"], ratio).dry_inertia_body_kgm2):
            return ratio
        ratio = tuple(0.5 * value for value in ratio)
    return tuple(0.0 for _ in ratio)


def _values(scenario: Scenario, quantity: Quantity, source: Source, count: int) -> tuple[float, ...]:
    if not quantity.key:
        return tuple(TWO_PI * source.uniform() for _ in range(count))
    spread = declared(scenario, quantity)
    if quantity.field == "density_factor":
        if isinstance(spread, float):
            return (kernels.exp(kernels.log(spread) / 3.0 * source.normal()),)
        return spread.draw(source, count)
    if isinstance(spread, float):
        sigma = _si(quantity.key, spread) / 3.0
        return tuple(sigma * source.normal() for _ in range(count))
    return tuple(_si(quantity.key, value) for value in spread.draw(source, count))


def _si(key: str, value: float) -> float:
    """A value in the unit of its key in SI and radians."""
    unit = unit_of(key)
    if unit in ("deg", "deg/s"):
        return value * DEG
    if unit == "deg/h":
        return value * DEG / HOUR_S
    return value * 1.0e-6 if unit == "ppm" else value


# ---- correlated quantities ----------------------------------------------------------------------


def _drawn_together(
    scenario: Scenario, seed: int, case: int, sampling: Sampling, thrusters: int
) -> dict[str, tuple[float, ...]]:
    """The values of the quantities that are correlated, by key: mean + L z, L Lᵀ their covariance."""
    found: dict[str, tuple[float, ...]] = {}
    every = quantities(scenario)
    for together in scenario.dispersions.correlated:
        correlated = _quantities(together)
        z = [
            source.normal()
            for quantity in correlated
            for source in [sampling.source(seed, case, quantity, every, thrusters)]
            for _ in range(quantity.elements(thrusters))
        ]
        mean, sigma = _moments(scenario, together, thrusters)
        lower = cholesky(together.covariance or together.correlation or ())
        values = []
        for i, row in enumerate(lower):
            total = row[0] * z[0]
            for j in range(1, i + 1):
                total += row[j] * z[j]
            values.append(mean[i] + (total if together.covariance else sigma[i] * total))
        for quantity in correlated:
            count = quantity.elements(thrusters)
            found[quantity.key] = tuple(_si(quantity.key, value) for value in values[:count])
            values = values[count:]
    return found


def _quantities(together: Correlated) -> list[Quantity]:
    by_key = {quantity.key: quantity for quantity in (*VEHICLES, *THRUSTERS)}
    return [by_key[f"dispersions.{key}"] for key in together.of]


def _moments(scenario: Scenario, together: Correlated, thrusters: int) -> tuple[list[float], list[float]]:
    """Mean and standard deviation of each element, in the units of the keys."""
    mean, sigma = [], []
    for quantity in _quantities(together):
        spread = declared(scenario, quantity)
        for i in range(quantity.elements(thrusters)):
            if isinstance(spread, float):
                mean.append(0.0)
                sigma.append(spread / 3.0)
            elif isinstance(spread, Normal):
                mean.append(element(spread.mean, i))
                sigma.append(element(spread.sigma, i))
    if together.covariance:
        sigma = [sqrt(row[i]) for i, row in enumerate(together.covariance)]
    return mean, sigma


def declared_sigma(scenario: Scenario, key: str) -> float:
    """Root mean square of a quantity of [dispersions] over its distribution and elements, in the unit of its key.

    This is the sigma that flight is told for an upload error: a third of 3 sigma.
    """
    thrusters = len(scenario.thrusters)
    for together in scenario.dispersions.correlated:
        if key in together.of:
            mean, sigma = _moments(scenario, together, thrusters)
            counts = [quantity.elements(thrusters) for quantity in _quantities(together)]
            at = together.of.index(key)
            mine = range(sum(counts[:at]), sum(counts[: at + 1]))
            return sqrt(sum(mean[i] * mean[i] + sigma[i] * sigma[i] for i in mine) / len(mine))
    quantity = next(quantity for quantity in quantities(scenario) if quantity.key == f"dispersions.{key}")
    spread = declared(scenario, quantity)
    return spread / 3.0 if isinstance(spread, float) else sqrt(spread.mean_square(quantity.elements(thrusters)))
