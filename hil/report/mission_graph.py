"""The mission as a graph: drawn in the terminal by `proxops check`, and as SVG in the report."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING

from gnc.flight import Event
from hil.scenario.graph import Edge, needs

if TYPE_CHECKING:
    from hil.scenario import Scenario

PLANNED = frozenset({Event.DONE, Event.ALWAYS, Event.RELEASED, Event.FOUND})
"""Events of the mission as planned; the others (losses, monitors, timeouts, telecommands, contact) are listed apart."""
WIDTH, HEIGHT, COLUMN, ROW, MARGIN = 112.0, 40.0, 206.0, 76.0, 22.0
COLUMNS = 5
"""Phases in one line of the figure; a longer chain goes on in the next line."""
LABEL_LINES, LABEL_LINE = 2, 12.0
STYLE = (
    ".phase{fill:var(--panel,#fff);stroke:currentColor}.start{stroke-width:2.5}.edge{fill:none;stroke:currentColor;"
    "opacity:.75}.back{stroke-dasharray:4 3}text{fill:currentColor;font:12px sans-serif}.law,.says{font-size:10px;"
    "opacity:.8}"
)

Pair = tuple[str, str]
Point = tuple[float, float]


def lines(s: Scenario) -> list[str]:
    """Each phase with the transitions that leave it; those of every phase come last."""
    every = s.flight.transitions
    start = s.flight.phases[s.flight["start_phase"]]
    found = []
    for name in s.flight.phases:
        mark = "start" if name == start else ""
        needed = f"needs {', '.join(needs(s.flight, name))}" if needs(s.flight, name) else ""
        facts = ", ".join(filter(None, (s.flight.law_name(name), mark, needed)))
        found.append(f"{name} ({facts})")
        found += _branches([edge for edge in every if name in edge.sources])
    if common := [edge for edge in every if not edge.sources]:
        found += ["any phase", *_branches(common)]
    return found


def _branches(out: list[Edge]) -> list[str]:
    width = max((len(edge.words) for edge in out), default=0)
    return [f"  {'└' if edge is out[-1] else '├'}─ {edge.words:{width}} → {edge.to}" for edge in out]


def drawn(s: Scenario) -> dict[Pair, list[str]]:
    """The arrows of the figure: from and to, with what each waits for.

    These are the planned transitions, and the only one into a phase that no planned transition enters.
    """
    found: dict[Pair, list[str]] = {}
    every = [(source, edge) for edge in s.flight.transitions for source in edge.sources]
    for source, edge in every:
        if edge.event in PLANNED:
            found.setdefault((source, edge.to), []).append(edge.words)
    entered = {to for _, to in found} | {s.flight.phases[s.flight["start_phase"]]}
    anywhere = {edge.to for edge in s.flight.transitions if not edge.sources}
    for name in s.flight.phases:
        ways = [(source, edge) for source, edge in every if edge.to == name]
        if name not in entered | anywhere and len({source for source, _ in ways}) == 1:
            found[ways[0][0], name] = [edge.words for _, edge in ways]
    return found


def others(s: Scenario) -> list[tuple[str, str, str]]:
    """The transitions that are not drawn: from, on, to, those with the same ends in one entry."""
    shown = drawn(s)
    found: dict[Pair, list[str]] = {}
    for edge in s.flight.transitions:
        sources = [name for name in edge.sources if edge.words not in shown.get((name, edge.to), [])]
        if sources or not edge.sources:
            found.setdefault((", ".join(sources) or "any phase", edge.to), []).append(edge.words)
    return [(sources, "; ".join(words), to) for (sources, to), words in found.items()]


def places(s: Scenario) -> dict[str, tuple[int, int]]:
    """Column and row of each phase.

    Phases that arrows connect stand together, in the order in which they are flown: first those that follow the start,
    then, in rows of their own, those that only transitions of `others` enter.
    """
    pairs = drawn(s).keys()
    entered = {to for _, to in pairs}
    roots = [s.flight.phases[s.flight["start_phase"]], *(n for n in s.flight.phases if n not in entered)]
    found: dict[str, tuple[int, int]] = {}
    row = 0
    for root in (*roots, *s.flight.phases):  # a ring that nothing enters has no root
        if root in found:
            continue
        depth = {root: 0}
        new = [root]
        while new:
            at = new.pop(0)
            after = [to for source, to in pairs if source == at and to not in found and to not in depth]
            depth |= dict.fromkeys(after, depth[at] + 1)
            new += after
        row = _place(depth, row, found)
    return found


def _place(depth: dict[str, int], row: int, found: dict[str, tuple[int, int]]) -> int:
    """Places connected phases from a row on, several of a depth below each other; the first row after them."""
    for line in range(max(depth.values()) // COLUMNS + 1):
        used = [0] * COLUMNS
        for name, steps in depth.items():
            if steps // COLUMNS == line:
                column = steps % COLUMNS
                found[name] = (column, row + used[column])
                used[column] += 1
        row += max(used)
    return row


def svg(s: Scenario) -> str:
    """The graph as an SVG element: phases as boxes, the arrows of `drawn` between them."""
    at = {name: (MARGIN + c * COLUMN, MARGIN + r * ROW) for name, (c, r) in places(s).items()}
    width = MARGIN + max(x for x, _ in at.values()) + WIDTH
    height = MARGIN + max(y for _, y in at.values()) + HEIGHT
    start = s.flight.phases[s.flight["start_phase"]]
    parts = [_arrow(at[source], at[to], words) for (source, to), words in drawn(s).items()]
    for name, (x, y) in at.items():
        law = s.flight.law_name(name)
        look = "phase start" if name == start else "phase"
        parts.append(
            f"<g><title>{escape(', '.join(needs(s.flight, name)) or 'needs no instrument')}</title>"
            f'<rect class="{look}" x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="6"/>'
            f'<text x="{x + 10:g}" y="{y + 17:g}">{escape(name)}</text>'
            f'<text class="law" x="{x + 10:g}" y="{y + 32:g}">{law}</text></g>'
        )
    return (
        f'<svg class="mission" role="img" aria-label="The mission as a graph" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style><defs><marker id="mission-tip" '
        'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>{"".join(parts)}</svg>'
    )


def _arrow(source: Point, to: Point, words: list[str]) -> str:
    """An arrow between two boxes: to the right, down to the start of the next line, or back over the tops (dashed)."""
    (x0, y0), (x1, y1) = source, to
    back, lines = False, LABEL_LINES
    if x1 > x0:
        a, b = (x0 + WIDTH, y0 + HEIGHT / 2), (x1, y1 + HEIGHT / 2)
        path = f"C{a[0] + 40:g} {a[1]:g} {b[0] - 40:g} {b[1]:g} {b[0]:g} {b[1]:g}"
        label = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - 6)
    elif y1 > y0:
        a, b = (x0 + WIDTH / 2, y0 + HEIGHT), (x1 + WIDTH / 2, y1)
        turn = b[1] - (ROW - HEIGHT) / 2
        path = f"V{turn:g}H{b[0]:g}V{b[1]:g}"
        label, lines = ((a[0] + b[0]) / 2, turn - 5), 1
    else:
        back = True
        a, b = (x0 + WIDTH / 3, y0), (x1 + WIDTH * 2 / 3, y1 + (HEIGHT if y1 < y0 else 0))
        lift = 26 if y1 == y0 else 0
        path = f"C{a[0]:g} {a[1] - lift:g} {b[0]:g} {b[1] - lift:g} {b[0]:g} {b[1]:g}"
        label = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - (lift or 6))
    return (
        f'<g><title>{escape("; ".join(words))}</title><path class="edge{" back" if back else ""}" '
        f'd="M{a[0]:g} {a[1]:g}{path}" marker-end="url(#mission-tip)"/>{_label(words, *label, lines)}</g>'
    )


def _label(words: Iterable[str], x: float, y: float, lines: int) -> str:
    """What an arrow waits for, in at most so many lines, the last of them at a height; the arrow's title has it all."""
    said = [part for one in words for part in one.split(", ")]
    shown = [", ".join(said)] if lines == 1 else said
    if len(shown) > lines:
        shown = [*shown[: lines - 1], f"{shown[lines - 1]} …"]
    return "".join(
        f'<text class="says" x="{x:g}" y="{y - LABEL_LINE * (len(shown) - 1 - at):g}" text-anchor="middle">'
        f"{escape(line)}</text>"
        for at, line in enumerate(shown)
    )
