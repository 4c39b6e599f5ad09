"""A card for each state: what a person wants to know of it, as plain numbers and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from markovlens.explaining.walks import END, Walk
from markovlens.explaining.windows import (
    Window,
    boundary_windows,
    disputed_windows,
    typical_windows,
)
from markovlens.machines.edges import START
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.trace import Trace

MOST_INPUTS = 8
MOST_ANSWERS = 6  # columns of the output that are told of a state
FEWEST = 3  # steps at which a symbol is read in a state before its lift is told
ANY = "any input"


@dataclass(frozen=True, slots=True)
class Lift:
    """A symbol, and how much more often it is read here than anywhere.

    Attributes:
        symbol: its name, or the rule of a code.
        count: steps.
        share: of all steps that are looked at.
        lift: that share over the symbol's share of all recorded steps; 1 where it says nothing.
    """

    symbol: str
    count: int
    share: float
    lift: float


@dataclass(frozen=True, slots=True)
class Passage:
    """A way into a state, or out of it.

    Attributes:
        state: from where, or where to; `START` where sequences begin, `END` where they end.
        count: how often.
        share: of all ways in, or out.
        symbols: that are read on the way, the most frequent first.
    """

    state: int
    count: int
    share: float
    symbols: tuple[Lift, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """One column of what a state answers.

    Attributes:
        name: of the class, label or value.
        value: probability or mean.
        spread: standard deviation of a value; None of others.
        usual: the same over all recorded steps.
    """

    name: str
    value: float
    spread: float | None
    usual: float


@dataclass(frozen=True, slots=True)
class UnitEffect:
    """What silencing one number of the network's state does to its next answer.

    Attributes:
        unit: its place in the whole state, all layers side by side.
        effect: mean total variation of a distribution, mean absolute change of other outputs.
        n_broken: steps left out of it, since the network's answer then is not finite.
    """

    unit: int
    effect: float
    n_broken: int = 0


@dataclass(frozen=True, slots=True)
class Card:
    """All that is told of one state.

    Attributes:
        state, name: its number, and the name that somebody gave it, "" without.
        share: of recorded steps.
        n_steps, n_visits: how many steps, in how many visits.
        dwell: mean dwell time in steps: those that have a next one over exits, right also of visits
            that a sequence's end cuts off; None where it was never left.
        entropy_rate: bits of the next state, given this one; 0 where it is certain.
        answers: what it answers, column by column.
        inputs: symbols read at its steps that are read here more than elsewhere.
        entered, left: the ways in and out, the most frequent first.
        typical: excerpts from its midst; boundary: where it is hardly told from another state.
        disputed: excerpts of test sequences where the network answers otherwise.
        disagreement: share of its test steps where that is so; None without any.
        units: the numbers of the network's state with the largest effect; empty if not asked for.
        sentence: all that in words.
    """

    state: int
    name: str
    share: float
    n_steps: int
    n_visits: int
    dwell: float | None
    entropy_rate: float
    answers: tuple[Answer, ...]
    inputs: tuple[Lift, ...]
    entered: tuple[Passage, ...]
    left: tuple[Passage, ...]
    typical: tuple[Window, ...]
    boundary: tuple[Window, ...]
    disputed: tuple[Window, ...]
    disagreement: float | None
    units: tuple[UnitEffect, ...] = ()
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Deck:
    """What all cards are made of.

    Attributes:
        machine: whose states.
        trace: all recorded sequences.
        walk: the machine on them.
        tested: bool (N,), the steps of test sequences.
        usual: (C,), the machine's mean answer.
        base: (V,), the share of each symbol.
    """

    machine: Machine
    trace: Trace
    walk: Walk
    tested: np.ndarray
    usual: np.ndarray
    base: np.ndarray

    @classmethod
    def of(cls, machine: Machine, trace: Trace, walk: Walk, tested: np.ndarray) -> Deck:
        """Return what cards of the states of a machine are made of."""
        counts = np.bincount(walk.symbols, minlength=machine.n_symbols)
        usual = machine.readout[walk.states].mean(axis=0)
        return cls(machine, trace, walk, tested, usual, counts / counts.sum())

    def name_of_symbol(self, symbol: int) -> str:
        """Return the name of a symbol."""
        return self.machine.symbols[symbol] if self.machine.symbols else ANY

    def lifts(self, symbols: np.ndarray) -> list[Lift]:
        """Return the symbols (M,) that are read at some steps, the most frequent first."""
        counts = np.bincount(symbols, minlength=len(self.base))
        order = np.lexsort((np.arange(len(counts)), -counts))
        return [
            Lift(
                self.name_of_symbol(symbol), int(counts[symbol]),
                float(counts[symbol] / len(symbols)),
                float(counts[symbol] / len(symbols) / self.base[symbol]),
            )
            for symbol in order.tolist()
            if counts[symbol]
        ]  # fmt: skip


def cards_of(
    deck: Deck, effects: Mapping[int, tuple[UnitEffect, ...]] | None = None
) -> tuple[Card, ...]:
    """Return the card of each state, its sentence still to be written."""
    return tuple(_card(deck, state, effects or {}) for state in range(deck.machine.n_states))


def _card(deck: Deck, state: int, effects: Mapping[int, tuple[UnitEffect, ...]]) -> Card:
    machine, walk = deck.machine, deck.walk
    here = walk.states == state
    n_visits, dwell = walk.visits(state)
    disputed = disputed_windows(deck.machine, deck.trace, walk, here & deck.tested)
    tested = int((here & deck.tested & deck.trace.has_output).sum())
    return Card(
        state=state,
        name=machine.states[state] if machine.states else "",
        share=float(here.mean()),
        n_steps=int(here.sum()),
        n_visits=n_visits,
        dwell=dwell,
        entropy_rate=_entropy_rate(walk, here),
        answers=_answers(deck, state),
        inputs=_characteristic(deck.lifts(walk.symbols[here])),
        entered=_entered(deck, here),
        left=_left(deck, here),
        typical=typical_windows(machine, deck.trace, walk, state),
        boundary=boundary_windows(machine, deck.trace, walk, state),
        disputed=disputed.windows,
        disagreement=disputed.count / tested if tested else None,
        units=effects.get(state, ()),
    )


def _entropy_rate(walk: Walk, here: np.ndarray) -> float:
    """Return the entropy of the next state in bits, by how often each came."""
    following = walk.after[here & (walk.after != END)]
    if not len(following):
        return 0.0
    share = np.bincount(following) / len(following)
    share = share[share > 0]
    return max(0.0, float(-(share * np.log2(share)).sum()))  # in this order -0 becomes 0


def _answers(deck: Deck, state: int) -> tuple[Answer, ...]:
    machine = deck.machine
    spread = None if machine.output == Output.DISTRIBUTION else machine.spread
    return tuple(
        Answer(
            name, float(machine.readout[state, column]),
            None if spread is None else float(spread[state, column]), float(deck.usual[column]),
        )
        for column, name in enumerate(machine.classes)
    )  # fmt: skip


def _characteristic(lifts: list[Lift]) -> tuple[Lift, ...]:
    """Return the symbols that say most of a state: those of high lift that are not rare in it."""
    said = [each for each in lifts if each.lift > 1 and each.count >= FEWEST]
    said.sort(key=lambda each: -each.count * np.log(each.lift))
    return tuple(said[:MOST_INPUTS])


def _telling(lifts: list[Lift]) -> tuple[Lift, ...]:
    """Return all of few symbols, of many those that are read here more than elsewhere."""
    return tuple(lifts) if len(lifts) <= MOST_INPUTS else _characteristic(lifts)


def _entered(deck: Deck, here: np.ndarray) -> tuple[Passage, ...]:
    walk = deck.walk
    rows = np.flatnonzero(here & walk.enters)
    return _passages(deck, walk.before[rows], walk.symbols[rows])


def _left(deck: Deck, here: np.ndarray) -> tuple[Passage, ...]:
    walk = deck.walk
    rows = np.flatnonzero(here & walk.leaves)
    ways = _passages(deck, walk.after[rows], walk.next_symbols(rows))
    ended = int((here & (walk.after == END)).sum())
    total = len(rows) + ended
    whole = [(way.state, way.count, way.count / total, way.symbols) for way in ways]
    if ended:
        whole.append((END, ended, ended / total, ()))
    return tuple(Passage(*each) for each in sorted(whole, key=lambda each: -each[1]))


def _passages(deck: Deck, states: np.ndarray, symbols: np.ndarray) -> tuple[Passage, ...]:
    found = [
        Passage(
            int(state), int((states == state).sum()), float((states == state).mean()),
            _telling(deck.lifts(symbols[states == state])),
        )
        for state in np.unique(states)
    ]  # fmt: skip
    return tuple(sorted(found, key=lambda each: (-each.count, each.state)))


def foremost(card: Card, output: Output) -> tuple[Answer, ...]:
    """Return the answers of a card that are told: all of few, else those that say most.

    These are the likeliest classes or labels, or the values farthest from what is usual.
    """
    if len(card.answers) <= MOST_ANSWERS:
        return card.answers
    free = output in (Output.VALUES, Output.RISK)
    weights = [_apart(each) if free else each.value for each in card.answers]
    return tuple(
        card.answers[place]
        for place in np.argsort(-np.array(weights), kind="stable")[:MOST_ANSWERS]
    )


def _apart(answer: Answer) -> float:
    return abs(answer.value - answer.usual) / (answer.spread or 1.0)


def begins(card: Card) -> float:
    """Return the share of ways into a state that are the beginning of a sequence."""
    return sum(way.share for way in card.entered if way.state == START)
