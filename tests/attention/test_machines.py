"""What a machine needs of a sequence, against trying every symbol by hand."""

import numpy as np
import pytest

from markovlens.attention.machines import best_change, moved_by_each, needed_by_machine
from markovlens.attention.replacing import Marginal, changing_steps, put_at
from markovlens.attention.scoring import CHANGES, Judge, confirmed, judged
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.machines.machine import Machine, automaton

KEYWORDS, ANSWERS = ("filler", "bad", "good", "not"), ("negative", "positive")
SHARES = np.array([0.7, 0.1, 0.15, 0.05])


@pytest.fixture(scope="module")
def blurred(keyword_machine) -> Machine:
    """Return a machine that is never quite sure, with belief over its states."""
    rng = np.random.default_rng(0)
    size = keyword_machine.n_states
    return Machine(
        rng.dirichlet(np.ones(size), 4),
        rng.dirichlet(np.ones(size), (4, size)),
        rng.dirichlet(np.ones(2), size),
        keyword_machine.symbols,
        keyword_machine.classes,
        np.ones((4, size), dtype=bool),
    )


def ends(machine, inputs):
    return machine.predict(inputs)[np.cumsum(inputs.lengths) - 1]


@pytest.mark.parametrize("kind", ["automaton", "belief"])
def test_the_need_of_a_step_is_the_mean_over_all_symbols(
    kind, keyword_machine, blurred, keyword_words
):
    machine = keyword_machine if kind == "automaton" else blurred
    answers = ends(machine, keyword_words).argmax(axis=1)
    found = needed_by_machine(machine, keyword_words, answers, SHARES)
    kept = ends(machine, keyword_words)[np.arange(len(answers)), answers]
    for number, (start, length) in enumerate(
        zip(keyword_words.starts, keyword_words.lengths, strict=True)
    ):
        for place in range(length):
            left = 0.0
            for symbol, share in enumerate(SHARES):
                places = np.zeros(len(answers), dtype=int)
                others = keyword_words.values[keyword_words.starts].copy()
                places[number], others[number] = place, symbol
                changed = put_at(keyword_words, places, others)
                left += share * ends(machine, changed)[number, answers[number]]
            assert found[start + place] == pytest.approx(kept[number] - left)


def test_the_best_change_of_an_automaton_changes_its_answer(keyword_machine, keyword_words):
    answers = ends(keyword_machine, keyword_words).argmax(axis=1)
    places, symbols = best_change(keyword_machine, keyword_words, answers, np.arange(4))
    said = ends(keyword_machine, put_at(keyword_words, places, symbols)).argmax(axis=1)
    assert (said != answers).all()


def test_moves_of_an_answer_add_up_to_it(blurred, keyword_words):
    answers = ends(blurred, keyword_words).argmax(axis=1)
    moved = moved_by_each(blurred, keyword_words, answers)
    sums = np.add.reduceat(moved, keyword_words.starts)
    reached = ends(blurred, keyword_words)[np.arange(len(answers)), answers]
    assert sums == pytest.approx(reached - blurred.readout.mean(axis=0)[answers])


def test_steps_that_change_an_answer_are_those_of_the_automaton(keyword_machine, keyword_words):
    answers = ends(keyword_machine, keyword_words).argmax(axis=1)
    found = changing_steps(
        lambda inputs: ends(keyword_machine, inputs), keyword_words, answers, np.arange(4)
    )
    # "filler good filler filler": a keyword before it, or a "not", or another in its place.
    assert found[:4].tolist() == [True, True, False, False]


def test_where_no_symbol_changes_an_answer_nothing_can_be_confirmed(keyword_words):
    """A network that always answers the same has no score for it, and others are as they were."""
    always = automaton(np.zeros((1, 4), int), [1], start=0, symbols=KEYWORDS, classes=ANSWERS)
    judge = Judge(
        keyword_words, None, lambda inputs: ends(always, inputs), Marginal.of(keyword_words, 4),
        np.arange(4), 2, Bootstrap.draw(len(keyword_words), n_resamples=10,
        rng=np.random.default_rng(0)), 0,
    )  # fmt: skip
    places, symbols = best_change(always, keyword_words, judge.answers, np.arange(4))
    assert confirmed(places, symbols, judge) == {}
    assert CHANGES not in judged(np.arange(keyword_words.n_steps, dtype=float), judge).scores
