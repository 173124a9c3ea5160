"""Sampling: the position of case K in the space of the dispersions.

A case depends on the master seed and its number; with `lhs` and `saltelli` also on the number of runs, for which the
design is made. docs/adr/0004 says which parts SciPy computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, cast, get_args

from hil.campaign.journal import CampaignError
from hil.distributions import INSTRUMENT_GROUPS, THRUSTERS, VEHICLES, Correlated, Point, Quantity, Source
from hil.noise import Stream, permuted

SamplerName = Literal["random", "lhs", "sobol", "saltelli"]
SAMPLERS: tuple[str, ...] = get_args(SamplerName)
NOISE = "noise"
"""The group of the noise of a run itself, beside those of the quantities drawn before it."""
GROUPS = (*dict.fromkeys(each.group for each in VEHICLES), *INSTRUMENT_GROUPS, THRUSTERS[0].group, NOISE)

RUNS_MAX = 1_000_000
SOBOL_BITS = 30  # of scipy's sequence: as many cases as it has points
SOBOL_BLOCK = 1024
POINT_BITS = 52
LARGEST = 1.0 - 2.0**-53


@dataclass(frozen=True)
class Sampling:
    """A sampler, and the number of runs where a case depends on it.

    random: independent draws. lhs: Latin hypercube, each coordinate of the N cases in another of N equally
    likely intervals (McKay, Beckman & Conover 1979). sobol: Sobol' sequence with a random digital shift, case K its
    point K. saltelli: n (d + 2) cases that share the variance of a figure out among d groups of quantities
    (Saltelli et al. 2010): n independent draws A, n more B, then for each group A with that group from B.
    Raises CampaignError for a number of runs that the sampler has no design for.
    """

    sampler: SamplerName = "random"
    runs: int | None = None

    def __post_init__(self) -> None:
        """Refuses a number of runs that the sampler has no design for."""
        if self.sampler not in SAMPLERS:
            raise CampaignError(f"sampler = {self.sampler!r}: expected one of {', '.join(SAMPLERS)}")
        if self.sampler in ("random", "sobol"):
            return
        if self.runs is None or not 1 <= self.runs <= RUNS_MAX:
            raise CampaignError(f"sampler {self.sampler}: expected the number of runs of the campaign, 1 to {RUNS_MAX}")
        if self.sampler == "saltelli":
            blocks = len(GROUPS) + 2
            rows, rest = divmod(self.runs, blocks)
            if rest or rows < 2 or not _power_of_two(rows):
                low = 1 << max(1, rows.bit_length() - 1)
                raise CampaignError(
                    f"runs = {self.runs}: the saltelli sampler flies n x ({len(GROUPS)} groups + 2) cases, n a power of"
                    f" two: {blocks * low} or {2 * blocks * low}"
                )

    @classmethod
    def of(cls, sampler: str, runs: int) -> Sampling:
        """How the cases of a campaign of that many runs are drawn, the number kept only where a case depends on it."""
        return cls(cast(SamplerName, sampler), runs if sampler in ("lhs", "saltelli") else None)

    @property
    def rows(self) -> int:
        """Cases in each block of a saltelli design."""
        return (self.runs or 0) // (len(GROUPS) + 2)

    def counted(self, runs: int) -> int:
        """How many cases, from the first, draw what no case before them drew: all but the mixed ones of saltelli."""
        return 2 * self.rows if self.sampler == "saltelli" else runs

    def check_campaign(self, runs: int, together: Sequence[Correlated] = ()) -> None:
        """Refuses what makes no sample of this kind.

        Raises CampaignError where the first `runs` points are not balanced, and where quantities drawn `together`
        are of different groups, whose shares of a variance are then not their own.
        """
        if self.sampler == "sobol" and not _power_of_two(runs):
            low = 1 << (runs.bit_length() - 1)
            raise CampaignError(f"runs = {runs}: a Sobol' sample is balanced for a power of two: {low} or {2 * low}")
        group = {quantity.key.removeprefix("dispersions."): quantity.group for quantity in (*VEHICLES, *THRUSTERS)}
        for at, correlated in enumerate(together if self.sampler == "saltelli" else ()):
            groups = dict.fromkeys(group[key] for key in correlated.of)
            if len(groups) > 1:
                raise CampaignError(
                    f"dispersions.correlated[{at}]: {' + '.join(correlated.of)} are of {len(groups)} groups "
                    f"({', '.join(groups)}): the saltelli sampler expects quantities of one group"
                )

    def check_case(self, case: int) -> None:
        """Raises CampaignError for a case that the design does not have."""
        if self.sampler in ("lhs", "saltelli") and self.runs is not None and case >= self.runs:
            raise CampaignError(
                f"case = {case}: the {self.sampler} campaign of {self.runs} runs ends at {self.runs - 1}"
            )
        if self.sampler == "sobol" and case >= 1 << SOBOL_BITS:
            raise CampaignError(f"case = {case}: expected less than {1 << SOBOL_BITS} with the sobol sampler")

    def case_of(self, group: str, case: int) -> int:
        """The case whose streams a group of quantities is drawn from."""
        if self.sampler != "saltelli":
            return case
        block, row = divmod(case, self.rows)
        swapped = block == 1 or (block >= 2 and GROUPS[block - 2] == group)
        return row + self.rows if swapped else row

    def source(self, seed: int, case: int, quantity: Quantity, of: Sequence[Quantity], thrusters: int) -> Source:
        """Where the elements of a quantity are drawn from, one `of` all those that the scenario has."""
        stream: Source = Stream(seed, self.case_of(quantity.group, case), f"dispersion.{quantity.stream}")
        count = quantity.elements(thrusters)
        if self.sampler == "lhs":
            return Point([_stratified(seed, case, self.runs or 1, quantity, i, stream) for i in range(count)])
        if self.sampler == "sobol":
            return Point(_shifted(seed, case, quantity, of, thrusters))
        return stream

    def arguments(self) -> str:
        """What `proxops run` needs to draw a case of this campaign again; "" for independent draws."""
        runs = "" if self.sampler == "sobol" else f" --runs {self.runs}"
        return "" if self.sampler == "random" else f" --sampler {self.sampler}{runs}"


RANDOM = Sampling()


def _power_of_two(n: int) -> bool:
    return n > 0 and n & (n - 1) == 0


def _stratified(seed: int, case: int, runs: int, quantity: Quantity, i: int, stream: Source) -> float:
    interval: int = permuted(case, runs, seed, f"lhs.{quantity.stream}.{i}")
    return min((interval + stream.uniform()) / runs, LARGEST)


def _shifted(seed: int, case: int, quantity: Quantity, of: Sequence[Quantity], thrusters: int) -> list[float]:
    start, dimensions = 0, 0
    for other in of:
        start = dimensions if other == quantity else start
        dimensions += other.elements(thrusters)
    point = _sobol_block(dimensions, case // SOBOL_BLOCK)[case % SOBOL_BLOCK]
    shift: Any = Stream(seed, 0, f"sobol.{quantity.stream}")
    found = []
    for coordinate in point[start : start + quantity.elements(thrusters)]:
        bits = int(coordinate * 2.0**SOBOL_BITS) << (POINT_BITS - SOBOL_BITS)
        found.append(((bits ^ (shift.word() >> (64 - POINT_BITS))) + 0.5) * 2.0**-POINT_BITS)
    return found


@lru_cache(maxsize=8)
def _sobol_block(dimensions: int, block: int) -> Any:
    """Points of the sequence with the direction numbers of Joe & Kuo (2008), shape (SOBOL_BLOCK, dimensions).

    Multiples of 2^-30 that no randomisation touches: integers, the same in every version of SciPy.
    """
    from scipy.stats import qmc

    sequence = qmc.Sobol(dimensions, scramble=False, bits=SOBOL_BITS)
    if block:
        sequence.fast_forward(block * SOBOL_BLOCK)
    return sequence.random(SOBOL_BLOCK)
