"""Conversion of a table to the frozen dataclass that describes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from hil.distributions import KINDS, Correlated
from hil.scenario.messages import Reader, ScenarioError, expectation, may_be_distribution, nearest, show
from hil.scenario.rows import WHOLE
from hil.schema import unit_of


def freeze(value: Any) -> Any:
    """Tuples for lists, at every depth."""
    return tuple(freeze(v) for v in value) if isinstance(value, list) else value


@cache
def hints_of(cls: type) -> dict[str, Any]:
    """The types of a dataclass's fields, with their ranges."""
    return get_type_hints(cls, include_extras=True)


def section(reader: Reader, cls: Any, table: Any, path: str, **given: Any) -> Any:
    """One table of the file as an instance of its dataclass; `given` are fields that the table does not have."""
    if not isinstance(table, dict):
        raise reader.fail(path, table, "expected a table")
    hints = hints_of(cls)
    known = {f.name: f for f in fields(cls) if f.name not in given}
    for key, value in table.items():
        if key not in known:
            raise reader.unknown(f"{path}.{key}", known, value)
    values: dict[str, Any] = dict(given)
    for name, field in known.items():
        if name in table:
            values[name] = _value(reader, hints[name], table[name], f"{path}.{name}")
        elif is_required(field):
            raise reader.fail(f"{path}.{name}", MISSING, f"missing; expected {expectation(hints[name], unit_of(name))}")
    try:
        return cls(**values)
    except ValidationError as error:
        raise _explain(reader, hints, table, path, error) from None


def _value(reader: Reader, hint: Any, value: Any, path: str) -> Any:
    if is_dataclass(hint):
        return section(reader, hint, value, path)
    if isinstance(value, dict) and may_be_distribution(hint):
        kind, kinds = value.get("kind"), ", ".join(map(show, KINDS))
        if kind is None:
            raise reader.fail(path, value, f"a distribution needs its kind: expected one of {kinds}")
        if not isinstance(kind, str) or kind not in KINDS:
            raise reader.fail(f"{path}.kind", kind, f"expected one of {kinds}")
        return section(reader, KINDS[kind], value, path)
    if models := _models(hint):
        return section(reader, _chosen(reader, models, value, path), value, path)
    if hint == tuple[Correlated, ...]:
        return tuple(read_list(reader, Correlated, path, value))
    return freeze(value)


def _models(hint: Any) -> tuple[Any, ...]:
    """The dataclasses that a key takes one of, told apart by their kind or mode; none for any other key."""
    models = get_args(hint) if get_origin(hint) in (Union, UnionType) else ()
    return models if models and all(is_dataclass(m) and not _is_distribution(m) for m in models) else ()


def _is_distribution(model: Any) -> bool:
    return model in KINDS.values()


def _word(model: Any) -> tuple[str, str]:
    """The key that tells a dataclass from others, and what it says there."""
    for word in WHOLE:
        if word in hints_of(model) and get_origin(hints_of(model)[word]) is Literal:
            return word, str(get_args(hints_of(model)[word])[0])
    raise TypeError(f"{model} has neither a kind nor a mode")


def _chosen(reader: Reader, models: Iterable[Any], table: Any, path: str) -> Any:
    """The dataclass of the kind or mode that a table says."""
    if not isinstance(table, dict):
        raise reader.fail(path, table, "expected a table")
    named = {_word(model)[1]: model for model in models}
    return _one_of(reader, named, table, f"{path}.{_word(next(iter(named.values())))[0]}")


def _one_of(reader: Reader, named: Mapping[str, Any], table: Mapping[str, Any], path: str) -> Any:
    word = path.rpartition(".")[2]
    said = table.get(word, MISSING)
    if not isinstance(said, str) or said not in named:
        near = nearest(said, named) if isinstance(said, str) else ""
        missing = "missing; " if said is MISSING else ""
        raise reader.fail(path, said, f"{missing}expected one of {', '.join(map(show, named))}{near}")
    return named[said]


def read_rows(reader: Reader, models: Any, rows: Any, path: str) -> dict[str, Any]:
    """Rows by name, as instances of their dataclass, or of that of their kind where `models` are several by kind."""
    if not isinstance(rows, dict):
        raise reader.fail(path, MISSING, f"expected a list of tables, [[{path}]]")
    found = {}
    for name, row in rows.items():
        at = f"{path}.{name}"
        if not isinstance(row, dict):
            raise reader.fail(at, row, "expected a table")
        model = _one_of(reader, models, row, f"{at}.kind") if isinstance(models, Mapping) else models
        found[name] = section(reader, model, row, at, name=name)
    return found


def is_required(field: Any) -> bool:
    """Whether a field of a section has no default."""
    default = field.default.is_required() if isinstance(field.default, FieldInfo) else field.default is MISSING
    return bool(default)


def _explain(
    reader: Reader, hints: dict[str, Any], table: dict[str, Any], path: str, error: ValidationError
) -> ScenarioError:
    """The first error that pydantic found, in the form of this project's messages."""
    first = error.errors()[0]
    name, *indices = first["loc"]
    value, hint = table[str(name)], hints[str(name)]
    at = f"{path}.{name}"
    for index in indices:
        if not isinstance(index, int) or not isinstance(value, list) or index >= len(value):
            break
        value, at = value[index], f"{at}[{index}]"
        inner = get_args(hint)[0] if get_origin(hint) is Annotated else hint
        hint = get_args(inner)[0]
    return reader.fail(at, value, f"expected {expectation(hint, unit_of(str(name)))}")


def read_list(reader: Reader, cls: Any, name: str, tables: Any) -> list[Any]:
    """A list of tables as instances of their dataclass; `cls` may be a function that says which one a table is of."""
    if not isinstance(tables, list):
        raise reader.fail(name, MISSING, f"expected a list of tables, [[{name}]]")
    return [
        section(reader, cls if isinstance(cls, type) else cls(table), table, f"{name}[{at}]")
        for at, table in enumerate(tables)
    ]
