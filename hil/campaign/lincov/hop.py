"""The burns of a hop."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from gnc import kernels
from gnc.flight import Kind, instruments_of, law_block, model_block
from hil.campaign.lincov.linear import AT, I3, MOTIONS, SIZE, STEP_S, Augmented, Floats, burn_statistics, cross, of
from hil.campaign.lincov.navigation import declared_rms, voted
from hil.campaign.lincov.reference import Leg, Path
from hil.scenario import DEG, Scenario

CORRECTION_LEAD_S = 2.0  # of gnc/core/guidance/guidance.c
OUT_OF_PLANE_MIN = 0.3  # of gnc/core/orbit/targeting.c


@dataclass(frozen=True)
class Burn:
    """One burn of a hop: the step of its middle, the time left to the arrival, and the nominal velocity change."""

    kind: Literal["transfer", "correction", "arrival"]
    step: int
    left_s: float
    dv: Floats
    duration_s: float
    cutoff_mps: float


def burns_of(path: Path, params: Any, leg: Leg) -> dict[int, Burn]:
    """The burns of a hop by their step: as guidance.c plans them, as large as the reference flight made them."""
    hop = law_block(params, leg.number)
    transfer, lead = float(hop["duration_s"]), float(hop["lead_s"])
    plan: list[tuple[Literal["transfer", "correction", "arrival"], float, float]] = [("transfer", lead, transfer)]
    for fraction in hop["correction_fraction"]:
        if fraction > 0.0:
            at = fraction * transfer + CORRECTION_LEAD_S
            plan.append(("correction", lead + at, transfer - at))
    plan.append(("arrival", lead + transfer, 0.0))
    found = {}
    middles = [at for _, at, _ in plan]
    bounds = [-np.inf, *(0.5 * (a + b) for a, b in pairwise(middles)), np.inf]
    time = np.arange(len(path.burning)) * path.cycle_s - leg.first * STEP_S
    # a burn's last firing is felt in the cycle after its flag
    felt = path.burning.copy()
    felt[1:] |= path.burning[:-1]
    felt &= path.phase_of_cycle == leg.number
    for (kind, at, left), (low, high) in zip(plan, pairwise(bounds), strict=True):
        mine = felt & (time >= low) & (time < high)
        step = min(leg.first + round(at / STEP_S), leg.last - 1)
        found[step] = Burn(
            kind,
            step,
            left,
            path.thrust_dv[mine].sum(axis=0),
            float(mine.sum() * path.cycle_s),
            float(hop["cutoff_mps"]),
        )
    return found


def _steering(burn: Burn, n_radps: float) -> Floats:
    """The velocity change a burn is given, as rows on the augmented state: two-impulse targeting on the estimate."""
    velocity = of(u_hat=1.0, r_hat=-cross([0.0, 0.0, n_radps]))
    if burn.kind == "arrival":
        return -velocity
    stm = np.asarray(kernels.cw_stm(n_radps, burn.left_s))
    rr, rv = stm[:3, :3], stm[:3, 3:]
    aimed = np.zeros((3, 3))
    aimed[:2, :2] = -np.linalg.solve(rv[:2, :2], rr[:2, :2])
    out_of_plane = abs(rv[2, 2]) * n_radps > OUT_OF_PLANE_MIN
    if out_of_plane:
        aimed[2, 2] = -rr[2, 2] / rv[2, 2]
    rows = of(r_hat=aimed) - velocity
    if not out_of_plane:
        rows[2] = 0.0
    return rows


class Burning:
    """What a burn does to the augmented state."""

    def __init__(self, scenario: Scenario, params: Any, path: Path, thrust_sigma: Floats):
        self.s, self.p, self.path, self.thrust_sigma = scenario, params, path, thrust_sigma
        imu = scenario.sensors.imu
        share = voted(scenario)
        self.scale = share * declared_rms(scenario, "instrument.imu.scale_factor_ppm") * 1.0e-6
        self.misalignment = share * declared_rms(scenario, "instrument.imu.misalignment_deg") * DEG
        self.noise = share * imu.accelerometer_noise_mps_per_sqrt_s
        self.cycle_dv = float(params["force_max_n"] * params["cycle_s"] / params["mass_kg"])

    def apply(self, state: Augmented, burn: Burn) -> None:
        """One burn, as an impulse at its middle."""
        rows, dv = _steering(burn, self.path.n_radps), burn.dv
        asked = rows @ state.covariance @ rows.T
        least = 2.0 * burn.cutoff_mps if burn.kind == "correction" else 0.0
        gain, left = burn_statistics(dv, asked, self.path.quantum, self.cycle_dv, self.thrust_sigma, least)
        transition, noise = np.eye(SIZE), np.zeros((SIZE, SIZE))
        size = float(np.linalg.norm(dv))
        for r, u in MOTIONS:
            transition[AT[u]] += gain @ rows
            if size > 0.0:  # more thrust makes the burn shorter, and its middle earlier by half of that
                transition[AT[r], AT["thrust"]] += 0.5 * burn.duration_s * np.outer(dv, (dv / size) ** 2)
            for _, column in MOTIONS:
                noise[AT[u], AT[column]] += left
        # the burn ends by what is sensed and points by the star tracker: their errors are in the truth alone
        transition[AT["u"], AT["star"]] += cross(dv)
        noise[AT["u"], AT["u"]] += self._sensed(dv, burn.duration_s)
        state.apply(transition, noise)

    def _sensed(self, dv: Floats, duration_s: float) -> Floats:
        """Error covariance of what is sensed of a burn: scale, misalignment, noise, and noise in the bias taken off."""
        bias = duration_s**2 / (
            2.0 * float(model_block(self.p, instruments_of(self.p, Kind.IMU)[0])["accel_bias_tau_s"])
        )
        across = cross(dv)
        found = self.scale**2 * np.diag(dv**2) + self.misalignment**2 * across @ across.T
        return np.asarray(found + self.noise**2 * (duration_s + bias) * I3)
