"""Sequences and targets are taken in the forms that users have them in."""

import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.errors import DataError
from markovlens.explaining.inputs import with_targets
from markovlens.listed import sequences_of

CLASSES = ("out", "in", "locked")


def sequences(*lengths):
    return ml.Sequences(np.zeros(sum(lengths), dtype=int), np.array(lengths))


@pytest.mark.parametrize("form", [list, np.asarray])
@pytest.mark.parametrize("lengths", [(2, 3, 4), (3, 3)])
def test_targets_of_each_sequence_are_those_of_all_steps(lengths, form):
    whole = np.arange(sum(lengths))
    parts = [form(part) for part in np.split(whole, np.cumsum(lengths)[:-1])]
    assert np.array_equal(with_targets(sequences(*lengths), parts).targets, whole)


def test_an_array_of_sequences_of_one_length_is_read_row_by_row():
    rows = np.arange(6).reshape(2, 3)
    assert np.array_equal(with_targets(sequences(3, 3), rows).targets, np.arange(6))
    values = np.arange(12.0).reshape(2, 3, 2)
    assert np.array_equal(with_targets(sequences(3, 3), values).targets, values.reshape(6, 2))


def test_rows_of_values_for_each_sequence_are_joined_and_those_of_ends_are_at_ends():
    parts = [np.ones((2, 2)), np.zeros((4, 2))]
    assert np.array_equal(with_targets(sequences(2, 4), parts).targets, np.concatenate(parts))
    ends = [[1.0, 2.0], [3.0, 4.0]]
    found = with_targets(sequences(3, 4), ends).targets
    assert found[[2, 6]].tolist() == ends
    assert np.isnan(np.delete(found, [2, 6], axis=0)).all()


def test_names_of_classes_are_their_codes():
    named = [["out", "in"], ["locked", "out", "in"]]
    assert with_targets(sequences(2, 3), named, CLASSES).targets.tolist() == [0, 1, 2, 0, 1]
    assert with_targets(sequences(2, 1), ["in", "out"], CLASSES).targets.tolist() == [-1, 1, 0]


@pytest.mark.parametrize(
    ("targets", "classes", "said"),
    [
        ([[0], [0, 1, 0]], None, r"targets of sequence 0: expected one for each of its 2 steps"),
        ([[0, 1], [0, 1, 0, 1]], None, r"sequence 1: expected .* of its 3 steps, got 4"),
        ([[0, 1], [0], [1, 0, 0]], None, r"a list of them for each of 2 sequences, got 3 lists"),
        ([0, 1, 0], None, r"one for each of 5 steps or 2 sequences, got 3"),
        (["in", "out"], None, r"got names, such as 'in'; give `classes`"),
        (["in", "lock"], CLASSES, r"unknown 'lock'; did you mean locked"),
        (3, None, r"targets: expected an array"),
    ],
)
def test_targets_of_other_lengths_or_names_are_told_by_sequence(targets, classes, said):
    with pytest.raises(DataError, match=said):
        with_targets(sequences(2, 3), targets, classes)


def test_codes_of_several_sequences_are_not_told_to_become_integers():
    with pytest.raises(DataError, match=r"np\.concatenate"):
        ml.explain(
            ml.example().network, sequences(*[3] * 6), targets=np.zeros((6, 2), dtype=int),
            symbols=ml.example().symbols, classes=ml.example().classes,
        )  # fmt: skip


def test_a_tensor_is_read_as_an_array_is():
    codes = torch.tensor([[0, 1, 1], [1, 0, 1]])
    assert np.array_equal(sequences_of(codes, "ab").values, [0, 1, 1, 1, 0, 1])


def test_symbols_that_are_no_names_are_told():
    with pytest.raises(DataError, match=r"symbols: expected names, got 3; give a list"):
        sequences_of(["ab"], 3)
