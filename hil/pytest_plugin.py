"""Scenario files as tests: `pytest --sil scenarios/`. Without --sil this plugin does nothing.

A file is flown once for each seed, and each requirement is a separate test. Figure, limit, margin, unit, seed and the
command that flies it again are properties in the JUnit XML. See docs/regression.md for continuous integration.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from hil.requirements import Requirement
    from hil.scenario import Scenario

WHOLE_RUN = "flown"
"""The test of each flight that it came to its end, on the flight computer that was asked for."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, all of them under --sil."""
    group = parser.getgroup("proxops", "software in the loop (ProxOps)")
    group.addoption("--sil", action="store_true", help="collect scenario files (.toml) and fly them")
    group.addoption(
        "--sil-seed",
        action="append",
        metavar="SEEDS",
        help="seeds to fly each scenario with, as 1,2,10-19 (default: 1)",
    )
    group.addoption(
        "--sil-on", default="sil", metavar="COMPUTER", help="who flies, as for proxops run --on (default: sil)"
    )
    group.addoption(
        "--sil-flight", metavar="MODULE:FACTORY", help="your own flight software, as for proxops run --flight"
    )


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """With pytest-xdist the tests of one flight go to one worker, unless --dist says otherwise."""
    if config.getoption("--sil") and getattr(config.option, "dist", None) == "no":
        config.option.dist = "loadscope" if config.option.numprocesses else "no"
    return (yield)


def pytest_configure(config: pytest.Config) -> None:
    """Reports a mistake in the options before collection."""
    on, software = config.getoption("--sil-on"), config.getoption("--sil-flight")
    if config.getoption("--sil"):
        _seeds(config)
        if software and on != "sil":
            raise pytest.UsageError(f"--sil-flight {software}: cannot be combined with --sil-on {on}")
    elif config.getoption("--sil-seed") or on != "sil" or software:
        raise pytest.UsageError("--sil-seed, --sil-on and --sil-flight: expected together with --sil")


def _seeds(config: pytest.Config) -> list[int]:
    from hil.seeds import parse_seeds

    try:
        return parse_seeds(config.getoption("--sil-seed") or ["1"])
    except ValueError as mistake:
        raise pytest.UsageError(f"--sil-seed {mistake}") from None


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ScenarioFile | None:
    """Collects every .toml file that is named, and every scenario, valid or not, in the named folders."""
    if not parent.config.getoption("--sil") or file_path.suffix != ".toml":
        return None
    from hil.scenario import says_scenario

    try:
        collected = parent.session.isinitpath(file_path) or says_scenario(file_path)
    except OSError as error:
        parent.warn(pytest.PytestCollectionWarning(f"{file_path}: not looked at: {error.strerror}"))
        return None
    return ScenarioFile.from_parent(parent, path=file_path) if collected else None


class ScenarioFile(pytest.File):
    """A scenario, flown once for each seed."""

    def collect(self) -> Iterable[Flight]:
        """A flight for each seed. CollectError is one line that names file, key, value and what was expected."""
        from hil.prepare import prepare
        from hil.scenario import Scenario, ScenarioError

        asked = _seeds(self.config)
        try:
            scenario = Scenario.load(self.path)
            prepare(scenario, asked[0]).flight_core()
        except ScenarioError as mistake:
            raise self.CollectError(str(mistake)) from None
        for seed in asked:
            yield Flight.from_parent(self, name=f"seed-{seed}", scenario=scenario, seed=seed)


@dataclass(frozen=True)
class Outcome:
    """The data that the tests of a flight use; `error` is why it broke or does not count, else None."""

    requirements: dict[str, Requirement]
    error: str | None
    digest: str


class Flight(pytest.Collector):
    """One scenario under one seed; flown when its first test runs."""

    def __init__(self, *, scenario: Scenario, seed: int, **more: Any):
        super().__init__(**more)
        self.scenario, self.seed = scenario, seed
        self._outcome: Outcome | None = None

    @property
    def replay(self) -> str:
        """The command that flies it again."""
        on = self.config.getoption("--sil-on")
        software = self.config.getoption("--sil-flight")
        who = f" --flight {quote(software)}" if software else f" --on {quote(on)}" if on != "sil" else ""
        return f"proxops run {quote(os.path.relpath(self.path))} --seed {self.seed}{who}"

    def collect(self) -> Iterable[RequirementTest]:
        """Its requirements."""
        from hil.requirements import Catalogue

        for name in (WHOLE_RUN, *Catalogue.of(self.scenario).names):
            yield RequirementTest.from_parent(self, name=name)

    def outcome(self) -> Outcome:
        """Flies it, the first time."""
        if self._outcome is None:
            self._outcome = self._fly()
        return self._outcome

    def _fly(self) -> Outcome:
        import click

        from firmware_bridge.boards import BoardError
        from firmware_bridge.computers import open_computer
        from firmware_bridge.errors import BridgeError
        from hil.cli.shared import software_named
        from hil.run import fly
        from hil.scenario import ScenarioError
        from hil.software import RunError

        on, software = self.config.getoption("--sil-on"), self.config.getoption("--sil-flight")
        try:
            faults: Any = {"link_faults": self.scenario.link_faults, "board_faults": self.scenario.board_faults}
            with nullcontext() if on == "sil" else open_computer(on, seed=self.seed, **faults) as computer:
                log = fly(self.scenario, self.seed, flight=software_named(software) or computer)
        except (BoardError, BridgeError, RunError, ScenarioError) as error:
            return Outcome({}, str(error), "")
        except click.UsageError as mistake:
            return Outcome({}, f"--sil-{mistake.message.removeprefix('--')}", "")
        for line in log.beyond_validity:
            self.warn(pytest.PytestWarning(f"{self.scenario.name}: beyond the range of a model: {line}"))
        return Outcome({requirement.name: requirement for requirement in log.requirements}, log.error, log.digest)


class NotMetError(Exception):
    """A requirement that is not met; its text is the complete message."""


class RequirementTest(pytest.Item):
    """One requirement of a flight."""

    def runtest(self) -> None:
        """Passes if the requirement is met; skipped if it was not evaluated."""
        flight = self.flight
        found = flight.outcome()
        requirement = found.requirements.get(self.name)
        self.user_properties += [
            ("scenario", flight.scenario.name),
            ("seed", flight.seed),
            ("replay", flight.replay),
            ("digest", found.digest),
        ]
        if requirement is not None:
            values = requirement.as_dict()
            self.user_properties += [
                (key, "" if values[key] is None else values[key]) for key in ("figure", "limit", "margin", "unit")
            ]
        if self.name == WHOLE_RUN:
            if found.error is not None:
                raise NotMetError(f"{found.error}\nreplay: {flight.replay}")
            return
        if not found.requirements:
            raise NotMetError(f"not judged: {found.error}\nreplay: {flight.replay}")
        if requirement is None or requirement.passed is None:
            pytest.skip("not evaluated: its condition never occurred in this flight")
        if not requirement.passed:
            raise NotMetError(f"{_table(requirement, flight.seed)}\nreplay: {flight.replay}")

    @property
    def flight(self) -> Flight:
        """The flight it is a test of."""
        assert isinstance(self.parent, Flight)
        return self.parent

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """The short table; a traceback only for a defect of ProxOps."""
        if isinstance(excinfo.value, NotMetError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """What stands above a failure."""
        return self.path, None, f"{self.flight.scenario.name}, seed {self.flight.seed}: {self.name}"


def _table(requirement: Requirement, seed: int) -> str:
    """A requirement in a sentence and a table of one line, columns aligned."""
    from hil.report.wording import figure

    r = requirement
    columns = {
        "requirement": r.title, "figure": figure(r.figure, r.unit), "limit": figure(r.limit, r.unit),
        "margin": figure(r.margin, r.unit, margin=True), "unit": "" if r.unit == "1" else r.unit, "seed": str(seed),
    }  # fmt: skip
    widths = [max(len(head), len(value)) for head, value in columns.items()]
    lines = [zip(part, widths, strict=True) for part in (columns.keys(), columns.values())]
    sentence = (
        f"{columns['requirement']} {columns['figure']} {columns['unit']}".rstrip() + f", limit {columns['limit']}"
    )
    return "\n".join([sentence, *("  ".join(t.ljust(width) for t, width in line).rstrip() for line in lines)])
