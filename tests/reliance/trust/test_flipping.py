"""Bits flip at the rate they should, and what was flipped answers or says nothing."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from helpers.machines import random_machine
from markovlens.machines.minimisation import harden
from markovlens.networks.model import build
from markovlens.networks.shared import weights_of
from markovlens.reliance.repairing.planting import machine_in
from markovlens.reliance.trust.flipping import OfMachine, OfNetwork, Tables, flip_bits
from markovlens.sequences import Sequences

RNG = np.random.default_rng
WORDS = Sequences.from_list([RNG(n).integers(2, size=1 + n % 9) for n in range(60)])
ENDS = np.cumsum(WORDS.lengths) - 1


@given(st.sampled_from(["float32", "float64", "uint8", "uint16"]), st.integers(0, 9))
def test_all_bits_or_none_flip_at_the_ends_of_the_scale(kind, seed):
    numbers = RNG(seed).integers(200, size=(3, 4)).astype(kind)
    assert (flip_bits(numbers, 0.0, RNG(seed)) == numbers).all()
    raw = np.frombuffer(flip_bits(numbers, 1.0, RNG(seed)).tobytes(), np.uint8)
    assert (raw == ~np.frombuffer(numbers.tobytes(), np.uint8)).all()


def test_as_many_bits_flip_as_should():
    zeros = np.zeros(100_000, np.uint8)
    flipped = np.unpackbits(flip_bits(zeros, 0.01, RNG(0)))
    assert flipped.mean() == pytest.approx(0.01, rel=0.05)
    # Every place alike: each of the eight bits of a byte has an eighth of the flips.
    by_place = flipped.reshape(-1, 8).mean(axis=0)
    assert by_place == pytest.approx(np.full(8, 0.01), rel=0.15)


@given(st.integers(1, 5), st.integers(2, 3), st.integers(0, 99))
def test_tables_answer_as_their_machine(n_states, n_classes, seed):
    machine = random_machine(n_states, 2, n_classes, seed=seed)
    for each in (machine, harden(machine)):
        wanted = each.predict(WORDS)[ENDS].argmax(axis=1)
        assert (OfMachine(each).answers(WORDS) == wanted).all()


def test_the_bits_of_a_machine_are_those_of_its_exported_tables():
    right = machine_in("contains_0110")  # 5 states, 2 symbols, 2 classes
    assert OfMachine(right).n_bits == 8 * (2 + 2 * 5) + 64 * 5 * 2


def test_a_move_to_no_state_is_no_answer_from_there_on():
    tables = Tables.of(machine_in("contains_0110"))
    after = tables.after.copy()
    after[1, :] = 200  # a 1 leads nowhere
    lost = Tables(tables.first, after, tables.rows, tables.readout)
    words = Sequences.from_strings(["000", "010", "100"], "01")
    assert lost.answers(words.values, words.lengths).tolist() == [0, -1, 0]


def test_an_answer_that_is_no_number_is_none():
    tables = Tables.of(machine_in("parity"))
    readout = tables.readout.copy()
    readout[0, 1] = np.nan
    broken = Tables(tables.first, tables.after, tables.rows, readout)
    words = Sequences.from_strings(["0", "1"], "01")
    assert sorted(broken.answers(words.values, words.lengths).tolist()) in ([-1, 0], [-1, 1])


@pytest.mark.parametrize("rate", [1e-4, 1e-2, 0.5, 1.0])
def test_however_many_bits_flip_there_is_an_answer_or_none(rate):
    torch.manual_seed(0)
    network = build({"cell": "gru", "hidden": 4}, n_classes=2, n_symbols=2)
    soft = random_machine(3, 2, 2, seed=1)
    for subject in (OfNetwork(network, WORDS), OfMachine(soft), OfMachine(harden(soft))):
        for seed in range(5):
            answers = subject.flipped(WORDS, rate, RNG(seed))
            assert set(answers.tolist()) <= {-1, 0, 1}


def test_weights_are_put_back_and_those_given_never_touched():
    torch.manual_seed(0)
    network = build({"cell": "lstm", "hidden": 4}, n_classes=2, n_symbols=2)
    before, subject = weights_of(network), OfNetwork(network, WORDS)
    first = subject.answers(WORDS)
    changed = subject.flipped(WORDS, 0.2, RNG(0))
    assert (subject.answers(WORDS) == first).all()
    assert not (changed == first).all()
    assert all(torch.equal(before[name], each) for name, each in weights_of(network).items())
    assert subject.n_bits == 32 * sum(each.numel() for each in before.values())
