"""On languages whose automaton is known the cards, and what they say in words, are right."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from helpers.machines import trace_of
from markovlens.explaining.cards import Deck, cards_of
from markovlens.explaining.sentences import counted, sentence_of
from markovlens.explaining.walks import END, collapsed, walk_of
from markovlens.explaining.windows import shown_inputs
from markovlens.machines.edges import START as BEGIN
from markovlens.machines.machine import Machine, automaton
from markovlens.machines.minimisation import minimise
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.tasks.automata import START
from markovlens.tasks.formal import AUTOMATA

LANGUAGES = ["contains_0110", "contains_000", "parity", "tomita_3", "tomita_5", "tomita_7"]


def truth(name):
    known = AUTOMATA[name]
    whole = automaton(known.successor, known.accepting, start=START, symbols=("0", "1"))
    return minimise(whole)


def made(machine, **sequences):
    """Return the trace, the walk and the cards of a machine that stands for itself."""
    sequences = {"n_sequences": 600, "longest": 16} | sequences
    trace = trace_of(machine, **sequences)
    walk = walk_of(machine, trace.sequences)
    cards = cards_of(Deck.of(machine, trace, walk, np.ones(trace.n_steps, dtype=bool)))
    cards = [replace(card, sentence=sentence_of(card, machine.output)) for card in cards]
    return trace, walk, cards


def edges(machine):
    """Return the edges between different states: (state, symbol, next)."""
    after = machine.transition.argmax(axis=-1)
    return {
        (state, symbol, int(after[symbol, state]))
        for state in range(machine.n_states)
        for symbol in range(machine.n_symbols)
        if after[symbol, state] != state
    }


@pytest.mark.parametrize("name", LANGUAGES)
def test_ways_in_and_out_are_the_edges_of_the_automaton(name):
    machine = truth(name)
    _, _, cards = made(machine)
    for card in cards:
        told_in = {
            (way.state, lift.symbol)
            for way in card.entered if way.state != BEGIN for lift in way.symbols
        }  # fmt: skip
        told_out = {
            (lift.symbol, way.state)
            for way in card.left if way.state != END for lift in way.symbols
        }  # fmt: skip
        known = edges(machine)
        assert told_in == {(a, machine.symbols[v]) for a, v, b in known if b == card.state}
        assert told_out == {(machine.symbols[v], b) for a, v, b in known if a == card.state}
        assert sum(way.share for way in card.entered) == pytest.approx(1)
        assert sum(way.share for way in card.left) == pytest.approx(1)


@pytest.mark.parametrize("name", LANGUAGES)
def test_the_sentence_names_the_right_symbols_answer_and_whether_it_is_ever_left(name):
    machine = truth(name)
    _, _, cards = made(machine)
    for card in cards:
        out = {machine.symbols[v] for a, v, _ in edges(machine) if a == card.state}
        said = card.sentence
        left = re.search(r"It goes (.*)\.$", said)
        assert (set(re.findall(r"\*(\d)\*", left[1])) if left else set()) == out
        assert ("never left" in said) == (not out)
        answer = machine.classes[int(machine.readout[card.state].argmax())]
        assert f"answers *{answer}*" in said
        after = re.search(r"It comes after ([^.,]*)", said)
        first = re.search(r"(also|, or (.*)) as the first step", said)
        begun = {str(v) for v in (0, 1) if machine.initial[v].argmax() == card.state}
        assert first is None or first[2] is None or f"*{min(begun)}*" in first[2]
        assert first is None or first[2] or (after and f"*{min(begun)}*" in after[1])
        assert first is None or begun
        into = {machine.symbols[v] for _, v, b in edges(machine) if b == card.state}
        assert after is None or set(re.findall(r"\*(\d)\*", after[1])) == into


def test_shares_dwell_times_and_entropy_are_those_of_a_count():
    machine = truth("contains_000")
    trace, walk, cards = made(machine)
    paths = np.split(walk.states, np.cumsum(trace.lengths)[:-1])
    stays = [pair for path in paths for pair in zip(*collapsed(path), strict=True)]
    cut = [path[-1] for path in paths]
    for card in cards:
        own = [stay for state, stay in stays if state == card.state]
        assert card.n_visits == len(own)
        # A last visit is not over: its last step says nothing, and it is no exit.
        n_exits = len(own) - cut.count(card.state)
        followed = sum(own) - cut.count(card.state)
        assert card.dwell == (pytest.approx(followed / n_exits) if n_exits else None)
        assert card.n_steps == sum(own)
        following = [b for path in paths for a, b in pairwise(path) if a == card.state]
        share = np.bincount(following) / len(following)
        bits = -sum(p * np.log2(p) for p in share if p)
        assert card.entropy_rate == pytest.approx(max(bits, 0))
    assert sum(card.share for card in cards) == pytest.approx(1)
    assert cards[-1].entropy_rate == 0  # once 000 has come it stays so
    assert cards[-1].dwell is None


def test_dwell_times_are_not_shortened_by_the_ends_of_sequences():
    # A state that is left at one step in ten, watched for eight steps at a time.
    rng = np.random.default_rng(0)
    machine = automaton(np.array([[0, 1], [1, 0]]), np.array([0, 1]), start=0, symbols=("s", "m"))
    moves = Sequences((rng.random(40_000) < 0.1).astype(int), np.full(5_000, 8))
    walk = walk_of(machine, moves)
    for state in (0, 1):
        assert walk.visits(state)[1] == pytest.approx(10, rel=0.1)


def test_a_lift_is_how_much_more_often_a_symbol_is_read_here():
    machine = truth("contains_0110")
    _, walk, cards = made(machine)
    for card in cards:
        here = walk.states == card.state
        for each in card.inputs:
            symbol = machine.symbols.index(each.symbol)
            assert each.count == (here & (walk.symbols == symbol)).sum()
            wanted = (walk.symbols[here] == symbol).mean() / (walk.symbols == symbol).mean()
            assert each.lift == pytest.approx(wanted)
            assert each.lift > 1


def test_excerpts_are_real_and_show_the_state():
    machine = truth("tomita_7")
    trace, walk, cards = made(machine)
    starts = trace.sequences.starts
    for card in cards:
        assert card.typical
        for window in (*card.typical, *card.boundary):
            begin = starts[window.sequence] + window.step - window.at
            rows = slice(begin, begin + len(window.inputs))
            assert "".join(window.inputs) == "".join(map(str, trace.inputs[rows]))
            assert window.states == tuple(walk.states[rows])
            assert window.states[window.at] == card.state


def test_where_the_network_says_otherwise_is_counted_and_shown():
    machine = truth("parity")
    trace = trace_of(machine, n_sequences=100)
    walk = walk_of(machine, trace.sequences)
    outputs = trace.outputs.copy()
    wrong = np.flatnonzero(walk.states == 1)[::4]
    outputs[wrong] = outputs[wrong][:, ::-1]
    trace = replace(trace, outputs=outputs)
    tested = np.ones(trace.n_steps, dtype=bool)
    cards = cards_of(Deck.of(machine, trace, walk, tested))
    assert cards[0].disagreement == 0
    assert not cards[0].disputed
    assert cards[1].disagreement == pytest.approx(len(wrong) / (walk.states == 1).sum())
    rows = {int(trace.sequences.starts[one.sequence] + one.step) for one in cards[1].disputed}
    assert rows <= set(wrong.tolist())
    nothing = cards_of(Deck.of(machine, trace, walk, ~tested))
    assert nothing[1].disagreement is None


def test_answers_that_are_no_decisions_are_told_in_their_own_words():
    machine = truth("parity")
    values = replace(
        machine, readout=np.array([[1.0], [3.0]]), classes=("dose (mg)",), output=Output.VALUES,
        spread=np.array([[0.1], [0.2]]),
    )  # fmt: skip
    assert "answers dose (mg) 3 ± 0.2, above the mean" in sentence(values, 1)
    labels = replace(
        machine, readout=np.array([[0.9, 0.1], [0.2, 0.1]]), classes=("fever", "pain"),
        output=Output.LABELS,
    )  # fmt: skip
    assert "says *fever*" in sentence(labels, 0)
    assert "says no label" in sentence(labels, 1)
    risk = replace(machine, readout=np.array([[0.2], [0.8]]), classes=("risk",), output=Output.RISK)
    assert "ranks at 0.80 of all risks" in sentence(risk, 1)
    leaning = replace(machine, readout=np.array([[0.4, 0.6], [0.3, 0.7]]))
    assert "pushes towards *accept* (0.70" in sentence(leaning, 1)


def sentence(machine: Machine, state: int) -> str:
    trace = trace_of(truth("parity"), n_sequences=50)
    walk = walk_of(machine, trace.sequences)
    risk = machine.output in (Output.RISK, Output.VALUES)
    outputs = machine.readout[walk.states] if risk else np.clip(machine.readout[walk.states], 0, 1)
    nothing = np.full(trace.n_steps, -1)
    trace = replace(
        trace, outputs=outputs, targets=nothing, classes=machine.classes, output=machine.output
    )
    tested = np.ones(trace.n_steps, dtype=bool)
    return sentence_of(cards_of(Deck.of(machine, trace, walk, tested))[state], machine.output)


@pytest.mark.parametrize(
    ("number", "words"), [(1.0, "1 word"), (2.04, "2 words"), (2.1, "2.1 words")]
)
def test_numbers_of_steps_in_words(number, words):
    assert counted(number, "word") == words


def test_a_state_that_never_occurs_is_told():
    machine = truth("contains_000")
    trace = trace_of(machine, n_sequences=5, longest=2)
    walk = walk_of(machine, trace.sequences)
    cards = cards_of(Deck.of(machine, trace, walk, np.ones(trace.n_steps, dtype=bool)))
    absent = [card for card in cards if not card.n_steps]
    assert absent
    assert "never met" in sentence_of(absent[0], machine.output)


def login(n_failures=3):
    """Return a rule with several exits: that many bad passwords lock, a good one lets in."""
    names = ("connect", "bad", "good", "logout", "unlock")
    inside, locked = n_failures, n_failures + 1
    successor = np.tile(np.arange(n_failures + 2)[:, None], (1, len(names)))
    successor[:n_failures, 1] = [*range(1, n_failures), locked]
    successor[:n_failures, 2] = inside
    successor[inside, 3] = successor[locked, 4] = 0
    return automaton(successor, np.arange(n_failures + 2) == locked, start=0, symbols=names)


def test_the_sentence_says_how_often_a_state_is_met_and_for_how_long():
    _, walk, cards = made(truth("contains_000"))
    for card in cards:
        met = re.search(
            r"met at (.*) % of all steps, in ([\d,]+) visits?(.*?)\. ?", card.sentence + " "
        )
        assert met[1] == f"{100 * (walk.states == card.state).mean():.0f}"
        assert met[2] == f"{card.n_visits:,}"
    assert "visits, and never left." in cards[-1].sentence
    assert f" of {counted(cards[0].dwell, 'step')} in the mean." in cards[0].sentence
    rare = replace(cards[0], share=0.001)
    assert "at less than 1 % of all steps" in sentence_of(rare, Output.DISTRIBUTION)


def test_the_sentence_says_which_input_leads_where():
    said = [card.sentence for card in made(login())[2]]
    for state, failed in ((0, 1), (1, 2), (2, 4)):
        exits = re.search(r"It goes (.*)\.", said[state])[1]
        assert set(exits.split("; ")) == {f"to state {failed} by *bad*", "to state 3 by *good*"}
    assert "It goes to state 0 by *logout*." in said[3]
    assert "It goes to state 0 by *unlock*." in said[4]


def test_of_many_exits_three_are_named_and_that_there_are_others():
    successor = np.tile(np.arange(5), (5, 1))
    machine = automaton(successor, np.arange(5) == 0, start=0, symbols=tuple("abcde"))
    for card in made(machine)[2]:
        assert len(re.findall(r"to state \d by \*.\*", card.sentence)) == 3
        assert card.sentence.endswith("; or elsewhere.")


def test_a_state_that_a_first_step_can_lead_to_is_not_where_sequences_begin():
    trace, _, cards = made(login(), longest=3)
    assert len(trace)
    assert "Sequences begin here." in cards[0].sentence
    (inside,) = (card for card in cards if card.answers and card.state == 3)
    assert "at the beginning" not in inside.sentence
    assert "after *good*" in inside.sentence
    assert "also as the first step" in inside.sentence


def test_a_state_that_answers_as_always_pushes_nowhere():
    machine = Machine(
        np.ones((2, 1)),
        np.ones((2, 1, 1)),
        np.array([[0.4, 0.6]]),
        ("0", "1"),
        ("no", "yes"),
        np.ones((2, 1), dtype=bool),
    )
    _, _, (card,) = made(machine)
    assert "leans to *yes* (0.60), as usual" in card.sentence


@pytest.mark.parametrize(
    ("name", "said"), [("", "''"), ("\n", r"\n"), ("a\tb", r"a\tb"), ("'", "'")]
)
def test_symbols_that_cannot_be_seen_are_shown_in_sentences(name, said):
    known = truth("parity")
    machine = automaton(
        known.transition.argmax(axis=2).T, known.readout.argmax(axis=1), start=0,
        symbols=("0", name),
    )  # fmt: skip
    trace, _, cards = made(machine)
    sentences = [card.sentence for card in cards]
    assert any(f"*{said}*" in each for each in sentences)
    assert not any("**" in each or "\n" in each for each in sentences)
    assert shown_inputs(machine, trace.inputs[:1], np.array([1])) == (said,)


def test_a_state_that_is_never_left_has_no_uncertainty_and_no_sign():
    still = automaton(np.array([[0, 0]]), np.array([True]), start=0, symbols=("a", "b"))
    _, _, (card,) = made(still)
    assert f"{card.entropy_rate:.2f}" == "0.00"
