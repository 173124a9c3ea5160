"""Coverage: facets lit by the Sun, and seen while they are."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gnc import kernels
from hil.requirements import View
from hil.requirements.coverage import Coverage
from hil.scenario import Scenario
from tests.hil.requirements.made_up import found, straight_approach, view

BOX = SimpleNamespace(
    kind="box", position_body_m=(0.0, 0.0, 0.0), q_from_body=(1.0, 0.0, 0.0, 0.0), size_m=(2.0, 4.0, 6.0)
)
PANEL = SimpleNamespace(
    kind="box", position_body_m=(0.0, 5.0, 0.0), q_from_body=(1.0, 0.0, 0.0, 0.0), size_m=(8.0, 0.2, 8.0)
)
Y_SIDE, X_SIDE, Z_SIDE, WHOLE = 12.0, 24.0, 8.0, 88.0


def row(**keys: Any) -> Coverage:
    return Coverage(**({
        "name": "seen", "share": 0.9, "facet_m": 0.5, "sun_incidence_deg": 80.0, "view_incidence_deg": 70.0,
        "range_max_m": 200.0, "field_of_view_deg": 30.0, "sample_s": 10.0,
    } | keys))  # fmt: skip


class Scene:
    """A target at rest with the chaser 100 m away along its +y axis, looking at it, and the Sun behind the chaser."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *solids: Any):
        self.solids, self.sun = solids, np.array([0.0, 1.0, 0.0])
        self.truth, self.telemetry = straight_approach(400.0, 0.2)
        self.truth, self.telemetry = self.truth[:601].copy(), self.telemetry[:601]
        self.truth["q_tbody_from_eci"] = [1.0, 0.0, 0.0, 0.0]
        self.truth["sunlit"] = 1.0
        self.place(slice(None), [0.0, 100.0, 0.0])
        shapeless = np.zeros(3)
        monkeypatch.setattr(View, "shape_of", lambda view, part: self.solids)
        monkeypatch.setattr(View, "com_of", lambda view, part: shapeless)
        monkeypatch.setattr(View, "sun_eci", lambda view, rows: np.broadcast_to(self.sun, (len(rows), 3)).copy())

    def place(self, rows: Any, r_m: Any) -> None:
        """The chaser at a place about the target in some rows, its +x axis towards it."""
        self.truth["r_chaser_eci_m"][rows] = self.truth["r_target_eci_m"][rows] + np.array(r_m)
        axis = -np.array(r_m) / np.linalg.norm(r_m)
        turn = np.cross([1.0, 0.0, 0.0], axis)
        half = np.array([1.0 + axis[0], *turn])
        q = half / np.linalg.norm(half) if np.linalg.norm(half) > 1e-9 else np.array([0.0, 0.0, 0.0, 1.0])
        self.truth["q_body_from_eci"][rows] = kernels.quat_conj(q)

    def shares(self, **keys: Any) -> tuple[float, float]:
        """Areas ever lit, and seen while lit."""
        scenario = Scenario.load("iss-vbar")
        lit, seen, area = row(**keys).shares(view(scenario, self.truth, self.telemetry, rows=()))
        return float(area[lit].sum()), float(area[lit & seen].sum())


def test_the_side_that_is_lit_and_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BOX)
    assert scene.shares() == pytest.approx((Y_SIDE, Y_SIDE), rel=1e-9, abs=0.0)
    result = found(Scenario.load("iss-vbar"), scene.truth, scene.telemetry, rows=(row(),))["seen"]
    assert (result.figure, result.limit, result.unit) == (pytest.approx(100.0, abs=1e-9), 90.0, "%") and result.passed


def test_the_share_is_of_what_is_ever_lit(monkeypatch: pytest.MonkeyPatch) -> None:
    """The Sun lights three sides, the chaser sees one of them; later it goes where it sees another."""
    scene = Scene(monkeypatch, BOX)
    scene.sun = np.array([1.0, 1.0, 1.0]) / np.sqrt(3.0)
    assert scene.shares() == pytest.approx((Y_SIDE + X_SIDE + Z_SIDE, Y_SIDE), rel=1e-9, abs=0.0)
    scene.place(slice(300, None), [100.0, 0.0, 0.0])
    assert scene.shares()[1] == pytest.approx(Y_SIDE + X_SIDE, rel=1e-9, abs=0.0)
    scene.place(slice(300, None), [-100.0, 0.0, 0.0])
    assert scene.shares()[1] == pytest.approx(Y_SIDE, rel=1e-9, abs=0.0), "that side lies in the dark"


def test_each_limit_hides_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BOX)
    for keys in (
        {"range_max_m": 97.0}, {"range_min_m": 110.0}, {"field_of_view_deg": 0.5},
        {"q_camera_from_body": (0.0, 0.0, 0.0, 1.0)},
    ):  # fmt: skip
        assert scene.shares(**keys)[1] < 0.2 * Y_SIDE, keys
    scene.place(slice(None), [0.0, 30.0, 95.0])
    assert scene.shares()[1] == 0.0 and scene.shares(view_incidence_deg=80.0)[1] == pytest.approx(
        Y_SIDE, rel=1e-9, abs=0.0
    )
    scene.sun = np.array([0.0, 0.1, 1.0]) / np.hypot(0.1, 1.0)
    assert scene.shares(view_incidence_deg=80.0)[0] == pytest.approx(Z_SIDE, rel=1e-9, abs=0.0)


def test_in_shadow_nothing_is_lit(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BOX)
    scene.truth["sunlit"] = 0.0
    assert scene.shares() == (0.0, 0.0)
    result = found(Scenario.load("iss-vbar"), scene.truth, scene.telemetry, rows=(row(),))["seen"]
    assert result.figure is None and result.passed is False


def test_what_stands_before_a_side_hides_and_shades_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BOX, PANEL)
    assert scene.shares() == pytest.approx((64.0, 64.0), rel=1e-9, abs=0.0), "the panel alone"
    scene.sun = np.array([1.0, 0.0, 0.0])
    lit, seen = scene.shares(sun_incidence_deg=89.0)
    assert lit == pytest.approx(X_SIDE + 1.6, rel=1e-9, abs=0.0) and seen == 0.0
    scene.place(slice(None), [90.0, -40.0, 0.0])
    assert scene.shares(sun_incidence_deg=89.0)[1] == pytest.approx(lit, rel=1e-9, abs=0.0)


def test_a_tumbling_target_shows_itself_all(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(monkeypatch, BOX)
    count = len(scene.truth)
    rng = np.random.default_rng(3)
    q = rng.standard_normal((count, 4))
    scene.truth["q_tbody_from_eci"] = q / np.linalg.norm(q, axis=1)[:, None]
    assert scene.shares() == pytest.approx((WHOLE, WHOLE), rel=1e-9, abs=0.0)
