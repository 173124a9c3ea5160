"""The mission as a graph: rows, what is drawn of it, and what `proxops check` warns of."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from gnc import flight
from gnc.flight import Event, Guard
from hil import Scenario
from hil.prepare import prepare
from hil.report.mission_graph import drawn, lines, others, svg
from hil.scenario.advice import advice
from tests.command_line import call


def mine(tmp_path: Path, text: str) -> Scenario:
    path = tmp_path / "mine.toml"
    path.write_text('schema = 2\n[scenario]\nname = "mine"\nextends = "iss-vbar"\n' + text)
    return Scenario.load(path)


def test_a_phase_tells_the_mechanism_of_port_0(tmp_path: Path) -> None:
    s = mine(tmp_path, '[phase.drift]\nmechanism = ["arm", "release"]\n[phase.cam]\nmechanism = ["release"]\n')
    told = prepare(s, 1).params["phase_mechanism"]
    assert [int(told[s.flight.phases.index(name)]) for name in ("final", "drift", "cam")] == [1, 1 + 256, 256]


def test_rows_become_the_table_of_the_core_in_their_order(tmp_path: Path) -> None:
    text = (
        '[[transition]]\nfrom = ["s2", "s3"]\nto = "drift"\nevent = "lost"\ninstrument = "rgnss"\n'
        'guard = [{ entries = 3 }, { healthy = "camera" }]\nbefore = "retreat-commanded"\n'
    )
    s = mine(tmp_path, text)
    params = prepare(s, 1).params
    at, names = s.flight.phases.index, [edge.name for edge in s.flight.transitions]
    assert names.index("s2-s3-lost-rgnss") == names.index("retreat-commanded") - 1
    rows = [row for row in range(int(params["transition_count"])) if params["transition_event"][row] == Event.LOST]
    new = [row for row in rows if params["transition_to"][row] == at("drift")]
    assert [int(params["transition_from"][row]) for row in new] == [at("s2"), at("s3")]
    for row in new:
        assert params["transition_event_arg"][row] == 3
        guards = slice(flight.N_GUARDS * row, flight.N_GUARDS * row + 2)
        assert list(params["transition_guard"][guards]) == [Guard.ENTRIES, Guard.HEALTHY]
        assert list(params["transition_guard_arg"][guards]) == [3, 4]
    sources = params["transition_from"][: int(params["transition_count"])]
    assert np.all(np.flatnonzero(sources == flight.ANY) >= len(sources) - 2), "those of any phase come last"


def test_the_graph_is_drawn_in_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = call(capsys, "check", "iss-vbar")
    assert (status, err) == (0, "")
    assert "s2 (hold, start, needs star, rgnss)\n" in out and "  └─ done, gate open     → hop\n" in out
    assert "warning: phase hop needs star, rgnss, but no transition handles the loss\n" in out
    assert lines(Scenario.load("iss-vbar"))[-3:] == ["any phase", "  ├─ captured → docked", "  └─ contact  → docked"]


SVG = "{http://www.w3.org/2000/svg}"
CHARACTER, LINE = 5.6, 10.0  # of the figure's labels, in its units


@pytest.mark.parametrize("name", Scenario.names())
def test_every_transition_is_drawn_or_listed(name: str) -> None:
    s = Scenario.load(name)
    picture = ElementTree.fromstring(svg(s))
    boxes = [(float(b.attrib["x"]), float(b.attrib["y"])) for b in picture.iter(f"{SVG}rect")]
    assert len(boxes) == len(set(boxes)) == len(s.flight.phases)
    arrows = [p for p in picture.iter(f"{SVG}path") if "edge" in p.attrib.get("class", "")]
    assert len(arrows) == len(drawn(s)) > 0
    shown = {(source, words, to) for (source, to), every in drawn(s).items() for words in every}
    listed = {
        (source, words, to)
        for sources, every, to in others(s) for source in sources.split(", ") for words in every.split("; ")
    }  # fmt: skip
    assert not shown & listed
    assert shown | listed == {
        (source, edge.words, edge.to) for edge in s.flight.transitions for source in edge.sources or ("any phase",)
    }


@pytest.mark.parametrize("name", Scenario.names())
def test_labels_of_the_graph_can_be_read(name: str) -> None:
    """No label lies on another, nor on a phase."""
    picture = ElementTree.fromstring(svg(Scenario.load(name)))
    taken = [
        (x, y, x + float(b.attrib["width"]), y + float(b.attrib["height"]))
        for b in picture.iter(f"{SVG}rect") for x, y in [(float(b.attrib["x"]), float(b.attrib["y"]))]
    ]  # fmt: skip
    for label in picture.iter(f"{SVG}text"):
        if label.attrib.get("class") != "says":
            continue
        x, y, half = float(label.attrib["x"]), float(label.attrib["y"]), len(label.text or "") * CHARACTER / 2
        at = (x - half, y - LINE, x + half, y)
        for other in taken:
            assert at[2] < other[0] or other[2] < at[0] or at[3] < other[1] or other[3] < at[1], label.text
        taken.append(at)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[[phase]]\nname = "island"\nlaw = "drift"\n', "phase island cannot be reached from s2"),
        (
            '[[transition]]\nname = "away"\nremove = true\n[[transition]]\nname = "captured-anywhere"\nremove = true\n'
            '[[transition]]\nname = "contact-anywhere"\nremove = true\n',
            "phase cam has no way out: no transition leaves it",
        ),
        (
            '[[transition]]\nname = "blind"\ninstrument = "camera"\n',
            "phase approach needs star, dock, but no transition handles the loss",
        ),
        ("[flight]\nforce_max_n = 900.0\n", "flight.force_max_n = 900 exceeds what the thrusters give: "),
        ("[phase.hop]\nlead_s = 2.0\n", "phase hop: its first burn takes about "),
        (
            "[instrument.camera]\nsigma_los_deg = 0.2\n",
            "instrument.camera: flight assumes sigma_los = 0.1, but the instrument has sigma_los_deg = 0.2",
        ),
    ],
)
def test_what_hardly_should_be_flown_is_warned_of(tmp_path: Path, text: str, expected: str) -> None:
    found = advice(mine(tmp_path, text))
    assert [line for line in found if line.startswith(expected)], found
    assert not [line for line in advice(Scenario.load("iss-vbar")) if line.startswith(expected)]
