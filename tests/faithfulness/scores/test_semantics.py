import numpy as np
import pytest

from markovlens.faithfulness.scores.semantics import semantic_agreement, word_push
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences
from markovlens.trace import Trace

N_WORDS = 30
WORDS = tuple(f"w{index}" for index in range(N_WORDS))
PRAISE = np.linspace(0, 1, N_WORDS)  # how far a word speaks for "positive"


def texts(rng, n=300):
    """Return a trace of texts whose label is what most of their words say."""
    inputs = Sequences.from_list([rng.integers(N_WORDS, size=8) for _ in range(n)])
    labels = np.array([PRAISE[text].mean() > 0.5 for text in inputs], dtype=int)
    targets = np.full(inputs.n_steps, -1)
    targets[np.cumsum(inputs.lengths) - 1] = labels
    nothing = np.full(inputs.n_steps, -1)
    outputs = np.full((inputs.n_steps, 2), 0.5, dtype=np.float32)
    states = np.zeros((inputs.n_steps, 1))
    return Trace(
        states, inputs.values, outputs, targets, nothing, inputs.lengths, WORDS, ("no", "yes")
    )


def last_word_machine(praise):
    """Return the machine that believes what the last word said."""
    rows = np.stack([1 - praise, praise], axis=1)
    transition = np.repeat(rows[:, None], 2, axis=1)
    return Machine(rows, transition, np.eye(2), WORDS, ("no", "yes"), np.ones((N_WORDS, 2), bool))


def correlation(machine, seed=0):
    rng = np.random.default_rng(seed)
    train, test = texts(rng), texts(rng)
    bootstrap = Bootstrap.draw(len(test), n_resamples=100, rng=rng)
    return semantic_agreement(machine, train, test, bootstrap)


def test_a_machine_that_knows_the_words_agrees_with_people():
    found = correlation(last_word_machine(PRAISE))
    assert found.value > 0.8
    assert found.low > 0.6


def test_one_that_has_them_upside_down_disagrees():
    assert correlation(last_word_machine(1 - PRAISE)).high < -0.6


def test_one_that_knows_nothing_neither():
    shuffled = np.random.default_rng(1).permutation(PRAISE)
    found = correlation(last_word_machine(shuffled))
    assert abs(found.value) < 0.5


def test_one_that_never_moves_has_no_meaning():
    assert correlation(last_word_machine(np.full(N_WORDS, 0.5))).value == 0


def test_push_is_after_minus_before():
    trace = texts(np.random.default_rng(2))
    machine = last_word_machine(PRAISE)
    answers = PRAISE[trace.inputs]
    inside = np.flatnonzero(np.arange(trace.n_steps) % 8)
    word = trace.inputs[inside[0]]
    mine = inside[trace.inputs[inside] == word]
    wanted = (answers[mine] - answers[mine - 1]).mean()
    assert word_push(machine, trace)[word] == pytest.approx(wanted)
