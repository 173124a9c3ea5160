"""A world as the relative filter believes it to be, in NumPy and SciPy: dynamics, noises and sensors of its parameters.

Many runs at once: every state has the runs as its first axis. Nothing here is the core's code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from gnc.flight import Target
from tests.core.internals import CYCLE_US, Array, Core, blank_frame

DT = CYCLE_US * 1e-6


def turned(rotvec: Array) -> Rotation:
    """Components in a frame that turned by rotvec, from those before (docs/conventions.md)."""
    return Rotation.from_rotvec(-np.asarray(rotvec))


def rotation(q: Array) -> Rotation:
    return Rotation.from_quat(q, scalar_first=True)


def quaternion(r: Rotation) -> Array:
    return r.as_quat(scalar_first=True)


def gravity(p: Any, r: Array) -> Array:
    """Point mass and J2 about the pole (Vallado 2013, section 8.6)."""
    size = np.linalg.norm(r, axis=-1, keepdims=True)
    s = (r @ p["pole_eci"])[..., None] / size
    k = 1.5 * p["j2"] * p["mu_m3ps2"] * p["re_m"] ** 2 / size**4
    return -p["mu_m3ps2"] / size**3 * r + k * ((5 * s**2 - 1) * r / size - 2 * s * p["pole_eci"])


def hill_from_eci(r: Array, v: Array) -> Rotation:
    x = r / np.linalg.norm(r, axis=-1, keepdims=True)
    h = np.cross(r, v)
    z = h / np.linalg.norm(h, axis=-1, keepdims=True)
    return Rotation.from_matrix(np.stack([x, np.cross(z, x), z], axis=-2))


class Truth:
    """Target orbit, relative motion, target attitude about its hold, relative GNSS bias, and how the docking camera is
    mounted; the chaser in LVLH."""

    def __init__(self, core: Core, runs: int, rng: np.random.Generator) -> None:
        p = self.p = core.params
        self.rng, self.tick = rng, 0

        def drawn(name: str, sigma: float) -> Array:
            return core[name] + sigma * rng.normal(size=(runs, 3))

        self.rt = drawn("relative.r_target_eci_m", p["target_sigma_r_m"])
        self.vt = drawn("relative.v_target_eci_mps", p["target_sigma_v_mps"])
        self.dr = drawn("relative.dr_eci_m", p["init_sigma_r_m"])
        off, turn = self.dr - core["relative.dr_eci_m"], np.cross(self.rt, self.vt) / (self.rt**2).sum(1, keepdims=True)
        self.dv = drawn("relative.dv_eci_mps", p["init_sigma_v_mps"]) + np.cross(turn, off)  # handed over in hill
        self.theta = p["target_attitude_sigma_rad"] * rng.normal(size=(runs, 3))
        self.rate = p["target_rate_sigma_radps"] * rng.normal(size=(runs, 3))
        self.growth = 1.0 + np.linalg.norm(self.dr, axis=1, keepdims=True) / p["rgnss_growth_m"]
        self.bias = p["rgnss_bias_sigma_m"] * self.growth * rng.normal(size=(runs, 3))
        frequency = p["target_rate_sigma_radps"] / p["target_attitude_sigma_rad"]
        self.stiffness, self.damping = frequency**2, 2.0 * p["target_damping_ratio"] * frequency
        self.boresight = p["camera_boresight_sigma_rad"] * rng.normal(size=(runs, 3))
        self.past: list[dict[str, Any]] = []
        self._remember()

    def _kick(self, psd: float) -> Array:
        return np.sqrt(psd * DT) * self.rng.normal(size=self.dr.shape)

    def _remember(self) -> None:
        now = {name: getattr(self, name).copy() for name in ("rt", "vt", "dr", "dv", "theta", "rate", "bias")}
        hill = hill_from_eci(self.rt, self.vt)
        now["hill"], now["body"] = hill, rotation(self.p["init_q_body_from_eci"])
        now["tbody"] = turned(self.theta) * rotation(self.p["q_tbody_from_hill"]) * self.hold(self.rt, self.vt)
        self.past.append(now)

    def step(self) -> None:
        """One cycle of the dynamics, RK4, then the process noise declared for it."""

        def rates(x: Array) -> Array:
            rt, vt, dr, dv = x
            at = gravity(self.p, rt)
            return np.array([vt, at, dv, gravity(self.p, rt + dr) - at])

        x = np.array([self.rt, self.vt, self.dr, self.dv])
        k1 = rates(x)
        k2 = rates(x + 0.5 * DT * k1)
        k3 = rates(x + 0.5 * DT * k2)
        self.rt, self.vt, self.dr, self.dv = x + DT / 6 * (k1 + 2 * k2 + 2 * k3 + rates(x + DT * k3))
        self.dv = self.dv + self._kick(self.p["rel_accel_psd_m2ps3"])
        self.vt = self.vt + self._kick(self.p["orbit_accel_psd_m2ps3"])
        rate = self.rate - DT * (self.stiffness * self.theta + self.damping * self.rate)
        self.theta = self.theta + DT * self.rate
        self.rate = rate + self._kick(2 * self.damping * self.p["target_rate_sigma_radps"] ** 2)
        keep = 1.0 - DT / self.p["rgnss_bias_tau_s"]
        sigma = self.p["rgnss_bias_sigma_m"] * self.growth * np.sqrt(1.0 - keep**2)
        self.bias = keep * self.bias + sigma * self.rng.normal(size=self.bias.shape)
        self.tick += 1
        self._remember()

    def hold(self, rt: Array, vt: Array) -> Rotation:
        """The frame that the target holds its attitude against, from eci."""
        inertial = self.p["target_attitude_mode"] == Target.INERTIAL_HOLD
        return Rotation.identity() if inertial else hill_from_eci(rt, vt)

    # ---- sensors, at a cycle of the past, without noise ----

    @property
    def camera(self) -> Rotation:
        """camera from body, as mounted."""
        return turned(self.boresight) * rotation(self.p["q_camera_from_body"])

    def antennas(self, x: dict[str, Any], spin_body: Array | float = 0.0) -> tuple[Array, Array]:
        """Chaser antenna from target antenna in eci, and its rate."""
        p, body_eci = self.p, x["body"].inv()
        arm = p["gnss_body_m"] - p["com_body_m"]
        target = x["tbody"].inv().apply(p["rgnss_target_antenna_tbody_m"])
        n = np.cross(x["rt"], x["vt"]) / (x["rt"] ** 2).sum(axis=1, keepdims=True)
        n = n * (p["target_attitude_mode"] != Target.INERTIAL_HOLD)
        turn = n + x["tbody"].inv().apply(x["rate"])
        r = x["dr"] + body_eci.apply(arm) - target + x["bias"]
        v = x["dv"] + body_eci.apply(np.cross(np.broadcast_to(spin_body, 3), arm)) - np.cross(turn, target)
        return r, v

    def sight(self, x: dict[str, Any]) -> Array:
        """Target port from the camera, camera axes."""
        p = self.p
        port = x["tbody"].inv().apply(p["tport_tbody_m"])
        lever = x["body"].inv().apply(p["camera_body_m"] - p["com_body_m"])
        return (self.camera * x["body"]).apply(port - x["dr"] - lever)

    def pose(self, x: dict[str, Any]) -> Rotation:
        """camera from tport."""
        p = self.p
        camera = self.camera * x["body"]
        return camera * x["tbody"].inv() * rotation(p["q_tport_from_tbody"]).inv()

    def frames(self, late: int, gnss: bool = False, rgnss: bool = False, camera: bool = False) -> NDArray[Any]:
        """One frame a run at the present tick, its measurements `late` cycles old and noisy as declared."""
        p, rng, x, runs = self.p, self.rng, self.past[-1 - late], len(self.dr)
        frames = np.repeat(blank_frame(self.tick), runs)
        valid_us = (self.tick - late) * CYCLE_US
        for name, there in (("gnss", gnss), ("rgnss", rgnss), ("camera", camera)):
            frames[f"{name}_valid"], frames[f"{name}_t_valid_us"] = there, valid_us
            frames[f"{name}_seq"] = self.tick
        arm = x["body"].inv().apply(p["gnss_body_m"] - p["com_body_m"])
        frames["gnss_r_eci_m"] = x["rt"] + x["dr"] + arm + p["gnss_sigma_r_m"] * rng.normal(size=(runs, 3))
        frames["gnss_v_eci_mps"] = x["vt"] + x["dv"] + p["gnss_sigma_v_mps"] * rng.normal(size=(runs, 3))
        r, v = self.antennas(x)
        frames["rgnss_r_eci_m"] = r + p["rgnss_sigma_r_m"] * self.growth * rng.normal(size=(runs, 3))
        frames["rgnss_v_eci_mps"] = v + p["rgnss_sigma_v_mps"] * self.growth * rng.normal(size=(runs, 3))
        d = self.sight(x)
        size = np.linalg.norm(d, axis=1)
        across = np.cross(d, rng.normal(0.0, p["camera_sigma_los_rad"], (runs, 3)))
        los = (d + across) / np.linalg.norm(d + across, axis=1, keepdims=True)
        sigma = np.hypot(p["camera_sigma_range_ratio"] * size, p["camera_sigma_range_floor_m"])
        frames["camera_range_m"] = size + sigma * rng.normal(size=runs)
        frames["camera_azimuth_rad"], frames["camera_elevation_rad"] = (
            np.arctan2(los[:, 1], los[:, 0]),
            np.arcsin(los[:, 2]),
        )
        noise = p["camera_sigma_pose_rad"] * np.maximum(1.0, size / p["camera_pose_reference_m"])
        pose = turned(noise[:, None] * rng.normal(size=(runs, 3))) * self.pose(x)
        frames["camera_q_camera_from_tport"] = quaternion(pose)
        return frames
