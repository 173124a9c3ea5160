"""The logs that a campaign keeps, of cases that are flown again for this purpose."""

from __future__ import annotations

import shutil
from concurrent.futures import Future
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hil.campaign.cases import Case, case_result, row_of, same_row
from hil.campaign.journal import CampaignError, Row
from hil.campaign.results import Campaign
from hil.log import versions
from hil.recorder import RecorderError
from hil.workers import Workers


@dataclass(frozen=True)
class Keep:
    """The cases to fly again for their logs: the first failed ones, the worst ones, and case 0."""

    failed: int = 10
    worst: int = 3
    sampled: int = 1


def keep_logs(flown: Campaign, first: Case, directory: Path, keep: Keep, workers: Workers) -> tuple[Path, ...]:
    """Flies cases again with their logs, but for those of an earlier session; by the kind of worker that flew them."""
    from hil.report.campaign import worst_first

    worst = worst_first(flown)[: keep.worst]
    failed, sampled = flown.failed[: keep.failed], range(min(keep.sampled, flown.runs))
    # a case without a verdict, or one that ended its worker, has no log
    chosen = sorted(number for number in {*failed, *worst, *sampled} if flown.rows[number]["digest"] is not None)
    paths = {number: directory / f"case-{number:06d}" for number in chosen}
    tasks = [
        (replace(first, number=number), path.with_suffix(".part"))
        for number, path in paths.items() if not path.exists()
    ]  # fmt: skip
    if workers.dask is not None:  # the logs belong on this machine
        workers = replace(workers, dask=None)
    with closing(workers.results(_fly_with_log, tasks)) as found:
        for (case, partial), future in found:
            _keep_log(flown.rows[case.number], future, case, partial, paths[case.number])
    return tuple(paths.values())


def _fly_with_log(task: tuple[Case, Path]) -> tuple[Row, dict[str, str]]:
    case, partial = task
    shutil.rmtree(partial, ignore_errors=True)
    return row_of(case, partial), versions()


def _keep_log(was: Row, future: Future[Any], case: Case, partial: Path, kept: Path) -> None:
    """What a case that was flown again left; it must be the case in the journal."""
    try:
        again, _ = case_result(future, case)
    except RecorderError as error:
        raise CampaignError(f"{error}; the journal holds every case") from None
    if not same_row(was, again):
        raise CampaignError(f"case {case.number} gave different results when it was flown again for its log")
    partial.rename(kept)
