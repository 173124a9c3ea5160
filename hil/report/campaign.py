"""The report of a campaign, as plain values and as one self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from math import inf, isfinite
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hil.campaign import consistency, lincov, statistics
from hil.campaign.defaults import CONFIDENCE, REQUIRED
from hil.campaign.journal import flown_beyond
from hil.campaign.sampling import GROUPS, Sampling
from hil.log import ERROR, FAIL, PASS
from hil.outcome import Outcome
from hil.report import campaign_figures as figures
from hil.report.page import contact_limits, template
from hil.report.wording import percent
from hil.requirements import Catalogue
from hil.scenario import Scenario

Floats = NDArray[np.float64]
WORST = 10
DRIVERS = 6


class Flown(Protocol):
    """A campaign and its table, as `hil.campaign.Campaign` is one.

    runs is the number of cases asked for; command what to type before `--seed S --case K` to fly one again.
    Each row, in any order, is flat: case, verdict, error, `requirement.NAME.figure|limit|margin|passed`,
    `contact.*` and `delta_v_mps.*` of one run's `Log`, `dispersed.NAME[.i[.j]]`, `gate.NAME.0` to `.2`,
    the chaser relative to the target in hill axes, m, as a hold or gate was passed, and what
    `hil.campaign.consistency.assess` reads. What does not exist in a
    case has no key.
    """

    @property
    def scenario(self) -> Scenario: ...  # noqa: D102
    @property
    def seed(self) -> int: ...  # noqa: D102
    @property
    def runs(self) -> int: ...  # noqa: D102
    @property
    def rows(self) -> list[dict[str, Any]]: ...  # noqa: D102
    @property
    def command(self) -> str: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102


def none_flown(rows: Sequence[Mapping[str, Any]]) -> bool:
    """Whether no case completed, so that nothing was shown."""
    return all(row["verdict"] == ERROR for row in rows)


def summarise(
    campaign: Flown,
    required: float = REQUIRED,
    confidence: float = CONFIDENCE,
    sampler: str = "random",
    accepted: int = 0,
) -> dict[str, Any]:
    """The results of a campaign as plain values for JSON; None for a number that is not finite.

    required: the success probability to be shown, at that confidence. sampler: how the cases were drawn.
    accepted: cases that may fail; the verdict is PASS when no more did, whether or not N was large enough to
    show what was required, which is met. Of a saltelli design only the cases drawn independently are counted in
    statements, bounds, drivers and ellipses; `sobol` holds the indices of each figure. A case that broke (ERROR)
    is a failure of the mission and of every requirement it was not judged on. ValueError for a campaign
    without cases, a case twice, or a case with an unknown verdict.
    """
    named = Catalogue.of(campaign.scenario)
    every = _checked(campaign.rows, named)
    failed = [row for row in every if row["verdict"] != PASS]
    rows = every[: Sampling.of(sampler, campaign.runs).counted(len(every))]
    mission = statistics.demonstrated(sum(row["verdict"] != PASS for row in rows), len(rows), confidence, required)
    spreads = _spreads(every)
    names = sorted({r["name"] for row in rows for r in row["requirements"]}, key=lambda n: (named.order(n), n))
    return {
        "scenario": campaign.scenario.name,
        "seed": campaign.seed,
        "digest": campaign.digest,
        "planned": campaign.runs,
        "sampler": sampler,
        **_plain(asdict(mission)),
        "runs": len(every),
        "failures": len(failed),
        "counted": len(rows),
        "accepted": accepted,
        "verdict": ERROR if none_flown(every) else PASS if len(failed) <= accepted else FAIL,
        "beyond_validity": flown_beyond(campaign.rows),
        "errors": sum(row["verdict"] == ERROR for row in every),
        "outcomes": outcomes(campaign.rows),
        "requirements": [_requirement(name, named.words(name), rows, required, confidence) for name in names],
        "not_evaluated": [{"name": name, "words": named.words(name)} for name in named.names if name not in names],
        "failed": [{"case": row["case"], "command": _command(campaign, row["case"])} for row in failed],
        "worst": [
            _case(row, spreads, campaign) for row in sorted(every, key=lambda row: _badness(row, spreads))[:WORST]
        ],
        "drivers": _drivers(names, rows, confidence),
        "sobol": _sobol(names, every, confidence, named)
        if sampler == "saltelli" and len(every) == campaign.runs
        else {},
        "ellipses": [
            _plain({"gate": gate, "plane": plane, **asdict(ellipse)})
            for gate, plane, _, ellipse in dispersion(rows, campaign.scenario.flight.phases)
            if ellipse is not None
        ],
        "consistency": [
            _plain(asdict(found))
            for found in sorted(
                consistency.assess(campaign.rows, confidence),
                key=lambda found: _order(found.phase, campaign.scenario.flight.phases),
            )
        ],
        "not_predicted": lincov.not_predicted(campaign.scenario),
        "linear_covariance": [
            _plain(asdict(found)) for found in lincov.compare(campaign.scenario, campaign.rows, confidence)
        ],
    }


def outcomes(rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many flat rows have each outcome, the worst outcome first; those that have none are left out."""
    found = Counter(row["outcome"] for row in rows if row.get("outcome") is not None)
    return {str(outcome): found[outcome] for outcome in Outcome if found[outcome]}


def render_campaign(
    campaign: Flown, summary: Mapping[str, Any] | None = None, facts: Sequence[tuple[str, str]] = ()
) -> str:
    """The report of a campaign as one HTML page that needs nothing else.

    summary: of `summarise`, with its defaults when left out; facts: more names and values for the last table.
    """
    summary = summary or summarise(campaign)
    named = Catalogue.of(campaign.scenario)
    rows = _checked(campaign.rows, named)
    contact = [
        (c.words, f"{c.words}, {c.unit}", contact_values(rows, c.key), c.low, c.high)
        for c in contact_limits(campaign.scenario)
    ]
    budget = [r["limit"] for row in rows for r in row["requirements"] if r["name"] == "delta_v"]
    return template("campaign.html.j2").render(
        title=campaign.scenario.scenario.title,
        scenario=campaign.scenario,
        s=summary,
        percent=_percent,
        floor=statistics.percent_floor,
        consistency=_by_quantity(summary["consistency"]),
        asked=percent,
        contact_made=sum(row["contact"] is not None for row in rows),
        figures={
            "contact": figures.contact(contact, summary["confidence"]),
            "delta_v": figures.delta_v([row["delta_v_mps"] for row in rows], min(budget, default=None)),
            "dispersion": figures.dispersion(dispersion(rows, campaign.scenario.flight.phases)),
            "drivers": figures.drivers(summary["drivers"], named.words),
            "sobol": figures.sobol(summary["sobol"], named.words),
        },
        facts=[*facts, ("table digest", campaign.digest)],
    )


def compare(
    a: Flown, b: Flown, confidence: float = CONFIDENCE, samplers: tuple[str, str] = ("random", "random")
) -> dict[str, Any]:
    """Campaign B against campaign A, as plain values for JSON: the mission, then every requirement both have.

    Of each: failures and the difference of their probabilities; of a figure also how it differs, over the cases
    that have it. paired: whether both have the same cases of one master seed, whose draws go together; then the
    tests are those for pairs (`statistics.compare_paired_proportions`, `compare_paired_figures`), otherwise those
    for independent draws (`compare_proportions`, `compare_figures`). significant: whether any of its p
    values, adjusted for all that were looked at (Benjamini & Hochberg 1995), is at most 1 - confidence.
    samplers: how the cases of each were drawn; of a saltelli design only those drawn independently are looked at.
    """
    named = Catalogue.of(b.scenario)
    rows = [
        every[: Sampling.of(sampler, flown.runs).counted(len(every))]
        for sampler, flown in zip(samplers, (a, b), strict=True)
        for every in [_checked(flown.rows, named)]
    ]
    paired = (a.seed, samplers[0]) == (b.seed, samplers[1]) and [row["case"] for row in rows[0]] == [
        row["case"] for row in rows[1]
    ]
    failed = [[row["verdict"] != PASS for row in side] for side in rows]
    entries: list[dict[str, Any]] = [
        {"name": "mission", "words": "mission", "unit": "1", **_proportions(failed, paired, confidence)}
    ]
    shared = set.intersection(*({r["name"] for row in side for r in row["requirements"]} for side in rows))
    for name in sorted(shared, key=lambda n: (named.order(n), n)):
        found = [[_found(row, name) for row in side] for side in rows]
        judged = [
            {row["case"]: r is None or not r["passed"] for row, r in zip(side, of_side, strict=True) if _judged(row, r)}
            for side, of_side in zip(rows, found, strict=True)
        ]
        pairs = paired and judged[0].keys() == judged[1].keys()
        entry = {"name": name, "words": named.words(name), "unit": named.unit(name)}
        entry |= _proportions([list(side.values()) for side in judged], pairs, confidence)
        if entry["unit"] != "1" and (difference := _figures(found, paired)):
            entry["figure"] = difference
        entries.append(entry)
    tests = [[e["difference"]["p"], *(e["figure"][k] for k in ("p", "distance_p") if "figure" in e)] for e in entries]
    adjusted = iter(statistics.adjusted_p([p for group in tests for p in group]))
    for entry, group in zip(entries, tests, strict=True):
        entry["adjusted_p"] = float(min(next(adjusted) for _ in group))
        entry["significant"] = entry["adjusted_p"] <= 1.0 - confidence
    compared: dict[str, Any] = _plain({"paired": paired, "confidence": confidence, "requirements": entries})
    return compared


def _judged(row: Mapping[str, Any], found: Mapping[str, Any] | None) -> bool:
    """Whether a case counts for a requirement: it arose, or the case broke before it could."""
    return found is not None or row["verdict"] == ERROR


def _proportions(failed: Sequence[Sequence[bool]], paired: bool, confidence: float) -> dict[str, Any]:
    failures, runs = [sum(side) for side in failed], [len(side) for side in failed]
    if paired:
        found = statistics.compare_paired_proportions(failed[0], failed[1], confidence)
    else:
        found = statistics.compare_proportions(failures[0], runs[0], failures[1], runs[1], confidence)
    return {"failures": failures, "runs": runs, "difference": asdict(found)}


def _figures(found: Sequence[Sequence[Mapping[str, Any] | None]], paired: bool) -> dict[str, Any] | None:
    """How a figure differs, over the pairs in which both have it, or over all that have it; None without any."""
    values = [[r["figure"] if r else None for r in side] for side in found]
    if paired:
        pairs = [(x, y) for x, y in zip(*values, strict=True) if x is not None and y is not None]
        if not pairs:
            return None
        x, y = zip(*pairs, strict=True)
        return {"pairs": len(pairs), **asdict(statistics.compare_paired_figures(x, y))}
    measured = [[value for value in side if value is not None] for side in values]
    return asdict(statistics.compare_figures(*measured)) if all(measured) else None


def _checked(rows: Sequence[Mapping[str, Any]], named: Catalogue) -> list[Mapping[str, Any]]:
    if not rows:
        raise ValueError("rows is empty: a campaign without cases shows nothing")
    ordered = sorted(rows, key=lambda row: int(row["case"]))
    for before, row in zip([None, *ordered], ordered, strict=False):
        if before is not None and before["case"] == row["case"]:
            raise ValueError(f"rows has case {row['case']} twice")
        if row["verdict"] not in (PASS, FAIL, ERROR):
            raise ValueError(f"case {row['case']}: verdict must be PASS, FAIL or ERROR, got {row['verdict']!r}")
    return [_nested(row, named) for row in ordered]


def _nested(row: Mapping[str, Any], named: Catalogue) -> dict[str, Any]:
    """A flat row by what its columns belong to; None for the contact of a case without one."""
    groups: dict[str, dict[str, Any]] = {}
    for key, value in row.items():
        group, dot, rest = key.partition(".")
        if dot:
            groups.setdefault(group, {})[rest] = value
    requirements: dict[str, dict[str, Any]] = {}
    for key, value in groups.get("requirement", {}).items():
        name, _, part = key.rpartition(".")
        requirements.setdefault(name, {"name": name, "words": named.words(name), "unit": named.unit(name)})[part] = (
            value
        )
    gates: dict[str, dict[str, float]] = {}
    for key, value in groups.get("gate", {}).items():
        name, _, part = key.rpartition(".")
        gates.setdefault(name, {})[part] = value
    return {
        "case": row["case"], "verdict": row["verdict"], "error": row["error"],
        "requirements": sorted(requirements.values(), key=lambda r: named.order(r["name"])),
        "contact": groups.get("contact"), "delta_v_mps": groups.get("delta_v_mps", {}),
        "dispersed": _named(groups.get("dispersed", {})),
        "gates": {name: [state[axis] for axis in "012"] for name, state in gates.items()},
    }  # fmt: skip


def _named(drawn: Mapping[str, float]) -> dict[str, float]:
    """The elements of vectors of three named [x], [y], [z], others by their index."""
    stems = Counter(key.rpartition(".")[0] for key in drawn)
    named = {}
    for key, value in drawn.items():
        stem, dot, last = key.rpartition(".")
        element = "xyz"[int(last)] if dot and stems[stem] == 3 else last
        named[f"{stem}[{element}]" if dot else key] = value
    return named


def _plain(value: Any) -> Any:
    """Dictionaries, lists and numbers only; None for what is not finite."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [_plain(v) for v in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if isfinite(value) else None
    return value


def _percent(share: float) -> str:
    return f"{100.0 * share:.3g} %"


def _by_quantity(entries: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str, str], list[Mapping[str, Any]]]:
    """The axes of one phase and quantity together, in the order given."""
    found: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for entry in entries:
        found.setdefault((entry["phase"], entry["kind"], entry["quantity"]), []).append(entry)
    return found


# ---- requirements -------------------------------------------------------------------------------


def _found(row: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((r for r in row["requirements"] if r["name"] == name), None)


def _requirement(
    name: str, words: str, rows: Sequence[Mapping[str, Any]], required: float, confidence: float
) -> dict[str, Any]:
    """Failures and the bound of the margin over the cases that were judged on it, or broke before they could be.

    worst_kept_by: the share of all cases that keep the worst margin seen (Wilks 1941), however few were flown.
    """
    judged = [(row, _found(row, name)) for row in rows]
    judged = [(row, r) for row, r in judged if r is not None or row["verdict"] == ERROR]
    met = [r for _, r in judged if r is not None]
    failures = sum(r is None or not r["passed"] for _, r in judged)
    shown = statistics.demonstrated(failures, len(judged), confidence, required)
    margins = [_margin(r) for _, r in judged]
    worst = int(np.argmin(margins))
    worst_row, worst_found = judged[worst]
    limits = sorted({r["limit"] for r in met})
    measured = [r["figure"] for r in met if r["figure"] is not None]
    entry = {
        "name": name, "words": words, "unit": met[0]["unit"], **asdict(shown),
        "limits": [limits[0], limits[-1]],
        "median": float(np.median(measured)) if measured else None,
        "worst": {"case": worst_row["case"], "figure": worst_found["figure"] if worst_found else None,
                  "limit": worst_found["limit"] if worst_found else None, "margin": margins[worst]},
        "margin_bound": None, "margin_order": None, "margin_note": None,
        "worst_kept_by": statistics.success_at_least(0, len(judged), confidence),
    }  # fmt: skip
    if met[0]["unit"] != "1":
        try:
            bound = statistics.tolerance_bound(margins, required, confidence, "lower")
            entry |= {"margin_bound": bound.low, "margin_order": bound.orders[0]}
            if bound.low == -inf:
                entry["margin_note"] = "none"
        except ValueError:
            needed = statistics.tolerance_runs_needed(required, confidence)
            entry["margin_note"] = f"takes {needed:,} runs"
    plain: dict[str, Any] = _plain(entry)
    return plain


def _margin(found: Mapping[str, Any] | None) -> float:
    """The margin; where nothing was measured, the infinity that the verdict says."""
    if found is None:
        return -inf
    if found["margin"] is None:
        return inf if found["passed"] else -inf
    return float(found["margin"])


Spreads = Mapping[str, float]


def _spreads(rows: Sequence[Mapping[str, Any]]) -> Spreads:
    """Standard deviation over the cases of the margin of each requirement."""
    margins: dict[str, list[float]] = {}
    for row in rows:
        for r in row["requirements"]:
            margins.setdefault(r["name"], []).append(_margin(r))
    return {name: float(np.std([m for m in found if isfinite(m)] or [0.0])) for name, found in margins.items()}


def _sigmas(found: Mapping[str, Any], spreads: Spreads) -> float:
    """The margin in units of its spread over the cases: what has none is as far as can be, on the side it is on."""
    margin, spread = _margin(found), spreads[found["name"]]
    return margin / spread if spread > 0.0 else inf if margin >= 0.0 else -inf


def _weakest(row: Mapping[str, Any], spreads: Spreads) -> Mapping[str, Any] | None:
    """The requirement with the least margin for its spread; a yes or no counts only when it is a no."""
    counted = [r for r in row["requirements"] if r["unit"] != "1" or not r["passed"]]
    return min(counted, key=lambda r: _sigmas(r, spreads), default=None)


def _badness(row: Mapping[str, Any], spreads: Spreads) -> tuple[int, float, int]:
    weakest = _weakest(row, spreads)
    return (
        {ERROR: 0, FAIL: 1, PASS: 2}[row["verdict"]],
        inf if weakest is None else _sigmas(weakest, spreads),
        int(row["case"]),
    )


def worst_first(campaign: Flown) -> list[int]:
    """Case numbers of a campaign: broken, then failed, then by the least margin for its spread."""
    checked = _checked(campaign.rows, Catalogue.of(campaign.scenario))
    spreads = _spreads(checked)
    return [row["case"] for row in sorted(checked, key=lambda row: _badness(row, spreads))]


def _command(campaign: Flown, case: int) -> str:
    return f"{campaign.command} --seed {campaign.seed} --case {case}"


def _case(row: Mapping[str, Any], spreads: Spreads, campaign: Flown) -> dict[str, Any]:
    weakest = _weakest(row, spreads)
    shown: dict[str, Any] = _plain({
        "case": row["case"], "verdict": row["verdict"], "error": row["error"], "weakest": weakest,
        "sigmas": None if weakest is None else _sigmas(weakest, spreads),
        "failed": [r["name"] for r in row["requirements"] if not r["passed"]],
        "command": _command(campaign, row["case"]),
    })  # fmt: skip
    return shown


# ---- drivers and dispersion ---------------------------------------------------------------------


def _drivers(names: Sequence[str], rows: Sequence[Mapping[str, Any]], confidence: float) -> dict[str, Any]:
    """The significant drivers of each figure, strongest first, over the cases that have the figure."""
    found: dict[str, Any] = {}
    for name in names:
        pairs = [(row, r) for row in rows if (r := _found(row, name)) and r["figure"] is not None and r["unit"] != "1"]
        figure = np.array([r["figure"] for _, r in pairs])
        if len(pairs) < statistics.DRIVERS_LEAST_RUNS or np.ptp(figure) == 0.0:
            continue
        columns = {k: np.array([row["dispersed"][k] for row, _ in pairs]) for k in pairs[0][0]["dispersed"]}
        drawn = {k: v for k, v in columns.items() if np.ptp(v) > 0.0}
        if not drawn:
            continue
        ranked = statistics.drivers(drawn, figure, confidence)
        found[name] = {
            "runs": len(pairs),
            "candidates": len(drawn),
            "drivers": [_plain(asdict(d)) for d in ranked if d.significant][:DRIVERS],
        }
    return found


def _sobol(
    names: Sequence[str], rows: Sequence[Mapping[str, Any]], confidence: float, named: Catalogue
) -> dict[str, Any]:
    """First-order and total index of each group, largest first, of each figure that every case has and that varies."""
    found: dict[str, Any] = {}
    for name in names:
        figure = [r["figure"] if (r := _found(row, name)) else None for row in rows]
        if named.unit(name) == "1" or None in figure or len(set(figure)) == 1:
            continue
        indices = statistics.sobol_indices(GROUPS, np.array(figure, np.float64), confidence)
        found[name] = [_plain(asdict(index)) for index in sorted(indices, key=lambda index: -index.total)]
    return found


def contact_values(rows: Sequence[Mapping[str, Any]], key: str) -> Floats:
    """A contact condition of every case; infinite where no contact was made."""
    return np.array([inf if row["contact"] is None else row["contact"][key] for row in rows])


def _order(phase: str, phases: Sequence[str]) -> int:
    return phases.index(phase) if phase in phases else len(phases)


def dispersion(
    rows: Sequence[Mapping[str, Any]], phases: Sequence[str]
) -> list[tuple[str, str, Floats, statistics.Ellipse | None]]:
    """(gate, "R-bar" or "H-bar", points of shape (n, 2), ellipse) for every gate; V-bar is the first coordinate.

    In the order of the mission's phases. The ellipse is None where the points are too few or lie on a line.
    """
    passed: dict[str, list[Sequence[float]]] = {}
    for row in rows:
        for gate, state in row["gates"].items():
            passed.setdefault(gate, []).append(state)
    found: list[tuple[str, str, Floats, statistics.Ellipse | None]] = []
    for gate, states in sorted(passed.items(), key=lambda item: _order(item[0], phases)):
        r = np.array(states, dtype=np.float64)
        for plane, component in (("R-bar", 0), ("H-bar", 2)):
            points = np.column_stack([r[:, 1], -r[:, component]])
            try:
                ellipse = statistics.dispersion_ellipse(points)
            except ValueError:
                ellipse = None
            found.append((gate, plane, points, ellipse))
    return found
