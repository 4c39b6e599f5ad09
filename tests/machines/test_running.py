import numpy as np
import pytest

from helpers.machines import random_machine
from markovlens.channels import Channel
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
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
