"""Rows: which two are of one flight."""

from __future__ import annotations

import json
import sqlite3
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from hil.campaign import Keep, campaign, cases
from hil.campaign.journal import canonical

SHORT = ("scenario.max_duration_s=20.0",)  # ends before contact: every case fails, quickly


def test_figures_of_numpy_may_differ_in_their_last_bits_between_processors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, keep = tmp_path / "out", Keep(0, 0, 1)
    campaign("iss-contact", 1, overrides=SHORT, out=out, keep=Keep(0, 0, 0))
    with sqlite3.connect(out / "journal.sqlite") as db:
        case = json.loads(db.execute("SELECT record FROM cases").fetchone()[0])
        figures = [name for name in case if name.startswith(cases.INEXACT) and isinstance(case[name], float)]
        assert any(name.startswith("consistency.") for name in figures)
        for name in figures:
            case[name] = float(np.nextafter(case[name], np.inf))
        record = canonical(case)
        db.execute("UPDATE cases SET record = ?, sha256 = ?", (record, sha256(record.encode()).hexdigest()))
    db.close()
    resumed = campaign("iss-contact", 1, overrides=SHORT, out=out, resume=True, keep=keep)
    assert [path.name for path in resumed.kept] == ["case-000000"]


@pytest.mark.parametrize("name", ["digest", "gate", "dispersed.mass_ratio", "duration_s", "verdict"])
def test_what_is_the_same_on_every_machine_is_compared_exactly(name: str) -> None:
    row = {"digest": "a", "gate": 1.0, "dispersed.mass_ratio": 1.0, "duration_s": 1.0, "verdict": "PASS"}
    other = row | {name: "b" if isinstance(row[name], str) else float(np.nextafter(1.0, 2.0))}
    assert cases.same_row(row, dict(row)) and not cases.same_row(row, other)
    assert not cases.same_row(row, {key: value for key, value in row.items() if key != name})
    figure = {"requirement.delta_v.figure": 1.0, "requirement.delta_v.passed": True}
    assert cases.same_row(figure, figure | {"requirement.delta_v.figure": 1.0 + 1e-12})
    assert not cases.same_row(figure, figure | {"requirement.delta_v.figure": 1.0 + 1e-6})
    assert not cases.same_row(figure, figure | {"requirement.delta_v.passed": False})
