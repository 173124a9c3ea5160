"""The mission as a graph: drawn in the terminal by `proxops check`, and as SVG in the report."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from hil.scenario.graph import Edge, needs

if TYPE_CHECKING:
    from hil.scenario import Scenario

WIDTH, HEIGHT, COLUMN, ROW, MARGIN = 132.0, 40.0, 250.0, 74.0, 24.0
STYLE = (
    ".phase{fill:var(--panel,#fff);stroke:currentColor}.start{stroke-width:2.5}.edge{fill:none;stroke:currentColor;"
    "opacity:.75}.back{stroke-dasharray:4 3}text{fill:currentColor;font:12px sans-serif}.law,.says{font-size:10px;"
    "opacity:.8}"
)


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


def columns(s: Scenario) -> dict[str, tuple[int, int]]:
    """Column and row of each phase: columns by the number of transitions from the start, in the order of the table."""
    every, phases = s.flight.transitions, s.flight.phases
    depth = {phases[s.flight["start_phase"]]: 0}
    new = list(depth)
    while new:
        at = new.pop(0)
        for edge in every:
            if at in edge.sources and edge.to not in depth:
                depth[edge.to] = depth[at] + 1
                new.append(edge.to)
    last = max(depth.values()) + 1
    rows: dict[int, int] = {}
    places = {}
    for name in sorted(phases, key=lambda name: (depth.get(name, last), phases.index(name))):
        column = depth.get(name, last)
        rows[column] = rows.get(column, -1) + 1
        places[name] = (column, rows[column])
    return places


def svg(s: Scenario) -> str:
    """The graph as an SVG element: phases as boxes, transitions as arrows, all of the same pair as one."""
    places = columns(s)
    at = {name: (MARGIN + c * COLUMN, MARGIN + r * ROW) for name, (c, r) in places.items()}
    width = MARGIN * 2 + max(c for c, _ in places.values()) * COLUMN + WIDTH
    height = MARGIN * 2 + max(r for _, r in places.values()) * ROW + HEIGHT
    start = s.flight.phases[s.flight["start_phase"]]
    joined: dict[tuple[str, str], list[str]] = {}
    for edge in s.flight.transitions:
        for source in edge.sources:
            joined.setdefault((source, edge.to), []).append(edge.words)
    parts = [_arrow(at[source], at[to], words) for (source, to), words in joined.items()]
    for name, (x, y) in at.items():
        law = s.flight.law_name(name)
        look = "phase start" if name == start else "phase"
        parts.append(
            f"<g><title>{escape(', '.join(needs(s.flight, name)) or 'needs no instrument')}</title>"
            f'<rect class="{look}" x="{x:g}" y="{y:g}" width="{WIDTH:g}" height="{HEIGHT:g}" rx="6"/>'
            f'<text x="{x + 10:g}" y="{y + 17:g}">{escape(name)}</text>'
            f'<text class="law" x="{x + 10:g}" y="{y + 32:g}">{law}</text></g>'
        )
    common = sorted({f"{edge.words} → {edge.to}" for edge in s.flight.transitions if not edge.sources})
    if common:
        parts.append(
            f'<text class="says" x="{MARGIN:g}" y="{height + 4:g}">any phase: {escape("; ".join(common))}</text>'
        )
        height += 20.0
    return (
        f'<svg class="mission" role="img" aria-label="The mission as a graph" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" xmlns="http://www.w3.org/2000/svg"><style>{STYLE}</style><defs><marker id="mission-tip" '
        'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto-start-reverse">'
        f'<path d="M0 0L8 4L0 8z" fill="currentColor"/></marker></defs>{"".join(parts)}</svg>'
    )


def _arrow(source: tuple[float, float], to: tuple[float, float], words: list[str]) -> str:
    """A curve from the right side of a box to the left of another; back over the tops where the other is no further."""
    (x0, y0), (x1, y1) = source, to
    onward = x1 > x0
    if onward:
        a, b = (x0 + WIDTH, y0 + HEIGHT / 2), (x1, y1 + HEIGHT / 2)
        bend = f"C{a[0] + 60:g} {a[1]:g} {b[0] - 60:g} {b[1]:g}"
    elif x1 == x0:
        below = y1 > y0
        a, b = (x0 + WIDTH / 2, y0 + (HEIGHT if below else 0)), (x1 + WIDTH / 2, y1 + (0 if below else HEIGHT))
        bend = f"C{a[0] + 30:g} {a[1]:g} {b[0] + 30:g} {b[1]:g}"
    else:
        a, b = (x0 + WIDTH / 3, y0), (x1 + WIDTH * 2 / 3, y1)
        bend = f"C{a[0]:g} {a[1] - 40:g} {b[0]:g} {b[1] - 40:g}"
    x, y = (a[0] + b[0]) / 2, (a[1] + b[1]) / 2 - (6 if onward else 24)
    shown = "; ".join(words) if len(words) == 1 else f"{words[0]} +{len(words) - 1}"
    return (
        f'<g><title>{escape("; ".join(words))}</title><path class="edge{"" if onward else " back"}" '
        f'd="M{a[0]:g} {a[1]:g}{bend} {b[0]:g} {b[1]:g}" marker-end="url(#mission-tip)"/>'
        f'<text class="says" x="{x:g}" y="{y:g}" text-anchor="middle">{escape(shown)}</text></g>'
    )
