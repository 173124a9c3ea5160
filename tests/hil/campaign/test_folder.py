"""The folder: one campaign's, and nothing else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.campaign import campaign
from hil.campaign.folder import campaign_folder
from hil.campaign.journal import CampaignError


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    with pytest.raises(CampaignError, match=r"not a campaign: it contains thesis\.txt"):
        campaign("iss-contact", 1, out=tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_two_campaigns_do_not_share_a_folder(tmp_path: Path) -> None:
    with campaign_folder(tmp_path / "out"), pytest.raises(CampaignError, match="another campaign is running there"):
        campaign("iss-contact", 1, out=tmp_path / "out")
