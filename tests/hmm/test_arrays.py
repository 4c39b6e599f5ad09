"""Data as users hold them: masked, with NA, in tensors and frames; codes outside the alphabet."""

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.hmm import random_model
from markovlens.errors import DataError
from markovlens.hmm import CategoricalHMM, GaussianHMM, fit_batches, sweep
from markovlens.hmm.arrays import as_array
from markovlens.hmm.checks import check_features


def gappy(rng, n_rows=30):
    """Rows with junk under a mask, the same as NaN, and the mask."""
    X, lost = rng.normal(size=(n_rows, 2)), rng.random(n_rows) < 0.3
    lost[0] = False
    X[lost] = 1e6
    return np.ma.array(X, mask=np.tile(lost[:, None], 2)), np.where(lost[:, None], np.nan, X), lost


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_masked_rows_are_missing_rows(seed):
    rng = np.random.default_rng(seed)
    masked, X, _ = gappy(rng)
    model, lengths = random_model(rng), [10, 20]
    np.testing.assert_array_equal(model.predict_proba(masked), model.predict_proba(X))
    assert model.bic(masked, lengths) == model.bic(X, lengths)
    assert model.icl(masked, lengths) == model.icl(X, lengths)
    fits = [GaussianHMM(2, random_state=0, n_iter=3).fit(data, lengths) for data in (masked, X)]
    np.testing.assert_array_equal(fits[0].means_, fits[1].means_)


def test_masked_rows_are_missing_in_sweeps_and_streams(rng):
    masked, X, _ = gappy(rng, 60)
    options = {"n_states": [2], "restarts": 2, "n_iter": 5}
    best = [sweep(d, rng=np.random.default_rng(0), **options).best for d in (masked, X)]
    np.testing.assert_array_equal(best[0].means_, best[1].means_)
    batched = [
        fit_batches(GaussianHMM(2, n_iter=3), lambda d=d: [(d, None)], rng=np.random.default_rng(0))
        for d in (masked, X)
    ]
    np.testing.assert_array_equal(batched[0].means_, batched[1].means_)


HELD = {
    "whole numbers under a mask": lambda X, lost: np.ma.array(
        np.where(lost[:, None], 99, np.nan_to_num(X)).astype(int), mask=np.tile(lost[:, None], 2)
    ),
    "a list of masked rows": lambda X, lost: [
        np.ma.array(np.nan_to_num(row), mask=[gone] * 2) for row, gone in zip(X, lost, strict=True)
    ],
    "a frame with NA": lambda X, lost: pd.DataFrame(X).astype("Float64"),
    "objects with None": lambda X, lost: np.where(np.isnan(X), None, X),
    "a tensor with gradients": lambda X, lost: torch.tensor(X, requires_grad=True),
    "rows that are tensors": lambda X, lost: [torch.tensor(row, requires_grad=True) for row in X],
    "a tensor of bfloat16": lambda X, lost: torch.tensor(X).to(torch.bfloat16),
    "big-endian floats": lambda X, lost: X.astype(">f8"),
}


@pytest.mark.parametrize("held", HELD)
def test_missing_rows_are_missing_however_they_are_held(rng, held):
    model = random_model(rng)
    _, X, lost = gappy(rng)
    X = np.round(X)  # so that whole numbers and bfloat16 hold the same
    assert model.score(HELD[held](X, lost)) == pytest.approx(model.score(X), rel=1e-6)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (np.ma.array([[1.0, 2.0]], mask=[[True, False]]), "row 0"),
        (pd.DataFrame({"a": pd.array([1, None], "Int64"), "b": [1.0, 2.0]}), "in row 1"),
        ([[1.0, 2.0], [1.0]], "rectangular"),
        ([torch.ones(2), torch.ones(3)], "rectangular"),
        ([["1", "2"]], "real numbers"),
        ([[1 + 2j, 0]], "real numbers"),
        (np.array([["2020-01-01"] * 2], "datetime64[D]"), "real numbers"),
    ],
)
def test_data_that_cannot_be_are_refused_in_words(rng, X, message):
    with pytest.raises(DataError, match=f"^X: expected.*{message}"):
        random_model(rng).score(X)


@pytest.mark.parametrize("hold", [list, tuple, torch.tensor, pd.Series, np.uint8])
def test_lengths_may_be_held_in_anything(rng, hold):
    model, X = random_model(rng), rng.normal(size=(9, 2))
    lengths = hold([2, 3, 4])
    expected = model.score_sequences(X, np.array([2, 3, 4]))
    np.testing.assert_array_equal(model.score_sequences(X, lengths), expected)
    assert model.forecast(X, 2, lengths).states.shape == (3, 2, 3)


@pytest.mark.parametrize(
    "lengths", [np.ma.array([5, 4], mask=[0, 1]), [4.5, 4.5], [True] * 9, 9, [-1, 10], ["9"]]
)
def test_lengths_that_cannot_be_are_named(rng, lengths):
    with pytest.raises(DataError, match="lengths"):
        random_model(rng).score(rng.normal(size=(9, 2)), lengths)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        (np.ma.array([0, 1, 1], mask=[0, 0, 1]), "row 2"),
        ([0, 1, -1], "row 2"),
        ([0, 0.5, 1], "0.5 in row 1"),
        ([True, False, True], "booleans"),
        (["a", "b", "a"], "real numbers"),
        ([0, 1], "3 symbols"),
        ([[0, 1, 1]], "shape"),
    ],
)
def test_inputs_that_cannot_be_are_named(rng, inputs, message):
    with pytest.raises(DataError, match=f"inputs.*{message}"):
        random_model(rng, n_symbols=2).score(rng.normal(size=(3, 2)), None, inputs)


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([0, 1, -2], "-2 in row 2"),
        ([0, 0.5, 1], "0.5 in row 1"),
        ([0, np.inf], "inf in row 1"),
        ([True, False], "booleans"),
        (["a", "b"], "real numbers"),
        ([0, 1, 3], "symbols 0 .. 2, got 3"),
        ([[0, 1, 2], [2, 1, 0]], r"shape .N,. or .N, 1."),
        ([], "with rows"),
    ],
)
def test_codes_outside_the_alphabet_are_named(X, message):
    fitted = CategoricalHMM(2, random_state=0).fit([0, 1, 2, 1])
    for use in (CategoricalHMM(2, n_features=3).fit, fitted.score):
        with pytest.raises(DataError, match=f"X.*{message}"):
            use(X)


def test_missing_codes_are_missing_however_they_are_held():
    held = [0, -1, 2, 1], [0, np.nan, 2, 1], np.ma.array([0, 9, 2, 1], mask=[0, 1, 0, 0])
    frames = pd.Series([0, None, 2, 1], dtype="Int64"), [[0], [None], [2], [1]]
    model = CategoricalHMM(2, random_state=0).fit([0, 1, 2, 1])
    assert len({model.bic(X) for X in (*held, *frames)}) == 1
    expected = -2 * model.score([0, -1, 2, 1]) + model.n_parameters() * np.log(3)
    assert model.bic([0, -1, 2, 1]) == pytest.approx(expected)


def test_text_is_not_read_as_numbers_and_infinity_is_not_missing():
    with pytest.raises(DataError, match="it holds text"):
        as_array("X", np.array(["0101", "1100"], dtype=object))
    with pytest.raises(DataError, match="expected rows that are finite or wholly NaN"):
        check_features([[np.nan, np.inf], [0.0, 1.0]])
