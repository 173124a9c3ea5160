"""The identity of the campaign in a journal, and whether another one may continue it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from hil.campaign.cases import Case
from hil.campaign.journal import CampaignError, Journal
from hil.campaign.results import Criterion
from hil.log import versions
from hil.scenario import Scenario
from hil.scenario.rows import rows_of_text
from hil.software import software_name


def identity_of(scenario: Scenario, case: Case, runs: int, command: str, criterion: Criterion) -> dict[str, str]:
    """What identifies a campaign in its journal."""
    named = [getattr(vehicle.orbit, "file", None) for vehicle in scenario.vehicles.values()]
    orbits = b"".join(scenario.file(name).read_bytes() for name in named if name)
    return {
        "scenario": case.scenario_toml,
        "ephemeris": hashlib.sha256(orbits).hexdigest(),
        "seed": str(case.seed),
        "runs": str(runs),
        "flight": software_name(case.flight),
        "sampler": case.sampling.sampler,
        "criterion": json.dumps(asdict(criterion), sort_keys=True),
        "versions": json.dumps(versions(), sort_keys=True),
        "source": scenario.source,
        "path": scenario.path,
        "command": command,
    }


def begin_or_resume(journal: Journal, identity: Mapping[str, str], resume: bool) -> None:
    """Starts the journal of a campaign, or continues that of the same campaign. CampaignError for another."""
    was = journal.identity()
    if not was:
        journal.begin(identity)
        return
    if not resume:
        raise CampaignError(f"{journal.path}: already holds a campaign; --resume continues it")
    changed = next(_changes(was, identity), None)
    if changed:
        raise CampaignError(f"{journal.path}: cannot resume another campaign: {changed}")


def _changes(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    """How this campaign differs from the one in the journal, in words."""
    for name in ("seed", "runs", "sampler"):
        if was[name] != now[name]:
            yield f"{name} = {now[name]}, it was begun with {was[name]}"
    if was["scenario"] != now["scenario"]:
        yield _first_difference("", rows_of_text(was["scenario"]), rows_of_text(now["scenario"])) or "the scenario"
    if was["criterion"] != now["criterion"]:
        yield _first_difference("", json.loads(was["criterion"]), json.loads(now["criterion"])) or "the criterion"
    if was["ephemeris"] != now["ephemeris"]:
        yield "a file that an orbit is read from is not the one it was begun with"
    if was["flight"] != now["flight"]:
        yield f"flight software {now['flight'] or 'the flight core'}, not {was['flight'] or 'the flight core'}"
    old, new = json.loads(was["versions"]), json.loads(now["versions"])
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield f"version of {name} is {new.get(name)}, it was begun with {old.get(name)}"


def _first_difference(path: str, was: Any, now: Any) -> str | None:
    if was == now:
        return None
    if isinstance(was, dict) and isinstance(now, dict):
        for key in sorted({*was, *now}):
            found = _first_difference(f"{path}.{key}" if path else key, was.get(key), now.get(key))
            if found:
                return found
    return f"{path} = {now}, it was begun with {was}"
