"""Linear regions as states: a network by hand whose regions are known, and who is refused."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.regions import Regions, floors
from markovlens.embedding.pod import embed, pod
from markovlens.embedding.projections import unit_projection
from markovlens.errors import DataError
from markovlens.machines.minimisation import equivalent, minimise

RECURRENT, BIAS = np.array([[1.0, -2.0], [1.0, -2.0]]), np.array([0.0, -1.0])


def rectified_parity(trace):
    """Return the trace with states of relu(W h + x + b), whose first unit less twice the second
    is three times the parity, beside a third unit that only grows with the step."""
    states, now, count = [], np.zeros(2), 0.0
    starts = set(np.cumsum([0, *trace.lengths]).tolist())
    for step, symbol in enumerate(trace.inputs):
        now, count = (np.zeros(2), 0.0) if step in starts else (now, count + 1)
        now = np.maximum(RECURRENT @ now + symbol + BIAS, 0)
        states.append([*3 * now, 1 + 0.1 * count])
    return replace(trace, states=np.array(states, dtype=np.float32))


def fit(trace, budgets=(2, 3)):
    options, rng = Options(), np.random.default_rng(0)
    return METHODS["regions"](Evidence(trace), n_states=budgets, rng=rng, options=options)


@pytest.fixture(scope="module")
def traces(traces_of):
    return {name: rectified_parity(trace) for name, trace in traces_of("parity").items()}


def test_three_regions_of_parity_are_joined_to_two_states(traces, task_of):
    regions = Regions.of(traces["train"].states)
    assert regions.n_seen == 3
    assert regions.floor.tolist() == [0, 0, 0]
    found = fit(traces["train"])[3]
    assert equivalent(found.machine, minimise(task_of("parity").machine)) is None
    expected = found.machine.run(traces["test"].sequences).argmax(axis=1)
    np.testing.assert_array_equal(found.decode(traces["test"]), expected)


def test_units_in_any_order_and_less_their_mean_are_the_same(traces, task_of):
    units = unit_projection(traces["train"].states, [1, 2, 0])
    train = embed(traces["train"], units)
    silent = floors(train.states)
    assert silent[1] == -np.inf  # what only grows is never silent
    np.testing.assert_allclose(silent[[0, 2]], -units.mean[[1, 0]])
    found = fit(train)[2]
    assert equivalent(found.machine, minimise(task_of("parity").machine)) is None


def test_mixed_coordinates_and_units_that_are_not_rectified_are_refused(traces, traces_of):
    mixed = embed(traces["train"], pod(traces["train"].states, n_components=2))
    for trace in (mixed, traces_of("parity")["train"]):
        (said,) = set(fit(trace).values())
        assert "expected rectified units" in said
        assert "embedding: {method: units}" in said


def test_a_unit_that_saturates_in_few_states_is_not_rectified():
    rng = np.random.default_rng(0)
    states = np.tanh(rng.standard_normal((50, 3)))
    states[[7, 9], 0] = states[:, 0].min() - 0.1
    with pytest.raises(DataError, match="none of 3 coordinates"):
        floors(states)


@pytest.mark.parametrize("spread", [4.0, 6.0, 30.0])
@pytest.mark.parametrize("offset", [0.0, 0.37])
def test_tanh_units_that_are_minus_one_exactly_in_many_states_are_not_rectified(spread, offset):
    rng = np.random.default_rng(0)
    states = np.tanh(np.float32(spread) * rng.standard_normal((3000, 3), dtype=np.float32))
    assert ((states == -1).sum(axis=0) >= 3).all()
    with pytest.raises(DataError, match="none of 3 coordinates"):
        floors(states - np.float32(offset))


def test_a_rectified_unit_beside_saturated_ones_is_found_alone():
    rng = np.random.default_rng(0)
    drives = 6 * rng.standard_normal((3000, 3), dtype=np.float32)
    states = np.tanh(drives)
    states[:, 1] = np.maximum(drives[:, 1], 0)
    states -= np.float32(0.25)
    assert floors(states).tolist() == [-np.inf, -0.25, -np.inf]


def test_far_regions_of_many_units_are_compared_in_little_memory():
    rng = np.random.default_rng(0)
    regions = Regions(np.zeros(64), rng.random((100, 64)) > 0.5, 100)
    states = rng.standard_normal((4000, 64))
    unlike = ((states[:200, None] > 0) != regions.active).sum(axis=-1)
    tracemalloc.start()
    found = regions.numbers(states)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found[:200], unlike.argmin(axis=1))
    assert peak < 4000 * 100 * 64  # one byte for each unit of each pair would be as much


def test_an_unknown_region_is_taken_for_the_one_with_the_fewest_other_units():
    known = np.array([[1.0, 1, 0, 0], [0, 0, 1, 1]])
    regions = Regions(np.zeros(4), known > 0, 2)
    assert regions.numbers(np.array([[2.0, 3, 4, 0], [0, 0, 0, 9]])).tolist() == [0, 1]
