"""Identity: another campaign is not resumed."""

from __future__ import annotations

from typing import Any

import pytest

from hil.campaign import Criterion, Keep, campaign, identity
from hil.campaign.journal import CampaignError
from tests.hil.own_software import passive

SHORT = ("scenario.max_duration_s=20.0",)  # ends before contact: every case fails, quickly


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "seed": ({"seed": 9}, "seed = 9, it was begun with 1"),
    "runs": ({"runs": 3}, "runs = 3, it was begun with 2"),
    "scenario": (
        {"overrides": (*SHORT, "vehicle.cargo.mass_kg=15001.0")},
        r"vehicle\.cargo\.mass_kg = 15001\.0, it was begun with",
    ),
    "criterion": ({"criterion": Criterion(accepted=1)}, "accepted = 1, it was begun with 0"),
    "sampler": ({"sampler": "sobol"}, "sampler = sobol, it was begun with random"),
    "software": ({"flight": passive}, r"flight software tests\.hil\.own_software:passive, not the flight core"),
}


@pytest.mark.parametrize("change", [*CHANGES, "version"])
def test_another_campaign_is_not_resumed(
    tmp_path_factory: pytest.TempPathFactory, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path_factory.mktemp("changed") / "out"
    same = {"runs": 2, "seed": 1, "overrides": SHORT, "out": out, "keep": Keep(0, 0, 0)}
    campaign("iss-contact", **same)
    with pytest.raises(CampaignError, match="already holds a campaign"):
        campaign("iss-contact", **same)
    arguments, expected = CHANGES.get(change, ({}, "version of core is other, it was begun with"))
    if change == "version":
        now = identity.versions() | {"core": "other"}
        monkeypatch.setattr(identity, "versions", lambda: now)
    with pytest.raises(CampaignError, match=f"cannot resume another campaign: {expected}"):
        campaign("iss-contact", **{**same, **arguments}, resume=True)
