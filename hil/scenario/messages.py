"""Error messages about scenarios: one line with file, key, value and what was expected."""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable
from dataclasses import MISSING, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen

from hil.distributions import Normal
from hil.schema import split_unit, unit_of


class Layer(NamedTuple):
    """One file of a scenario, or what the command line sets: its name, its document and the folder it is in."""

    file: str
    document: dict[str, Any]
    folder: Path


class ScenarioError(ValueError):
    """A mistake in a scenario: one line with file, key, value and what was expected."""


def show(value: Any) -> str:
    """A value as it is written in the file, truncated if it is long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, (dict, tuple, list)):
        text = str(thaw(value))
        return text if len(text) <= 60 else text[:57] + "..."
    return str(value)


def thaw(value: Any) -> Any:
    """Lists for tuples, at every depth."""
    return [thaw(v) for v in value] if isinstance(value, (list, tuple)) else value


def nearest(key: str, valid: Iterable[str]) -> str:
    """The most similar valid key, as the end of a message; empty if none is similar."""
    close = difflib.get_close_matches(key, list(valid), n=1, cutoff=0.6)
    return f"; did you mean {close[0]}?" if close else ""


OF_ITS_OWN = ("phase", "transition", "monitor")
"""Lists of tables beside [flight], not in it."""


class Reader:
    """Reports mistakes with the file they came from."""

    def __init__(self, layers: list[Layer]):
        self.layers = layers

    def file_of(self, path: str) -> str:
        """The topmost layer that has a value at that path."""
        for layer in reversed(self.layers):
            node: Any = layer.document
            for part in re.sub(r"\[\d+\]", "", path).split("."):
                if isinstance(node, list):
                    break
                node = node.get(part, MISSING) if isinstance(node, dict) else MISSING
            if node is not MISSING:
                return str(layer.file)
        return self.layers[-2].file

    def fail(self, path: str, value: Any, expected: str) -> ScenarioError:
        """The error to raise for a value that is not as expected."""
        shown = "" if value is MISSING else f" = {show(value)}"
        return ScenarioError(f"{self.file_of(path)}: {path}{shown}: {expected}")

    def unknown(self, path: str, valid: Iterable[str], value: Any) -> ScenarioError:
        """The error to raise for an unknown key, with the right unit or the nearest valid key."""
        table, _, key = path.rpartition(".")
        valid = list(valid)
        stem = split_unit(key)[0]
        same = [v for v in valid if split_unit(v)[0] == stem]
        if same:
            units = " or ".join(unit_of(v) or "no unit" for v in same)
            return self.fail(path, value, f"wrong unit; expected {units}: write {' or '.join(same)}")
        if table == "flight" and key in OF_ITS_OWN:
            return self.fail(path, value, f"expected a list of tables of its own, [[{key}]]")
        where = f"[{table}]" if table else "a scenario"
        return self.fail(path, value, f"unknown key in {where}{nearest(key, valid)}")


def expectation(hint: Any, unit: str) -> str:
    """What a field accepts, in words."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        words = expectation(arguments[0], unit)
        return f"{words}, or a distribution" if may_be_distribution(hint) else words
    if origin is Annotated:
        return _range_in_words(arguments[0], arguments[1:], unit)
    if origin is tuple:
        inner = expectation(arguments[0], unit)
        return f"a list, each {inner}" if arguments[-1] is Ellipsis else f"{len(arguments)} numbers, each {inner}"
    if is_dataclass(hint):
        return "a table"
    if origin is Literal:
        return "one of " + ", ".join(show(a) for a in arguments)
    names = {float: "a finite number", int: "a whole number", str: "a string", bool: "true or false"}
    return names.get(hint, str(hint)) + (f" ({unit})" if unit and hint is float else "")


def _range_in_words(base: Any, constraints: tuple[Any, ...], unit: str) -> str:
    least = next((c.min_length for c in constraints if isinstance(c, MinLen)), None)
    if least is not None:
        return f"a list of at least {least}, each {expectation(get_args(base)[0], unit)}"
    lo = next((f"{c.ge:g}" for c in constraints if isinstance(c, Ge)), None)
    above = next((f"{c.gt:g}" for c in constraints if isinstance(c, Gt)), None)
    hi = next((f"{c.le:g}" for c in constraints if isinstance(c, Le)), None)
    below = next((f"{c.lt:g}" for c in constraints if isinstance(c, Lt)), None)
    most = next((c.max_length for c in constraints if isinstance(c, MaxLen)), None)
    if most is not None:
        return f"a list of 1 to {most}, each {expectation(get_args(base)[0], unit)}"
    bounds = ((">=", lo), (">", above), ("<=", hi), ("<", below))
    text = " and ".join(f"{sign} {bound}" for sign, bound in bounds if bound)
    number = "a whole number" if base is int else "a number"
    text = f"{number} from {lo} to {hi}" if lo and hi else f"{number} {text}"
    return text + (f" ({unit})" if unit else "")


def may_be_distribution(hint: Any) -> bool:
    """Whether a key takes a distribution beside a number."""
    return Normal in get_args(hint)
