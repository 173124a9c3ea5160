"""What a campaign's numbers support: the statistics of the report, each with the assumption it rests on.

Failures are counted, so proportions are exact (binomial). Figures are of no known distribution, so their
bounds are order statistics. Nothing here fits a normal distribution but the dispersion ellipse, which
says beside it how many cases lie inside. Runs are taken as independent draws of the declared dispersions:
a Latin hypercube or Sobol' sample is not, and its intervals are only approximate.

Probabilities and shares are 0 to 1; angles rad. Every function refuses what it cannot answer with a
ValueError that names the argument.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from math import ceil, log, sqrt, tanh
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from hil.campaign.defaults import CONFIDENCE

Floats = NDArray[np.float64]

LARGEST_CAMPAIGN = 10**12  # runs; what would need more is refused rather than searched for
DRIVERS_LEAST_RUNS = 10


@dataclass(frozen=True)
class Interval:
    """low <= the true value <= high with that confidence."""

    low: float
    high: float
    confidence: float


# ---- failures in runs ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Demonstration:
    """What `failures` in `runs` say of a requirement.

    interval is that of the failure probability, two-sided. success_at_least is the one-sided bound that
    statement words, rounded down. required, met and runs_needed are None where nothing was required;
    runs_needed is the smallest campaign that meets it if no further run fails.
    """

    failures: int
    runs: int
    confidence: float
    interval: Interval
    success_at_least: float
    statement: str
    required: float | None
    met: bool | None
    runs_needed: int | None


def clopper_pearson(failures: int, runs: int, confidence: float = CONFIDENCE) -> Interval:
    """Two-sided interval of the failure probability (Clopper & Pearson 1934): covers at least nominally."""
    _counts(failures, runs)
    alpha = 1.0 - _open_unit("confidence", confidence)
    low = 0.0 if failures == 0 else float(stats.beta.ppf(0.5 * alpha, failures, runs - failures + 1))
    high = 1.0 if failures == runs else float(stats.beta.isf(0.5 * alpha, failures + 1, runs - failures))
    return Interval(low, high, confidence)


def success_at_least(failures: int, runs: int, confidence: float = CONFIDENCE) -> float:
    """One-sided lower bound of the success probability (Clopper & Pearson 1934)."""
    _counts(failures, runs)
    _open_unit("confidence", confidence)
    return 0.0 if failures == runs else float(stats.beta.ppf(1.0 - confidence, runs - failures, failures + 1))


def runs_needed(success: float, confidence: float = CONFIDENCE, failures: int = 0) -> int:
    """Smallest number of runs with which `failures` failed ones still show that probability of success.

    The least N with P(Binomial(N, 1 - success) <= failures) <= 1 - confidence (Hanson & Beard 2010,
    NASA/TP-2010-216447: the confidence is one minus the consumer's risk).
    """
    _open_unit("success", success)
    _open_unit("confidence", confidence)
    _whole("failures", failures, 0)

    def shown(runs: int) -> bool:
        return bool(stats.binom.cdf(failures, runs, 1.0 - success) <= 1.0 - confidence)

    short, enough = failures, failures + 1
    while not shown(enough):
        short, enough = enough, 2 * enough
        if enough > LARGEST_CAMPAIGN:
            raise ValueError(f"success {success!r} would need more than {LARGEST_CAMPAIGN:.0e} runs")
    while enough - short > 1:
        middle = (short + enough) // 2
        short, enough = (short, middle) if shown(middle) else (middle, enough)
    return enough


def demonstrated(
    failures: int, runs: int, confidence: float = CONFIDENCE, required: float | None = None
) -> Demonstration:
    """Everything that `failures` in `runs` support; required: the success probability asked for, if any."""
    bound = success_at_least(failures, runs, confidence)
    needed = None if required is None else runs_needed(required, confidence, failures)
    return Demonstration(
        failures, runs, confidence, clopper_pearson(failures, runs, confidence), bound,
        f"≥ {percent_floor(bound)} % at {100.0 * confidence:g} % confidence",
        required, None if needed is None else runs >= needed, needed,
    )  # fmt: skip


def percent_floor(share: float) -> str:
    """A share in percent, rounded down, with two digits of what is missing to 100 %."""
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share must be from 0 to 1, got {share!r}")
    percent = 100 * Decimal(str(float(share)))
    missing = 100 - percent
    digits = max(2, 1 - missing.adjusted()) if missing else 2
    return str(percent.quantize(Decimal(1).scaleb(-digits), ROUND_FLOOR))


# ---- bounds of a continuous figure --------------------------------------------------------------


@dataclass(frozen=True)
class ToleranceBound:
    """At least `coverage` of all cases lie within [low, high], with that confidence.

    low is -inf for an upper bound and high inf for a lower one. orders are the ranks used, 1 the smallest
    value, None where there is no bound on that side. attained is the confidence actually reached.
    """

    low: float
    high: float
    orders: tuple[int | None, int | None]
    runs: int
    coverage: float
    confidence: float
    attained: float


def tolerance_runs_needed(coverage: float, confidence: float = CONFIDENCE, two_sided: bool = False) -> int:
    """Smallest number of runs whose extremes are tolerance bounds (Wilks 1941, Ann. Math. Stat. 12, 91)."""
    return runs_needed(_open_unit("coverage", coverage), confidence, 1 if two_sided else 0)


def tolerance_bound(
    values: ArrayLike,
    coverage: float,
    confidence: float = CONFIDENCE,
    side: Literal["upper", "lower", "both"] = "upper",
) -> ToleranceBound:
    """Distribution-free tolerance bound of a figure from its order statistics (Wilks 1941).

    values: one a run, shape (n,). A case without the figure (no contact was made) belongs in it as the
    infinity of its bad side: leaving it out would flatter the bound. The bound is the innermost order
    statistic that still holds. ValueError when n is too small, saying the runs needed.
    """
    figure = _column("values", values)
    if side not in ("upper", "lower", "both"):
        raise ValueError(f"side must be 'upper', 'lower' or 'both', got {side!r}")
    n = len(figure)
    needed = tolerance_runs_needed(coverage, confidence, side == "both")
    if n < needed:
        raise ValueError(
            f"values: {n} runs are too few for {100 * coverage:g} % coverage at {100 * confidence:g} % confidence,"
            f" {needed} are needed"
        )
    # The content between order statistics r < s is Beta(s - r, n - s + r + 1), so it is at least `coverage`
    # with probability P(Binomial(n, coverage) < s - r); X(0) = -inf and X(n + 1) = inf (David & Nagaraja 2003, 7.2).
    span = int(stats.binom.ppf(confidence, n, coverage)) + 1
    if side == "both":
        r = (n + 1 - span) // 2
        orders: tuple[int | None, int | None] = (r, r + span)
    else:
        orders = (None, span) if side == "upper" else (n + 1 - span, None)
    ordered = np.sort(figure)
    low = -np.inf if orders[0] is None else float(ordered[orders[0] - 1])
    high = np.inf if orders[1] is None else float(ordered[orders[1] - 1])
    attained = float(stats.binom.cdf(span - 1, n, coverage))
    return ToleranceBound(low, high, orders, n, coverage, confidence, attained)


@dataclass(frozen=True)
class Cdf:
    """Empirical distribution: share[i] of the cases are at most x[i].

    The true distribution lies within ± band everywhere at that confidence (Dvoretzky-Kiefer-Wolfowitz
    with the constant of Massart 1990). within is the number of cases inside the limits.
    """

    x: Floats
    share: Floats
    band: float
    confidence: float
    within: int


def cdf(values: ArrayLike, low: float = -np.inf, high: float = np.inf, confidence: float = CONFIDENCE) -> Cdf:
    """Empirical distribution of a figure of shape (n,), and how many cases keep low <= value <= high."""
    figure = np.sort(_column("values", values))
    if not low <= high:
        raise ValueError(f"low must not exceed high, got {low!r} and {high!r}")
    n = len(figure)
    band = sqrt(log(2.0 / (1.0 - _open_unit("confidence", confidence))) / (2.0 * n))
    within = int(((figure >= low) & (figure <= high)).sum())
    return Cdf(figure, np.arange(1, n + 1) / n, band, confidence, within)


# ---- what drives a figure -----------------------------------------------------------------------


@dataclass(frozen=True)
class Driver:
    """Rank correlation of a figure with one dispersion.

    effect: "value", or "size" for the distance from the median, which finds a figure that grows to both
    sides. rho's interval is its own; adjusted_p is corrected for the number of dispersions looked at, and
    significant says that it is at most 1 - confidence: of those called so, that share is false on average.
    """

    name: str
    effect: Literal["value", "size"]
    rho: float
    interval: Interval
    p: float
    adjusted_p: float
    significant: bool


def drivers(
    dispersions: Mapping[str, ArrayLike], figure: ArrayLike, confidence: float = CONFIDENCE
) -> tuple[Driver, ...]:
    """Spearman rank correlations of a figure with each dispersion, strongest first.

    dispersions: name to values of shape (n,); figure: shape (n,), n >= 10. The interval is Fisher's
    transformation with the variance (1 + rho²/2)/(n - 3) (Bonett & Wright 2000, Psychometrika 65, 23);
    p values are adjusted by Benjamini & Hochberg (1995). Rank correlation sees monotone effects of one
    dispersion at a time; interactions take `sobol_indices`.
    """
    outcome = _varying("figure", figure)
    n = len(outcome)
    if n < DRIVERS_LEAST_RUNS:
        raise ValueError(f"figure: {n} runs are too few to rank drivers, {DRIVERS_LEAST_RUNS} are needed")
    if not dispersions:
        raise ValueError("dispersions is empty")
    z = float(stats.norm.isf(0.5 * (1.0 - _open_unit("confidence", confidence))))
    looked_at: list[tuple[str, Literal["value", "size"]]] = []
    columns = [outcome]
    for name, values in dispersions.items():
        drawn = _varying(name, values)
        if len(drawn) != n:
            raise ValueError(f"{name}: {len(drawn)} values for {n} of the figure")
        size = np.abs(drawn - np.median(drawn))
        looked_at.append((name, "value"))
        columns.append(drawn)
        if np.ptp(size) > 0.0:
            looked_at.append((name, "size"))
            columns.append(size)
    ranked = stats.spearmanr(np.column_stack(columns))
    # a matrix over all columns, or two plain numbers where there are only two of them
    rhos, ps = (np.atleast_1d(np.asarray(v)[0, 1:] if len(columns) > 2 else v) for v in ranked)
    adjusted = adjusted_p(ps)
    rows = []
    for (name, effect), *numbers in zip(looked_at, rhos, ps, adjusted, strict=True):
        rho, p, q = (float(number) for number in numbers)
        half = z * sqrt((1.0 + 0.5 * rho * rho) / (n - 3))
        centre = float(np.arctanh(np.clip(rho, -1.0 + 1.0e-15, 1.0 - 1.0e-15)))
        interval = Interval(min(rho, tanh(centre - half)), max(rho, tanh(centre + half)), confidence)
        rows.append(Driver(name, effect, rho, interval, p, q, q <= 1.0 - confidence))
    return tuple(sorted(rows, key=lambda d: -abs(d.rho)))


def adjusted_p(values: ArrayLike) -> Floats:
    """Adjusts p values of shape (n,) (Benjamini & Hochberg 1995): of those at most q a share q is false."""
    return np.asarray(stats.false_discovery_control(_column("values", values)))


@dataclass(frozen=True)
class SobolIndex:
    """Share of a figure's variance that one dispersion causes alone (first) and with all its interactions (total)."""

    name: str
    first: float
    first_interval: Interval
    total: float
    total_interval: Interval


def saltelli_design(dimensions: int, n: int, seed: int) -> Floats:
    """Points of the unit cube for `sobol_indices`, shape (n (dimensions + 2), dimensions); n a power of two.

    Blocks of n rows: A, B, then for each dimension i the rows of A with column i from B (Saltelli et al.
    2010, Comput. Phys. Commun. 181, 259, table 2). A and B are the halves of one scrambled Sobol' sequence.
    """
    _whole("dimensions", dimensions, 1)
    _power_of_two(n)
    both = stats.qmc.Sobol(2 * dimensions, seed=seed).random(n)
    a, b = both[:, :dimensions], both[:, dimensions:]
    blocks = [a, b]
    for i in range(dimensions):
        mixed = a.copy()
        mixed[:, i] = b[:, i]
        blocks.append(mixed)
    return np.concatenate(blocks)


def sobol_indices(
    names: Sequence[str], figure: ArrayLike, confidence: float = CONFIDENCE, resamples: int = 500, seed: int = 0
) -> tuple[SobolIndex, ...]:
    """First-order and total Sobol' indices of a figure flown over `saltelli_design`, in the order of names.

    figure: shape (n (d + 2),), in the design's order, for d = len(names). Estimators (b) and (f) of
    Saltelli et al. 2010, table 2, as in scipy.stats; percentile intervals from a bootstrap of the n rows.
    """
    values = _varying("figure", figure)
    d = len(names)
    if d == 0 or len(values) % (d + 2):
        raise ValueError(f"figure: {len(values)} values do not fill {d} + 2 blocks of one size")
    if not np.isfinite(values).all():
        raise ValueError("figure has infinite values: its variance has no shares")
    _open_unit("confidence", confidence)
    _whole("resamples", resamples, 1)
    n = len(values) // (d + 2)
    _power_of_two(n)
    blocks = values.reshape(d + 2, n)
    first, total = _saltelli_2010(blocks)
    rng = np.random.default_rng(seed)
    drawn = np.array([_saltelli_2010(blocks[:, rng.integers(n, size=n)]) for _ in range(resamples)])
    tail = 0.5 * (1.0 - confidence)
    low, high = np.quantile(drawn, [tail, 1.0 - tail], axis=0)
    return tuple(
        SobolIndex(
            name, float(first[i]), Interval(float(low[0, i]), float(high[0, i]), confidence),
            float(total[i]), Interval(float(low[1, i]), float(high[1, i]), confidence),
        )
        for i, name in enumerate(names)
    )  # fmt: skip


def _saltelli_2010(blocks: Floats) -> tuple[Floats, Floats]:
    """First and total indices, each shape (d,), from the figure's blocks A, B, AB_1 .. AB_d, shape (d + 2, n)."""
    outputs = {"f_A": blocks[None, 0], "f_B": blocks[None, 1], "f_AB": blocks[2:, None, :]}
    found = stats.sobol_indices(func=outputs, n=blocks.shape[1])
    return np.atleast_1d(found.first_order.squeeze()), np.atleast_1d(found.total_order.squeeze())


# ---- consistency of a filter --------------------------------------------------------------------


@dataclass(frozen=True)
class Consistency:
    """Mean NEES or NIS over the runs, at each of m times, and the bounds it should keep.

    inside is the share of the times within [low, high]; about `confidence` of them are when the filter is
    consistent. Above: it trusts itself too much; below: too little.
    """

    mean: Floats
    low: float
    high: float
    inside: float
    runs: int
    dof: int
    confidence: float


def consistency(values: ArrayLike, dof: int, confidence: float = CONFIDENCE) -> Consistency:
    """Chi-square test of NEES or NIS over runs (Bar-Shalom, Li & Kirubarajan 2001, section 5.4.2).

    values: shape (runs,) or (runs, m), each chi-square of dof degrees when the filter is consistent; runs
    times their mean is chi-square of runs x dof degrees. Over times of one run it is not: they correlate.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim not in (1, 2) or table.size == 0:
        raise ValueError(f"values must have shape (runs,) or (runs, m) and not be empty, got {table.shape}")
    if not (np.isfinite(table) & (table >= 0.0)).all():
        raise ValueError("values must be finite and not negative")
    _whole("dof", dof, 1)
    _open_unit("confidence", confidence)
    runs = len(table)
    mean = np.atleast_1d(table.mean(axis=0))
    low, high = chi_square_mean_bounds(runs, dof, confidence)
    return Consistency(mean, low, high, float(((mean >= low) & (mean <= high)).mean()), runs, dof, confidence)


def chi_square_mean_bounds(count: int, dof: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Two-sided bounds of the mean of `count` independent chi-square values of dof degrees."""
    low, high = stats.chi2.interval(confidence, count * dof)
    return float(low) / count, float(high) / count


# ---- two campaigns ------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProportionDifference:
    """Failure probability of B minus that of A, its interval, and the p value of there being none."""

    difference: float
    interval: Interval
    p: float


def compare_proportions(
    failures_a: int, runs_a: int, failures_b: int, runs_b: int, confidence: float = CONFIDENCE
) -> ProportionDifference:
    """Two campaigns' failures: the score interval of Newcombe (1998, Stat. Med. 17, 873, method 10), Fisher's exact p.

    For campaigns drawn independently; `compare_paired_proportions` is for cases that are pairs.
    """
    _counts(failures_a, runs_a, " of campaign A")
    _counts(failures_b, runs_b, " of campaign B")
    _open_unit("confidence", confidence)
    a, b = failures_a / runs_a, failures_b / runs_b
    score_a = stats.binomtest(failures_a, runs_a).proportion_ci(confidence, method="wilson")
    score_b = stats.binomtest(failures_b, runs_b).proportion_ci(confidence, method="wilson")
    low = b - a - sqrt((b - score_b.low) ** 2 + (score_a.high - a) ** 2)
    high = b - a + sqrt((score_b.high - b) ** 2 + (a - score_a.low) ** 2)
    exact = stats.fisher_exact([[failures_a, runs_a - failures_a], [failures_b, runs_b - failures_b]])
    return ProportionDifference(b - a, Interval(float(low), float(high), confidence), float(exact[1]))


def compare_paired_proportions(a: ArrayLike, b: ArrayLike, confidence: float = CONFIDENCE) -> ProportionDifference:
    """Failures of the same cases in two campaigns: true where a case failed, shape (n,) each, pair by pair.

    p: McNemar's test in its exact form, the binomial test of the cases that failed in one campaign alone. The
    interval: Newcombe (1998, Stat. Med. 17, 2635, method 10), score intervals with the correlation of the pairs.
    """
    first, second = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if first.shape != second.shape or first.ndim != 1 or not len(first):
        raise ValueError(f"expected pairs, two arrays of one length, got shapes {first.shape} and {second.shape}")
    _open_unit("confidence", confidence)
    n, both, neither = len(first), int((first & second).sum()), int((~first & ~second).sum())
    only_a, only_b = int((first & ~second).sum()), int((~first & second).sum())
    p_a, p_b = (both + only_a) / n, (both + only_b) / n
    score_a, score_b = (
        stats.binomtest(both + alone, n).proportion_ci(confidence, method="wilson") for alone in (only_a, only_b)
    )
    margins = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    product = both * neither - only_a * only_b
    excess = max(product - n / 2.0, 0.0) if product > 0 else float(product)  # Newcombe's correction for continuity
    phi = excess / sqrt(margins) if margins else 0.0

    def reach(down: float, up: float) -> float:
        return sqrt(max(down * down - 2.0 * phi * down * up + up * up, 0.0))

    low = p_b - p_a - reach(p_b - score_b.low, score_a.high - p_a)
    high = p_b - p_a + reach(p_a - score_a.low, score_b.high - p_b)
    alone = only_a + only_b
    p = float(stats.binomtest(only_b, alone).pvalue) if alone else 1.0
    return ProportionDifference(p_b - p_a, Interval(float(low), float(high), confidence), p)


@dataclass(frozen=True)
class FigureDifference:
    """How a figure of campaign B differs from that of A.

    superiority = P(B > A) + P(B = A)/2, the effect size that goes with the rank test: 0.5 is no difference
    (Vargha & Delaney 2000); of pairs, the share of them in which B is larger. distance is the largest gap between
    the two empirical distributions.
    """

    median_a: float
    median_b: float
    superiority: float
    p: float
    distance: float
    distance_p: float


def compare_figures(a: ArrayLike, b: ArrayLike) -> FigureDifference:
    """A figure in two campaigns, shapes (n,) and (m,): Mann-Whitney for its place, Kolmogorov-Smirnov for its shape."""
    first, second = _column("a", a), _column("b", b)
    rank = stats.mannwhitneyu(second, first, alternative="two-sided")
    shape = stats.ks_2samp(first, second)
    return FigureDifference(
        float(np.median(first)), float(np.median(second)), float(rank.statistic) / (len(first) * len(second)),
        float(rank.pvalue), float(shape.statistic), float(shape.pvalue),
    )  # fmt: skip


def compare_paired_figures(a: ArrayLike, b: ArrayLike) -> FigureDifference:
    """A figure of the same cases in two campaigns, shape (n,) each, pair by pair.

    Wilcoxon's signed-rank test for its place, pairs without a difference counted as Pratt (1959) does; Kolmogorov-
    Smirnov for its shape, whose p is too large rather than too small where the pairs go together.
    """
    first, second = _column("a", a), _column("b", b)
    if len(first) != len(second):
        raise ValueError(f"expected pairs, got {len(first)} and {len(second)} values")
    difference = second - first
    p = 1.0
    if difference.any():
        p = float(stats.wilcoxon(difference, zero_method="pratt", method="auto").pvalue)
    shape = stats.ks_2samp(first, second)
    return FigureDifference(
        float(np.median(first)), float(np.median(second)), float((np.sign(difference) / 2.0 + 0.5).mean()), p,
        float(shape.statistic), float(shape.pvalue),
    )  # fmt: skip


# ---- dispersion in a plane ----------------------------------------------------------------------


@dataclass(frozen=True)
class Ellipse:
    """Dispersion about the mean: x within it when (x - centre)ᵀ P⁻¹ (x - centre) <= sigmas².

    covariance: shape (2, 2). semi_axes: the longer first, in the unit of the points; angle_rad: of the
    longer from the first coordinate, in (-pi/2, pi/2]. coverage is the share of the points inside,
    expected that of a normal distribution, 1 - exp(-sigmas²/2).
    """

    centre: tuple[float, float]
    covariance: Floats
    sigmas: float
    semi_axes: tuple[float, float]
    angle_rad: float
    coverage: float
    expected: float

    def holds(self, points: Floats) -> NDArray[np.bool_]:
        """Which of the points of shape (n, 2) lie inside, shape (n,)."""
        away = points - self.centre
        distance2 = np.einsum("ni,ij,nj->n", away, np.linalg.inv(self.covariance), away)
        return np.asarray(distance2 <= self.sigmas**2)

    def outline(self, points: int = 121) -> Floats:
        """Closed curve of shape (points, 2)."""
        turn = np.linspace(0.0, 2.0 * np.pi, points)
        c, s = np.cos(self.angle_rad), np.sin(self.angle_rad)
        along, across = self.semi_axes[0] * np.cos(turn), self.semi_axes[1] * np.sin(turn)
        return np.column_stack([self.centre[0] + c * along - s * across, self.centre[1] + s * along + c * across])


def dispersion_ellipse(points: ArrayLike, sigmas: float = 3.0) -> Ellipse:
    """Ellipse of points of shape (n, 2), n >= 3, from their sample covariance."""
    table = np.asarray(points, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != 2 or len(table) < 3:
        raise ValueError(f"points must have shape (n, 2) with n >= 3, got {table.shape}")
    if not np.isfinite(table).all():
        raise ValueError("points must be finite")
    if not 0.0 < sigmas < np.inf:
        raise ValueError(f"sigmas must be positive, got {sigmas!r}")
    centre = table.mean(axis=0)
    covariance = np.cov(table, rowvar=False)
    variances, axes = np.linalg.eigh(covariance)
    if variances[0] <= 1.0e-14 * variances[1]:
        raise ValueError("points lie on a line: there is no ellipse")
    angle = float(np.arctan2(axes[1, 1], axes[0, 1]))
    angle -= np.pi * ceil(angle / np.pi - 0.5)
    semi = (sigmas * sqrt(float(variances[1])), sigmas * sqrt(float(variances[0])))
    centred = (float(centre[0]), float(centre[1]))
    ellipse = Ellipse(centred, covariance, sigmas, semi, angle, 0.0, float(-np.expm1(-0.5 * sigmas**2)))
    return replace(ellipse, coverage=float(ellipse.holds(table).mean()))


# ---- what an argument must be -------------------------------------------------------------------


def _whole(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
        raise ValueError(f"{name} must be a whole number of at least {least}, got {value!r}")


def _counts(failures: int, runs: int, where: str = "") -> None:
    _whole("runs" + where, runs, 1)
    _whole("failures" + where, failures, 0)
    if failures > runs:
        raise ValueError(f"failures{where} must not exceed the runs, got {failures} in {runs}")


def _open_unit(name: str, value: float) -> float:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} must lie between 0 and 1, both excluded, got {value!r}")
    return value


def _power_of_two(n: int) -> None:
    _whole("n", n, 1)
    if n & (n - 1):
        raise ValueError(f"n must be a power of two, got {n}")


def _column(name: str, values: ArrayLike) -> Floats:
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or column.size == 0:
        raise ValueError(f"{name} must have shape (n,) and not be empty, got {column.shape}")
    missing = int(np.isnan(column).sum())
    if missing:
        raise ValueError(f"{name} has {missing} NaN of {column.size}: a case without a figure must be decided on first")
    return column


def _varying(name: str, values: ArrayLike) -> Floats:
    column = _column(name, values)
    if (column == column[0]).all():
        raise ValueError(f"{name} is {column[0]:g} in every run: there is nothing to correlate")
    return column
