"""Campaigns: the same scenario flown N times under one master seed, every case in a journal.

The result of a case depends only on the scenario, the master seed and the case number. A case gives identical results
whichever worker flies it, and in any order; the digest of the table shows this.

`from hil.campaign import campaign, Campaign`; expensive modules are imported on first use.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hil.campaign.cases import INEXACT as INEXACT
    from hil.campaign.cases import Case as Case
    from hil.campaign.cases import case_result as case_result
    from hil.campaign.cases import fly_case as fly_case
    from hil.campaign.cases import row as row
    from hil.campaign.cases import same_row as same_row
    from hil.campaign.flying import campaign as campaign
    from hil.campaign.folder import JOURNAL_NAME as JOURNAL_NAME
    from hil.campaign.journal import CampaignError as CampaignError
    from hil.campaign.kept_logs import Keep as Keep
    from hil.campaign.results import Campaign as Campaign
    from hil.campaign.results import Criterion as Criterion
    from hil.campaign.results import export_parquet as export_parquet

_HOME = {
    "cases": ("INEXACT", "Case", "case_result", "fly_case", "row", "same_row"),
    "flying": ("campaign",),
    "folder": ("JOURNAL_NAME",),
    "journal": ("CampaignError",),
    "kept_logs": ("Keep",),
    "results": ("Campaign", "Criterion", "export_parquet"),
}
__all__ = [
    "INEXACT",
    "JOURNAL_NAME",
    "Campaign",
    "CampaignError",
    "Case",
    "Criterion",
    "Keep",
    "campaign",
    "case_result",
    "export_parquet",
    "fly_case",
    "row",
    "same_row",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOME.items():
        if name in names:
            from importlib import import_module

            return getattr(import_module(f"hil.campaign.{module}"), name)
    raise AttributeError(f"module 'hil.campaign' has no attribute {name!r}")
