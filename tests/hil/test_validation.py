"""One validation: what `check` accepts reaches a verdict in `run`, whatever the seed."""

from __future__ import annotations

import json
import re
from dataclasses import fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
import tomli_w
from annotated_types import Ge, Gt, Le, Lt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gnc import flight
from hil import Scenario, ScenarioError, fly
from hil.prepare import check
from hil.scenario import Fault, Header, Telecommand, flight_keys
from hil.scenario.parameters import beliefs
from hil.seeds import SEED_MAX

BASE = "iss-contact"
CYCLES_MAX = 300
LEFT_ITS_MODEL = "leaves the range of a model|not a finite number|the plant integrates up to"
Values = st.SearchStrategy[Any]
NEAR = st.sampled_from([0.0, 0.5, 0.9, 0.999, 1.0, 1.001, 1.1, 2.0, 10.0, -1.0])


@cache
def base() -> Scenario:
    return Scenario.load(BASE)


def numbers(lo: float, hi: float, nominal: Any) -> Values:
    """At the ends of a range, on both sides of them, inside, and around what the base scenario has."""
    ends = st.sampled_from([lo, hi, lo - 1e-9 * (1.0 + abs(lo)), hi * 1.001, 0.0, 0.5 * (lo + hi)])
    inside = st.floats(lo, hi)
    powers = st.floats(-9.0, 9.0).map(lambda p: min(max(10.0**p, lo), hi))
    near = NEAR.map(lambda factor: float(nominal) * factor) if isinstance(nominal, float | int) else inside
    return st.one_of(near, near, ends, inside, powers).map(float)


def of_hint(hint: Any, nominal: Any) -> Values:
    """Values of a field of a scenario, right and wrong."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        if type(None) in arguments:
            return of_hint(arguments[0], nominal)
        number = of_hint(arguments[0], nominal)
        return st.one_of(number, number, distributions(arguments[0], nominal))
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin is tuple and arguments[-1] is not Ellipsis:
        given_ = nominal if isinstance(nominal, tuple) else (0.0,) * len(arguments)
        one = st.integers(0, len(arguments) - 1).flatmap(
            lambda i: of_hint(arguments[i], given_[i]).map(lambda x: [*given_[:i], x, *given_[i + 1 :]])
        )
        return st.one_of(one, st.tuples(*(of_hint(a, g) for a, g in zip(arguments, given_, strict=True))).map(list))
    limits = arguments[1:] if origin is Annotated else ()
    lo = next((c.ge if isinstance(c, Ge) else c.gt for c in limits if isinstance(c, Ge | Gt)), -1.0e12)
    hi = next((c.le if isinstance(c, Le) else c.lt for c in limits if isinstance(c, Le | Lt)), 1.0e300)
    if (arguments[0] if origin is Annotated else hint) is int:
        return st.integers(int(lo), int(hi) + 1)
    return numbers(float(lo), float(hi), nominal)


def distributions(hint: Any, nominal: Any) -> Values:
    size = of_hint(hint, nominal)
    return st.one_of(
        st.fixed_dictionaries({"kind": st.just("normal"), "sigma": size}, optional={"mean": size}),
        st.fixed_dictionaries({"kind": st.just("uniform"), "low": size.map(lambda x: -x), "high": size}),
        st.fixed_dictionaries(
            {"kind": st.just("truncated"), "sigma": size, "low": size.map(lambda x: -x), "high": size}
        ),
        st.fixed_dictionaries({"kind": st.just("list"), "values": st.lists(size, min_size=1, max_size=3)}),
    )


def of_parameter(parameter: flight.Field, nominal: Any) -> Values:
    """Values of a parameter of the flight core."""
    if parameter.name.endswith("_phase"):
        return st.sampled_from(base().flight.phases)
    if named := {"phase_point": flight.Point, "phase_frame": flight.Frame, "phase_attitude": flight.Attitude}.get(
        parameter.name
    ):
        return st.sampled_from([one.name.lower() for one in named])
    if parameter.name == "phase_law":
        return st.sampled_from([law.name.lower() for law in flight.Law])
    if parameter.name == "phase_mechanism":
        return st.lists(st.sampled_from(["arm", "release"]), unique=True)
    if parameter.name == "phase_needs":
        return st.lists(st.sampled_from(["star", "rgnss", "camera"]), unique=True)
    if parameter.unit == "bool":
        return st.booleans()
    if parameter.type != "<f8":
        return st.integers(int(parameter.lo), int(parameter.hi))
    one = numbers(parameter.lo, parameter.hi, nominal)
    return (
        st.tuples(*[one] * parameter.count).map(list)
        if parameter.count and not parameter.name.startswith("phase_")
        else one
    )


def rows_of(cls: type) -> Values:
    hints = get_type_hints(cls, include_extras=True)
    every = {f.name: of_hint(hints[f.name], 1.0) for f in fields(cls)}
    needed = {
        name: every.pop(name) for name in list(every) if name in ("instrument", "kind", "start_s", "t_s", "command")
    }
    if "instrument" in needed:
        needed["instrument"] = st.sampled_from([*(row.name for row in base().instruments), "another"])
    return st.fixed_dictionaries(needed, optional=every)


@cache
def keys() -> dict[str, Values]:
    """Every key of a scenario, and values for it."""
    found: dict[str, Values] = {}

    def add(cls: Any, owner: Any, path: str) -> None:
        hints = get_type_hints(cls, include_extras=True)
        for field in fields(cls):
            hint, nominal = hints[field.name], getattr(owner, field.name)
            at = f"{path}{field.name}"
            if is_dataclass(nominal):
                add(type(nominal), nominal, f"{at}.")
            elif field.name in ("ports", "tanks"):
                for part in nominal:
                    add(type(part), part, f"{path}{field.name.removesuffix('s')}.{part.name}.")
            elif hint not in (str, Any) and field.name not in ("kind", "mode") and "..." not in str(hint):
                found[at] = of_hint(hint, nominal)

    for name, hint in get_type_hints(Scenario, include_extras=True).items():
        if is_dataclass(hint) and hint is not Header and name != "link_faults":
            add(hint, getattr(base(), name), f"{name}.")
    s = base()
    rows = {"vehicle": s.vehicles.values(), "instrument": s.instruments, "effector": s.effectors}
    for kind, owners in (rows | {"requirement": s.requirements}).items():
        for owner in owners:
            add(type(owner), owner, f"{kind}.{owner.name}.")
    for instrument in s.instruments:
        for key, parameter in beliefs(instrument.kind).items():
            if parameter.name == key:
                believed = s.flight.instruments[instrument.name][key]
                found[f"instrument.{instrument.name}.flight.{key}"] = of_parameter(parameter, believed)
    scalars, phases = flight_keys()
    for key, parameter in scalars.items():
        if key == parameter.name:
            found[f"flight.{key}"] = of_parameter(parameter, base().flight[key])
    for key, parameter in phases.items():
        if f"phase_{key}" == parameter.name:
            for phase in ("s4", "final", "hop"):
                found[f"phase.{phase}.{key}"] = of_parameter(parameter, base().flight.phase(phase, key))
    found["fault"] = st.lists(rows_of(Fault), max_size=17)
    found["telecommand"] = st.lists(rows_of(Telecommand), max_size=40).map(
        lambda rows: sorted(rows, key=lambda row: row["t_s"])
    )
    found["plant.atmosphere"] = st.just("none")
    return found


@st.composite
def overrides(draw: st.DrawFn) -> list[str]:
    chosen = draw(st.lists(st.sampled_from(sorted(keys())), min_size=1, max_size=4, unique=True))
    values = {key: draw(keys()[key]) for key in chosen}
    return [f"{key}={in_toml(value)}" for key, value in values.items()]


def in_toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k} = {in_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(in_toml, value)) + "]"
    return tomli_w.dumps({"x": value}).partition("=")[2].strip()


seeds = st.one_of(st.integers(0, 9), st.integers(0, SEED_MAX))


def reaches_a_verdict(changed: list[str], cycles: int, seed: int) -> None:
    cycle_s = 0.1
    for item in changed:
        if item.startswith("flight.cycle_s="):
            cycle_s = float(item.partition("=")[2])
    short = f"scenario.max_duration_s={max(cycles * cycle_s, 1e-9)}"
    try:
        scenario = Scenario.load(BASE, [short, *changed])
        check(scenario)
    except ScenarioError:
        return
    log = fly(scenario, seed)
    assert log.verdict in ("PASS", "FAIL") or re.search(LEFT_ITS_MODEL, log.error or ""), log.error
    json.dumps(log.summary(), allow_nan=False)


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(overrides(), st.integers(1, 30), seeds)
def test_what_check_accepts_reaches_a_verdict(changed: list[str], cycles: int, seed: int) -> None:
    reaches_a_verdict(changed, cycles, seed)


@pytest.mark.long
@settings(max_examples=5000, suppress_health_check=list(HealthCheck))
@given(overrides(), st.integers(1, CYCLES_MAX), seeds)
def test_what_check_accepts_reaches_a_verdict_in_thousands(changed: list[str], cycles: int, seed: int) -> None:
    reaches_a_verdict(changed, cycles, seed)
