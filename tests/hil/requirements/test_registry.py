"""The kinds of requirement: the shipped ones, and those that other packages offer."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint
from typing import Literal

import pytest
from pydantic.dataclasses import dataclass

from hil.requirements import Measure, Requirement, RequirementKindError, Row, View, kinds, registry


@dataclass(frozen=True, kw_only=True)
class Quiet(Row):
    """The largest acceleration over a cycle."""

    kind: Literal["quiet"] = "quiet"
    limit_mps: float

    def measures(self) -> tuple[Measure, ...]:
        return (Measure(self.name, "m/s", "largest velocity change of a cycle"),)

    def evaluate(self, flight: View) -> list[Requirement]:
        return [self.measures()[0].at_most(float(abs(flight.truth["dv_body_mps"]).max()), self.limit_mps)]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[EntryPoint]]:
    entries: list[EntryPoint] = []
    monkeypatch.setattr(registry, "entry_points", lambda group: [e for e in entries if e.group == group])
    kinds.cache_clear()
    yield entries
    kinds.cache_clear()


def entry(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, registry.GROUP)


def test_every_shipped_kind_is_found_by_its_name() -> None:
    assert all(kinds()[registry.name_of(kind)] is kind for kind in registry.shipped())
    assert {"docking", "corridor", "closing_rate", "keep_out", "collision", "passive_safety"} <= kinds().keys()


def test_an_installed_package_adds_a_kind(offered: list[EntryPoint]) -> None:
    offered.append(entry("quiet", f"{__name__}:Quiet"))
    assert kinds()["quiet"].__name__ == "Quiet"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("quiet", "no_such_package:Quiet", "cannot be loaded: No module named 'no_such_package'"),
        ("quiet", "hil.requirements:Measure", "expected a subclass of hil.requirements.Row"),
        ("loud", f"{__name__}:Quiet", "its field kind is 'quiet': expected the entry point's name"),
        ("docking", "hil.requirements.docking:Docking", "the name is taken by hil.requirements.docking"),
    ],
)
def test_a_kind_that_cannot_be_used_is_refused_by_name(
    offered: list[EntryPoint], name: str, value: str, said: str
) -> None:
    offered.append(entry(name, value))
    with pytest.raises(RequirementKindError, match=f"requirement kind '{name}' .*{said}"):
        kinds()
