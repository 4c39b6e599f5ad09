import numpy as np
import pandas as pd
import pytest

from helpers.machines import random_machine
from markovlens.channels import Channel
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_at, quantile_cuts
from markovlens.codebooks.tree import Tree
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.machines.running import Runner
from markovlens.sequences import Sequences

CHANNELS = (Channel("pulse", "/min"), Channel("SpO2", "%"), Channel("noise"))


def rows_of(n_sequences=20, seed=0):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 15, n_sequences)
    rows = rng.normal(size=(lengths.sum(), len(CHANNELS)))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return Sequences(rows, lengths, CHANNELS)


def machine_on(codebook, *, certain):
    n_codes = len(codebook.names)
    made = random_machine(4, n_codes, 3, seed=1, symbols=codebook.names)
    made = harden(made) if certain else made
    return Machine(
        made.initial, made.transition, made.readout, made.symbols, made.classes, made.seen, codebook
    )


def stepwise(machine, inputs):
    runner, said = Runner(machine), []
    for sequence in inputs:
        runner.reset()
        said += [runner.step(each) for each in sequence]
    return np.array(said)


@pytest.mark.parametrize("certain", [True, False])
@pytest.mark.parametrize("context", ["row", "change", "window_3"])
def test_step_by_step_a_tree_reads_what_it_reads_at_once(context, certain):
    inputs = rows_of()
    book = quantile_cuts(inputs, 8, context=Context.named(context))
    machine = machine_on(book, certain=certain)
    np.testing.assert_allclose(stepwise(machine, inputs), machine.predict(inputs), atol=1e-12)


@pytest.mark.parametrize("context", ["row", "change"])
def test_so_do_centres(context):
    inputs = rows_of()
    rng = np.random.default_rng(0)
    book = nearest_centres(inputs, 4, context=Context.named(context), rng=rng)
    machine = machine_on(book, certain=True)
    np.testing.assert_allclose(stepwise(machine, inputs), machine.predict(inputs), atol=1e-12)


def test_sums_of_channels_are_cut_too():
    leaf = -1
    book = Tree(
        CHANNELS, Context(), np.array([[1.0, -2.0, 0.0]]),
        np.array([3, leaf, leaf]), np.array([0.1, 0, 0]), np.array([1, leaf, leaf]),
        np.array([2, leaf, leaf]), np.array([True, False, False]), np.zeros(3, dtype=bool),
    )  # fmt: skip
    inputs = rows_of()
    machine = machine_on(book, certain=True)
    np.testing.assert_allclose(stepwise(machine, inputs), machine.predict(inputs), atol=1e-12)


def test_symbols_are_read_too():
    machine = random_machine(3, 2, 2)
    inputs = Sequences(np.array([0, 1, 1, 0, 1]), np.array([3, 2]))
    np.testing.assert_allclose(stepwise(machine, inputs), machine.predict(inputs), atol=1e-12)


def test_what_cannot_be_read_is_said_in_words():
    symbols = Runner(random_machine(3, 2, 2))
    with pytest.raises(DataError, match=r"expected a symbol of 0\.\.1, got 2"):
        symbols.step(2)
    with pytest.raises(DataError, match="no codebook"):
        symbols.step([0.3, 0.1])
    book = quantile_cuts(rows_of(), 4, context=Context())
    with pytest.raises(DataError, match="a row of 3 channels, got 2 values"):
        Runner(machine_on(book, certain=True)).step([0.3, 0.1])


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("abc", "got 'abc'; give a list of numbers"),
        (["a", "b", "c"], "expected numbers of pulse"),
        ([0.1, None, 0.2], "expected numbers of pulse"),
        ([0.1, [1, 2], 0.2], "expected numbers of pulse"),
        (0, "got 0; give a list of numbers"),
        (None, "got None; give a list of numbers"),
        ([0.1, np.inf, 0.2], "channel SpO2: expected numbers.* got inf"),
        ({"pulse": 1.0, "SpO2": 2.0}, "got them of pulse, SpO2; give each channel"),
    ],
    ids=repr,
)
def test_what_is_no_row_is_said_in_words(row, message):
    book = quantile_cuts(rows_of(), 4, context=Context())
    with pytest.raises(DataError, match=message):
        Runner(machine_on(book, certain=True)).step(row)


@pytest.mark.parametrize("value", [3, -1, 0.5])
def test_a_category_that_is_none_is_said_in_words(value):
    drug = Channel("drug", levels=("none", "A", "B"))
    runner = Runner(machine_on(cut_at([drug], {"drug": 0.5}), certain=True))
    runner.step([2])
    with pytest.raises(DataError, match=r"channel drug: expected codes 0\.\.2 of its 3 levels"):
        runner.step([value])


@pytest.mark.parametrize("named", [dict, pd.Series])
def test_a_row_with_names_is_read_by_them(named):
    book = cut_at(CHANNELS, {"SpO2": 88})
    machine = machine_on(book, certain=True)
    row = named({"noise": 0.0, "SpO2": 97.0, "pulse": 80.0})
    expected = machine.predict([[[80.0, 97.0, 0.0]]])[0]
    np.testing.assert_array_equal(Runner(machine).step(row), expected)


@pytest.mark.parametrize("read", ["x", True, None, 1.0, [0.5]], ids=repr)
def test_what_is_no_symbol_is_said_in_words(read):
    with pytest.raises(DataError, match="unknown symbol 'x'|expected the name of a symbol"):
        Runner(random_machine(3, 2, 2)).step(read)


def test_a_symbol_is_read_by_its_name_as_by_its_code():
    machine = random_machine(3, 2, 2)
    expected = Runner(machine).step(1)
    np.testing.assert_array_equal(Runner(machine).step(machine.symbols[1]), expected)


def test_a_codebook_of_your_own_is_read_too():
    class Sign:
        names, channels = ("falls", "rises"), CHANNELS

        def encode(self, inputs):
            before = np.roll(inputs.rows[:, 0], 1)
            before[inputs.starts] = np.nan
            return (inputs.rows[:, 0] > before).astype(np.int64)

    inputs = rows_of()
    machine = machine_on(Sign(), certain=True)
    np.testing.assert_allclose(stepwise(machine, inputs), machine.predict(inputs), atol=1e-12)
