"""Word errors against what they are defined as, on traces small enough to see through."""

import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.scores.compile import compare
from markovlens.faithfulness.scores.digest import words_digest
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.faithfulness.scores.words import (
    word_error,
    word_probabilities,
    word_probability_mse,
)
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.trace import Trace

SYMBOLS = ("a", "b", "c")


def trace_of(lengths, outputs, targets, classes=SYMBOLS):
    n = sum(lengths)
    nothing = no_targets(n)
    states, inputs = np.zeros((n, 2)), np.zeros(n, dtype=np.int32)
    return Trace(
        states, inputs, outputs, targets, nothing, np.array(lengths), SYMBOLS, tuple(classes)
    )


def value(tally):
    rng = np.random.default_rng(0)
    return Bootstrap.draw(len(tally.weight), n_resamples=20, rng=rng).score(tally).value


@pytest.fixture
def language():
    rng = np.random.default_rng(0)
    return trace_of([2, 3], rng.dirichlet(np.ones(3), size=5), np.array([0, 2, 1, 1, 2]))


def test_a_word_has_the_product_of_its_symbols(language):
    p = language.outputs
    wanted = [p[0, 0] * p[1, 2], p[2, 1] * p[3, 1] * p[4, 2]]
    np.testing.assert_allclose(word_probabilities(p, language), wanted)


def test_the_squared_error_is_in_millionths(language):
    even = np.full((5, 3), 1 / 3)
    true = word_probabilities(language.outputs, language)
    wanted = np.mean((true - [1 / 9, 1 / 27]) ** 2) * 1e6
    assert value(word_probability_mse(even, language)) == pytest.approx(wanted)
    assert value(word_probability_mse(language.outputs, language)) == 0


def test_an_impossible_symbol_makes_an_impossible_word(language):
    outputs = language.outputs.copy()
    outputs[1] = [0.5, 0.5, 0.0]
    assert word_probabilities(outputs, language)[0] == 0


def test_only_the_last_answer_of_a_word_counts():
    outputs = np.eye(2)[[0, 1, 1, 1, 0]]
    trace = trace_of([2, 3], outputs, no_targets(5), classes=("0", "1"))
    wrong = np.eye(2)[[1, 1, 0, 0, 1]]  # the first word ends as the network says, the second not
    assert value(word_error(wrong, trace)) == 0.5
    assert value(word_error(outputs, trace)) == 0


@pytest.mark.parametrize("classes", [SYMBOLS, ("0", "1")])
def test_networks_of_the_arena_have_a_row_for_it(classes):
    n_classes = len(classes)
    targets = np.array([0, 1, 1, 1, 0])
    trace = trace_of([2, 3], np.eye(n_classes)[targets], targets, classes)
    split = Split(Sequences(trace.inputs, trace.lengths), targets, no_targets(5))
    task = Task("arena_x", "arena", SYMBOLS, classes, dict.fromkeys(SPLITS, split), gate=0.0)
    rows = evaluate(task, trace, trace, {}, scoring=Scoring(bootstraps=20), seed=0)
    found = rows.set_index("score")["value"]
    assert found["word_probability_mse" if n_classes == 3 else "word_error"] == 0
    assert ("fidelity_string" in found) == (n_classes == 2)


def test_the_digest_has_the_least_error_of_each_method_and_its_size():
    rows = [
        {"method": method, "n_states": n, "chosen": n == 2, "value": value}
        for method, n, value in [("kmeans", 2, 0.3), ("kmeans", 4, 0.1), ("ngram", 9, 0.2)]
    ]
    same = {
        "task": "arena_x", "model": "arena", "layer": "l", "seed": 0, "gate": "passed",
        "mode": "closed", "score": "word_error", "status": "ok", "reason": "", "low": 0.0,
        "high": 1.0, "n_sequences": 5, "rare_classes": None, "replicates": [0.1, 0.2],
        "carries": "state", "n_states_hard": 2, "n_lumped": None, "scale": "share",
        "spread": 0.2, "freedom": 4.0,
    }  # fmt: skip
    table = compare(pd.DataFrame([same | row for row in rows]), level=0.9)
    assert "| arena_x | arena | word_error | 0.1 K=4 | 0.2 K=9 |" in words_digest(table)
    assert words_digest(table[table["score"] == "other"]) == ""
