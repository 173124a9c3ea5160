"""The folder of a campaign, for one campaign at a time."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.campaign.journal import CampaignError
from hil.files import write_text

JOURNAL_NAME = "journal.sqlite"
TABLE_NAME = "cases.parquet"
SCENARIO_NAME = "scenario.toml"
LOGS_NAME = "runs"


@contextmanager
def campaign_folder(out: str | Path | None) -> Iterator[Path | None]:
    """The folder of a campaign, for one campaign at a time."""
    if out is None:
        yield None
        return
    directory = Path(out).absolute()
    handle = None
    try:
        try:
            directory.mkdir(parents=True, exist_ok=True)
            foreign = [p.name for p in directory.iterdir()] if not (directory / JOURNAL_NAME).exists() else []
            if foreign:
                raise CampaignError(f"{directory}: not empty, and not a campaign: it contains {foreign[0]}")
            handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CampaignError(f"{directory}: another campaign is running there") from None
        except OSError as error:
            raise CampaignError(f"{directory}: cannot be written: {error.strerror}") from None
        yield directory
    finally:
        if handle is not None:
            os.close(handle)


def write_scenario(directory: Path, text: str) -> None:
    """Leaves the scenario in the folder. Raises CampaignError."""
    try:
        write_text(directory / SCENARIO_NAME, text)
    except OSError as error:
        raise CampaignError(f"{directory / SCENARIO_NAME}: cannot be written: {error.strerror}") from None
