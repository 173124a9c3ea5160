"""Rigid-body and orbital motion against what theory conserves or predicts."""

import math
from dataclasses import replace

import numpy as np
import pytest

from hil.plant.config import Hold
from hil.plant.environment import pole_of_date
from tests.plant.plants import CHASER, EMPTY, J2, J3, J4, LVLH, MU, RE, SPHERE, ZONAL, plant


def rotation(q):
    """Matrix of q_b_from_a: v_b = C v_a."""
    w, x, y, z = q
    return np.array([
        [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
    ])  # fmt: skip


def spin(p, w, q=(1.0, 0.0, 0.0, 0.0)):
    state = p.state("chaser")
    p.set_chaser(state["r_eci_m"], state["v_eci_mps"], q, w)


def test_symmetric_top_precesses_as_euler_says():
    chaser = replace(CHASER, dry_inertia_body_kgm2=(1000.0, 0, 0, 0, 1000.0, 0, 0, 0, 600.0))
    p = plant(EMPTY, chaser=chaser)
    spin(p, (0.02, 0.0, 0.1))
    for k in range(1, 6):
        p.run(200, 100_000)
        rate = (600.0 - 1000.0) / 1000.0 * 0.1
        expected = (0.02 * math.cos(rate * 20 * k), 0.02 * math.sin(rate * 20 * k), 0.1)
        assert p.state("chaser")["w_body_radps"] == pytest.approx(expected, abs=1e-11)


def test_free_tumble_keeps_energy_and_angular_momentum():
    p = plant(EMPTY)
    spin(p, (0.05, 0.03, -0.04), (0.5, 0.5, -0.5, 0.5))
    inertia = np.diag([800.0, 1000.0, 1200.0])

    def integrals():
        state = p.state("chaser")
        w = np.array(state["w_body_radps"])
        return w @ inertia @ w / 2, rotation(state["q_body_from_eci"]).T @ inertia @ w

    energy_0, momentum_0 = integrals()
    p.run(20_000, 100_000)
    energy, momentum = integrals()
    assert energy == pytest.approx(energy_0, rel=1e-9, abs=0.0)
    assert momentum == pytest.approx(momentum_0, rel=1e-8, abs=0.0)


def test_constant_spin_turns_the_attitude_and_the_imu_sees_it():
    p = plant(EMPTY)
    spin(p, (0.0, 0.0, 0.03))
    p.run(1, 100_000)
    assert p.imu_truth()["dtheta_body_rad"] == pytest.approx((0.0, 0.0, 0.003), abs=1e-16)
    p.run(999, 100_000)
    # an ECI x axis seen from a body turned by +3 rad about z
    seen = rotation(p.state("chaser")["q_body_from_eci"]) @ (1.0, 0.0, 0.0)
    assert seen == pytest.approx((math.cos(3.0), -math.sin(3.0), 0.0), abs=1e-10)


def test_gravity_gradient_libration_has_its_theoretical_period():
    """Small pitch about a stable LVLH attitude: Jy theta'' = -3 n^2 (Jx - Jz) theta."""
    chaser = replace(
        CHASER, dry_inertia_body_kgm2=(1200.0, 0, 0, 0, 1300.0, 0, 0, 0, 500.0), propellant_kg=0.0
    )  # long axis z to nadir
    p = plant(SPHERE, chaser=chaser)
    tilt = 0.002
    # LVLH, then pitched by `tilt` about body y
    half = np.array([math.cos(tilt / 2), 0.0, -math.sin(tilt / 2), 0.0])
    w, x, y, z = LVLH
    q = (half[0] * w - half[2] * y, half[0] * x + half[2] * z, half[0] * y + half[2] * w, half[0] * z - half[2] * x)
    p.set_chaser_hill((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), q, (0.0, 0.0, 0.0))
    n = math.sqrt(MU / 6778137.0**3)
    omega = n * math.sqrt(3 * (1200.0 - 500.0) / 1300.0)
    pitch = []
    for _ in range(8):
        state = p.state("chaser")
        # pitch: nadir seen from the body leans to body x
        nadir = rotation(state["q_body_from_eci"]) @ (-np.array(state["r_eci_m"]) / np.linalg.norm(state["r_eci_m"]))
        pitch.append(math.atan2(nadir[0], nadir[2]))
        p.run(5000, 100_000)
    expected = [pitch[0] * math.cos(omega * 500.0 * k) for k in range(8)]
    assert abs(pitch[0]) == pytest.approx(tilt, rel=1e-6, abs=0.0)
    assert pitch == pytest.approx(expected, abs=0.01 * tilt)


def test_zonal_field_keeps_energy_and_momentum_about_the_pole():
    p = plant(ZONAL)
    r = 6778137.0
    v = math.sqrt(MU / r)
    p.set_target((r, 0.0, 0.0), (0.0, v * math.cos(0.9), v * math.sin(0.9)))

    def integrals():
        r, v = (np.array(p.state("target")[k]) for k in ("r_eci_m", "v_eci_mps"))
        d = np.linalg.norm(r)
        s = r @ pole / d
        legendre = {2: (3 * s * s - 1) / 2, 3: (5 * s**3 - 3 * s) / 2, 4: (35 * s**4 - 30 * s * s + 3) / 8}
        potential = -MU / d * (1 - sum(j * (RE / d) ** k * legendre[k] for k, j in ((2, J2), (3, J3), (4, J4))))
        return v @ v / 2 + potential, np.cross(r, v) @ pole

    pole = np.array(pole_of_date((9188.0 + 69.184 / 86400.0) / 36525.0))
    energy_0, momentum_0 = integrals()
    p.run(56_000, 100_000)
    energy, momentum = integrals()
    assert energy == pytest.approx(energy_0, rel=1e-11, abs=0.0)
    assert momentum == pytest.approx(momentum_0, rel=1e-9, abs=0.0)


def test_target_follows_its_attitude_reference():
    """Bias and limit cycle about LVLH come out as declared."""
    amplitude, omega = math.radians(0.02), 0.02
    hold = Hold(
        LVLH,
        bias_rad=(0.01, -0.012, 0.008),
        rate_amplitude_radps=(amplitude, 0.0, amplitude / 2),
        phase_rad=(0.3, 0.0, 2.0),
        limit_cycle_radps=omega,
    )
    p = plant(ZONAL, hold=hold)
    turned = []
    for _ in range(100):
        p.run(50, 100_000)
        target = p.state("target")
        r, v = (np.array(target[k]) for k in ("r_eci_m", "v_eci_mps"))
        x, z = r / np.linalg.norm(r), np.cross(r, v) / np.linalg.norm(np.cross(r, v))
        nominal = rotation(LVLH) @ np.array([x, np.cross(z, x), z])
        c = rotation(target["q_body_from_eci"]) @ nominal.T
        turned.append(np.array([c[1, 2] - c[2, 1], c[2, 0] - c[0, 2], c[0, 1] - c[1, 0]]) / 2)
    t = 5.0 * np.arange(1, 101)
    theta = np.array([0.01, -0.012, 0.008]) + np.outer(np.sin(omega * t + 0.3), [amplitude / omega, 0, 0])
    theta[:, 2] += amplitude / 2 / omega * np.sin(omega * t + 2.0)
    # rotation vector to vee of the matrix: sin|theta| / |theta|
    size = np.linalg.norm(theta, axis=1, keepdims=True)
    assert np.array(turned) == pytest.approx(theta * np.sin(size) / size, abs=3e-5)
    assert p.hold_error_rad() < 3e-5


def test_relative_state_goes_in_and_comes_out():
    p = plant(ZONAL)
    p.set_chaser_hill((25.0, -3500.0, 7.0), (0.1, -0.2, 0.3), LVLH, (0.0, 0.0, 0.0))
    r, v = p.relative()
    assert r == pytest.approx((25.0, -3500.0, 7.0), abs=1e-8)
    assert v == pytest.approx((0.1, -0.2, 0.3), abs=1e-11)


def test_port_datum_puts_port_before_port():
    p = plant(ZONAL)
    p.set_chaser_hill((8.0, -249.0, 3.0), (0.0, 0.0, 0.0), LVLH, (0.0, 0.0, 0.0), datum="port")
    port = p.port()
    assert port["axial_m"] == pytest.approx(249.0, abs=1e-8)
    # tport: x outward along -V-bar, z as the target body's, to nadir; y completes: +H-bar
    assert port["r_port_tport_tport_m"] == pytest.approx((249.0, 3.0, -8.0), abs=1e-8)
    assert port["pitch_yaw_rad"] == pytest.approx(0.0, abs=1e-12)
    assert port["roll_rad"] == pytest.approx(0.0, abs=1e-12)
    assert port["range_com_m"] == pytest.approx(math.hypot(249.0 + 32.0, 8.0, 3.0), rel=1e-9, abs=0.0)


def test_steps_of_any_size_end_at_the_same_state():
    ends = []
    for step_s in (0.02, 0.1, 0.5):
        p = plant(ZONAL, step_s=step_s)
        spin(p, (0.01, -0.02, 0.005))
        p.run(1200, 500_000)
        ends.append(p.state("chaser"))
    for end, tolerance in zip(ends[1:], (1e-8, 3e-7), strict=True):
        assert end["r_eci_m"] == pytest.approx(ends[0]["r_eci_m"], abs=1e-4)
        assert end["q_body_from_eci"] == pytest.approx(ends[0]["q_body_from_eci"], abs=tolerance)
