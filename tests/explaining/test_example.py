"""The network that comes with the package does what its task asks, and its machine is known."""

import numpy as np

import markovlens as ml
from markovlens.examples.reviews import WEIGHTS, draw_jumbled
from markovlens.machines.minimisation import minimise


def test_it_is_small_and_the_same_each_time(example):
    assert WEIGHTS.stat().st_size < 20_000
    again = ml.example()
    assert np.array_equal(again.sequences.values, example.sequences.values)
    assert "made-up" in repr(example)


def test_the_true_machine_has_six_states_and_reads_as_people_do(example):
    truth = example.truth
    assert minimise(truth).n_states == truth.n_states == 6
    wanted = {
        "the film was good": "positive",
        "the film was not very good": "negative",
        "the film was not dull": "positive",
        "the film was good but": "neutral",
        "the film was good but its cast was hardly funny": "negative",
    }
    for text, answer in wanted.items():
        said = truth.predict([text.split()])[-1]
        assert truth.classes[int(said.argmax())] == answer, text


def test_the_network_is_right_on_reviews_and_on_their_words_in_any_order(example):
    trace = ml.record(example.network, example.sequences)
    assert (trace.decisions == example.targets).mean() > 0.999
    jumbled = draw_jumbled(200, np.random.default_rng(9))
    right = example.truth.predict(jumbled).argmax(axis=1)
    assert (ml.record(example.network, jumbled).decisions == right).mean() > 0.995
