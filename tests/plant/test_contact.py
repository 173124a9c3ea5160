"""Contact conditions against hand geometry, capture, and what is not a contact."""

import math

import numpy as np
import pytest

from tests.plant.plants import CAPTURE, EMPTY, LVLH, ZONAL, plant


def turned(q, axis, angle):
    """q_body_from_hill of a body that also turned by `angle` about one of its own axes."""
    half = [math.cos(angle / 2), 0.0, 0.0, 0.0]
    half[1 + axis] = -math.sin(angle / 2)
    a, b, c, d = half
    w, x, y, z = q
    return (
        a * w - b * x - c * y - d * z, a * x + b * w + c * z - d * y,
        a * y - b * z + c * w + d * x, a * z + b * y - c * x + d * w,
    )  # fmt: skip


def approach(distance, closing, *, radial=0.0, normal=0.0, q=LVLH, w=(0.0, 0.0, 0.0), armed=True):
    """Straight-line approach to a target at rest; radial and normal are the port's offsets in hill."""
    p = plant(EMPTY, capture=CAPTURE)
    p.set_target((6778137.0, 0.0, 0.0), (0.0, 1e-6, 0.0))
    p.set_chaser_hill((radial, -distance, normal), (0.0, closing, 0.0), q, w, datum="port")
    p.arm_dock(armed)
    return p


def test_straight_approach_touches_with_the_conditions_it_was_given():
    tilt, roll = math.radians(2.0), math.radians(-1.5)
    p = approach(3.0, 0.07, radial=-0.03, normal=0.04, q=turned(turned(LVLH, 1, tilt), 0, roll))
    p.run(428, 100_000)
    assert p.contact_record()["status"] == 0
    p.run(1, 100_000)
    contact = p.contact_record()
    assert contact["status"] == 1
    assert contact["t_s"] == pytest.approx(3.0 / 0.07, abs=1e-7)
    state = contact["state"]
    assert state["axial_m"] == pytest.approx(0.0, abs=1e-9)
    assert state["closing_mps"] == pytest.approx(0.07, abs=1e-9)
    assert state["lateral_m"] == pytest.approx(0.05, abs=1e-8)
    # tport: x along -V-bar, z to nadir, y along H-bar
    assert state["r_port_tport_tport_m"] == pytest.approx((0.0, 0.04, 0.03), abs=1e-8)
    assert state["lateral_rate_mps"] == pytest.approx(0.0, abs=1e-9)
    assert state["pitch_yaw_rad"] == pytest.approx(tilt, abs=1e-8)
    # a chaser rolled about its +x is rolled the other way about the opposed tport +x
    assert state["roll_rad"] == pytest.approx(-roll, abs=1e-4 * abs(roll) + tilt * tilt)
    assert state["pitch_yaw_rate_radps"] == pytest.approx(0.0, abs=1e-10)


def test_rates_at_contact():
    pitch_rate, roll_rate = math.radians(0.05), math.radians(0.1)
    p = approach(0.07, 0.07, w=(roll_rate, pitch_rate, 0.0))
    p.run(11, 100_000)
    contact = p.contact_record()
    state = contact["state"]
    assert contact["status"] == 1
    assert contact["t_s"] == pytest.approx(1.0, abs=1e-4)
    assert state["pitch_yaw_rate_radps"] == pytest.approx(pitch_rate, rel=1e-3, abs=0.0)
    assert state["roll_rate_radps"] == pytest.approx(-roll_rate, rel=1e-3, abs=0.0)
    assert state["pitch_yaw_rad"] == pytest.approx(pitch_rate * 1.0, rel=1e-2, abs=0.0)
    assert state["roll_rad"] == pytest.approx(-roll_rate * 1.0, rel=1e-2, abs=0.0)
    # the port is 2 m ahead of the c.m.: it moves sideways at w x arm
    assert state["lateral_rate_mps"] == pytest.approx(2.0 * pitch_rate, rel=1e-3, abs=0.0)
    assert state["lateral_m"] == pytest.approx(2.0 * pitch_rate * 1.0, rel=1e-3, abs=0.0)


def test_velocity_of_the_port_is_seen_from_the_turning_target():
    """A chaser that moves with an LVLH-holding target stands still at its port, and its corridor angle is plain."""
    p = plant(ZONAL, capture=CAPTURE)
    p.set_chaser_hill((30.0, -100.0, -40.0), (0.0, 0.0, 0.0), LVLH, (0.0, 0.0, 0.0), datum="port")
    port = p.port()
    assert port["v_port_tport_tport_mps"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert port["corridor_rad"] == pytest.approx(math.atan2(50.0, 100.0), abs=1e-12)
    assert port["w_port_tport_tport_radps"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-15)


def test_captured_chaser_is_held_rigid_and_its_imu_feels_the_stop():
    p = approach(0.65, 0.1, radial=0.02, w=(0.0, 0.0005, 0.0))
    p.run(66, 100_000)
    assert p.contact_record()["status"] == 1
    assert p.imu_truth()["dv_com_body_mps"] == pytest.approx((-0.1, 0.0, 0.0), abs=2e-3)
    held = p.port()
    p.run(1000, 100_000)
    after = p.port()
    assert after["r_port_tport_tport_m"] == pytest.approx(held["r_port_tport_tport_m"], abs=1e-8)
    assert after["pitch_yaw_rad"] == pytest.approx(held["pitch_yaw_rad"], abs=1e-12)
    assert after["v_port_tport_tport_mps"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)
    assert p.imu_truth()["dv_com_body_mps"] == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


@pytest.mark.parametrize(
    "changes",
    [
        {"closing": 0.5},
        {"closing": 0.005},
        {"radial": 0.4},
        {"q": turned(LVLH, 2, math.radians(11.0))},
        {"q": turned(LVLH, 0, math.radians(-11.0))},
        {"w": (0.03, 0.0, 0.0)},
        {"w": (0.0, 0.0, 0.025)},
    ],
)
def test_touch_outside_the_envelope_is_a_failed_contact(changes):
    p = approach(**({"distance": 0.01, "closing": 0.07} | changes))
    p.run(30, 100_000)
    assert p.contact_record()["status"] == 2


def test_touch_inside_the_envelope_of_a_mechanism_that_does_not_capture_bounces_and_may_come_again():
    p = approach(distance=0.01, closing=0.07, armed=False)
    p.run(2, 100_000)
    assert p.contact_record()["status"] == 3
    before = p.port()["v_port_tport_tport_mps"][0]
    assert before == pytest.approx(0.3 * 0.07, abs=2e-3), "parts at 0.3 of the closing rate"
    p.run(20, 100_000)
    assert p.contact_record()["status"] == 0 and p.port()["axial_m"] > 0.01
    target, chaser = p.state("target"), p.state("chaser")
    q, v = chaser["q_body_from_eci"], chaser["v_eci_mps"]
    away = np.subtract(v, target["v_eci_mps"])
    p.set_chaser(
        chaser["r_eci_m"], np.subtract(v, away * (1.0 + 0.07 / np.linalg.norm(away))), q, target["w_body_radps"]
    )
    p.arm_dock()
    p.run(30, 100_000)
    assert p.contact_record()["status"] == 1


def test_flying_past_the_port_is_no_contact():
    p = approach(1.0, 0.1, radial=1.5)
    p.run(200, 100_000)
    assert p.contact_record()["status"] == 0
    assert p.port()["axial_m"] < -0.9


def test_leaving_is_no_contact():
    p = approach(-0.01, -0.1)
    p.run(20, 100_000)
    assert p.contact_record()["status"] == 0
    assert p.port()["axial_m"] > 0.1


def test_contact_does_not_depend_on_where_the_step_falls():
    times = []
    for step_s in (0.1, 0.037, 0.01):
        p = plant(EMPTY, capture=CAPTURE, step_s=step_s)
        p.set_target((6778137.0, 0.0, 0.0), (0.0, 1e-6, 0.0))
        p.set_chaser_hill((0.02, -0.1234, 0.0), (0.001, 0.05, 0.0), LVLH, (0.001, 0.002, 0.0), datum="port")
        p.arm_dock()
        p.run(30, 100_000)
        times.append(p.contact_record()["t_s"])
    assert times == pytest.approx(np.full(3, times[0]), abs=1e-6)
