"""The machine, the words it may be given and what watches a property, walked as one graph.

A place is a context of words, a state of the machine (or its start, before the first symbol) and a
state of the watch. All breaches are one place, and so are all words that are over. Only what can be
reached is made, nearest first, so that the first breach met is at the end of a shortest word.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.reliance.properties.inputs import ENDS, Inputs
from markovlens.reliance.properties.letters import Letters, truth_of
from markovlens.reliance.properties.patterns import Property

START, BREACH, OVER = 0, 1, 2  # places that are always there
MOST_PLACES = 2_000_000


@dataclass(frozen=True, slots=True)
class Product:
    """The graph.

    Attributes:
        owner: int (R,), the place of each of R choices, sorted: of a symbol in a place.
        symbol: int (R,), that is read.
        weight: float (R,), its probability there; None where it is chosen.
        moves: float (R, P), to which of P places each choice leads how likely.
        state: int (P,), the machine's state; K of the start, -1 of the other two.
        depth: int (P,), how many symbols it takes to come there; -1 if there is no breach.
    """

    owner: np.ndarray
    symbol: np.ndarray
    weight: np.ndarray | None
    moves: csr_array
    state: np.ndarray
    depth: np.ndarray

    @property
    def n_places(self) -> int:
        """Number of places P."""
        return len(self.state)

    @property
    def breachable(self) -> bool:
        """Whether some word leads to a breach."""
        return bool(self.depth[BREACH] > 0)

    @property
    def chain(self) -> csr_array:
        """(P, P), how likely each place follows each, where symbols have probabilities."""
        assert self.weight is not None, "symbols are drawn"
        shape = self.n_places, len(self.owner)
        return csr_array((self.weight, (self.owner, np.arange(len(self.owner)))), shape) @ (
            self.moves
        )


@dataclass(frozen=True, slots=True)
class _Rules:
    """How places follow each other; a place is ((context, state), watch) as one number."""

    inputs: Inputs
    moves: np.ndarray  # (V, K + 1, K), the last row from the start
    letters: np.ndarray  # int (V, K)
    watch: np.ndarray  # int (M, 2^A)

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.inputs.n_contexts, self.moves.shape[1], len(self.watch)

    @property
    def start(self) -> int:
        return int(np.ravel_multi_index((0, self.moves.shape[1] - 1, 0), self.sizes))

    @property
    def breach(self) -> int:
        return int(np.prod(self.sizes))

    def choices(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return for each choice the number (R,) of its place, and which move (R,) of inputs."""
        context = np.unravel_index(places, self.sizes)[0]
        first = self.inputs.first
        count = first[context + 1] - first[context]
        number = np.repeat(np.arange(len(places)), count)
        within = np.arange(len(number)) - np.repeat(np.cumsum(count) - count, count)
        return number, first[context][number] + within

    def after(
        self, places: np.ndarray, move: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return of choices (R,) the number, the next place and its probability, (L,) each."""
        _, state, watch = np.unravel_index(places, self.sizes)
        rows = self.moves[self.inputs.symbol[move], state]
        choice, then = np.nonzero(rows)
        truth = self.letters[self.inputs.symbol[move[choice]], then]
        watched = self.watch[watch[choice], truth]
        context = self.inputs.follows[move[choice]]
        inside = np.ravel_multi_index((np.maximum(context, 0), then, watched), self.sizes)
        over = np.where(context == ENDS, self.breach + 1, inside)
        place = np.where(watched == len(self.watch) - 1, self.breach, over)
        return choice, place, rows[choice, then]


def product_of(machine: Machine, stated: Property, inputs: Inputs) -> Product:
    """Return the graph of what can be reached.

    A machine that carries a belief is taken as the process that its tables describe: a state is
    drawn at each step, and answers as it does.

    Raises:
        DataError: there are too many places.
    """
    letters = truth_of(stated.statements, Letters.of(machine, inputs.answered))
    moves = np.concatenate([machine.transition, machine.initial[:, None]], axis=1)
    return _walk(_Rules(inputs, moves, letters, stated.watch.moves))


def _walk(rules: _Rules) -> Product:
    """Return the graph, places in the order of a breadth-first walk from the start."""
    number = np.full(rules.breach + 2, -1)
    number[[rules.start, rules.breach, rules.breach + 1]] = START, BREACH, OVER
    layers, parts, depth = [np.array([rules.start])], [], [0, -1, -1]
    n_choices = 0
    while len(layers[-1]):
        own, move = rules.choices(layers[-1])
        choice, place, chance = rules.after(layers[-1][own], move)
        if (place == rules.breach).any() and depth[BREACH] < 0:
            depth[BREACH] = len(layers)
        fresh = place[number[place] < 0]
        fresh = fresh[np.sort(np.unique(fresh, return_index=True)[1])]
        number[fresh] = len(depth) + np.arange(len(fresh))
        parts.append((number[layers[-1]][own], move, n_choices + choice, number[place], chance))
        n_choices += len(own)
        depth += [len(layers)] * len(fresh)
        layers.append(fresh)
        if len(depth) > MOST_PLACES:
            raise DataError(f"property: more than {MOST_PLACES:,} places of machine and watch; "
                            "ask for a smaller number, or of a smaller machine",
                            page="wrong-property")  # fmt: skip
    owner, move, choice, place, chance = (np.concatenate(part) for part in zip(*parts, strict=True))
    state = np.full(len(depth), -1)
    inside = np.concatenate(layers)
    state[number[inside]] = np.unravel_index(inside, rules.sizes)[1]
    weight = None if rules.inputs.weight is None else rules.inputs.weight[move]
    moves = csr_array((chance, (choice, place)), shape=(n_choices, len(depth)))
    return Product(owner, rules.inputs.symbol[move], weight, moves, state, np.array(depth))
