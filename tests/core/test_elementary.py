"""Each elementary function within 1 ulp of mpmath over its whole range, and the same bits from every compiler."""

import ctypes
import hashlib
import math
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

import mpmath as mp
import numpy as np
import pytest
from numpy.typing import NDArray

from gnc import kernels

CORE = Path(__file__).parents[2] / "gnc" / "core"
PRECISION = 200
POINTS = 300_000
TRIG_LIMIT = 2.0**20
FUNCTIONS = ["sin", "cos", "tan", "asin", "acos", "exp", "log", "cbrt"]

Array = NDArray[np.float64]


def true_value(name: str, *x: float) -> mp.mpf:
    if name == "cbrt":
        return mp.sign(mp.mpf(x[0])) * mp.cbrt(abs(mp.mpf(x[0])))
    return getattr(mp, name)(*map(mp.mpf, x))


def ulps(got: float, true: mp.mpf) -> float:
    """|got - true| in units of the last place of true's own binade."""
    if true == 0:
        return 0.0 if got == 0.0 else math.inf
    if not math.isfinite(got):
        return math.inf
    exponent = max(int(mp.floor(mp.log(abs(true), 2))) - 52, -1074)
    return float(abs(mp.mpf(got) - true) / mp.ldexp(1, exponent))


def worst_of(name: str, *arguments: Iterable[float]) -> float:
    with mp.workprec(PRECISION):
        columns = [[float(v) for v in a] for a in arguments]
        got = getattr(kernels, name)(*columns)
        return max(ulps(float(g), true_value(name, *x)) for g, *x in zip(got, *columns, strict=True))


def suspects(name: str, count: int, *arguments: Array) -> list[Array]:
    """The `count` arguments of the largest error as long double sees it, or the first ones where that is no wider."""
    if np.finfo(np.longdouble).nmant < 63:
        return [a[:count] for a in arguments]
    wide = {"asin": np.arcsin, "acos": np.arccos, "atan2": np.arctan2}.get(name) or getattr(np, name)
    reference = wide(*(a.astype(np.longdouble) for a in arguments))
    got = getattr(kernels, name)(*arguments)
    error = np.abs(got.astype(np.longdouble) - reference) / np.spacing(np.abs(reference.astype(np.float64)))
    order = np.argsort(-error.astype(np.float64))[:count]
    return [a[order] for a in arguments]


def spread(rng: np.random.Generator, low: float, high: float, count: int) -> Array:
    """Signed numbers, evenly spread in their exponent of 2."""
    return rng.choice([-1.0, 1.0], count) * np.exp2(rng.uniform(low, high, count))


def dense(name: str) -> Array:
    rng = np.random.default_rng(20240501)
    third = POINTS // 3
    ranges: dict[str, list[Array]] = {
        "exp": [rng.uniform(-1, 1, third), rng.uniform(-708, 709, third), spread(rng, -60, 9, third)],
        "log": [rng.uniform(0.5, 2, third), abs(spread(rng, -1021, 1023, third)), 1 + spread(rng, -52, -2, third)],
        "cbrt": [rng.uniform(1, 8, third), rng.uniform(-1, 1, third), spread(rng, -1021, 1023, third)],
    }
    circle = [rng.uniform(-4, 4, third), rng.uniform(-TRIG_LIMIT, TRIG_LIMIT, third), spread(rng, -60, 20, third)]
    near_one = np.sign(rng.uniform(-1, 1, third)) * (1 - np.exp2(rng.uniform(-53, -1, third)))
    inverse = [rng.uniform(-1, 1, third), spread(rng, -60, 0, third), near_one]
    return np.concatenate(ranges.get(name) or (inverse if name.startswith("a") else circle))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_within_one_ulp(name: str) -> None:
    x = dense(name)
    assert worst_of(name, x[:: len(x) // 5000]) <= 1.0
    assert worst_of(name, *suspects(name, 1500, x)) <= 1.0


def near_multiples_of_half_pi() -> list[float]:
    """Doubles up to 2^20 closest to multiples of pi/2: by continued fractions in each binade, and at random."""
    closest: set[float] = set()
    with mp.workprec(PRECISION):
        for exponent in range(20):
            rest, q0, q1 = mp.ldexp(2 / mp.pi, exponent - 52), 0, 1
            for _ in range(80):
                rest = 1 / (rest - mp.floor(rest))
                q0, q1 = q1, int(mp.floor(rest)) * q1 + q0
                if q1 >= 2**53:
                    break
                first = -(-(2**52) // q1) * q1
                closest.update(math.ldexp(m, exponent - 52) for m in (first, first + q1) if m < 2**53)
        rng = np.random.default_rng(7)
        for k in [*range(1, 60), *rng.integers(60, 667_000, 300).tolist()]:
            near = float(k * mp.pi / 2)
            closest.update((math.nextafter(near, 0), near, math.nextafter(near, math.inf)))
            closest.add(float((k + 0.5) * mp.pi / 2))
    return sorted(x for x in closest if x <= TRIG_LIMIT)


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_within_one_ulp_near_multiples_of_half_pi(name: str) -> None:
    x = near_multiples_of_half_pi()
    with mp.workprec(PRECISION):
        # the hardest of them do cancel: without the fourth piece of pi/2 they would be wrong
        assert min(abs(mp.sin(mp.mpf(v))) for v in x if v > 1) < mp.ldexp(1, -50)
    assert worst_of(name, x + [-v for v in x]) <= 1.0
    assert worst_of(name, [TRIG_LIMIT, -TRIG_LIMIT, math.pi / 4, math.nextafter(math.pi / 4, 1)]) <= 1.0


TINY = [
    5e-324,
    1e-320,
    2.0**-1022,
    math.nextafter(2.0**-1022, 0),
    1e-300,
    2.0**-60,
    2.0**-27,
    math.nextafter(2.0**-27, 0),
]
ENDS = {
    "sin": TINY,
    "cos": TINY,
    "tan": TINY,
    "asin": [*TINY, 1.0, math.nextafter(1, 0), 0.5, math.nextafter(0.5, 0), math.nextafter(0.5, 1)],
    "acos": [*TINY, 1.0, math.nextafter(1, 0), 0.5, math.nextafter(0.5, 0), math.nextafter(0.5, 1)],
    "exp": [*TINY, 709.782712893384, 709.0, 1.0, math.log(2) / 64, math.log(2)],
    "cbrt": [*TINY, 1.0, 8.0, 27.0, 1e300, 1.7976931348623157e308, math.nextafter(1, 0), 0.5, 2.0, 4.0],
}


@pytest.mark.parametrize("name", sorted(ENDS))
def test_within_one_ulp_at_the_ends(name: str) -> None:
    assert worst_of(name, ENDS[name] + [-v for v in ENDS[name]]) <= 1.0


def test_log_within_one_ulp_at_the_ends() -> None:
    near = [math.nextafter(1, 0), math.nextafter(1, 2), 0.7071067811865475, 0.7071067811865476, 1.4142135623730951]
    assert worst_of("log", [*TINY, 1.0, 2.0, 0.5, 1.7976931348623157e308, *near]) <= 1.0


def test_exp_of_subnormal_results_within_one_ulp() -> None:
    assert worst_of("exp", np.random.default_rng(3).uniform(-745.14, -708, 1500)) <= 1.0


def test_log_and_cbrt_of_subnormals_within_one_ulp() -> None:
    x = np.exp2(np.random.default_rng(5).uniform(-1074, -1022, 700))
    assert worst_of("log", x) <= 1.0
    assert worst_of("cbrt", -x) <= 1.0


def atan2_points() -> tuple[Array, Array]:
    rng = np.random.default_rng(11)
    n = POINTS // 4
    edges = rng.choice(np.array([*(np.arange(1, 64) / 64), 3 / 16]), n) * (1 + rng.integers(-2, 3, n) * 2.0**-52)
    unit = np.exp2(rng.integers(-300, 300, n).astype(np.float64)) * rng.choice([-1.0, 1.0], n)
    swap = rng.random(n) < 0.5
    groups = [
        (rng.uniform(-1, 1, n), rng.uniform(-1, 1, n)),
        (spread(rng, -40, 40, n), spread(rng, -40, 40, n)),
        (spread(rng, -1022, 1023, n), spread(rng, -1022, 1023, n)),
        (np.where(swap, unit, unit * edges), np.where(swap, unit * edges, unit)),
    ]
    return np.concatenate([g[0] for g in groups]), np.concatenate([g[1] for g in groups])


def test_atan2_within_one_ulp() -> None:
    y, x = atan2_points()
    step = len(y) // 5000
    assert worst_of("atan2", y[::step], x[::step]) <= 1.0
    normal = np.abs(np.arctan2(y, x)) > 1e-300  # the long double screen has no subnormals to compare
    assert worst_of("atan2", *suspects("atan2", 1500, y[normal], x[normal])) <= 1.0


def test_atan2_within_one_ulp_at_the_ends() -> None:
    ends = [5e-324, 2.0**-1022, 2.0**-530, 2.0**-28, 1.0, math.nextafter(1, 2), 2.0**500, 1.7976931348623157e308]
    points = [(sy * y, sx * x) for y in ends for x in ends for sy in (1, -1) for sx in (1, -1)]
    assert worst_of("atan2", [p[0] for p in points], [p[1] for p in points]) <= 1.0


def test_atan2_of_zeros() -> None:
    for x in (0.0, -0.0):
        for y in (0.0, -0.0):
            assert str(kernels.atan2(y, x)) == "0.0"
    assert kernels.atan2(0.0, -1.0) == math.pi
    assert kernels.atan2(-0.0, -1.0) == math.pi  # the range is (-pi, pi]
    assert str(kernels.atan2(-0.0, 1.0)) == "-0.0"
    assert kernels.atan2(1.0, 0.0) == math.pi / 2
    assert kernels.atan2(-1.0, -0.0) == -math.pi / 2


@pytest.mark.parametrize("name", ["sin", "tan", "asin", "cbrt", "floor"])
def test_odd_functions_keep_the_sign_of_zero(name: str) -> None:
    assert str(getattr(kernels, name)(-0.0)) == "-0.0"
    assert str(getattr(kernels, name)(0.0)) == "0.0"


def test_exact_values() -> None:
    assert kernels.cos(0.0) == 1.0
    assert kernels.exp(0.0) == kernels.exp(-0.0) == 1.0
    assert str(kernels.log(1.0)) == "0.0"
    assert str(kernels.acos(1.0)) == "0.0"
    assert kernels.acos(-1.0) == math.pi
    assert kernels.asin(1.0) == math.pi / 2
    assert kernels.exp(np.array([709.7827128933841, 1e300, -745.2, -1e300])).tolist() == [math.inf, math.inf, 0.0, 0.0]


OUTSIDE = {
    "sin": [TRIG_LIMIT * (1 + 2**-52), -TRIG_LIMIT * (1 + 2**-52), 1e300],
    "cos": [TRIG_LIMIT * (1 + 2**-52), -TRIG_LIMIT * (1 + 2**-52), 1e300],
    "tan": [TRIG_LIMIT * (1 + 2**-52), -TRIG_LIMIT * (1 + 2**-52), 1e300],
    "asin": [math.nextafter(1, 2), -math.nextafter(1, 2)],
    "acos": [math.nextafter(1, 2), -math.nextafter(1, 2)],
    "exp": [],
    "log": [0.0, -0.0, -5e-324, -1.0],
    "cbrt": [],
    "floor": [],
}


@pytest.mark.parametrize("name", sorted(OUTSIDE))
def test_nan_outside_the_range(name: str) -> None:
    outside = [*OUTSIDE[name], math.nan, math.inf, -math.inf]
    assert np.isnan(getattr(kernels, name)(outside)).all()


def test_atan2_of_non_finite_is_nan() -> None:
    for bad in (math.nan, math.inf, -math.inf):
        assert math.isnan(kernels.atan2(bad, 1.0))
        assert math.isnan(kernels.atan2(1.0, bad))


def test_floor_is_exact() -> None:
    rng = np.random.default_rng(13)
    near = rng.integers(-(2**40), 2**40, 2000).astype(np.float64)
    x = np.concatenate([
        spread(rng, -1074, 1023, 5000), near, np.nextafter(near, np.inf), np.nextafter(near, -np.inf),
        [0.5, -0.5, 0.9999999999999999, -5e-324, 5e-324, 2.0**52 - 0.5, -(2.0**52) + 0.5, 2.0**53, -(2.0**52)],
    ])  # fmt: skip
    assert np.array_equal(kernels.floor(x), np.floor(x))


def exact_grid(name: str) -> list[float]:
    """Arguments that are the same doubles everywhere: a quotient of integers, over the function's range."""
    span = {"sin": 1e6, "cos": 1e6, "tan": 1e6, "asin": 1.0, "acos": 1.0, "exp": 700.0, "cbrt": 1e9}.get(name, 50.0)
    grid = [span * (k - 1000) / 1000 for k in range(2001)]
    return [abs(x) + 1e-300 for x in grid] if name == "log" else grid


def digest(call: Callable[[str], list[float]]) -> dict[str, str]:
    return {
        name: hashlib.sha256(np.array(call(name), "<f8").tobytes()).hexdigest()[:16] for name in [*FUNCTIONS, "atan2"]
    }


def arguments(name: str) -> list[list[float]]:
    grid = exact_grid(name)
    return [grid, grid[997:] + grid[:997]] if name == "atan2" else [grid]


# The bits that every processor, compiler and optimisation level must return on exact_grid.
BITS: dict[str, str] = {
    "sin": "0ef354ae10d27945",
    "cos": "953c96401b5c5ba1",
    "tan": "7dc33f094649c7bf",
    "asin": "1282a57acdf7f4c1",
    "acos": "fa509ce65e36c272",
    "exp": "2326e47ac0ddd047",
    "log": "b44695d220d1a8fa",
    "cbrt": "867ed7ffa700f121",
    "atan2": "74c0d3f2da926e34",
}


def test_pinned_bits() -> None:
    assert digest(lambda name: getattr(kernels, name)(*arguments(name)).tolist()) == BITS


@pytest.mark.parametrize(
    ("compiler", "optimisation"), [("gcc", "-O0"), ("gcc", "-O3"), ("clang", "-O0"), ("clang", "-O3")]
)
def test_same_bits_from_every_compiler(compiler: str, optimisation: str, tmp_path: Path) -> None:
    assert shutil.which(compiler), f"{compiler} is missing: `make test` installs it"
    flags = re.search(r"^CORE_CFLAGS\s*=(.*)$", (CORE / "sources.mk").read_text(), re.M)
    assert flags is not None
    library = tmp_path / "elementary.so"
    command = [
        compiler,
        *flags[1].split(),
        optimisation,
        "-shared",
        "-fPIC",
        f"-I{CORE}",
        str(CORE / "math/elementary.c"),
        "-o",
        library,
    ]
    subprocess.run(command, check=True)
    built = ctypes.CDLL(str(library))

    def call(name: str) -> list[float]:
        columns = arguments(name)
        function = getattr(built, f"elem_{name}")
        function.restype = ctypes.c_double
        function.argtypes = [ctypes.c_double] * len(columns)
        return [function(*x) for x in zip(*columns, strict=True)]

    assert digest(call) == BITS


def test_sincos_equals_sin_and_cos(core: ctypes.CDLL) -> None:
    s, c = ctypes.c_double(), ctypes.c_double()
    for x in [*dense("sin")[::1000].tolist(), 0.0, -0.0, 5e-324, math.pi, TRIG_LIMIT, math.nan, 2 * TRIG_LIMIT]:
        core.elem_sincos(ctypes.c_double(x), ctypes.byref(s), ctypes.byref(c))
        assert str((s.value, c.value)) == str((kernels.sin(x), kernels.cos(x)))


def test_constants_are_those_of_the_design_page() -> None:
    page = CORE.parents[1] / "docs" / "design" / "elementary_coefficients.py"
    scope: dict[str, object] = {"__name__": "coefficients"}
    exec(compile(page.read_text(), str(page), "exec"), scope)
    listing = scope["listing"]
    assert callable(listing)
    text = (CORE / "math/elementary.c").read_text()
    between = text.split("/* constants: begin */\n")[1].split("/* constants: end */")[0]
    assert between.strip() == listing().strip()
