"""Fits made several times, of which validation sequences choose."""

import numpy as np
import pytest

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.closeness import agreements
from markovlens.abstractions.results import DRAWN
from markovlens.abstractions.study import study_evidence
from markovlens.errors import ConfigError
from markovlens.seeding import integer, seed_for
from markovlens.trace import Trace

ONCE, OFTEN = Options(restarts=1), Options(restarts=1, draws=8)


def misleading(seed: int, n_sequences=40, length=15) -> Trace:
    """Parity of the ones read in a weak coordinate, beside a strong one that says nothing."""
    rng = np.random.default_rng(seed)
    inputs = rng.integers(2, size=(n_sequences, length))
    odd = (inputs.cumsum(axis=1) % 2).reshape(-1)
    idle = rng.integers(2, size=odd.size)
    states = np.column_stack([odd * 1.0, idle * 1.2]) + 0.2 * rng.normal(size=(odd.size, 2))
    nothing = np.full(odd.size, -1)
    return Trace(
        states, inputs.reshape(-1), np.eye(2)[odd], nothing, nothing,
        np.full(n_sequences, length), ("0", "1"), ("even", "odd"),
    )  # fmt: skip


@pytest.fixture(scope="module")
def traces() -> tuple[Trace, Trace]:
    return misleading(0), misleading(1)


def agreement(traces, method="kmeans", *, seed=0, options=ONCE) -> float:
    train, valid = traces
    evidence = Evidence(train, valid, seed=seed)
    found = study_evidence(method, evidence, n_states=[2], seed=0, options=options)
    return float(agreements(found.fits[2].machine, valid).mean())


def test_the_draw_is_kept_whose_machine_agrees_most(traces):
    seeds = [0, *(integer(seed_for(0, "draw", draw)) for draw in range(1, 8))]
    alone = [agreement(traces, seed=seed) for seed in seeds]
    assert max(alone) > alone[0] + 0.2  # or it would not matter which is kept
    assert agreement(traces, options=OFTEN) == max(alone)


def test_more_starts_find_the_least_distances_and_not_the_machine(traces):
    assert agreement(traces, options=Options(restarts=40)) < agreement(traces, options=OFTEN) - 0.2


@pytest.mark.parametrize("method", sorted(set(DRAWN) - {"decisions"}))
def test_no_method_loses_by_more_draws(traces, method):
    once, often = (agreement(traces, method, options=each) for each in (ONCE, OFTEN))
    assert often >= once


def test_what_fails_in_each_draw_fails(traces):
    train, valid = traces
    few = Options(restarts=1, draws=3, coreset=5)
    evidence = Evidence(train, valid)
    found = study_evidence("kmeans", evidence, n_states=[2, 8], seed=0, options=few)
    assert list(found.fits) == [2]
    assert "8 clusters need as many points" in found.failures[8]


def test_what_has_a_likelihood_is_fitted_once(traces):
    train, valid = traces
    one, other = (
        study_evidence("gmm", Evidence(train, valid), n_states=[2], seed=0, options=options)
        for options in (ONCE, OFTEN)
    )
    assert one.sweep.equals(other.sweep)


@pytest.mark.parametrize("draws", [0, 1.5, "all"])
def test_draws_are_a_number(draws):
    with pytest.raises(ConfigError, match="draws"):
        Options(draws=draws)
