"""The monitors: every reason to break off can happen, in its order, and none happens without cause."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gnc.flight import Reason
from tests.core.internals import Core, phase, scenario_params

NOW_US = 100_000_000


def watching(core: ctypes.CDLL, name: str = "final", **changes: Any) -> Core:
    """Ten metres out on the axis, closing as it should, all well."""
    c = Core(core, scenario_params("iss-contact", **changes))
    c["t_us"] = NOW_US
    c.call("nav_solution")
    c.call("mission_enter", ctypes.c_uint32(phase(name)))
    c.call("guidance_step")
    c["reference.error_attitude_rad"] = 0.0
    c["solution.r_port_tport_m"], c["solution.v_port_tport_mps"] = [10.0, 0.1, -0.1], [-0.075, 0.0, 0.0]
    for track in ("attitude.star", "relative.rgnss", "relative.camera", "dock"):
        c[f"{track}.seen"], c[f"{track}.accepted_us"] = True, NOW_US
    return c


def after(c: Core) -> tuple[int, int]:
    c.call("nav_health")
    c.call("mission_watch")
    return int(c["intent.phase"][0]), int(c["intent.reason"][0])


def closing(c: Core, excess: float) -> None:
    limit = max(0.10, 0.08 + 0.0015 * np.linalg.norm(c["solution.r_port_tport_m"]))
    c["solution.v_port_tport_mps"] = [-(limit + excess), 0.0, 0.0]


def disagree(c: Core, sigmas: float) -> None:
    c.call("nav_rgnss_growth")
    growth = 1.0 + np.linalg.norm(c["relative.dr_eci_m"]) / c.params["rgnss_growth_m"]
    boresight = c.params["camera_boresight_sigma_rad"] * np.linalg.norm(c["solution.r_port_tport_m"])
    sigma = np.hypot(c.params["rgnss_bias_sigma_m"] * growth, boresight)
    c["relative.bias_rgnss_eci_m"] = np.array([0.0, sigmas * sigma, 0.0])


def aside(c: Core, angle: float, at_m: float = 10.0, taken_as_m: float = 10.0) -> None:
    c["solution.r_port_tport_m"] = [at_m, 0.6 * taken_as_m * np.tan(angle), -0.8 * taken_as_m * np.tan(angle)]


def overdue(c: Core, phase_us: int) -> None:
    c["intent.entry_us"], c["t_us"] = 0, phase_us
    for track in ("attitude.star", "relative.rgnss", "relative.camera", "dock"):
        c[f"{track}.accepted_us"] = phase_us


CORRIDOR = np.radians(9.0)
# what goes wrong, just beyond its limit; and the same just inside
CAUSES: dict[Reason, tuple[Callable[[Core], None], Callable[[Core], None]]] = {
    Reason.STAR: (
        lambda c: c.__setitem__("attitude.star.accepted_us", NOW_US - 60_000_001),
        lambda c: c.__setitem__("attitude.star.accepted_us", NOW_US - 60_000_000),
    ),
    Reason.CAMERA: (
        lambda c: c.__setitem__("relative.camera.accepted_us", NOW_US - 5_000_001),
        lambda c: c.__setitem__("relative.camera.accepted_us", NOW_US - 5_000_000),
    ),
    Reason.DISAGREEMENT: (lambda c: disagree(c, 6.01), lambda c: disagree(c, 5.99)),
    Reason.CORRIDOR: (lambda c: aside(c, CORRIDOR + 1e-6), lambda c: aside(c, CORRIDOR - 1e-6)),
    Reason.CLOSING_RATE: (lambda c: closing(c, 0.0201), lambda c: closing(c, 0.0199)),
    Reason.ATTITUDE: (
        lambda c: c.__setitem__("reference.error_attitude_rad", [0.0, np.radians(8.01), 0.0]),
        lambda c: c.__setitem__("reference.error_attitude_rad", [0.0, np.radians(7.99), 0.0]),
    ),
    Reason.MISSED_CONTACT: (
        lambda c: c.__setitem__("solution.r_port_tport_m", [-0.301, 0.0, 0.0]),
        lambda c: c.__setitem__("solution.r_port_tport_m", [-0.299, 0.0, 0.0]),
    ),
    Reason.TIMEOUT: (lambda c: overdue(c, 600_100_000), lambda c: overdue(c, 600_000_000)),
}


def test_all_well_nothing_is_broken_off(core: ctypes.CDLL) -> None:
    assert after(watching(core)) == (phase("final"), Reason.NONE)


@pytest.mark.parametrize("reason", CAUSES, ids=lambda r: r.name)
def test_each_cause_breaks_off_just_beyond_its_limit(core: ctypes.CDLL, reason: Reason) -> None:
    beyond, inside = CAUSES[reason]
    c = watching(core)
    inside(c)
    assert after(c) == (phase("final"), Reason.NONE)
    c = watching(core)
    beyond(c)
    assert after(c) == (phase("retreat"), reason)
    assert c["intent.entry_us"] == c["t_us"]


@pytest.mark.parametrize(
    ("track", "reason", "uses"),
    [("relative.camera", Reason.CAMERA, 16), ("relative.rgnss", Reason.RGNSS, 8), ("attitude.star", Reason.STAR, 2)],
)
def test_a_sensor_is_lost_by_silence_or_by_refusals_where_it_is_used(
    core: ctypes.CDLL, track: str, reason: Reason, uses: int
) -> None:
    for name, value in (("accepted_us", 0), ("rejects_in_row", 6)):
        for used in (True, False):
            c = watching(core, phase_needs=uses if used else 26 - uses)
            c[f"{track}.{name}"] = value
            assert after(c)[1] == (reason if used else Reason.NONE), (name, used)
    c = watching(core, phase_needs=uses)
    c[f"{track}.rejects_in_row"] = 5
    assert after(c)[1] == Reason.NONE


def test_disagreement_is_asked_only_with_the_camera_in_use(core: ctypes.CDLL) -> None:
    c = watching(core, phase_needs=10)
    disagree(c, 10.0)
    assert after(c)[1] == Reason.NONE


def test_the_first_cause_in_order_is_named(core: ctypes.CDLL) -> None:
    for later, reason in enumerate(CAUSES):
        c = watching(core)
        for worse in list(CAUSES)[later:]:
            if worse not in (Reason.MISSED_CONTACT, Reason.TIMEOUT) or reason in (worse, Reason.MISSED_CONTACT):
                CAUSES[worse][0](c)
        assert after(c)[1] == reason


def test_near_the_port_the_corridor_is_judged_as_at_two_metres(core: ctypes.CDLL) -> None:
    """Its cone would shrink to a point, and the estimate's own error would break every docking off."""
    for x in (1.5, 0.2, -0.1):
        c = watching(core)
        aside(c, CORRIDOR - 1e-6, at_m=x, taken_as_m=2.0)
        assert after(c)[1] == Reason.NONE
        c = watching(core)
        aside(c, CORRIDOR + 1e-6, at_m=x, taken_as_m=2.0)
        assert after(c)[1] == Reason.CORRIDOR


@pytest.mark.parametrize(("excess", "name"), [(0.099, "retreat"), (0.101, "cam")])
def test_a_hard_excess_of_closing_rate_calls_for_the_avoidance_burn(
    core: ctypes.CDLL, excess: float, name: str
) -> None:
    c = watching(core)
    closing(c, excess)
    assert after(c) == (phase(name), Reason.CLOSING_RATE)


@pytest.mark.parametrize("range_m", [0.0, 10.0, 100.0, 249.0])
def test_the_closing_limit_rises_with_range_from_its_floor(core: ctypes.CDLL, range_m: float) -> None:
    limit = max(0.10, 0.08 + 0.0015 * range_m) + 0.02
    for excess, reason in ((-1e-6, Reason.NONE), (1e-6, Reason.CLOSING_RATE)):
        c = watching(core)
        c["solution.r_port_tport_m"] = [range_m, 0.0, 0.0]
        c["solution.v_port_tport_mps"] = [-(limit + excess), 0.0, 0.0]
        assert after(c)[1] == reason


@pytest.mark.parametrize("name", ["s2", "hop", "s3", "retreat", "retreat-hold", "cam", "drift"])
def test_a_phase_that_is_its_own_abort_phase_is_never_left(core: ctypes.CDLL, name: str) -> None:
    c = watching(core, name)
    for beyond, _ in CAUSES.values():
        beyond(c)
    assert after(c) == (phase(name), Reason.NONE)


def test_a_corridor_or_timeout_of_zero_is_none(core: ctypes.CDLL) -> None:
    c = watching(core, phase_corridor_rad=0.0, phase_timeout_s=0.0)
    c["solution.r_port_tport_m"] = [10.0, 50.0, 0.0]
    c["intent.entry_us"] = 0
    assert after(c)[1] == Reason.NONE


def test_the_reference_is_that_of_the_new_phase_at_once(core: ctypes.CDLL) -> None:
    """The break-off does not wait a cycle for its guidance: it backs off from where it is."""
    c = watching(core)
    CAUSES[Reason.CAMERA][0](c)
    after(c)
    assert c["guidance.path.speed_mps"][0] > 0.0
    assert np.linalg.norm(c["reference.error_r_m"]) < 0.01
