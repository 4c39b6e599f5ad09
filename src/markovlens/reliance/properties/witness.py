"""Words that show it: a shortest one to a breach, or the likeliest ones until a bound is passed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import count

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.machines.naming import visible
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.letters import Letters, truth_of
from markovlens.reliance.properties.patterns import Property
from markovlens.reliance.properties.product import BREACH, START, Product
from markovlens.reliance.properties.reaching import Strategy

MOST_LOOKED_AT = 50_000  # beginnings of words, each a little longer than one before


@dataclass(frozen=True, slots=True)
class Word:
    """A word at the last symbol of which a property is breached.

    Attributes:
        symbols: int, as the machine reads them.
        states: the state of the machine after each, on its likeliest path to the breach.
        probability: that this word comes and the machine breaches the property at its end; where
            words are chosen, how likely the machine does.
        seen: whether every move of that path occurred when the machine was built; the others are
            its builder's rule for what never did.
        part: its part in the probability of a breach: where symbols are chosen by the state, of
            paths on which they are those of this word; 0 where no probability is asked.
    """

    symbols: tuple[int, ...]
    states: tuple[int, ...]
    probability: float
    seen: bool
    part: float = 0.0


def spelt(word: Sequence[int], machine: Machine) -> str:
    """Return a word in the names of its symbols; of a machine that reads none, in dots."""
    names = [(machine.symbols or ("·",))[symbol] for symbol in word]
    return ("; " if any(" " in name for name in names) else " ").join(map(visible, names))


def shortest_word(product: Product, machine: Machine) -> tuple[int, ...]:
    """Return a shortest word to a breach, if there is one of moves that were seen; () if none is.

    Moves are seen where one like them occurred when the machine was built.
    """
    if not product.breachable:
        return ()
    choice, place = product.moves.nonzero()
    owner = product.owner[choice]
    state = product.state[owner]
    known = np.column_stack([machine.seen, np.ones(machine.n_symbols, dtype=bool)])
    usual = known[product.symbol[choice], state]  # a first move is always taken for seen
    came = np.full(product.n_places, -1)
    sure = np.zeros(product.n_places, dtype=bool)
    sure[START] = True
    for depth in range(int(product.depth[BREACH])):
        edges = np.flatnonzero(
            (product.depth[owner] == depth) & (product.depth[place] == depth + 1)
        )
        good = usual[edges] & sure[owner[edges]]
        order = edges[np.lexsort((edges, ~good))]
        reached, first = np.unique(place[order], return_index=True)
        came[reached] = order[first]
        sure[reached] = usual[order[first]] & sure[owner[order[first]]]
    word, at = [], BREACH
    while at != START:
        word.append(int(product.symbol[choice[came[at]]]))
        at = owner[came[at]]
    return tuple(reversed(word))


def likeliest_words(
    product: Product, strategy: Strategy, *, steps: int | None
) -> Iterator[tuple[int, ...]]:
    """Yield different words to a breach, those of the likeliest paths first.

    Han & Katoen, "Counterexamples in probabilistic model checking", 2007. It ends when there are no
    more, or after a look at `MOST_LOOKED_AT` beginnings.

    Args:
        product: the graph.
        strategy: by which symbols are chosen, and how likely a breach is from each place.
        steps: of the longest word; any when None.
    """
    order = count()
    waiting: list[tuple[float, int, float, int, tuple[int, ...]]] = [
        (-1.0, next(order), 1.0, START, ())
    ]
    told = set()
    for _ in range(MOST_LOOKED_AT):
        if not waiting:
            return
        _, _, likely, place, word = heappop(waiting)
        if place == BREACH:
            if word not in told:
                told.add(word)
                yield word
            continue
        if steps is not None and len(word) == steps:
            continue
        left = None if steps is None else steps - len(word)
        value = strategy.value[strategy.row(None if left is None else left - 1)]
        for choice in _options(product, strategy, place, left):
            weight = likely if product.weight is None else likely * float(product.weight[choice])
            longer = (*word, int(product.symbol[choice]))
            for then, chance in _moves(product, choice):
                if value[then] > 0:
                    mass = weight * chance
                    heappush(waiting, (-mass * value[then], next(order), mass, then, longer))


def part_of(
    product: Product, strategy: Strategy, word: Sequence[int], *, steps: int | None
) -> float:
    """Return how likely this word comes, and breaches at its end, where symbols come by a strategy.

    Args:
        product: the graph.
        strategy: by which symbols are chosen, or drawn.
        word: to a breach.
        steps: within how many symbols; any number when None.
    """
    mass = {START: 1.0}
    for length, symbol in enumerate(word):
        left = None if steps is None else steps - length
        after: dict[int, float] = {}
        for place, likely in mass.items():
            for choice in _options(product, strategy, place, left):
                if product.symbol[choice] == symbol and place != BREACH:
                    weight = 1.0 if product.weight is None else float(product.weight[choice])
                    for then, chance in _moves(product, choice):
                        after[then] = after.get(then, 0.0) + likely * weight * chance
        mass = after
    return mass.get(BREACH, 0.0)


def _options(product: Product, strategy: Strategy, place: int, left: int | None) -> Iterator[int]:
    """Yield the choices that may be made in a place with so many steps left."""
    if strategy.choice is None:
        begin, end = np.searchsorted(product.owner, [place, place + 1]).tolist()
        yield from range(begin, end)
    elif (choice := int(strategy.choice[strategy.row(left), place])) >= 0:
        yield choice


def _moves(product: Product, choice: int) -> Iterator[tuple[int, float]]:
    begin, end = product.moves.indptr[choice : choice + 2]
    places, chances = product.moves.indices[begin:end], product.moves.data[begin:end]
    return zip(places.tolist(), chances.tolist(), strict=True)


def told(machine: Machine, stated: Property, inputs: Inputs, symbols: tuple[int, ...]) -> Word:
    """Return a word to a breach with the likeliest path of the machine on it, and how likely it is.

    Args:
        machine: that reads it.
        stated: the property that is breached at its last symbol, and not before.
        inputs: what gives words their probabilities, if they have any.
        symbols: the word.
    """
    letters, moves = (
        truth_of(stated.statements, Letters.of(machine, inputs.answered)),
        (stated.watch.moves),
    )
    places = machine.n_states * len(moves)
    mass = best = np.ones((1, 1))  # of watch by state; before the first symbol there is one of each
    came: list[np.ndarray] = []
    for step, symbol in enumerate(symbols):
        rows = machine.transition[symbol] if step else machine.initial[[symbol]]
        ways = best[:, :, None] * rows  # watch, state, next state
        after = moves[: len(best), letters[symbol]]  # watch, next state
        target = after + len(moves) * np.arange(machine.n_states)
        order = np.argsort(ways.max(axis=1), axis=None, kind="stable")  # of two the last one stays
        back = np.zeros(places, dtype=np.int64)
        source = ways.argmax(axis=1) * len(moves) + np.arange(len(best))[:, None]
        back[target.ravel()[order]] = source.ravel()[order]
        came.append(back)
        best = _gathered(target, ways.max(axis=1), places, len(moves), largest=True)
        mass = _gathered(target, mass @ rows, places, len(moves), largest=False)
        if step < len(symbols) - 1:  # a breach before the end is no word of its own
            best, mass = best[:-1], mass[:-1]
    at = int(best[-1].argmax()) * len(moves) + len(moves) - 1
    states = []
    for back in reversed(came):
        states.append(at // len(moves))
        at = int(back[at])
    states.reverse()
    path = zip(symbols[1:], states[:-1], strict=True)
    seen = all(machine.seen[symbol, state] for symbol, state in path)
    likely = float(mass[-1].sum()) * inputs.probability(symbols)
    return Word(symbols, tuple(states), likely, seen)


def _gathered(
    target: np.ndarray, values: np.ndarray, places: int, n_watched: int, *, largest: bool
) -> np.ndarray:
    """Return (M, K) the sums, or largest, of values where they are led to."""
    found = np.zeros(places)
    (np.maximum if largest else np.add).at(found, target, values)
    return found.reshape(-1, n_watched).T
