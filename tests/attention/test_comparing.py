"""The public comparison of explanations: planted truth, closed forms, controls, refusals."""

import doctest
from pathlib import Path

import numpy as np
import pytest

import markovlens as ml
from markovlens.attention.curves import SHARES, area_under, curves_of
from markovlens.attention.replacing import Marginal
from markovlens.errors import DataError
from markovlens.sequences import Sequences

PAGE = Path(__file__).resolve().parents[2] / "docs/attention.md"


def test_the_page_shows_what_comes():
    run = doctest.testfile(str(PAGE), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert (run.failed, run.attempted > 0) == (0, True)


def numbers(comparison, measure):
    table = comparison.table
    return table[table["measure"] == measure].set_index("explanation")["value"]


def test_truth_is_perfect_its_reverse_is_worst_and_chance_is_between(
    keyword_words, keyword_truth, keyword_network
):
    found = ml.compare_evidence(
        {"good": keyword_truth * 2.0, "wrong": -1.0 * keyword_truth, "flat": 0 * keyword_truth},
        keyword_words, truth=keyword_truth, network=keyword_network, seed=1,
    )  # fmt: skip
    area = numbers(found, "auroc")
    assert (area["good"], area["wrong"], area["flat"], area["truth"]) == (1.0, 0.0, 0.5, 1.0)
    gap = numbers(found, "gap")
    assert gap["wrong"] < gap["random"] < gap["truth"]
    assert numbers(found, "changes")["good"] == 1.0
    assert list(dict.fromkeys(found.table["explanation"]))[-2:] == ["random", "truth"]
    table = found.table
    assert ((table["low"] <= table["value"]) & (table["value"] <= table["high"])).all()


def test_truth_alone_needs_no_network(keyword_words, keyword_truth):
    found = ml.compare_evidence({"mine": keyword_truth}, keyword_words, truth=keyword_truth)
    assert set(found.table["measure"]) == {"auroc"}
    assert "mine: auroc 1.000" in repr(found)


def test_a_truth_of_0_and_1_is_the_same_as_one_of_bool(keyword_words, keyword_truth):
    mine = {"mine": np.arange(15.0)}
    first, second = (
        ml.compare_evidence(mine, keyword_words, truth=truth)
        for truth in (keyword_truth, keyword_truth.astype(int).tolist())
    )
    assert first.table.equals(second.table)


def test_a_curve_of_deletion_falls_when_the_step_that_decides_goes():
    # Ten symbols of which the first decides; what takes its place is always the other one.
    words = Sequences(np.array([1] + 9 * [0], dtype=np.int32), np.array([10]))
    ask = lambda inputs: np.eye(2)[inputs.values[inputs.starts]]  # noqa: E731
    curves = curves_of(
        ask, words, [np.arange(10)], np.array([1]),
        marginal=Marginal(np.array([1.0, 0.0])), n_draws=1, rng=np.random.default_rng(0),
    )  # fmt: skip
    assert curves["deletion"].tolist() == [[1.0] + 10 * [0.0]]
    assert curves["insertion"].tolist() == [[0.0] + 10 * [1.0]]
    width = SHARES[1]
    assert area_under(curves["deletion"]) == pytest.approx(width / 2)
    assert area_under(curves["insertion"]) == pytest.approx(1 - width / 2)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"evidence": {"short": np.zeros(3)}}, "expected one number for each of the 15 steps"),
        ({"evidence": {"holes": np.full(15, np.nan)}}, "expected finite numbers"),
        ({"evidence": {"random": np.zeros(15)}}, "is the name of a control"),
        ({"evidence": {"mine": 15 * ["a"]}}, "mine: expected numbers, got text"),
        (
            {"evidence": {"mine": [4 * [0], 5 * [0], 3 * [0], 3 * [0]]}},
            "put the numbers of all seq",
        ),
        ({"evidence": {"mine": [[0.0], [1.0]]}}, "put the numbers of all sequences end to end"),
        ({"evidence": {"mine": np.zeros(15, dtype=complex)}}, "expected real numbers"),
        ({"evidence": {}}, "got an empty dict"),
        ({"evidence": np.zeros(15)}, "evidence: expected a dict, got ndarray"),
        ({"truth": None}, "got neither"),
        ({"truth": np.zeros(15)}, "marks no step"),
        ({"truth": np.full(15, np.nan)}, "NaN or infinity; give 1 at the steps that decide"),
        ({"truth": np.ones(15, dtype=bool)}, "marks 15 of 15 steps"),
        ({"truth": np.arange(15)}, "got 2 first at step 2"),
        ({"truth": 15 * ["yes"]}, "truth: expected numbers, got text"),
        ({"sequences": Sequences.from_list([np.zeros((15, 2))])}, "expected symbols"),
        ({"sequences": [1, 2]}, "sequences: expected"),
    ],
)
def test_what_cannot_be_compared_is_refused(change, said, keyword_words, keyword_truth):
    given = {
        "evidence": {"mine": np.zeros(15)}, "sequences": keyword_words, "truth": keyword_truth,
    } | change  # fmt: skip
    with pytest.raises(DataError, match=said):
        ml.compare_evidence(given.pop("evidence"), given.pop("sequences"), **given)
