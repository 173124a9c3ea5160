"""The linear algebra of it: relative motion, statistically linearised dead bands and burns, the augmented state."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats
from scipy.linalg import expm
from scipy.special import ndtr

Floats = NDArray[np.float64]

STEP_S = 1.0
BURN_POINTS = 1024
I3 = np.eye(3)


def relative_motion(n_radps: float, dt_s: float) -> Floats:
    """Transition over dt_s of relative position and its inertial rate, both in hill components, shape (6, 6).

    r' = u - w x r, u' = G r - w x u with G = n² diag(2, -1, -1): Clohessy & Wiltshire (1960), with the rate not
    taken in the turning frame.
    """
    w = cross([0.0, 0.0, n_radps])
    gradient = n_radps**2 * np.diag([2.0, -1.0, -1.0])
    return np.asarray(expm(dt_s * np.block([[-w, I3], [gradient, -w]])))


def dead_zone(x: ArrayLike, band: ArrayLike) -> Floats:
    """What lies outside the band: x - clip(x, -band, band)."""
    x = np.asarray(x, dtype=np.float64)
    return np.asarray(x - np.clip(x, -np.asarray(band), np.asarray(band)))


def dead_zone_mean(mean: ArrayLike, sigma: ArrayLike, band: ArrayLike) -> Floats:
    """Mean output of a dead zone for a normal input (Gelb & Vander Velde 1968, tables of random-input gains)."""
    m, s, b = (np.asarray(x, dtype=np.float64) for x in (mean, sigma, band))
    s = np.maximum(s, 1.0e-12)
    upper, lower = (m - b) / s, (m + b) / s
    found = (m - b) * ndtr(upper) + (m + b) * ndtr(-lower) + s * (_density(upper) - _density(lower))
    return np.asarray(found)


def dead_zone_gain(mean: ArrayLike, sigma: ArrayLike, band: ArrayLike) -> Floats:
    """Gain of least mean-square error of a dead zone for a normal input: the probability of lying outside.

    Statistical linearisation: Booton (1954), IRE Trans. Circuit Theory 1, 9.
    """
    m, s, b = (np.asarray(x, dtype=np.float64) for x in (mean, sigma, band))
    s = np.maximum(s, 1.0e-12)
    return np.asarray(ndtr((m - b) / s) + ndtr((-m - b) / s))


def burn_statistics(
    mean: Floats, covariance: Floats, quantum: Floats, cycle_dv_mps: float, force_sigma: Floats, least_mps: float
) -> tuple[Floats, Floats]:
    """What a burn gives of a velocity change asked for, linearised over normal (mean, covariance) of it.

    The velocity to be gained is worked off by at most cycle_dv_mps a cycle; an axis with less than its quantum left
    fires no more. A burn of two cycles or more also fires for attitude, which leaves the rest of each axis anywhere
    within a quantum. At or below least_mps nothing is fired at all. force_sigma: of the thrust on each axis, relative.

    Returns:
        gain, shape (3, 3), and the covariance of what is not linear in the input, (3, 3): Booton (1954).
    """
    points = stats.qmc.Sobol(9, seed=1).random(BURN_POINTS)
    normal, rest = stats.norm.ppf(points[:, :6]), (2.0 * points[:, 6:] - 1.0) * quantum
    values, vectors = np.linalg.eigh(covariance)
    asked = mean + normal[:, :3] * np.sqrt(np.maximum(values, 0.0)) @ vectors.T
    to_go, cycles = asked.copy(), np.zeros(BURN_POINTS)
    force = 1.0 + force_sigma * normal[:, 3:]
    worth = np.linalg.norm(asked, axis=1) > least_mps
    for _ in range(1 + int(4.0 * np.linalg.norm(np.abs(asked).max(axis=0)) / min(cycle_dv_mps, quantum.min()))):
        size = np.linalg.norm(to_go, axis=1)
        step = to_go * np.minimum(1.0, cycle_dv_mps / np.maximum(size, 1.0e-12))[:, None]
        fires = (np.abs(step) >= quantum) & worth[:, None]
        if not fires.any():
            break
        to_go -= np.where(fires, step * force, 0.0)
        cycles += fires.any(axis=1)
    given = asked - np.where((cycles >= 2)[:, None], rest, to_go)
    x, y = asked - asked.mean(axis=0), given - given.mean(axis=0)
    gain = np.linalg.lstsq(x, y, rcond=1.0e-6)[0].T
    left = y - x @ gain.T
    return gain, left.T @ left / BURN_POINTS


def _density(x: Floats) -> Floats:
    return np.asarray(np.exp(-0.5 * x * x) / sqrt(2.0 * pi))


def cross(x: ArrayLike) -> Floats:
    """Matrix that takes y to the cross product of x and y."""
    a, b, c = np.asarray(x, dtype=np.float64)
    return np.array([[0.0, -c, b], [c, 0.0, -a], [-b, a, 0.0]])


# ---- the augmented state ------------------------------------------------------------------------

# Deviations from the reference flight, three components each, hill axes. Constants of a case are drawn alike on
# all axes, so that the frame they are declared in does not matter.
TRUE = (
    "r", "u",                             # position and inertial rate of the chaser's c.m. relative to the target's
    "hold", "swing", "swing_rate",        # target attitude: constant error, limit cycle and its rate; tbody axes
    "multipath",                          # relative GNSS bias, as it is near the target
    "boresight", "star", "com",           # mounting of camera and star tracker; centre of mass
    "thrust", "tilt_1", "tilt_2",         # thrust on an axis for what is asked, and what of the next two axes' leaks in
    "drag",                               # differential drag acceleration
    "start",                              # where the reference of a forced leg starts
    "arm", "arm_rate",                    # the port about the c.m. as the attitude moves in its dead band
    "carried",                            # velocity demanded and not yet fired
)  # fmt: skip
BELIEVED = ("r^", "u^", "theta^", "theta_rate^", "multipath^")  # the relative filter's own state
AT = {name: slice(3 * k, 3 * k + 3) for k, name in enumerate(TRUE + BELIEVED)}
SIZE = 3 * len(AT)
FILTER = slice(3 * len(TRUE), SIZE)
ESTIMATED = 3 * len(BELIEVED)
CONSIDERED = AT["boresight"]  # the filter reckons with its variance and never corrects for it
MOTIONS = (("r", "u"), ("r^", "u^"))


def of(**terms: Any) -> Floats:
    """Rows of shape (3, SIZE) that take each named part times a factor or a 3 x 3 matrix; `_hat` stands for ^."""
    rows = np.zeros((3, SIZE))
    for name, factor in terms.items():
        rows[:, AT[name.replace("_hat", "^")]] = factor * I3 if np.ndim(factor) == 0 else factor
    return rows


class Augmented:
    """Covariance of the augmented state, `entry`: its part that comes from r and u as the phase began, and its mean."""

    def __init__(self) -> None:
        self.covariance = np.zeros((SIZE, SIZE))
        self.entry = np.zeros((SIZE, 6))
        self.mean = np.zeros(SIZE)

    def put(self, name: str, variance: ArrayLike) -> None:
        """Gives a part that variance on each axis, no mean, and no correlation with anything."""
        at = AT[name]
        self.covariance[at, :] = 0.0
        self.covariance[:, at] = 0.0
        self.entry[at] = 0.0
        self.mean[at] = 0.0
        self.covariance[at, at] = np.diag(np.broadcast_to(np.asarray(variance, dtype=np.float64), 3))

    def apply(self, transition: Floats, noise: Floats | None = None) -> None:
        """Moves the state by x <- A x + w: P <- A P A' + Q (Geller 2006)."""
        self.covariance = transition @ self.covariance @ transition.T
        self.entry = transition @ self.entry
        self.mean = transition @ self.mean
        if noise is not None:
            self.covariance += noise

    def correct(self, gain: Floats, innovation: Floats, noise: Floats) -> None:
        """The filter's state moves by gain (15, 3) times the innovation (3, SIZE) and noise of those variances."""
        moved = gain @ innovation
        self.entry[FILTER] += moved @ self.entry
        self.mean[FILTER] += moved @ self.mean
        self.covariance[FILTER] += moved @ self.covariance
        self.covariance[:, FILTER] += self.covariance @ moved.T
        self.covariance[FILTER, FILTER] += (gain * noise) @ gain.T

    def sigma(self, rows: Floats) -> Floats:
        """Standard deviations of linear forms, shape of the first axis of rows."""
        return np.asarray(np.sqrt(np.maximum(((rows @ self.covariance) * rows).sum(axis=1), 0.0)))

    def begin_phase(self) -> None:
        """From here on `entry` is what comes of the r and u that the phase begins with."""
        six = self.covariance[:6, :6]
        root = np.linalg.cholesky(six + 1.0e-18 * np.eye(6))
        self.entry = np.linalg.solve(root, self.covariance[:6]).T
