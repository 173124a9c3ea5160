"""Sweeps: a scenario flown over a grid of values of its keys, N cases at each point.

Case K of every point has the same draws (common random numbers): what differs between two points is what
the keys do, not the luck of the draw.
"""

from __future__ import annotations

import csv
import hashlib
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import product
from math import inf, isfinite, prod
from pathlib import Path
from shlex import quote
from typing import Any

from hil.campaign import Case, case_result, fly_case
from hil.campaign.journal import Row, canonical, flown_beyond
from hil.campaign.statistics import clopper_pearson
from hil.files import replacing
from hil.log import ERROR, PASS, versions
from hil.prepare import prepare
from hil.requirements import Catalogue
from hil.run import refuse_faults_not_injected
from hil.scenario import Scenario, ScenarioError, read_toml
from hil.software import FlightFactory, flown_by
from hil.workers import Workers, pool_for

CASES_MAX = 1_000_000
DIGITS = 12
"""Significant digits of the values of a range: 0.3, not 0.30000000000000004."""


class SweepError(RuntimeError):
    """A sweep that cannot be flown or written; one line that names the thing and what was expected."""

    exit_status = 2


@dataclass(frozen=True)
class Parameter:
    """A key of the scenario and its values, as numbers or as strings of the file. "a+b" ties two keys together."""

    key: str
    values: tuple[float | int | str, ...]

    @classmethod
    def parse(cls, text: str) -> Parameter:
        """Reads "key=a:b:n", n values from a to b, or "key=v1,v2,v3". Raises SweepError."""
        key, equals, written = (part.strip() for part in text.partition("="))
        if not equals or not all(part.strip() for part in key.split("+")) or not written:
            raise SweepError(f"--param {text}: expected key=first:last:count or key=value,value,…")
        ends = written.split(":")
        if len(ends) == 3 and all(isinstance(_number(end), int | float) for end in ends):
            return cls(key, tuple(_range(text, *map(_number, ends))))
        values = tuple(_number(part) for part in _split(written))
        if len(values) < 2 or "" in values:
            raise SweepError(f"--param {text}: expected two values or more, as first:last:count or value,value,…")
        if len(set(values)) < len(values):
            raise SweepError(f"--param {text}: a value is given twice")
        return cls(key, values)

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that take each value, all of them the same one."""
        return tuple(part.strip() for part in self.key.split("+"))

    @property
    def numeric(self) -> bool:
        """Whether all its values are numbers."""
        return not any(isinstance(value, str) for value in self.values)


def _number(text: str) -> float | int | str:
    """The number that a text is, or the text; a truth value and a list stay texts."""
    try:
        value = read_toml(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text.strip()
    return value if isinstance(value, int | float) and not isinstance(value, bool) else text.strip()


def _split(written: str) -> Iterator[str]:
    """The parts between commas, but for those inside brackets."""
    depth, start = 0, 0
    for at, letter in enumerate(written):
        depth += (letter in "[{") - (letter in "]}")
        if letter == "," and depth == 0:
            yield written[start:at].strip()
            start = at + 1
    yield written[start:].strip()


def _range(text: str, first: Any, last: Any, count: Any) -> Iterator[float | int]:
    if not isinstance(count, int) or not 2 <= count <= CASES_MAX:
        raise SweepError(f"--param {text}: count = {count}: expected a whole number from 2 to {CASES_MAX:,}")
    if not (isfinite(first) and isfinite(last)) or first == last:
        raise SweepError(f"--param {text}: expected two different numbers, first and last")
    for i in range(count):
        value = float(f"{first + (last - first) * i / (count - 1):.{DIGITS}g}")
        yield int(value) if isinstance(first, int) and isinstance(last, int) and value.is_integer() else value


@dataclass(frozen=True)
class Point:
    """One point of the grid: a value of each parameter, its cases, and the command that flies one but for `--case`."""

    values: tuple[float | int | str, ...]
    rows: tuple[Row, ...]
    command: str
    catalogue: Catalogue

    @property
    def failures(self) -> int:
        """How many cases did not pass."""
        return sum(row["verdict"] != PASS for row in self.rows)

    def weakest(self) -> tuple[str, float, int]:
        """(requirement, margin as a share of its limit, case) where the margin is least.

        -inf where a case broke, or nothing was there to measure and should have been.
        """
        found = [(ratio, name, row["case"]) for row in self.rows for name, ratio in self.margins(row).items()]
        ratio, name, case = min(found, key=lambda one: (one[0], self.catalogue.order(one[1]), one[2]))
        return name, ratio, case

    def replay(self, case: int) -> str:
        """The command that flies a case again."""
        return f"{self.command} --case {case}"

    def margins(self, row: Row) -> dict[str, float]:
        """Of each requirement that a case was judged on the margin as a share of its limit.

        -inf where nothing was there to measure and should have been, and for a yes or no that is a no; a yes has
        none. A run that broke has that one alone, as "flown".
        """
        if row["verdict"] == ERROR:
            return {"flown": -inf}
        found = {}
        for key in row:
            if key.startswith("requirement.") and key.endswith(".passed"):
                name = key.removeprefix("requirement.").removesuffix(".passed")
                margin, limit, passed = (row[f"requirement.{name}.{part}"] for part in ("margin", "limit", "passed"))
                yes_or_no = self.catalogue.unit(name) == "1"
                if yes_or_no and passed:
                    continue
                measured = margin is not None and not yes_or_no
                found[name] = margin / (abs(limit) or 1.0) if measured else inf if passed else -inf
        return found


@dataclass(frozen=True)
class Sweep:
    """A sweep that was flown."""

    scenario: Scenario
    parameters: tuple[Parameter, ...]
    seed: int
    runs: int
    points: tuple[Point, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over all rows, point by point."""
        total = hashlib.sha256()
        for point in self.points:
            for row in point.rows:
                total.update(canonical(row).encode("ascii") + b"\n")
        return total.hexdigest()

    @property
    def beyond_validity(self) -> list[str]:
        """The models that any case was flown with outside the range they hold for."""
        return flown_beyond(row for point in self.points for row in point.rows)

    def names(self) -> list[str]:
        """The requirements that there was something to measure for somewhere, in the order of a report."""
        found = {
            name for point in self.points for row in point.rows for name, r in point.margins(row).items() if r < inf
        }
        named = Catalogue.of(self.scenario)
        return sorted((name for name in found - {"flown"} if named.unit(name) != "1"), key=named.order)

    def worst_first(self) -> list[Point]:
        """The points by failures, then by the least margin."""
        return sorted(self.points, key=lambda point: (-point.failures, point.weakest()[1]))

    def summary(self) -> dict[str, Any]:
        """The sweep in one JSON object; what is not finite is None."""
        return {
            "scenario": self.scenario.name, "seed": self.seed, "runs_per_point": self.runs,
            "parameters": [{"key": p.key, "values": list(p.values)} for p in self.parameters],
            "beyond_validity": self.beyond_validity,
            "points": [self._summary(point) for point in self.points], "digest": self.digest, "versions": versions(),
        }  # fmt: skip

    def _summary(self, point: Point) -> dict[str, Any]:
        name, ratio, case = point.weakest()
        keys = [parameter.key for parameter in self.parameters]
        requirements = {}
        for requirement in self.names():
            ratios = [(r, row["case"]) for row in point.rows if (r := point.margins(row).get(requirement)) is not None]
            if ratios:
                least, at = min(ratios)
                failed = sum(row.get(f"requirement.{requirement}.passed") is False for row in point.rows)
                requirements[requirement] = {"failures": failed, "least_margin": _finite(least), "case": at}
        return {
            "values": dict(zip(keys, point.values, strict=True)), "failures": point.failures,
            "failure_probability": asdict(clopper_pearson(point.failures, len(point.rows))),
            "weakest": {"requirement": name, "margin": _finite(ratio), "case": case, "replay": point.replay(case)},
            "requirements": requirements,
        }  # fmt: skip

    def table(self) -> dict[str, list[Any]]:
        """Every case with the values of its point, by columns."""
        keys = [parameter.key for parameter in self.parameters]
        rows = [dict(zip(keys, point.values, strict=True)) | row for point in self.points for row in point.rows]
        return {name: [row.get(name) for row in rows] for name in dict.fromkeys(name for row in rows for name in row)}


def _finite(value: float) -> float | None:
    return value if isfinite(value) else None


def sweep(
    scenario: str | Path,
    parameters: Sequence[Parameter],
    runs: int = 1,
    seed: int = 1,
    *,
    overrides: Iterable[str] = (),
    flight: FlightFactory | None = None,
    jobs: int | None = None,
    time_limit_s: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Sweep:
    """Flies cases 0 to runs - 1 at every point of the grid.

    Args:
        scenario: name of a packaged scenario, or path of a file.
        parameters: the keys and their values; the last varies fastest.
        runs: cases at each point.
        seed: master seed, the same at each point.
        overrides: "dotted.key=value", the same at each point.
        flight: makes another flight computer for each case; a class or a function that can be imported by name,
            or a `hil.software.Software`. A case that ends its worker process is a row of verdict ERROR.
        jobs: cases flown at a time, in processes where `flight` or a time limit is given; the processors there are
            by default.
        time_limit_s: how long a case may take by the clock (s); one that takes longer is a row of verdict ERROR.
        progress: called with the number of cases done.

    Raises:
        SweepError: no parameter, a key twice, or too many cases.
        WorkersError: workers that cannot be started, or not with what is asked of them.
        SoftwareError: flight software without a name to import it by.
        ScenarioError: a key or a value that the scenario does not take, at whichever point.
    """
    overrides = tuple(overrides)
    keys = [key for parameter in parameters for key in parameter.keys]
    if not keys or len(set(keys)) < len(keys):
        raise SweepError("--param: expected one or more, and each key only once")
    if runs < 1 or runs * prod(len(parameter.values) for parameter in parameters) > CASES_MAX:
        raise SweepError(f"{runs} cases at each point: expected 1 or more, and {CASES_MAX:,} at most in all")
    workers = Workers(jobs, pool_for(flight, time_limit_s), time_limit_s=time_limit_s)
    grid, cases = [], []
    for values in product(*(parameter.values for parameter in parameters)):
        drawn = zip(parameters, values, strict=True)
        settings = [*overrides, *(f"{key}={value}" for parameter, value in drawn for key in parameter.keys)]
        read = Scenario.load(scenario, settings)
        refuse_faults_not_injected(read, None)
        prepare(read, seed).flight_core()
        settled = " ".join(f"--set {quote(item)}" for item in settings)
        grid.append((values, f"proxops run {quote(str(scenario))} {settled} --seed {seed}{flown_by(flight)}"))
        first = Case(read.to_toml(), read.source, str(Path(read.path).resolve()), seed, 0, flight)
        cases += [replace(first, number=number) for number in range(runs)]
    rows = _fly(cases, workers, progress)
    base = Scenario.load(scenario, overrides)
    named = Catalogue.of(base)
    points = tuple(
        Point(values, tuple(rows[at * runs : (at + 1) * runs]), command, named)
        for at, (values, command) in enumerate(grid)
    )
    return Sweep(base, tuple(parameters), seed, runs, points)


def _fly(cases: Sequence[Case], workers: Workers, progress: Callable[[int], None] | None) -> list[Row]:
    """A row for each case, in their order, whoever is first."""
    rows: dict[int, Row] = {}
    with closing(workers.results(_fly_numbered, enumerate(cases))) as flown:
        for (at, case), future in flown:
            try:
                rows[at], _ = case_result(future, case)
            except ScenarioError as error:
                raise ScenarioError(f"case {case.number}: {error}") from None
            if progress:
                progress(len(rows))
    return [rows[at] for at in range(len(cases))]


def _fly_numbered(task: tuple[int, Case]) -> tuple[Row, dict[str, str]]:
    return fly_case(task[1])


def _cell(value: Any) -> Any:
    """A value as a cell of a CSV file: a spreadsheet would take some texts for formulas."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def write_tables(flown: Sweep, directory: Path) -> list[Path]:
    """`cases.csv` in a folder, and `cases.parquet` where the extra `campaign` is installed. Raises SweepError."""
    table = flown.table()
    written = [directory / "cases.csv"]
    try:
        with replacing(written[0]) as partial, partial.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table)
            writer.writerows(map(_cell, row) for row in zip(*table.values(), strict=True))
        try:
            import pyarrow as arrow
            from pyarrow import parquet
        except ImportError:
            return written
        written.append(directory / "cases.parquet")
        with replacing(written[1]) as partial:
            parquet.write_table(arrow.table(table, metadata={"digest": flown.digest}), partial)
    except OSError as error:
        raise SweepError(f"{written[-1]}: cannot be written: {error.strerror or error}") from None
    return written
