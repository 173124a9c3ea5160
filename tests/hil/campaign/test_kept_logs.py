"""Kept logs: of the cases asked for, and of no other flight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hil import Log
from hil.campaign import Keep, campaign, cases
from hil.campaign.journal import CampaignError

SHORT = ("scenario.max_duration_s=20.0",)  # ends before contact: every case fails, quickly


def test_failures_are_counted_and_their_logs_kept(tmp_path: Path) -> None:
    found = campaign("iss-contact", 3, overrides=SHORT, out=tmp_path / "out", keep=Keep(failed=2, worst=0, sampled=0))
    assert found.failed == [0, 1, 2] and found.statement.startswith("3 failures in 3 runs: success ≥ 0.00 %")
    assert [path.name for path in found.kept] == ["case-000000", "case-000001"]
    entry = found.summary()["requirements"][0]
    assert (entry["name"], entry["runs"], entry["failures"]) == ("captured", 3, 3)
    assert found.replay(2) == "proxops run iss-contact --set scenario.max_duration_s=20.0 --seed 1 --case 2"


def test_a_case_that_flies_otherwise_when_flown_again_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = cases.fly, []

    def different(*arguments: Any, **named: Any) -> Log:
        calls.append(named["out"])
        return real(*arguments, **{**named, "case": named["case"] + (named["out"] is not None)})

    monkeypatch.setattr(cases, "fly", different)
    with pytest.raises(CampaignError, match="case 0 gave different results"):
        campaign("iss-contact", 1, overrides=SHORT, out=tmp_path / "out")
    assert len(calls) == 2
