"""Fixed points of maps in closed form: how many, where, how they repel, what comes to them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.attractors import HIGH
from markovlens.attractors.given import check_follows, checked_input
from markovlens.attractors.search import descended, fixed_points, slow_points, starts_from
from markovlens.dynamics.steps import OneStep
from markovlens.errors import ConfigError, DataError

SILENCE = torch.zeros(1, 3, dtype=torch.float64)


def test_all_27_fixed_points_of_three_independent_bits_are_found(found):
    """Each number is at +-HIGH or at 0, where it repels: 8 stable points, then 12, 6 and 1."""
    assert np.bincount(found.points.n_unstable).tolist() == [8, 12, 6, 1]
    levels = np.abs(found.points.states)
    assert np.minimum(levels, np.abs(levels - HIGH)).max() < 1e-6
    slopes = 2 * (1 - found.points.states**2)
    assert np.allclose(np.abs(found.points.eigenvalues), -np.sort(-slopes, axis=1), atol=1e-6)


def test_each_stable_point_is_a_state_of_the_machine_and_says_its_memory(found):
    table = found.table()
    stable = table[table["kind"] == "stable"]
    assert (stable["overlap"] == 1).all()
    assert sorted(stable["state"]) == list(range(8))
    names = [found.classes[state] for state in stable["state"]]
    assert list(stable["answer"]) == names
    assert stable["share"].sum() == pytest.approx(1)
    assert repr(found) == "RestingPoints: 8 stable, 19 saddles"


def test_a_search_ends_at_the_root_of_a_linear_map_in_whatever_it_repels():
    """h' = A h + b has its only root at (1 - A)^-1 b, whether A shrinks or grows."""

    class Affine:
        matrix = torch.tensor([[0.5, 0.2], [0.0, 3.0]], dtype=torch.float64)

        def initial(self, batch):
            return {"h": torch.zeros(batch, 2, dtype=torch.float64)}

        def step(self, state, inputs):
            return {"h": state["h"] @ self.matrix.T + inputs}, state["h"]

    step, push = OneStep(Affine()), torch.tensor([[1.0, -2.0]], dtype=torch.float64)
    starts = np.random.default_rng(0).normal(size=(20, 2))
    points = fixed_points(step, push, starts)
    root = np.linalg.solve(np.eye(2) - Affine.matrix.numpy(), push[0].numpy())
    assert points.states == pytest.approx(root[None], abs=1e-5)
    assert points.n_unstable.tolist() == [1]
    ended, moved = descended(step, push, starts, within=1e-9)
    assert moved.max() < 1e-6
    assert ended == pytest.approx(np.tile(root, (20, 1)), abs=1e-5)


def test_a_line_of_slow_points_stays_a_line(line):
    """All (h1, 0) are fixed where there is no evidence, and each search stays on its own h1."""
    network, trace = line
    step, cue = OneStep(network), torch.tensor([[0.0, 0.0, 1.0, 0.0]], dtype=torch.float64)
    starts = starts_from(trace.states, 50, np.random.default_rng(0))
    points = slow_points(step, cue, starts)
    assert np.abs(points.states[:, 1]).max() < 0.01 * points.scale
    assert np.ptp(points.states[:, 0]) > points.scale
    assert np.abs(points.eigenvalues) == pytest.approx(np.tile([1.0, 0.5], (len(points.states), 1)))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda trace: {"states": trace.truth[:-1]}, "a state for each"),
        (lambda trace: {"network": object()}, "an object with `initial`"),
        (lambda trace: {"inputs": [0, np.nan, 0]}, "inputs: expected finite numbers"),
        (lambda trace: {"inputs": "zero"}, "inputs: a row of N numbers, or a symbol's code"),
        (lambda trace: {"inputs": ["a"]}, "inputs: a row of N numbers, or a symbol's code"),
        (lambda trace: {"inputs": np.zeros(2)}, "reads a row of 3 numbers"),
        (lambda trace: {"inputs": [[0], [0, 1]]}, "inputs: expected an array"),
        (lambda trace: {"trace": trace.sequences}, "trace: expected Trace, got Sequences"),
        (lambda trace: {"trace": [1, 2]}, "trace: expected Trace, got list"),
        (lambda trace: {"states": trace.truth * np.nan}, "states: expected integer codes"),
        (lambda trace: {"states": trace.truth * 1.0}, "states: expected integer codes"),
        (lambda trace: {"states": trace.n_steps * ["a"]}, "states: expected integer codes"),
        (lambda trace: {"states": trace.truth - 9}, "states: expected codes 0 or more"),
        (lambda trace: {"trace": replace(trace, states=trace.states[::-1])}, "of this network"),
        (lambda trace: {"trace": replace(trace, states=trace.states * 1.1)}, "of this network"),
    ],
)
def test_what_does_not_fit_is_said(bits, change, said):
    network, trace = bits
    options = {"network": network, "trace": trace, "inputs": np.zeros(3)} | change(trace)
    with pytest.raises(DataError, match=said):
        ml.resting_points(options.pop("network"), options.pop("trace"), **options)


@pytest.mark.parametrize("option", ["n_starts", "seed"])
@pytest.mark.parametrize("value", [-1, 1.5, "a", True])
def test_starts_and_seed_are_whole_numbers(bits, option, value):
    with pytest.raises(ConfigError, match=option):
        ml.resting_points(*bits, inputs=np.zeros(3), **{option: value})


@pytest.mark.parametrize("kept", [np.float32, np.float16])
def test_what_rounding_leaves_of_a_trace_is_still_of_the_network(bits, kept):
    network, trace = bits
    check_follows(OneStep(network), replace(trace, states=trace.states.astype(kept)))


@pytest.mark.parametrize("inputs", [1.0, [1], 99, -1, "no such word", True])
def test_where_symbols_are_read_the_input_is_one_of_their_codes(inputs):
    example = ml.example()
    trace = ml.record(example.network, example.sequences.select(range(5)))
    assert checked_input(1, trace) == 1
    assert checked_input(trace.symbols[1], trace) == 1
    with pytest.raises(DataError, match="inputs: "):
        checked_input(inputs, trace)


def test_a_trace_that_is_not_of_whole_states_is_refused(bits, line):
    with pytest.raises(DataError, match="whole states of 3 numbers"):
        ml.resting_points(bits[0], line[1], inputs=np.zeros(3))
