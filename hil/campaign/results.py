"""The result of a campaign: its table, its statement, and export to Parquet."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hil.campaign.defaults import CONFIDENCE, REQUIRED
from hil.campaign.folder import JOURNAL_NAME, LOGS_NAME, TABLE_NAME
from hil.campaign.journal import CampaignError, Journal, Row
from hil.campaign.sampling import RANDOM, Sampling
from hil.campaign.statistics import demonstrated, runs_needed
from hil.log import PASS, versions
from hil.scenario import Scenario


@dataclass(frozen=True)
class Criterion:
    """The criterion of a campaign, fixed before it is flown.

    required: success probability to be shown at that confidence; accepted: cases that may fail.
    """

    required: float = REQUIRED
    confidence: float = CONFIDENCE
    accepted: int = 0

    def __post_init__(self) -> None:
        """Raises CampaignError for an impossible criterion."""
        for name in ("required", "confidence"):
            value = getattr(self, name)
            if not 0.0 < value < 1.0:
                raise CampaignError(f"{name} = {value}: expected more than 0 and less than 1")
        if self.accepted < 0:
            raise CampaignError(f"accepted = {self.accepted}: expected 0 or more failures")

    @property
    def runs_needed(self) -> int:
        """Smallest number of runs that meets the criterion with the accepted failures."""
        return runs_needed(self.required, self.confidence, self.accepted)


@dataclass(frozen=True)
class Campaign:
    """A completed campaign. `runs_per_s` counts the cases of this session, None when it flew none."""

    scenario: Scenario
    seed: int
    runs: int
    rows: list[Row]
    digest: str
    command: str
    out: Path | None = None
    runs_per_s: float | None = None
    kept: tuple[Path, ...] = ()
    table: Path | None = None
    criterion: Criterion = Criterion()
    sampling: Sampling = RANDOM
    versions: Mapping[str, str] = field(default_factory=versions)

    @property
    def failed(self) -> list[int]:
        """Numbers of the cases that did not pass."""
        return [row["case"] for row in self.rows if row["verdict"] != PASS]

    @property
    def statement(self) -> str:
        """The statement about mission success."""
        failures, counted = self.failed, self.sampling.counted(self.runs)
        word = "failure" if len(failures) == 1 else "failures"
        shown = demonstrated(sum(case < counted for case in failures), counted, self.criterion.confidence).statement
        return f"{len(failures)} {word} in {self.runs} runs: success {shown}"

    @property
    def passed(self) -> bool:
        """Whether no more cases failed than were accepted."""
        return len(self.failed) <= self.criterion.accepted

    def replay(self, case: int) -> str:
        """The command that flies a case again."""
        return f"{self.command} --seed {self.seed} --case {case}"

    def columns(self) -> dict[str, Any]:
        """The table by columns, of N values each: float64 with NaN where there is none; text and verdicts as lists."""
        return {name: _column(name, [row.get(name) for row in self.rows]) for name in self.column_names()}

    def column_names(self) -> list[str]:
        """Every name that any case has, in the order of its first appearance."""
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def summary(self) -> dict[str, Any]:
        """What the campaign shows, as `hil.report.summarise` has it: plain values for JSON."""
        from hil.report.campaign import summarise

        asked = self.criterion
        return summarise(self, asked.required, asked.confidence, self.sampling.sampler, asked.accepted)

    @classmethod
    def open(cls, directory: str | Path) -> Campaign:
        """The campaign in a folder. Raises CampaignError if there is none, or if it is not complete."""
        out = Path(directory)
        if not (out / JOURNAL_NAME).is_file():
            raise CampaignError(f"{out / JOURNAL_NAME}: no campaign in this folder")
        journal = Journal(out / JOURNAL_NAME, read_only=True)
        try:
            identity = journal.identity()
            if not identity:
                raise CampaignError(f"{journal.path}: the campaign was never started")
            runs, rows = int(identity["runs"]), journal.rows()
            if len(rows) < runs:
                raise CampaignError(f"{journal.path}: {len(rows)} of {runs} cases flown: --resume flies the rest")
            scenario = replace(Scenario.parse(identity["scenario"], identity["source"]), path=identity["path"])
            table = out / TABLE_NAME
            return cls(
                scenario, int(identity["seed"]), runs, rows, journal.digest(), identity["command"], out,
                kept=tuple(sorted((out / LOGS_NAME).glob("case-*"))), table=table if table.exists() else None,
                criterion=Criterion(**json.loads(identity["criterion"])),
                sampling=Sampling.of(identity["sampler"], runs), versions=json.loads(identity["versions"]),
            )  # fmt: skip
        finally:
            journal.close()


def _column(name: str, values: list[Any]) -> Any:
    if any(isinstance(value, str) for value in values) or name in ("error", "digest"):
        return values
    if name == "case":
        return np.array(values, np.int64)
    return np.array([math.nan if value is None else float(value) for value in values])


def export_parquet(flown: Campaign, path: Path) -> Path | None:
    """The table as Parquet, one row a case; None where the extra `campaign` is not installed."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        return None
    table = {}
    for name in flown.column_names():
        values = [row.get(name) for row in flown.rows]
        texts = name in ("verdict", "error", "outcome", "ended", "digest", "beyond_validity")
        kind = arrow.string() if texts else arrow.bool_() if name.endswith(".passed") else arrow.float64()
        table[name] = arrow.array(values, arrow.int64() if name == "case" else kind)
    partial = path.with_suffix(".part")
    try:
        parquet.write_table(arrow.table(table, metadata={"digest": flown.digest, "seed": str(flown.seed)}), partial)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        reason = error.strerror or str(error)
        raise CampaignError(f"{path}: cannot be written: {reason}; the journal holds every case") from None
    return path
