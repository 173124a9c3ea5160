"""The statistics against published numbers, closed forms and simulation."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log, pi, radians, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from hil.campaign import statistics as s

# Smallest N with k failures allowed, from two methods that agree; columns k = 0, 1, 2, 3, 5.
SAMPLE_SIZES = {
    (0.95, 0.90): (45, 77, 105, 132, 184),
    (0.99, 0.90): (230, 388, 531, 667, 926),
    (0.9973, 0.50): (257, 622, 991, 1360, 2100),
    (0.9973, 0.90): (852, 1440, 1970, 2473, 3433),
    (0.9973, 0.95): (1109, 1756, 2330, 2870, 3891),
    (0.99865, 0.90): (1705, 2880, 3941, 4947, 6868),
    (0.99865, 0.95): (2218, 3513, 4662, 5742, 7785),
    (0.999, 0.95): (2995, 4742, 6294, 7752, 10511),
}


# ---- failures in runs ---------------------------------------------------------------------------


@pytest.mark.parametrize(("success", "confidence"), SAMPLE_SIZES)
def test_sample_sizes_are_those_of_the_reference(success: float, confidence: float) -> None:
    for k, n in zip((0, 1, 2, 3, 5), SAMPLE_SIZES[success, confidence], strict=True):
        assert s.runs_needed(success, confidence, k) == n
        enough, short = (s.demonstrated(k, runs, confidence, success) for runs in (n, n - 1))
        assert (enough.met, short.met, short.runs_needed) == (True, False, n)
        assert short.success_at_least < success <= enough.success_at_least


@pytest.mark.parametrize(("runs", "percent"), [(100, 2.95), (1000, 0.30), (3000, 0.0998), (10000, 0.030)])
def test_no_failure_in_n(runs: int, percent: float) -> None:
    bound = 1.0 - s.success_at_least(0, runs)
    assert bound == pytest.approx(1.0 - 0.05 ** (1.0 / runs), rel=1e-9, abs=0.0)
    assert 100.0 * bound == pytest.approx(percent, rel=5e-3, abs=0.0)


def test_statement_is_rounded_down() -> None:
    assert s.demonstrated(1, 1756).statement == "≥ 99.73 % at 95 % confidence"
    assert s.demonstrated(1, 1755).statement == "≥ 99.72 % at 95 % confidence"
    assert s.demonstrated(3, 3, 0.9).statement == "≥ 0.00 % at 90 % confidence"
    assert s.demonstrated(0, 10).required is s.demonstrated(0, 10).met is s.demonstrated(0, 10).runs_needed is None


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.9973, "99.73"), (0.99739, "99.73"), (0.999999, "99.99990"), (0.9999701, "99.9970"), (1.0, "100.00"),
     (0.0, "0.00"), (0.5, "50.00"), (0.99999, "99.9990")],
)  # fmt: skip
def test_percent_floor(share: float, text: str) -> None:
    assert s.percent_floor(share) == text


def test_interval_against_published_values() -> None:
    """Newcombe 1998 (Stat. Med. 17, 857), table I, exact: 81/263, 15/148, 0/20, 1/29."""
    for k, n, low, high in ((81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0, 0.1684),
                            (1, 29, 0.0009, 0.1776)):  # fmt: skip
        found = s.clopper_pearson(k, n)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@pytest.mark.parametrize(("p", "n"), [(0.0027, 1756), (0.05, 100), (0.3, 40), (0.5, 11)])
def test_intervals_cover_what_they_say(p: float, n: int) -> None:
    """2,000 seeded campaigns: as often as stated or more, within three sigma of the count."""
    for confidence in (0.9, 0.95):
        draws = np.random.default_rng(11).binomial(n, p, 2000)
        two = {k: s.clopper_pearson(int(k), n, confidence) for k in np.unique(draws)}
        one = {k: s.success_at_least(int(k), n, confidence) for k in np.unique(draws)}
        slack = 3.0 * sqrt(confidence * (1.0 - confidence) / 2000)
        assert np.mean([two[k].low <= p <= two[k].high for k in draws]) >= confidence - slack
        assert np.mean([one[k] <= 1.0 - p for k in draws]) >= confidence - slack


@given(st.integers(1, 3000), st.data(), st.floats(0.5, 0.999))
@settings(max_examples=100, deadline=None)
def test_interval_holds_the_share_and_moves_with_the_count(n: int, data: st.DataObject, confidence: float) -> None:
    k = data.draw(st.integers(0, n))
    found = s.clopper_pearson(k, n, confidence)
    assert 0.0 <= found.low <= k / n <= found.high <= 1.0
    if k < n:
        more = s.clopper_pearson(k + 1, n, confidence)
        assert found.low < more.low and found.high <= more.high
        assert s.success_at_least(k + 1, n, confidence) < s.success_at_least(k, n, confidence)
    wider = s.clopper_pearson(k, n, 0.5 + 0.5 * confidence)
    assert wider.low <= found.low and wider.high >= found.high


@given(st.floats(0.5, 0.9999), st.floats(0.5, 0.999), st.integers(0, 6))
@settings(max_examples=60, deadline=None)
def test_runs_needed_is_the_smallest(success: float, confidence: float, k: int) -> None:
    n = s.runs_needed(success, confidence, k)
    assert stats.binom.cdf(k, n, 1.0 - success) <= 1.0 - confidence
    assert n == k + 1 or stats.binom.cdf(k, n - 1, 1.0 - success) > 1.0 - confidence
    assert s.runs_needed(success, confidence, k + 1) > n


# ---- bounds of a continuous figure --------------------------------------------------------------


def test_extremes_as_bounds_need_the_known_number_of_runs() -> None:
    """Wilks 1941: 59 runs for 95/95 one-sided, 93 two-sided; 99/95: 299 and 473; 95/90: 45 and 77."""
    assert [s.tolerance_runs_needed(p, c) for p, c in ((0.95, 0.95), (0.99, 0.95), (0.95, 0.9))] == [59, 299, 45]
    assert [s.tolerance_runs_needed(p, c, True) for p, c in ((0.95, 0.95), (0.99, 0.95), (0.95, 0.9))] == [93, 473, 77]


def test_order_used_is_the_innermost_that_holds() -> None:
    """With N for k failures the k largest are set aside; one run less and one fewer is."""
    for k in range(4):
        n = s.runs_needed(0.95, 0.95, k)
        figure = np.arange(1.0, n + 1.0)
        upper = s.tolerance_bound(figure, 0.95)
        assert upper.orders == (None, n - k) and upper.high == n - k and upper.low == -np.inf
        assert upper.attained >= 0.95 > 1.0 - stats.binom.cdf(k + 1, n, 0.05)
        lower = s.tolerance_bound(figure, 0.95, side="lower")
        assert lower.orders == (k + 1, None) and lower.low == k + 1 and lower.high == np.inf
    both = s.tolerance_bound(np.arange(1.0, 94.0), 0.95, side="both")
    assert both.orders == (1, 93) and (both.low, both.high) == (1.0, 93.0)


@pytest.mark.parametrize(("side", "needed"), [("upper", 59), ("lower", 59), ("both", 93)])
def test_too_few_runs_are_refused_with_the_number_needed(side: str, needed: int) -> None:
    with pytest.raises(ValueError, match=rf"values: {needed - 1} runs are too few.* {needed} are needed"):
        s.tolerance_bound(np.arange(needed - 1.0), 0.95, side=side)  # type: ignore[arg-type]
    s.tolerance_bound(np.arange(float(needed)), 0.95, side=side)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", ["upper", "lower", "both"])
@pytest.mark.parametrize(("draw", "law"), [("standard_normal", stats.norm), ("standard_exponential", stats.expon)])
def test_tolerance_bounds_cover_what_they_say(side: str, draw: str, law: stats.rv_continuous) -> None:
    rng = np.random.default_rng(5)
    samples = getattr(rng, draw)((500, 120))
    held = 0
    for sample in samples:
        bound = s.tolerance_bound(sample, 0.95, 0.9, side)  # type: ignore[arg-type]
        held += law.cdf(bound.high) - law.cdf(bound.low) >= 0.95
    attained = bound.attained
    assert attained >= 0.9
    assert held / 500 == pytest.approx(attained, abs=4.0 * sqrt(0.09 / 500))


def test_case_without_a_figure_counts_as_the_worst() -> None:
    figure = np.append(np.arange(1.0, 59.0), np.inf)
    assert s.tolerance_bound(figure, 0.95).high == np.inf
    assert s.tolerance_bound(figure, 0.95, side="lower").low == 1.0


def test_cdf_and_its_band() -> None:
    found = s.cdf([3.0, 1.0, 2.0, 4.0], 1.5, 3.0)
    assert found.x.tolist() == [1, 2, 3, 4] and found.share.tolist() == [0.25, 0.5, 0.75, 1.0] and found.within == 2
    assert found.band == pytest.approx(sqrt(log(40.0) / 8.0), rel=1e-9, abs=0.0)
    rng = np.random.default_rng(3)
    inside = 0
    for _ in range(600):
        sample = s.cdf(rng.uniform(size=80))
        gap = np.maximum(np.abs(sample.share - sample.x), np.abs(sample.share - 1.0 / 80 - sample.x)).max()
        inside += gap <= sample.band
    assert inside / 600 >= 0.95 - 3.0 * sqrt(0.0475 / 600)


# ---- what drives a figure -----------------------------------------------------------------------


def test_drivers_are_found_and_ranked() -> None:
    rng = np.random.default_rng(8)
    drawn = {name: rng.standard_normal(400) for name in "abcd"}
    figure = drawn["b"] ** 3 + 0.5 * drawn["a"] + 2.0 * np.abs(drawn["c"]) + 0.1 * rng.standard_normal(400)
    found = s.drivers(drawn, figure)
    assert [(d.name, d.effect) for d in found if d.significant] == [("b", "value"), ("c", "size"), ("a", "value")]
    assert len(found) == 8 and all(d.interval.low <= d.rho <= d.interval.high for d in found)
    assert all(d.adjusted_p >= d.p for d in found)


def test_noise_drives_nothing() -> None:
    """20 dispersions, none of them a driver: 60 campaigns name one about as rarely as stated."""
    rng = np.random.default_rng(4)
    named, unadjusted = 0, 0
    for _ in range(60):
        found = s.drivers({f"x{i}": rng.standard_normal(80) for i in range(20)}, rng.standard_normal(80))
        named += any(d.significant for d in found)
        unadjusted += any(d.p < 0.05 for d in found)
    assert named <= 60 * 0.05 + 3.0 * sqrt(60 * 0.0475) and unadjusted > 40


def test_rank_correlation_interval_covers() -> None:
    """Spearman's rho of a bivariate normal is (6/pi) asin(r/2)."""
    rng = np.random.default_rng(21)
    r = 0.6
    truth = 6.0 / pi * np.arcsin(r / 2.0)
    held = 0
    for _ in range(500):
        x = rng.standard_normal(100)
        y = r * x + sqrt(1.0 - r * r) * rng.standard_normal(100)
        value = next(d for d in s.drivers({"x": x}, y) if d.effect == "value")
        held += value.interval.low <= truth <= value.interval.high
    assert held / 500 == pytest.approx(0.95, abs=4.0 * sqrt(0.0475 / 500))


def test_perfect_rank_correlation() -> None:
    x = np.arange(20.0) ** 2
    found = s.drivers({"x": x}, -x)[0]
    assert found.rho == pytest.approx(-1.0, rel=1e-9, abs=0.0) and found.interval.low >= -1.0


def ishigami(x: np.ndarray) -> np.ndarray:
    """Ishigami & Homma 1990, a = 7, b = 0.1."""
    out: np.ndarray = np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])
    return out


def test_sobol_indices_of_the_ishigami_function() -> None:
    v1 = 0.5 * (1.0 + 0.1 * pi**4 / 5.0) ** 2
    v2, v13 = 49.0 / 8.0, 0.01 * pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    v = v1 + v2 + v13
    first, total = (v1 / v, v2 / v, 0.0), ((v1 + v13) / v, v2 / v, v13 / v)
    assert first[:2] == pytest.approx((0.3139, 0.4424), abs=1e-4)
    design = s.saltelli_design(3, 1024, seed=1)
    assert design.shape == (5 * 1024, 3)
    found = s.sobol_indices("abc", ishigami(-pi + 2.0 * pi * design), resamples=200)
    for index, s1, st_ in zip(found, first, total, strict=True):
        assert index.first == pytest.approx(s1, abs=0.03) and index.total == pytest.approx(st_, abs=0.03)
        assert index.first_interval.low <= s1 <= index.first_interval.high
        assert index.total_interval.low <= st_ <= index.total_interval.high
    again = s.sobol_indices("abc", ishigami(-pi + 2.0 * pi * design), resamples=200)
    assert again == found


# ---- consistency --------------------------------------------------------------------------------


def test_consistent_filter_lies_inside_and_others_do_not() -> None:
    draws = np.random.default_rng(2).chisquare(6, (50, 2000))
    found = s.consistency(draws, 6)
    assert found.low == pytest.approx(stats.chi2.ppf(0.025, 300) / 50, rel=1e-9, abs=0.0)
    assert found.high == pytest.approx(stats.chi2.ppf(0.975, 300) / 50, rel=1e-9, abs=0.0)
    assert found.inside == pytest.approx(0.95, abs=0.02) and found.mean.shape == (2000,)
    for scale, above in ((1.5, True), (0.6, False)):
        wrong = s.consistency(scale * draws, 6)
        assert wrong.inside < 0.05 and bool(wrong.mean.mean() > wrong.high) is above
    assert s.consistency([6.0] * 9, 6).inside == 1.0


# ---- two campaigns ------------------------------------------------------------------------------


def test_difference_of_proportions_against_published_values() -> None:
    """Newcombe 1998 (Stat. Med. 17, 873), table II, method 10: 56/70 - 48/80 and 9/10 - 3/10."""
    for a, b, low, high in (((48, 80), (56, 70), 0.0524, 0.3339), ((3, 10), (9, 10), 0.1705, 0.8090)):
        found = s.compare_proportions(*a, *b)
        assert found.difference == pytest.approx(b[0] / b[1] - a[0] / a[1], rel=1e-9, abs=0.0)
        assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=6e-5)
    assert s.compare_proportions(3, 10, 9, 10).p == pytest.approx(
        stats.fisher_exact([[3, 7], [9, 1]]).pvalue, rel=1e-9, abs=0.0
    )
    same = s.compare_proportions(0, 500, 0, 500)
    assert same.difference == 0.0 and same.p == 1.0 and same.interval.low < 0.0 < same.interval.high


def pairs(both: int, only_a: int, only_b: int, neither: int) -> tuple[list[bool], list[bool]]:
    a = [True] * (both + only_a) + [False] * (only_b + neither)
    b = [True] * both + [False] * only_a + [True] * only_b + [False] * neither
    return a, b


def test_paired_proportions() -> None:
    """McNemar's exact p is the binomial's of the discordant pairs: twice 11/1024 for 1 against 9."""
    found = s.compare_paired_proportions(*pairs(5, 1, 9, 85))
    assert found.difference == pytest.approx(0.08, rel=1e-9, abs=0.0) and found.p == pytest.approx(
        2.0 * 11.0 / 1024.0, rel=1e-9, abs=0.0
    )
    assert found.interval.low > 0.0
    swapped = s.compare_paired_proportions(*pairs(5, 9, 1, 85))
    assert (swapped.interval.low, swapped.interval.high) == pytest.approx(
        (-found.interval.high, -found.interval.low), rel=1e-9, abs=0.0
    )
    same = s.compare_paired_proportions(*pairs(0, 0, 0, 60))
    assert (
        same.p == 1.0
        and same.interval.low == pytest.approx(-same.interval.high, rel=1e-9, abs=0.0)
        and same.interval.high > 0.0
    )


def test_pairs_that_go_together_make_the_interval_narrower() -> None:
    apart = s.compare_proportions(20, 100, 24, 100).interval
    together = s.compare_paired_proportions(*pairs(20, 0, 4, 76)).interval
    assert together.high - together.low < 0.6 * (apart.high - apart.low)


@pytest.mark.parametrize(("probability", "least"), [((0.1, 0.1, 0.05, 0.75), 0.93), ((0.02, 0.01, 0.03, 0.94), 0.93)])
def test_interval_of_paired_proportions_covers(probability: tuple[float, ...], least: float) -> None:
    rng = np.random.default_rng(11)
    true = probability[2] - probability[1]
    tables = rng.multinomial(120, probability, 600)
    found = [s.compare_paired_proportions(*pairs(*map(int, table))).interval for table in tables]
    assert np.mean([one.low <= true <= one.high for one in found]) >= least


def test_paired_figures_find_what_the_spread_between_cases_hides() -> None:
    rng = np.random.default_rng(12)
    a = 10.0 * rng.standard_normal(100)
    b = a + 0.1 + 0.2 * rng.standard_normal(100)
    paired, apart = s.compare_paired_figures(a, b), s.compare_figures(a, b)
    assert paired.p < 1e-4 and apart.p > 0.5
    assert paired.superiority == pytest.approx(np.mean(b > a), rel=1e-9, abs=0.0)
    assert paired.p == pytest.approx(stats.wilcoxon(b - a).pvalue, rel=1e-9, abs=0.0)
    same = s.compare_paired_figures(a, a)
    assert (same.p, same.superiority) == (1.0, 0.5)


def test_paired_figures_find_nothing_where_there_is_nothing() -> None:
    rng = np.random.default_rng(13)
    found = [s.compare_paired_figures(*rng.standard_normal((2, 40))).p <= 0.05 for _ in range(400)]
    assert 0.02 < np.mean(found) < 0.08


def test_difference_of_figures() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.standard_normal(300), 0.5 + rng.standard_normal(400)
    found = s.compare_figures(a, b)
    assert found.superiority == pytest.approx(stats.norm.cdf(0.5 / sqrt(2.0)), abs=0.05)
    assert found.p < 1e-4 and found.distance_p < 1e-3
    wider = s.compare_figures(a, 3.0 * rng.standard_normal(400))
    assert wider.p > 0.05 > wider.distance_p, "the same place, another shape"
    assert s.compare_figures(a, a).superiority == 0.5


# ---- dispersion in a plane ----------------------------------------------------------------------


def test_ellipse_of_a_known_covariance() -> None:
    angle = radians(30.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = np.random.default_rng(9).standard_normal((20000, 2)) * (2.0, 0.5) @ turn.T + (1.0, -3.0)
    found = s.dispersion_ellipse(points)
    assert found.centre == pytest.approx((1.0, -3.0), abs=0.05)
    assert found.semi_axes == pytest.approx((6.0, 1.5), rel=0.02, abs=0.0)
    assert found.angle_rad == pytest.approx(angle, abs=0.01)
    assert found.expected == pytest.approx(1.0 - exp(-4.5), rel=1e-9, abs=0.0) and found.coverage == pytest.approx(
        found.expected, abs=3e-3
    )
    away = found.outline() - found.centre
    radius2 = np.einsum("ni,ij,nj->n", away, np.linalg.inv(found.covariance), away)
    assert radius2 == pytest.approx(np.full(121, 9.0), rel=1e-9, abs=0.0)


# ---- bad input ----------------------------------------------------------------------------------

REFUSED: list[tuple[str, Callable[[], object]]] = [
    ("runs must be a whole number of at least 1, got 0", lambda: s.clopper_pearson(0, 0)),
    ("failures must be a whole number of at least 0, got -1", lambda: s.demonstrated(-1, 5)),
    ("failures must not exceed the runs, got 6 in 5", lambda: s.success_at_least(6, 5)),
    ("failures must be a whole number of at least 0, got nan", lambda: s.clopper_pearson(float("nan"), 5)),  # type: ignore[arg-type]
    ("runs must be a whole number of at least 1, got 5.0", lambda: s.clopper_pearson(1, 5.0)),  # type: ignore[arg-type]
    ("confidence must lie between 0 and 1, both excluded, got 95", lambda: s.clopper_pearson(1, 5, 95)),
    ("confidence must lie between 0 and 1, both excluded, got nan", lambda: s.success_at_least(1, 5, float("nan"))),
    ("success must lie between 0 and 1, both excluded, got 1.0", lambda: s.runs_needed(1.0)),
    ("would need more than 1e\\+12 runs", lambda: s.runs_needed(1.0 - 1e-14)),
    ("share must be from 0 to 1, got 1.1", lambda: s.percent_floor(1.1)),
    ("values has 1 NaN of 2", lambda: s.tolerance_bound([1.0, float("nan")], 0.9)),
    ("coverage must lie between", lambda: s.tolerance_bound([1.0], 1.5)),
    ("side must be 'upper', 'lower' or 'both', got 'left'", lambda: s.tolerance_bound([1.0], 0.9, side="left")),  # type: ignore[arg-type]
    ("values must have shape \\(n,\\) and not be empty, got \\(0,\\)", lambda: s.cdf([])),
    ("low must not exceed high", lambda: s.cdf([1.0], 2.0, 1.0)),
    ("figure is 1 in every run", lambda: s.drivers({"x": np.arange(20.0)}, np.ones(20))),
    ("bias is 0 in every run", lambda: s.drivers({"bias": np.zeros(20)}, np.arange(20.0))),
    ("bias: 19 values for 20 of the figure", lambda: s.drivers({"bias": np.arange(19.0)}, np.arange(20.0))),
    ("figure: 9 runs are too few", lambda: s.drivers({"bias": np.arange(9.0)}, np.arange(9.0))),
    ("dispersions is empty", lambda: s.drivers({}, np.arange(20.0))),
    ("n must be a power of two, got 12", lambda: s.saltelli_design(2, 12, 1)),
    ("figure: 13 values do not fill 2 \\+ 2 blocks", lambda: s.sobol_indices("ab", np.arange(13.0))),
    ("figure has infinite values", lambda: s.sobol_indices("a", [1.0, 2.0, np.inf])),
    ("values must be finite and not negative", lambda: s.consistency([1.0, float("nan")], 3)),
    ("values must have shape", lambda: s.consistency([], 3)),
    ("dof must be a whole number of at least 1, got 0", lambda: s.consistency([1.0], 0)),
    ("failures of campaign B must not exceed", lambda: s.compare_proportions(0, 5, 6, 5)),
    ("b has 1 NaN of 1", lambda: s.compare_figures([1.0], [float("nan")])),
    ("expected pairs, two arrays of one length", lambda: s.compare_paired_proportions([True], [True, False])),
    ("expected pairs, got 1 and 2 values", lambda: s.compare_paired_figures([1.0], [1.0, 2.0])),
    ("points must have shape \\(n, 2\\)", lambda: s.dispersion_ellipse([[1.0, 2.0]])),
    ("points must be finite", lambda: s.dispersion_ellipse([[1, 2], [np.nan, 1], [0, 0]])),
    ("points lie on a line", lambda: s.dispersion_ellipse([[0, 0], [1, 1], [2, 2]])),
    ("sigmas must be positive, got -3", lambda: s.dispersion_ellipse([[0, 0], [1, 1], [2, 0]], -3)),
]  # fmt: skip


@pytest.mark.parametrize(("message", "call"), REFUSED, ids=[message[:40] for message, _ in REFUSED])
def test_bad_input_is_named(message: str, call: Callable[[], object]) -> None:
    with pytest.raises(ValueError, match=message):
        call()
