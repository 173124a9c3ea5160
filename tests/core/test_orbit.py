"""Orbital kernels against published cases, SciPy's integrator and mpmath."""

import ctypes
import math
from typing import Any

import mpmath as mp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.optimize import minimize_scalar

from gnc import kernels
from tests.jacobian import assert_columns_close

Array = NDArray[np.float64]
MU = 3.986004418e14
EARTH: dict[str, Any] = {
    "mu_m3ps2": MU,
    "j2": 1.08262668e-3,
    "j3": -2.5326564853e-6,
    "j4": -1.6196215914e-6,
    "re_m": 6378136.3,
}
DEG = math.pi / 180
# Rows are hill x, y, z in the axes of Fehse and of Yamanaka and Ankersen: x V-bar, y = -orbit normal, z nadir.
HILL_FROM_LVLH = np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


def integrate(r: Array, v: Array, duration: float, **model: Any) -> tuple[Array, Array]:
    """SciPy's DOP853 under point mass and J2 about z, in components (Vallado 2013, sec. 8.6)."""
    mu, j2, re = model["mu_m3ps2"], model.get("j2", 0.0), model.get("re_m", 1.0)

    def rate(_: float, x: Array) -> Array:
        rr = np.sqrt(x[0] ** 2 + x[1] ** 2 + x[2] ** 2)
        a = -mu / rr**3 * x[:3]
        k = 1.5 * j2 * mu * re**2 / rr**5
        s2 = 5 * (x[2] / rr) ** 2
        return np.concatenate([x[3:], a + k * x[:3] * np.array([s2 - 1, s2 - 1, s2 - 3])])

    solved = solve_ivp(rate, (0, duration), np.concatenate([r, v]), method="DOP853", rtol=3e-14, atol=1e-9)
    return solved.y[:3, -1], solved.y[3:, -1]


def elements_to_state(a: float, e: float, theta: float, mu: float = MU, tilt: float = 0.9) -> tuple[Array, Array]:
    """A state of true anomaly theta, the orbit plane tilted about x by `tilt`."""
    p = a * (1 - e * e)
    r = p / (1 + e * math.cos(theta)) * np.array([math.cos(theta), math.sin(theta), 0.0])
    v = math.sqrt(mu / p) * np.array([-math.sin(theta), e + math.cos(theta), 0.0])
    turn = np.array([[1, 0, 0], [0, math.cos(tilt), -math.sin(tilt)], [0, math.sin(tilt), math.cos(tilt)]])
    return turn @ r, turn @ v


# ---- gravity ----


def potential(r: list[mp.mpf], pole: list[mp.mpf]) -> mp.mpf:
    """U = mu/r (1 - sum J_n (re/r)^n P_n(sin latitude))."""
    size = mp.sqrt(mp.fdot(r, r))
    s = mp.fdot(r, pole) / size
    zonals = mp.fsum(EARTH[f"j{n}"] * (mp.mpf(EARTH["re_m"]) / size) ** n * mp.legendre(n, s) for n in (2, 3, 4))
    return mp.mpf(MU) / size * (1 - zonals)


def test_gravity_is_the_gradient_of_the_potential() -> None:
    rng = np.random.default_rng(4)
    with mp.workdps(60):
        step = mp.mpf(10) ** -18
        for _ in range(25):
            pole = rng.normal(size=3)
            pole /= np.linalg.norm(pole)
            r = rng.normal(size=3)
            r *= rng.uniform(6.5e6, 4.3e7) / np.linalg.norm(r)
            exact = []
            for axis in range(3):
                ahead, behind = ([mp.mpf(x) for x in r] for _ in range(2))
                ahead[axis] += step
                behind[axis] -= step
                p = [mp.mpf(x) for x in pole]
                exact.append(float((potential(ahead, p) - potential(behind, p)) / (2 * step)))
            a = kernels.gravity(r, **EARTH, pole_eci=pole)
            np.testing.assert_allclose(a, exact, rtol=0, atol=1e-15 * np.linalg.norm(exact))


def test_gravity_on_the_pole_and_the_equator() -> None:
    """Closed forms of J2: at the pole 1 - 3 J2 (re/r)^2, on the equator 1 + 3/2 J2 (re/r)^2."""
    r = 7e6
    model = {**EARTH, "j3": 0.0, "j4": 0.0}
    k = model["j2"] * (model["re_m"] / r) ** 2
    a = kernels.gravity([[0, 0, r], [0, r, 0]], **model)
    np.testing.assert_allclose(a[0], [0, 0, -MU / r**2 * (1 - 3 * k)], rtol=1e-15)
    np.testing.assert_allclose(a[1], [0, -MU / r**2 * (1 + 1.5 * k), 0], rtol=1e-15)


def test_j3_makes_the_pear() -> None:
    """J3 < 0 puts mass to the north: a stronger pull above the north pole, 4 J3 (re/r)^3 against the point mass."""
    model = {**EARTH, "j2": 0.0, "j4": 0.0}
    north, south = kernels.gravity([[0, 0, 7e6], [0, 0, -7e6]], **model)
    k = 4 * model["j3"] * (model["re_m"] / 7e6) ** 3
    np.testing.assert_allclose([north[2], south[2]], MU / 7e6**2 * np.array([k - 1, k + 1]), rtol=1e-15)
    assert abs(north[2]) > abs(south[2])


def test_gravity_refuses_what_makes_no_field() -> None:
    with pytest.raises(ValueError, match=r"r_eci_m = \[0, 0, 0\] \(position 1\)"):
        kernels.gravity([[7e6, 0, 0], [0, 0, 0]], **EARTH)
    with pytest.raises(ValueError, match=r"pole_eci = \[0\.0, 0\.0, 2\.0\]; expected a unit vector"):
        kernels.gravity([7e6, 0, 0], **EARTH, pole_eci=[0, 0, 2])
    with pytest.raises(ValueError, match=r"mu_m3ps2 = 0\.0; expected a finite number above 0"):
        kernels.gravity([7e6, 0, 0], mu_m3ps2=0.0, re_m=1.0)
    with pytest.raises(ValueError, match=r"r_eci_m has shape \(3, 2\); expected \(\.\.\., 3\)"):
        kernels.gravity(np.ones((3, 2)), **EARTH)


def test_rk4_under_j2_agrees_with_dop853() -> None:
    r, v = elements_to_state(6.8e6, 0.01, 0.3)
    model = {**EARTH, "j3": 0.0, "j4": 0.0}
    r1, v1 = kernels.rk4_step(r, v, 1.0, **model, steps=5400)
    r_true, v_true = integrate(r, v, 5400.0, **model)
    np.testing.assert_allclose(r1, r_true, rtol=0, atol=2e-4)
    np.testing.assert_allclose(v1, v_true, rtol=0, atol=2e-7)


def test_rk4_is_of_fourth_order() -> None:
    r, v = elements_to_state(7e6, 0.1, 0.0)
    fine = kernels.rk4_step(r, v, 5.0, **EARTH, steps=800)[0]
    errors = [np.linalg.norm(kernels.rk4_step(r, v, h, **EARTH, steps=round(4000 / h))[0] - fine) for h in (80.0, 40.0)]
    assert math.log2(errors[0] / errors[1]) == pytest.approx(4.0, abs=0.35)


# ---- hill frame ----


def test_published_rsw_axes() -> None:
    """valladopy rv2rsw."""
    r = np.array([1525.9870698051157, -5867.209915411114, 3499.601587508083]) * 1e3
    v = np.array([1.4830443958075603, -7.093267951700349, 0.9565730381487033]) * 1e3
    dcm, w = kernels.hill_frame(r, v)
    expected = [
        [0.21799815282930227, -0.8381728450587307, 0.4999430839297262],
        [0.0043486171359898, -0.5114241285968169, -0.8593174327441467],
        [0.9759394934584914, 0.18950367409403857, -0.10784462254949785],
    ]
    np.testing.assert_allclose(dcm, expected, rtol=0, atol=1e-15)
    np.testing.assert_allclose(dcm @ v, [6746.917593386584, 2812.1176860009087, 0], rtol=0, atol=2e-12)
    np.testing.assert_allclose(w, [0, 0, 2812.1176860009087 / 7e6], rtol=1e-14)


def test_hill_rate_is_that_of_the_turning_frame() -> None:
    """dC/dt = -[w]x C along a two-body orbit, by central differences."""
    r, v = elements_to_state(9e6, 0.3, 1.2)
    h = 0.1
    frames = [kernels.hill_frame(*kernels.kepler_propagate(r, v, t, MU))[0] for t in (-h, 0.0, h)]
    w = kernels.hill_frame(r, v)[1]
    np.testing.assert_allclose((frames[2] - frames[0]) / (2 * h), -kernels.skew(w) @ frames[1], rtol=0, atol=1e-11)


def test_relative_velocity_is_the_derivative_in_the_rotating_frame() -> None:
    rt, vt = elements_to_state(8e6, 0.2, 0.7)
    rc, vc = rt + np.array([300.0, -200.0, 500.0]), vt + np.array([0.3, 0.2, -0.1])
    h = 0.05

    def position(t: float) -> Array:
        target, chaser = (kernels.kepler_propagate(*state, t, MU) for state in ((rt, vt), (rc, vc)))
        return kernels.relative_to_hill(*target, chaser[0] - target[0], chaser[1] - target[1])[0]

    _, v_hill = kernels.relative_to_hill(rt, vt, rc - rt, vc - vt)
    np.testing.assert_allclose((position(h) - position(-h)) / (2 * h), v_hill, rtol=0, atol=2e-7)


def test_hill_conversions_are_inverse() -> None:
    rng = np.random.default_rng(8)
    rt, vt = (np.array(x) for x in zip(*(elements_to_state(7e6, 0.1, t, tilt=t) for t in range(50)), strict=True))
    r, v = rng.normal(size=(50, 3)) * 1e3, rng.normal(size=(50, 3))
    back = kernels.relative_to_hill(rt, vt, *kernels.hill_to_relative(rt, vt, r, v))
    np.testing.assert_allclose(back[0], r, rtol=0, atol=1e-11)
    np.testing.assert_allclose(back[1], v, rtol=0, atol=1e-14)


def test_no_hill_frame_without_an_orbit_plane() -> None:
    good, r = ([7e6, 0, 0], [0, 7e3, 0]), np.array([7e6, 0, 0])
    for bad in ((r, r * 1e-3), (r, 0 * r), (0 * r, r), (r, [0, np.nan, 0])):
        with pytest.raises(ValueError, match=r"\(state 1\) span no orbit plane"):
            kernels.hill_frame([good[0], bad[0]], [good[1], bad[1]])
        with pytest.raises(ValueError, match=r"\(state 0\) span no orbit plane"):
            kernels.relative_to_hill(*bad, r, r)
        with pytest.raises(ValueError, match=r"\(state 0\) span no orbit plane"):
            kernels.hill_to_relative(*bad, r, r)


# ---- Kepler's problem ----


def test_kepler_equation_vallado_2_1() -> None:
    anomaly = kernels.kepler_solve(235.4 * DEG, 0.4)
    assert anomaly == pytest.approx(3.8486617450971616, rel=3e-15, abs=0.0)  # as published
    assert anomaly == pytest.approx(3.8486617450971697, rel=4e-16, abs=0.0)  # by mpmath


@given(st.floats(-20, 20) | st.floats(-300, 0).map(lambda x: float(10**x)), st.floats(0, 1, exclude_max=True))
def test_kepler_equation_is_solved(m: float, e: float) -> None:
    anomaly = kernels.kepler_solve(m, e)
    with mp.workdps(60):
        residual = mp.mpf(anomaly) - e * mp.sin(anomaly) - m
        slope = 1 - e * mp.cos(anomaly)
        # the residual that the rounding of E and M themselves explains
        assert abs(residual) <= 1e-15 * abs(slope * anomaly) + 1e-15 * abs(m)
    assert math.floor(anomaly / (2 * math.pi) + 0.5) == math.floor(m / (2 * math.pi) + 0.5) or abs(
        math.remainder(m, 2 * math.pi)
    ) == pytest.approx(math.pi, rel=1e-9, abs=0.0)


def test_kepler_equation_as_e_reaches_one() -> None:
    m = 10.0 ** -np.arange(0.0, 300.0, 7.0)
    for e in (1 - 2.0**-53, 1 - 1e-12, 1 - 1e-6, 0.999, 0.5, 1e-300):
        for mean, anomaly in zip(m, kernels.kepler_solve(m, e), strict=True):
            with mp.workdps(700):
                x = mp.mpf(anomaly)
                error = (x - e * mp.sin(x) - mean) / ((1 - e * mp.cos(x)) * x)
                assert abs(error) < 1e-15


def test_kepler_equation_refuses_other_orbits() -> None:
    for e in (1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match=r"eccentricity = .* expected 0 <= e < 1"):
            kernels.kepler_solve(1.0, e)
    with pytest.raises(ValueError, match=r"mean_anomaly_rad = inf .* expected a finite number"):
        kernels.kepler_solve(math.inf, 0.1)


def test_propagation_vallado_2_4() -> None:
    r0, v0 = np.array([1131.340, -2282.343, 6672.423]) * 1e3, np.array([-5.64305, 4.30333, 2.42879]) * 1e3
    r, v = kernels.kepler_propagate(r0, v0, 2400.0, 398600.4415e9)
    np.testing.assert_allclose(r / 1e3, [-4219.752753708, 4363.029188399, -3958.766605131], rtol=0, atol=1e-9)
    np.testing.assert_allclose(v / 1e3, [3.689866005841, -1.916734759805, -6.112511105006], rtol=0, atol=1e-12)
    r, _ = kernels.kepler_propagate(r0, v0, 2400.0, 398600.4418e9)
    expected = [-4219.752737795694, 4363.029177180832, -3958.7666166029767]
    np.testing.assert_allclose(r / 1e3, expected, rtol=0, atol=1e-9)


def test_propagation_curtis_3_7() -> None:
    r, v = kernels.kepler_propagate([7000e3, -12124e3, 0], [2667.9, 4621.0, 0], 3600.0, 398600e9)
    np.testing.assert_allclose(r / 1e3, [-3297.768625, 7413.396646, 0], rtol=0, atol=1e-6)
    np.testing.assert_allclose(v / 1e3, [-8.297603024, -0.964044945, 0], rtol=0, atol=1e-9)


def test_propagation_two_body_120_s() -> None:
    """The two-body reference of valladopy's pkepler case (its mu is 398600.4415)."""
    r0, v0 = np.array([-6518.1083, -2403.8479, -22.1722]) * 1e3, np.array([2.604057, -7.105717, -0.263218]) * 1e3
    r, _ = kernels.kepler_propagate(r0, v0, 120.0, 398600.4415e9)
    np.testing.assert_allclose(r / 1e3, [-6150.8180772417, -3233.5647020192746, -53.47890911642744], rtol=0, atol=1e-6)


@pytest.mark.parametrize("e", [0.0, 1e-9, 0.1, 0.8, 0.99])
@pytest.mark.parametrize("dt", [-4000.0, 0.0, 1e-3, 600.0, 20000.0])
def test_propagation_agrees_with_kepler_equation(e: float, dt: float) -> None:
    """The universal variables against the classical elements, two routes that share only sine and cosine."""
    a, theta0 = 1.2e7, 0.4
    r, v = kernels.kepler_propagate(*elements_to_state(a, e, theta0), dt, MU)
    half = math.sqrt((1 - e) / (1 + e))
    e0 = 2 * math.atan(half * math.tan(theta0 / 2))
    e1 = kernels.kepler_solve(e0 - e * math.sin(e0) + math.sqrt(MU / a**3) * dt, e)
    r_true, v_true = elements_to_state(a, e, 2 * math.atan2(math.sin(e1 / 2), half * math.cos(e1 / 2)))
    np.testing.assert_allclose(r, r_true, rtol=0, atol=3e-6 if e > 0.9 else 1e-7)
    np.testing.assert_allclose(v, v_true, rtol=0, atol=3e-9 if e > 0.9 else 1e-10)


@given(st.floats(0.5, 1.99), st.floats(0.05, 3.09), st.floats(-20000, 20000))
def test_propagation_keeps_energy_and_momentum_and_returns(speed: float, flight: float, dt: float) -> None:
    """Ellipses to hyperbolas (circular speed times 0.5 to 2), any flight path angle that is not rectilinear."""
    r0 = np.array([7e6, 0.0, 0.0])
    v0 = speed * math.sqrt(MU / 7e6) * np.array([math.cos(flight), 0.8 * math.sin(flight), 0.6 * math.sin(flight)])
    r, v = kernels.kepler_propagate(r0, v0, dt, MU)
    energy = [x @ x / 2 - MU / np.linalg.norm(y) for x, y in ((v0, r0), (v, r))]
    assert energy[1] == pytest.approx(energy[0], abs=1e-13 * MU / min(np.linalg.norm(r), 7e6) * 10)
    np.testing.assert_allclose(
        np.cross(r, v), np.cross(r0, v0), rtol=0, atol=1e-13 * np.linalg.norm(r) * np.linalg.norm(v) * 10
    )
    back_r, back_v = kernels.kepler_propagate(r, v, -dt, MU)
    amplification = 1 + (np.linalg.norm(r) / 7e6) ** 3 + (7e6 / np.linalg.norm(r)) ** 3
    np.testing.assert_allclose(back_r, r0, rtol=0, atol=1e-5 * amplification)
    np.testing.assert_allclose(back_v, v0, rtol=0, atol=1e-8 * amplification)


@pytest.mark.parametrize("speed", [1.2, math.sqrt(2), 1.7])
def test_propagation_agrees_with_dop853(speed: float) -> None:
    """Ellipse, parabola, hyperbola."""
    r0, v0 = np.array([7e6, 0, 0]), speed * math.sqrt(MU / 7e6) * np.array([0.2, 0.7, 0.5])
    r, v = kernels.kepler_propagate(r0, v0, 6000.0, MU)
    r_true, v_true = integrate(r0, v0, 6000.0, mu_m3ps2=MU)
    np.testing.assert_allclose(r, r_true, rtol=0, atol=1e-4)
    np.testing.assert_allclose(v, v_true, rtol=0, atol=1e-7)


def test_propagation_over_many_revolutions_and_no_time() -> None:
    r0, v0 = elements_to_state(7e6, 0.2, 0.5)
    period = 2 * math.pi * math.sqrt(7e6**3 / MU)
    r, v = kernels.kepler_propagate(r0, v0, 1000 * period, MU)
    np.testing.assert_allclose(r, r0, rtol=0, atol=0.05)  # 1e-14 of 1000 revolutions
    r, v = kernels.kepler_propagate(r0, v0, 0.0, MU)
    assert np.array_equal(r, r0)
    assert np.array_equal(v, v0)


def test_propagation_refuses_degenerate_states() -> None:
    for r0, v0 in (([7e6, 0, 0], [1e3, 0, 0]), ([0, 0, 0], [1e3, 0, 0]), ([7e6, 0, 0], [0, np.nan, 0])):
        with pytest.raises(ValueError, match=r"\(state 0\) over 10\.0 s: zero, rectilinear, not finite"):
            kernels.kepler_propagate(r0, v0, 10.0, MU)
    with pytest.raises(ValueError, match="mu_m3ps2 = -1"):
        kernels.kepler_propagate([7e6, 0, 0], [0, 7e3, 0], 10.0, -1.0)
    with pytest.raises(ValueError, match=r"dt_s = nan \(element 0\)"):
        kernels.kepler_propagate([7e6, 0, 0], [0, 7e3, 0], math.nan, MU)


def propagate_in_c(core: ctypes.CDLL, r1: Array, v1: Array, r0: Array, v0: Array, dt: float, mu: float = MU) -> bool:
    pointers = (ctypes.c_void_p(a.ctypes.data) for a in (r1, v1, r0, v0))
    return bool(core.orbit_kepler_propagate(*pointers, ctypes.c_double(dt), ctypes.c_double(mu)))


def test_propagation_may_write_onto_its_input(core: ctypes.CDLL) -> None:
    r0, v0 = elements_to_state(8e6, 0.2, 0.7)
    r, v = r0.copy(), v0.copy()
    assert propagate_in_c(core, r, v, r, v, 500.0)
    expected = kernels.kepler_propagate(r0, v0, 500.0, MU)
    assert np.array_equal(r, expected[0])
    assert np.array_equal(v, expected[1])


GOOD = ((7e6, 0.0, 0.0), (0.0, 7e3, 0.0), 10.0, MU)
REFUSED = [
    (GOOD[0], (1e3, 0.0, 0.0), 10.0, MU),
    (GOOD[0], (math.inf, 7e3, 0.0), 10.0, MU),
    (*GOOD[:2], math.nan, MU),
    (*GOOD[:2], math.inf, MU),
    (*GOOD[:3], 0.0),
    (*GOOD[:3], -MU),
    (*GOOD[:3], math.inf),
]


@pytest.mark.parametrize(("r0", "v0", "dt", "mu"), REFUSED)
def test_propagation_leaves_its_output_untouched_when_it_refuses(
    core: ctypes.CDLL, r0: tuple[float, ...], v0: tuple[float, ...], dt: float, mu: float
) -> None:
    r, v = np.full(3, 7.0), np.full(3, 7.0)
    assert not propagate_in_c(core, r, v, np.array(r0), np.array(v0), dt, mu)
    assert (r == 7.0).all()
    assert (v == 7.0).all()


# ---- the two conventions of the relative frame ----


def lvlh(states_hill: Array) -> Array:
    """[r, v] in the axes of Fehse and of Yamanaka and Ankersen from hill [r, v]."""
    return np.concatenate([states_hill[..., :3] @ HILL_FROM_LVLH, states_hill[..., 3:] @ HILL_FROM_LVLH], axis=-1)


def test_axes_of_the_two_conventions() -> None:
    """Ahead of, above and beside the target, said by both conventions; and no mirror between them."""
    ahead, below, along_minus_h = np.eye(3)
    assert np.array_equal(HILL_FROM_LVLH @ ahead, [0, 1, 0])
    assert np.array_equal(HILL_FROM_LVLH @ along_minus_h, [-1, 0, 0])
    assert np.array_equal(HILL_FROM_LVLH @ below, [0, 0, -1])
    assert np.linalg.det(HILL_FROM_LVLH) == pytest.approx(1.0, rel=1e-9, abs=0.0)
    # V-bar, nadir and -h of an actual orbit
    r, v = elements_to_state(7e6, 0.0, 0.3)
    lvlh_from_eci = HILL_FROM_LVLH.T @ kernels.hill_frame(r, v)[0]
    np.testing.assert_allclose(lvlh_from_eci @ v, [np.linalg.norm(v), 0, 0], atol=1e-11)
    np.testing.assert_allclose(lvlh_from_eci @ r, [0, 0, -7e6], atol=1e-8)
    assert (lvlh_from_eci @ np.cross(r, v))[1] < 0


# ---- Clohessy-Wiltshire ----


def test_cw_matrices_curtis_8_h() -> None:
    """Orekit, ClohessyWiltshireRendezVousTest.testMatrixComputation."""
    phi = kernels.cw_stm(0.0011569108982232928, 28800.0)
    rr = [[4.97868541238670, 0, 0], [-194.242457498099, 1, 0], [0, 0, -0.326228470795567]]
    rv = [
        [817.081897951423, 2292.70633171889, 0],
        [-2292.70633171889, -83131.6724081943, 0],
        [0, 0, 817.081897951423],
    ]
    vr = [[0.00328085221475134, 0, 0], [-0.00920596902838442, 0, 0], [0, 0, -0.00109361740491711]]
    vv = [
        [-0.326228470795567, 1.89058190496195, 0],
        [-1.89058190496195, -4.30491388318227, 0],
        [0, 0, -0.326228470795567],
    ]
    np.testing.assert_allclose(
        phi, np.block([[np.array(rr), np.array(rv)], [np.array(vr), np.array(vv)]]), rtol=0, atol=1e-10
    )


def test_cw_two_impulse_rendezvous_curtis() -> None:
    """Orekit, testTransferComputation: 20 km on each axis in 8 h."""
    phi = kernels.cw_stm(0.00115697, 28800.0)
    r0, v0 = np.array([20e3, 20e3, 20e3]), np.array([-20.0, 20.0, -5.0])
    v0_plus, v1_minus = kernels.two_impulse(phi, r0, [0, 0, 0])
    np.testing.assert_allclose(v0_plus, [9.357511488320982, -46.75115105876742, 8.02971971420528], rtol=0, atol=1e-10)
    expected = [-25.820815904440863, -0.4723510587678277, -24.493024130325324]
    np.testing.assert_allclose(v1_minus, expected, rtol=0, atol=1e-10)
    first, second = np.linalg.norm(v0_plus - v0), np.linalg.norm(v1_minus)
    assert first == pytest.approx(74.0766713904, abs=1e-9)
    assert second == pytest.approx(35.5927784887, abs=1e-9)
    assert first + second == pytest.approx(109.669449879, abs=1e-8)


@pytest.mark.parametrize(
    ("t", "r", "v"),
    [
        (
            300.0,
            [-33.345724432187964, -1.473560307487475, -5.894530311607677],
            [-0.120337093866688, 0.032387584447866, -0.018949031717993],
        ),
        (
            600.0,
            [-70.93306474079705, 20.35659608547802, -11.16956418373242],
            [-0.128027140853095, 0.113982955881265, -0.01590658030495],
        ),
        (
            1200.0,
            [-143.00073670183986, 137.27922395194392, -17.76695696598321],
            [-0.103647399719289, 0.270428940452691, -0.005301929699782],
        ),
    ],
)
def test_cw_vallado_6_14(t: float, r: list[float], v: list[float]) -> None:
    n = math.sqrt(398600.4415 / (6378.1363 + 590.0) ** 3)
    assert n == pytest.approx(0.0010854102839342136, rel=1e-15, abs=0.0)
    state = kernels.cw_propagate([0.0, 0.0, 0.0, -0.1, -0.04, -0.02], n, t)
    np.testing.assert_allclose(state[:3], r, rtol=1e-12)
    np.testing.assert_allclose(state[3:], v, rtol=0, atol=1e-15 * 10)


def test_cw_against_kepler_at_geo() -> None:
    """Orekit: 330 m on each inertial axis, same inertial velocity, 100 s."""
    mu = 3.986004415e14
    a = 35800e3 + 6378136.3
    rt, vt = elements_to_state(a, 0.0, 0.0, mu, 0.0)
    r0, v0 = kernels.relative_to_hill(rt, vt, [330.0, 330.0, 330.0], [0.0, 0.0, 0.0])
    state = kernels.cw_propagate(np.concatenate([r0, v0]), math.sqrt(mu / a**3), 100.0)
    target, chaser = kernels.kepler_propagate(rt, vt, 100.0, mu), kernels.kepler_propagate(rt + 330.0, vt, 100.0, mu)
    dr, dv = kernels.hill_to_relative(*target, state[:3], state[3:])
    assert np.linalg.norm(target[0] + dr - chaser[0]) < 2.915e-7
    assert np.linalg.norm(target[1] + dv - chaser[1]) < 5.831e-9


def test_cw_is_the_exponential_of_hills_equations() -> None:
    n = 0.0011
    a = np.zeros((6, 6))
    a[:3, 3:] = np.eye(3)
    a[3, 0], a[3, 4], a[4, 3], a[5, 2] = 3 * n * n, 2 * n, -2 * n, -n * n
    for t in (-3000.0, -0.1, 0.0, 0.1, 10.0, 900.0, 1500.0, 5000.0):
        np.testing.assert_allclose(kernels.cw_stm(n, t), expm(a * t), rtol=1e-10, atol=1e-13)


def test_cw_composes_and_reaches_free_motion() -> None:
    n = np.array([1e-12, 1e-4, 1.1e-3])
    np.testing.assert_allclose(
        kernels.cw_stm(n, 700.0) @ kernels.cw_stm(n, 250.0), kernels.cw_stm(n, 950.0), rtol=1e-12, atol=1e-13
    )
    free = np.eye(6)
    free[:3, 3:] = 50.0 * np.eye(3)
    assert np.array_equal(kernels.cw_stm(0.0, 50.0), free)
    np.testing.assert_allclose(kernels.cw_stm(1e-12, 50.0), free, rtol=0, atol=1e-8)
    assert np.array_equal(kernels.cw_stm(1.1e-3, 0.0), np.eye(6))


def test_cw_keeps_its_digits_over_one_cycle() -> None:
    """6 (nt - sin nt) ~ (nt)^3 survives at nt = 1e-4, where the plain difference has half of its digits left."""
    n, t = 1e-3, 0.1
    x = n * t
    assert kernels.cw_stm(n, t)[1, 0] == pytest.approx(-(x**3) * (1 - x * x / 20), rel=1e-14, abs=0.0)


def test_cw_propagate_is_the_matrix_product_for_any_layout() -> None:
    states = np.random.default_rng(2).normal(size=(6, 400))
    expected = states.T @ kernels.cw_stm(0.0011, 800.0).T
    np.testing.assert_allclose(kernels.cw_propagate(states.T, 0.0011, 800.0), expected, rtol=0, atol=1e-11)
    np.testing.assert_allclose(kernels.cw_propagate(states.T[::7], 0.0011, 800.0), expected[::7], rtol=0, atol=1e-11)
    assert kernels.cw_propagate(np.empty((0, 6)), 0.0011, 1.0).shape == (0, 6)
    with pytest.raises(ValueError, match=r"states_hill has shape \(6, 400\); expected \(\.\.\., 6\)"):
        kernels.cw_propagate(states, 0.0011, 800.0)
    with pytest.raises(ValueError, match=r"n_radps = -0\.001 \(element 0\)"):
        kernels.cw_propagate(states.T, -0.001, 800.0)


ALTITUDES = {
    400e3: (0.0011313666536110223, 5553.624271252, 1.20041730e-4, 5.65683327e-4, 2.13257590e-2, 7.10858634e-3),
    500e3: (0.0011067834463349404, 5676.978028526, 1.17433371e-4, 5.53391723e-4, 2.08623765e-2, 6.95412549e-3),
    590e3: (0.0010854101207866493, 5788.766095737, 1.15165590e-4, 5.42705060e-4, 2.04594988e-2, 6.81983292e-3),
}


@pytest.mark.parametrize("altitude", sorted(ALTITUDES))
def test_fehse_closed_forms(altitude: float) -> None:
    """Fehse (2003), ch. 3 and 5: hops along V-bar and what holding off it costs, per metre."""
    n_true, period, tangential, radial, rbar_hold, cross_hold = ALTITUDES[altitude]
    n = math.sqrt(MU / (6378137.0 + altitude) ** 3)
    assert n == pytest.approx(n_true, rel=1e-14, abs=0.0)
    assert 2 * math.pi / n == pytest.approx(period, rel=1e-12, abs=0.0)

    # tangential hop: both burns of an impulse that moves 1 m along V-bar in one orbit
    moved = kernels.cw_propagate([0, 0, 0, 0, 1.0, 0], n, period)
    np.testing.assert_allclose(moved[[0, 2]], 0, atol=1e-8)
    assert 2 / abs(moved[1]) == pytest.approx(tangential, rel=1e-8, abs=0.0)
    assert 2 / abs(moved[1]) == pytest.approx(n / (3 * math.pi), rel=1e-11, abs=0.0)

    # radial hop: half an orbit, both burns
    v0, v1 = kernels.two_impulse(kernels.cw_stm(n, period / 2), [0, 0, 0], [0, 1.0, 0])
    assert v0[1] == pytest.approx(0, abs=1e-15)
    assert np.linalg.norm(v0) + np.linalg.norm(v1) == pytest.approx(radial, rel=1e-8, abs=0.0)

    # holds: the acceleration that a point at rest 1 m off needs, over one orbit
    h = 1e-2
    drift = kernels.cw_propagate(np.eye(6)[:3], n, h)[:, 3:] / h
    assert abs(drift[0, 0]) * period == pytest.approx(rbar_hold, rel=1e-7, abs=0.0)
    assert abs(drift[2, 2]) * period == pytest.approx(cross_hold, rel=1e-7, abs=0.0)
    np.testing.assert_allclose(drift[1], 0, atol=1e-20)


def test_fehse_vbar_thrust_stop() -> None:
    """Fehse (2003), eq. 3.28: forward coast kappa v/n, kappa = sqrt 7 - 3 acos(3/4), at n t = acos(3/4)."""
    n, v = 0.00113, 0.2
    phase = float(kernels.acos(0.75))
    coast = kernels.cw_propagate([0, 0, 0, 0, v, 0], n, phase / n)
    assert coast[1] == pytest.approx(0.47754856762434 * v / n, rel=1e-13, abs=0.0)
    assert coast[4] == pytest.approx(0.0, abs=1e-16)  # the farthest point forward


def test_fehse_rbar_thrust_stop() -> None:
    """Fehse (2003), eq. 3.22: after a thrust stop at depth h with closing speed v the closest approach in height is
    4 h - sqrt(9 h^2 + (v/n)^2)."""
    n, h, v = 0.00113, 100.0, 0.1

    def depth(t: float) -> float:
        return -float(kernels.cw_propagate([-h, 0, 0, v, 0, 0], n, t)[0])

    found = minimize_scalar(depth, bounds=(0.0, 1500.0), method="bounded", options={"xatol": 1e-6})
    assert found.fun == pytest.approx(4 * h - math.sqrt(9 * h * h + (v / n) ** 2), rel=1e-11, abs=0.0)


def test_fehse_cross_track_drift() -> None:
    """15 m below V-bar, released at rest: 0.414 m nearer to the ground in 120 s at 400 km, 0.396 m at 500 km."""
    for altitude, expected in ((400e3, 0.414), (500e3, 0.396)):
        fallen = -kernels.cw_propagate([-15.0, 0, 0, 0, 0, 0], ALTITUDES[altitude][0], 120.0)[0] - 15.0
        assert fallen == pytest.approx(expected, abs=5e-4)


def test_cw_teardrop() -> None:
    """Orekit's teardrop: a manoeuvre point 100 m above, turned about 50 m above, returned to after the teardrop's time.

    On x(t) = a + b cos n(t - t_mid), y odd about t_mid, the two heights and y(T) = y(0) fix the ellipse and T.
    """
    n = 0.0011569
    turn, manoeuvre = 50.0, 100.0

    def miss(half: float) -> tuple[float, Array]:
        # state at the turning point: y = 0, purely along-track; choose vy so that x reaches the manoeuvre height
        phi = kernels.cw_stm(n, half)
        vy = (manoeuvre - phi[0, 0] * turn) / phi[0, 4]
        start = np.array([turn, 0, 0, 0, vy, 0])
        return float(phi[1, 0] * turn + phi[1, 4] * vy), start

    low, high = 200.0, 1500.0
    assert miss(low)[0] * miss(high)[0] < 0
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if miss(low)[0] * miss(middle)[0] > 0 else (low, middle)
    start = miss(low)[1]
    for t in (low, -low):
        np.testing.assert_allclose(kernels.cw_propagate(start, n, t)[:3], [manoeuvre, 0, 0], rtol=0, atol=1e-10)
    v0, _ = kernels.two_impulse(kernels.cw_stm(n, 2 * low), [manoeuvre, 0, 0], [manoeuvre, 0, 0])
    half_way = kernels.cw_propagate([manoeuvre, 0, 0, *v0], n, low)
    np.testing.assert_allclose(half_way[:3], [turn, 0, 0], rtol=0, atol=1e-10)


# ---- two impulses ----


def test_two_impulse_reaches_its_aim() -> None:
    rng = np.random.default_rng(6)
    n, times = 0.0011, rng.uniform(100, 5000, 200)
    phi = kernels.cw_stm(n, times)
    r0, r1 = rng.normal(size=(200, 3)) * 500, rng.normal(size=(200, 3)) * 500
    v0, v1 = kernels.two_impulse(phi, r0, r1)
    end = np.einsum("kij,kj->ki", phi, np.concatenate([r0, v0], axis=1))
    scale = 1e-12 * np.linalg.cond(phi[:, :3, 3:])[:, None]
    assert (np.abs(end[:, :3] - r1) <= 1e3 * scale).all()
    np.testing.assert_allclose(end[:, 3:], v1, rtol=1e-10, atol=1e-10)


def first_lambert_singularity() -> float:
    """The first n t > 0 beyond 2 pi with 8 (1 - cos nt) = 3 nt sin nt (Alfriend et al. 2010)."""
    low, high = 2.5 * math.pi, 3.0 * math.pi

    def f(x: float) -> float:
        return 8 * (1 - math.cos(x)) - 3 * x * math.sin(x)

    assert f(low) * f(high) < 0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if f(low) * f(middle) > 0 else (low, middle)
    return low


@pytest.mark.parametrize("phase", [0.0, 2 * math.pi, 4 * math.pi, 20 * math.pi, first_lambert_singularity()])
def test_two_impulse_refuses_singular_times(phase: float) -> None:
    n = 0.0011
    with pytest.raises(ValueError, match=r"phi \(transfer 0\) has a singular position-velocity block"):
        kernels.two_impulse(kernels.cw_stm(n, phase / n), [0, -100.0, 0], [0, -20.0, 0])


def test_two_impulse_over_half_an_orbit_is_singular_only_out_of_plane() -> None:
    n = 0.0011
    phi = kernels.cw_stm(n, math.pi / n)
    v0, v1 = kernels.two_impulse(phi, [0, -100.0, 0], [0, -20.0, 0])
    np.testing.assert_allclose(v0, [-n / 4 * 80.0, 0, 0], rtol=1e-12, atol=1e-15)
    assert v0[2] == v1[2] == 0.0
    with pytest.raises(ValueError, match="singular"):
        kernels.two_impulse(phi, [0, -100.0, 1.0], [0, -20.0, 0])


def test_two_impulse_leaves_its_outputs_untouched_when_it_fails(core: ctypes.CDLL) -> None:
    v0, v1, r = np.full(3, 7.0), np.full(3, 7.0), np.array([0.0, -100.0, 1.0])
    phi = kernels.cw_stm(0.0011, math.pi / 0.0011)
    assert not core.orbit_two_impulse(*(ctypes.c_void_p(a.ctypes.data) for a in (v0, v1, phi, r, r)))
    assert (v0 == 7.0).all()
    assert (v1 == 7.0).all()


# ---- Yamanaka-Ankersen ----


def test_ya_published_transform() -> None:
    """Orekit, YamanakaAnkersenMatricesTest, with its time, 900 s, and its anomalies taken as independent."""
    phi = kernels.ya_stm(398600e9, 18000e3, 0.8, 15 * DEG, 45 * DEG, 900.0)
    start = np.concatenate([HILL_FROM_LVLH @ [10.0, 20.0, 30.0], HILL_FROM_LVLH @ [2.0, 3.0, 4.0]])
    end = lvlh(phi @ start)
    np.testing.assert_allclose(end[:3], [-22744.724949364987, 464.8029487831341, 8873.951448243051], rtol=0, atol=1e-8)
    np.testing.assert_allclose(end[3:], [29.836822546829715, 2.7524908430290833, 26.418869170876388], rtol=0, atol=1e-8)


def test_ya_published_matrix() -> None:
    """The same case's pseudo-state matrices [x~, z~, x~', z~'], recovered from the physical one."""
    mu, a, e, dt = 398600e9, 18000e3, 0.8, 900.0
    theta = np.array([15.0, 45.0]) * DEG
    p = a * (1 - e * e)
    k2 = math.sqrt(mu / p**3)
    rho = 1 + e * np.cos(theta)
    tilde = [np.array([[rho[i], 0], [-e * math.sin(theta[i]), 1 / (k2 * rho[i])]]) for i in (0, 1)]
    phi = kernels.ya_stm(mu, a, e, theta[0], theta[1], dt)
    # rows and columns [x, z, x', z'] of their axes, from hill [x, y, z]: x = +y, z = -x
    pick, sign = np.array([1, 0, 4, 3]), np.array([1.0, -1.0, 1.0, -1.0])
    plane = phi[np.ix_(pick, pick)] * np.outer(sign, sign)
    spread = [np.kron(t, np.eye(2)) for t in tilde]
    transition = spread[1] @ plane @ np.linalg.inv(spread[0])
    published = np.array(
        [
            [1, 91.65856555, -57.61316931, 7.03989058],
            [0, -31.85972392, 20.71074309, -1.97740435],
            [0, -65.71944785, 42.42148618, -3.95480869],
            [0, -20.28609784, 12.4474521, -0.84853331],
        ]
    )
    np.testing.assert_allclose(transition, published, rtol=0, atol=1e-8)
    cross = tilde[1] @ phi[np.ix_([2, 5], [2, 5])] @ np.linalg.inv(tilde[0])
    np.testing.assert_allclose(cross, [[0.8660254, 0.5], [-0.5, 0.8660254]], rtol=0, atol=1e-8)


def test_ya_published_case_is_no_trajectory() -> None:
    """The orbit of that case takes 152.979... s from 15 to 45 degrees: from the state, the answer is another."""
    mu, a, e = 398600e9, 18000e3, 0.8
    r, v = elements_to_state(a, e, 15 * DEG, mu, 0.5)
    flight = 152.97937197082584
    r1, _ = kernels.kepler_propagate(r, v, flight, mu)
    assert np.linalg.norm(r1) == pytest.approx(a * (1 - e * e) / (1 + e * math.cos(45 * DEG)), rel=1e-13, abs=0.0)
    true = kernels.ya_stm_from_state(r, v, flight, mu)
    np.testing.assert_allclose(true, kernels.ya_stm(mu, a, e, 15 * DEG, 45 * DEG, flight), rtol=1e-11, atol=1e-11)
    assert (
        np.abs(kernels.ya_stm_from_state(r, v, 900.0, mu) - kernels.ya_stm(mu, a, e, 15 * DEG, 45 * DEG, 900.0)).max()
        > 1
    )


def test_ya_against_kepler() -> None:
    """Orekit, yaProviderTest: e = 0.3 from perigee, 330 m on each inertial axis, 100 s; to the linearisation."""
    mu = 3.986004415e14
    rt, vt = elements_to_state(35800e3 + 6378136.3, 0.3, 0.0, mu, 0.0)
    r0, v0 = kernels.relative_to_hill(rt, vt, [330.0, 330.0, 330.0], [0.0, 0.0, 0.0])
    state = kernels.ya_stm_from_state(rt, vt, 100.0, mu) @ np.concatenate([r0, v0])
    target, chaser = kernels.kepler_propagate(rt, vt, 100.0, mu), kernels.kepler_propagate(rt + 330.0, vt, 100.0, mu)
    dr, dv = kernels.hill_to_relative(*target, state[:3], state[3:])
    assert np.abs(target[0] + dr - chaser[0]).max() < 8.7e-7
    assert np.abs(target[1] + dv - chaser[1]).max() < 1.8e-8


@pytest.mark.parametrize("e", [0.0, 1e-6, 0.05, 0.3, 0.7])
@pytest.mark.parametrize("theta0", [-2.0, 0.0, 1.0, 3.0])
@pytest.mark.parametrize("dt", [-2500.0, 10.0, 4000.0, 30000.0])
def test_ya_is_the_derivative_of_two_body_relative_motion(e: float, theta0: float, dt: float) -> None:
    """Each column by fourth-order differences of Kepler propagations, an independent route to the same linear map."""
    rt, vt = elements_to_state(1.0e7, e, theta0, MU, 0.9)
    target1 = kernels.kepler_propagate(rt, vt, dt, MU)
    step = np.array([10.0] * 3 + [0.01] * 3)
    offsets = np.array([1.0, -1.0, 2.0, -2.0])[:, None, None] * np.diag(step)
    dr, dv = kernels.hill_to_relative(rt, vt, offsets[..., :3], offsets[..., 3:])
    r1, v1 = kernels.kepler_propagate(rt + dr, vt + dv, dt, MU)
    ends = np.concatenate(kernels.relative_to_hill(*target1, r1 - target1[0], v1 - target1[1]), axis=-1)
    derivative = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / (12 * step[:, None])
    units = np.array([1.0] * 3 + [1000.0] * 3)  # metres, and metres per 1000 s
    expected = derivative.T * units[:, None] / units
    phi = kernels.ya_stm_from_state(rt, vt, dt, MU) * units[:, None] / units
    assert_columns_close(phi, expected, rel=3e-8)


def test_ya_of_a_circle_is_cw() -> None:
    """Orekit: the two agree over 5572.8 s at a = 6671 km, i = 40 deg, to 2e-9 m and 1e-12 m/s for unit offsets."""
    mu = 3.986004415e14
    a = 6671e3
    r, v = elements_to_state(a, 0.0, 0.7, mu, 40 * DEG)
    n = math.sqrt(mu / a**3)
    difference = kernels.ya_stm_from_state(r, v, 5572.8, mu) - kernels.cw_stm(n, 5572.8)
    start = np.array([1.0, 1.0, 1.0, 1e-3, 1e-3, 1e-3])
    assert np.linalg.norm((difference @ start)[:3]) < 2e-9
    assert np.linalg.norm((difference @ start)[3:]) < 1e-12
    exact = kernels.ya_stm(mu, a, 0.0, 0.2, 0.2 + n * 5572.8, 5572.8) - kernels.cw_stm(n, 5572.8)
    assert np.abs(exact[:3, :3]).max() < 1e-12


def test_ya_of_a_circle_makes_the_cw_rendezvous() -> None:
    """Orekit, YamanakaAnkersenRendezVousTest: the numbers of the Curtis rendezvous from e = 0."""
    mu, n, t = 3.986004415e14, 0.00115697, 28800.0
    a = float(kernels.cbrt(mu / n**2))
    phi = kernels.ya_stm(mu, a, 0.0, 0.0, n * t, t)
    v0_plus, v1_minus = kernels.two_impulse(phi, [20e3, 20e3, 20e3], [0, 0, 0])
    np.testing.assert_allclose(v0_plus, [9.357511488320982, -46.75115105876742, 8.02971971420528], rtol=0, atol=1e-10)
    expected = [-25.820815904440863, -0.4723510587678277, -24.493024130325324]
    np.testing.assert_allclose(v1_minus, expected, rtol=0, atol=1e-10)


def test_ya_of_no_time_is_identity_and_composes() -> None:
    r, v = elements_to_state(9e6, 0.25, 2.0, MU, 0.4)
    np.testing.assert_allclose(kernels.ya_stm_from_state(r, v, 0.0, MU), np.eye(6), rtol=0, atol=1e-12)
    middle = kernels.kepler_propagate(r, v, 1500.0, MU)
    two = kernels.ya_stm_from_state(*middle, 2300.0, MU) @ kernels.ya_stm_from_state(r, v, 1500.0, MU)
    np.testing.assert_allclose(two, kernels.ya_stm_from_state(r, v, 3800.0, MU), rtol=1e-9, atol=1e-10)


def test_ya_refuses_what_is_no_ellipse() -> None:
    r = [7e6, 0, 0]
    escape = math.sqrt(2 * MU / 7e6)
    for v in ([0, escape * 1.01, 0], [1e3, 0, 0], [0, 0, 0], [0, math.nan, 0]):
        with pytest.raises(ValueError, match=r"\(state 0\); expected a state on an ellipse"):
            kernels.ya_stm_from_state(r, v, 100.0, MU)
    for e in (1.0, -0.1, math.nan):
        with pytest.raises(ValueError, match=r"e = .* expected 0 <= e < 1"):
            kernels.ya_stm(MU, 7e6, e, 0.0, 0.1, 100.0)
    with pytest.raises(ValueError, match=r"a_m = -7000000\.0"):
        kernels.ya_stm(MU, -7e6, 0.1, 0.0, 0.1, 100.0)
    with pytest.raises(ValueError, match=r"theta1_rad = inf"):
        kernels.ya_stm(MU, 7e6, 0.1, 0.0, math.inf, 100.0)
