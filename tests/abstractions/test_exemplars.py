from dataclasses import replace

import numpy as np
import pytest

from helpers.reader import CHANNELS, THRESHOLD, oracle, threshold, traces
from markovlens.abstractions.base import Options
from markovlens.abstractions.exemplars import CodedOracle, draw_exemplars, voted
from markovlens.abstractions.study import study
from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.sequences import Sequences

WORDS = Sequences(np.array([0, 1, 1, 1, 0, 1, 1]), np.array([4, 3]))


def asked(codebook=None):
    exemplars = draw_exemplars(traces()["train"], codebook or threshold(), seed=0)
    return CodedOracle(oracle(), exemplars)


def test_a_code_is_asked_by_training_rows_that_have_it():
    train = traces()["train"]
    exemplars = draw_exemplars(train, threshold(), seed=0)
    for code, rows in enumerate(np.moveaxis(exemplars.rows, 1, 0)):
        assert ((rows[:, 0] > THRESHOLD) == code).all()
        assert all((train.inputs == row).all(axis=1).any() for row in rows)
        assert len(np.unique(rows, axis=0)) == len(rows)


def test_the_network_answers_about_codes():
    outputs = asked().outputs(WORDS)
    np.testing.assert_array_equal(outputs.argmax(axis=1), [0, 0, 1, 1, 0, 0, 1])
    np.testing.assert_allclose(outputs.sum(axis=1), 1, atol=1e-6)


def test_reading_on_from_states_is_reading_at_once():
    network = asked()
    whole, after = network.outputs(WORDS), network.states_after(WORDS)
    firsts = Sequences(np.array([0, 0]), np.array([1, 1]))
    begun = network.states_after(firsts)
    rest = Sequences(np.array([1, 1, 1, 1, 1]), np.array([3, 2]))
    np.testing.assert_allclose(network.resume(begun, rest), whole[[1, 2, 3, 5, 6]], atol=1e-6)
    states = None
    for symbol in (0, 1, 1):
        outputs, states = network.advance(states, np.array([symbol]))
    np.testing.assert_allclose(outputs[0], whole[6], atol=1e-6)
    np.testing.assert_allclose(states[0], after[1], atol=1e-6)
    assert states.shape[1] == network.n_features
    assert network.observe(states).shape == (1, traces()["train"].states.shape[1])


def test_what_most_copies_decide_is_the_answer():
    """The mean of all three would decide otherwise."""
    outputs = np.array([[[0.51, 0.49]], [[0.53, 0.47]], [[0.0, 1.0]]])
    np.testing.assert_allclose(voted(outputs), [[0.52, 0.48]])


def test_where_a_copy_gives_no_output_there_is_none():
    outputs = np.array([[[0.5, 0.5], [np.nan, np.nan]], [[0.5, 0.5], [0.5, 0.5]]])
    np.testing.assert_array_equal(np.isnan(voted(outputs)[:, 0]), [False, True])


class Fine:
    """Whether a pressure is above a threshold, and a third code that no row has."""

    names, channels = ("low", "high", "pressure > 1000"), CHANNELS

    def encode(self, inputs):
        return threshold().encode(inputs)


def test_a_code_without_a_training_row_is_said_in_words():
    with pytest.raises(DataError, match=r"code 2 \(pressure > 1000\): no training row"):
        asked(Fine()).outputs(Sequences(np.array([0, 2]), np.array([2])))


class Rising:
    """A code that depends on the row before."""

    names, channels = ("falls", "rises"), CHANNELS

    def encode(self, inputs):
        before = np.roll(inputs.rows[:, 0], 1)
        before[inputs.starts] = inputs.rows[inputs.starts, 0]
        return (inputs.rows[:, 0] > before).astype(np.int64)


def test_codes_of_several_rows_cannot_be_asked_and_it_is_said():
    with pytest.raises(DataError, match="depend on more than one row"):
        asked(Rising()).outputs(WORDS)


@pytest.mark.parametrize("method", ["lstar", "predictive"])
def test_methods_that_ask_refuse_codes_of_several_rows(method):
    train, valid = traces()["train"], traces()["valid"]
    options = Options(queries=100)
    found = study(
        method, train, valid, n_states=[3], seed=0, options=options, network=oracle(),
        codebook=Rising(),
    )  # fmt: skip
    assert "depend on more than one row" in found.failures[3]


def test_what_is_static_stays_as_it_is_within_a_copy():
    train = traces()["train"]
    age = np.repeat(np.arange(len(train), dtype=float), train.lengths)
    channels = (CHANNELS[0], Channel("age", "years", static=True))
    aged = replace(train, inputs=np.column_stack([train.inputs[:, 0], age]), channels=channels)
    rows = draw_exemplars(aged, threshold(channels), seed=0).rows
    assert (np.ptp(rows[:, :, 1], axis=1) == 0).all()
    assert len(np.unique(rows[:, 0, 1])) > 1
