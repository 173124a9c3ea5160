"""Samplers: a case depends on its number and seed alone, and the sample has the form that its name promises."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from hil.campaign.journal import CampaignError
from hil.campaign.sampling import GROUPS, NOISE, RANDOM, Sampling
from hil.dispersion import sample
from hil.distributions import Correlated
from hil.instruments import kinds
from hil.noise import permuted
from hil.scenario import Scenario, quantities

QUANTITIES = quantities(Scenario.load("iss-vbar"))
BLOCKS = len(GROUPS) + 2
INERTIA_HIGHEST = 2.0**-8  # a power of two keeps every bit of a coordinate
GROUP_OF = {quantity.field: quantity.group for quantity in QUANTITIES}


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    """Uniform where the tests look, so that a value is its coordinate; inertias within those of a real body."""
    highest = {"com_m": 0.5, "mass_ratio": 0.5, "inertia_ratio": INERTIA_HIGHEST}
    return Scenario.load(
        "iss-vbar", [f'dispersions.{key}={{kind="uniform", low=0.0, high={high}}}' for key, high in highest.items()]
    )


def coordinates(scenario: Scenario, runs: int, sampling: Sampling, seed: int = 3) -> Any:
    """Of all cases, in the open unit cube: shape (runs, 10)."""
    draws = [sample(scenario, seed, case, sampling) for case in range(runs)]
    inertia = np.array([d.inertia_ratio for d in draws]) / INERTIA_HIGHEST
    return np.hstack([2.0 * np.array([(d.mass_ratio, *d.com_body_m) for d in draws]), inertia])


def test_every_field_that_is_drawn_is_in_the_list_once() -> None:
    drawn = sample(Scenario.load("iss-vbar"), 1)
    assert sorted(q.field for q in QUANTITIES) == sorted(drawn.as_dict())
    assert len({q.stream for q in QUANTITIES}) == len(QUANTITIES)
    assert {q.group for q in QUANTITIES} == set(GROUPS) - {NOISE}
    assert {kind.group for kind in kinds().values() if kind.drawn} <= set(GROUPS)


def test_independent_draws_are_the_default(scenario: Scenario) -> None:
    assert sample(scenario, 3, 4, RANDOM) == sample(scenario, 3, 4) == sample(scenario, 3, 4, Sampling("random", 9))


@pytest.mark.parametrize("runs", [1, 2, 7, 60])
def test_a_latin_hypercube_has_one_case_in_each_interval(scenario: Scenario, runs: int) -> None:
    found = coordinates(scenario, runs, Sampling("lhs", runs))
    intervals = np.sort(np.floor(found * runs), axis=0)
    assert np.array_equal(intervals, np.tile(np.arange(runs)[:, None], found.shape[1]))


def test_coordinates_of_a_latin_hypercube_do_not_follow_each_other(scenario: Scenario) -> None:
    rho = stats.spearmanr(coordinates(scenario, 60, Sampling("lhs", 60))).statistic
    assert np.abs(rho[np.triu_indices(len(rho), 1)]).max() < 4.5 / np.sqrt(60)


@pytest.mark.parametrize("runs", [16, 128])
def test_a_sobol_sample_is_scipys_with_a_digital_shift(scenario: Scenario, runs: int) -> None:
    found = coordinates(scenario, runs, Sampling("sobol"))
    assert np.array_equal(np.sort(np.floor(found * runs), axis=0)[:, 0], np.arange(runs)), "one in each interval"
    dimensions = sum(quantity.elements(28) for quantity in QUANTITIES)
    plain = qmc.Sobol(dimensions, scramble=False, bits=30).random(runs)[:, 12:22]
    shifts = [
        np.unique((a * 2**30).astype(int) ^ (b * 2**30).astype(int)) for a, b in zip(found.T, plain.T, strict=True)
    ]
    assert all(len(shift) == 1 for shift in shifts) and len({int(shift[0]) for shift in shifts}) == found.shape[1]


def test_a_sobol_sample_covers_better_than_chance(scenario: Scenario) -> None:
    by_sampler = [coordinates(scenario, 64, sampling)[:, :4] for sampling in (Sampling("sobol"), RANDOM)]
    assert qmc.discrepancy(by_sampler[0]) < 0.5 * qmc.discrepancy(by_sampler[1])


@pytest.mark.parametrize(
    "sampling", [Sampling("lhs", 50), Sampling("sobol"), Sampling("saltelli", 4 * BLOCKS)], ids=str
)
def test_a_case_depends_on_seed_and_number(scenario: Scenario, sampling: Sampling) -> None:
    one = sample(scenario, 3, 40, sampling)
    assert sample(scenario, 3, 40, sampling) == one
    assert sample(scenario, 4, 40, sampling) != one != sample(scenario, 3, 39, sampling)


def test_a_sobol_case_beyond_the_first_block_is_the_point_of_its_number() -> None:
    sequence = qmc.Sobol(2, scramble=False, bits=30).random(4096)
    from hil.campaign.sampling import _sobol_block

    assert np.array_equal(np.vstack([_sobol_block(2, block) for block in range(4)]), sequence)


def test_one_dispersion_more_changes_no_other_coordinate(scenario: Scenario) -> None:
    other = Scenario.parse(scenario.to_toml(), "other", ["dispersions.initial_position_m=99.0"])
    for sampling in (Sampling("lhs", 20), Sampling("sobol")):
        a, b = (sample(s, 3, 7, sampling).as_dict() for s in (scenario, other))
        assert [name for name in a if a[name] != b[name]] == ["initial_position_hill_m"]


DIGESTS = {
    "random": "851277b863b1ca5b",
    "lhs": "51ec3c822e14fc8d",
    "sobol": "6c27cc29b6ab76ff",
}


@pytest.mark.parametrize("sampler", DIGESTS)
def test_draws_have_these_bits_on_every_machine_and_in_every_version_of_scipy(sampler: str) -> None:
    """A digest may change with the samplers and with what the mission draws, never with a library."""
    declared = [
        'mass_ratio={kind="truncated", sigma=0.02, low=-0.03, high=0.01}',
        'com_m={kind="normal", mean=[0.0, 0.01, 0.0], sigma=0.01}',
        'density_factor={kind="list", values=[0.7, 1.0, 1.6]}',
        'initial_rate_deg_s={kind="uniform", low=-0.02, high=0.03}',
        'correlated=[{of=["initial_position_m"], correlation=[[1.0, 0.5, 0.0], [0.5, 1.0, 0.0], [0.0, 0.0, 1.0]]}]',
    ]
    scenario = Scenario.load("iss-vbar", [f"dispersions.{item}" for item in declared])
    drawn = [sample(scenario, 7, case, Sampling.of(sampler, 1500)).as_dict() for case in (0, 1499)]
    assert hashlib.sha256(json.dumps(drawn).encode()).hexdigest()[:16] == DIGESTS[sampler]


# ---- Saltelli -----------------------------------------------------------------------------------


def test_a_saltelli_design_swaps_one_group_at_a_time(scenario: Scenario) -> None:
    rows = 4
    sampling = Sampling("saltelli", rows * BLOCKS)

    def draw(case: int) -> dict[str, Any]:
        return sample(scenario, 3, case, sampling).as_dict()

    for row in range(rows):
        a, b = draw(row), draw(rows + row)
        assert a == sample(scenario, 3, row).as_dict(), "A and B are independent draws"
        assert b == sample(scenario, 3, rows + row).as_dict()
        for at, group in enumerate(GROUPS):
            case = (2 + at) * rows + row
            mixed = draw(case)
            assert mixed == {name: (b if GROUP_OF[name] == group else a)[name] for name in a}
            assert sampling.case_of(NOISE, case) == (rows + row if group == NOISE else row)


# ---- mistakes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: Sampling("halton"), "sampler = 'halton': expected one of random, lhs, sobol, saltelli"),  # type: ignore[arg-type]
        (lambda: Sampling("lhs"), "sampler lhs: expected the number of runs of the campaign"),
        (lambda: Sampling("saltelli", 100), f"runs = 100: .* a power of two: {4 * BLOCKS} or {8 * BLOCKS}"),
        (lambda: Sampling("saltelli", 3 * BLOCKS), f"a power of two: {2 * BLOCKS} or {4 * BLOCKS}"),
        (lambda: Sampling("sobol").check_campaign(100), "runs = 100: .* power of two: 64 or 128"),
        (
            lambda: Sampling("saltelli", 4 * BLOCKS).check_campaign(
                4 * BLOCKS, [Correlated(of=("com_m", "handover_position_m"), correlation=((1.0,),))]
            ),
            r"correlated\[0\]: com_m \+ handover_position_m are of 2 groups \(mass properties, handover\)",
        ),
        (lambda: Sampling("lhs", 10).check_case(10), "case = 10: the lhs campaign of 10 runs ends at 9"),
        (lambda: Sampling("sobol").check_case(2**30), "case = 1073741824: expected less"),
    ],
)
def test_a_number_without_a_design_is_refused(make: Any, expected: str) -> None:
    with pytest.raises(CampaignError, match=expected):
        make()


# ---- the permutation ----------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 3, 16, 17, 1000])
def test_permuted_takes_each_number_somewhere_else(count: int) -> None:
    for seed in range(3):
        assert sorted(permuted(k, count, seed, "x") for k in range(count)) == list(range(count))


def test_permutations_are_as_good_as_drawn_at_random() -> None:
    """Where 0 and 1 of 6 go, over 3,000 names: each of the 30 pairs as often as another."""
    pairs = [(permuted(0, 6, 1, str(name)), permuted(1, 6, 1, str(name))) for name in range(3000)]
    assert stats.chisquare(np.unique(pairs, axis=0, return_counts=True)[1]).pvalue > 1e-4
    with pytest.raises(ValueError, match="number 6 of 6"):
        permuted(6, 6, 1, "x")
