"""Predictive states: two hidden states are one if the network goes on alike from both.

Where clusters of hidden states ask whether two points are near, this asks the network itself, at
each of a sample of its states: what do you say now, and what after each possible next symbol?
States with like answers share a cell (k-means of the answers). Every sampled state is then moved
by every symbol, so that no transition is left to a rule for the unseen.

The idea is that of causal states (Crutchfield & Young 1989) and of predictive state
representations (Littman, Sutton & Singh 2001), with answers asked of the network in place of
frequencies counted in data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import pairwise_distances_argmin

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.clusters import weighted_cells
from markovlens.embedding.pod import POD, pod
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.sequences import by_step
from markovlens.trace import Trace

if TYPE_CHECKING:  # whoever hands over a network has torch; the scores do without
    from markovlens.activations.oracle import Askable

MOST_STATES = 4000  # sampled of training words, and as many of likely beginnings
MOST_WORK = 1e8  # states, times questions, times numbers in a state
FEWEST_STATES = 50
MOST_QUESTIONS = 32  # next symbols whose answers tell states apart, the most frequent ones
N_FEATURES = 48  # coordinates kept of all answers
HIDDEN_SHARE = 0.1  # weight of the hidden state itself beside the answers, in variances
LIKELY_SHARE = 0.9  # of all weight, for the likeliest beginnings of words of a language model
SMALLEST = 1e-6  # probability, so that its logarithm is bounded
LONGEST_BEGINNING = 50  # steps


@dataclass(frozen=True, slots=True)
class Points:
    """States of the network and what it says there.

    Attributes:
        answers: (n, C), output distributions; NaN where there is none.
        states: (n, F), whole states.
    """

    answers: np.ndarray
    states: np.ndarray


class Questions:
    """What is asked at a state.

    Attributes:
        mark: the one symbol after which the network answers, as a classifier after the end of a
            word; None where it answers after others too.
        symbols: (U,), those that occur within words, the mark left out.
        asked: those after which the network is asked what it says then.
        continues: whether the outputs are distributions of the next symbol.
    """

    def __init__(self, network: Askable, trace: Trace) -> None:
        self._network = network
        answering = np.unique(trace.inputs[trace.has_output])
        is_marked = len(answering) == 1 and not trace.has_output.all()
        self.mark = int(answering[0]) if is_marked else None
        inner = np.delete(trace.inputs, trace.sequences.starts)
        counts = np.bincount(inner[inner != self.mark], minlength=len(trace.symbols))
        self.symbols = np.flatnonzero(counts)
        ranked = self.symbols[np.argsort(-counts[self.symbols], kind="stable")]
        self.asked = np.sort(ranked[:MOST_QUESTIONS])
        self.continues = trace.classes == trace.symbols

    def move(self, states: np.ndarray | None, symbols: np.ndarray) -> Points:
        """Return where one symbol (n,) more leads from states (n, F), and what is said there."""
        outputs, after = self._network.advance(states, symbols)
        if self.mark is not None:
            outputs, _ = self._network.advance(after, np.full(len(after), self.mark))
        return Points(outputs, after)

    def describe(self, points: Points) -> np.ndarray:
        """Return log p of the answers now and after each symbol asked about, (n, C * (1 + Q)).

        Where the network itself says how likely a symbol comes next, what it would say after it
        counts as much.
        """
        blocks = [_logs(points.answers)]
        for symbol in self.asked:
            later = self.move(points.states, np.full(len(points.states), symbol))
            share = points.answers[:, [symbol]] if self.continues else 1.0
            blocks.append(share * _logs(later.answers))
        return np.concatenate(blocks, axis=1)


class Lens:
    """Features (n, M) of points: coordinates of the answers, and to a lesser share of the state.

    The hidden state tells what answers one step ahead do not.
    """

    def __init__(self, network: Askable, questions: Questions, sample: Points) -> None:
        self._network, self._questions = network, questions
        answers, seen = questions.describe(sample), network.observe(sample.states)
        self._basis: POD = pod(answers, n_components=N_FEATURES)
        spread = np.sqrt(answers.var(axis=0).sum())
        # A network that keeps nothing is in one state, which tells no answers apart.
        varies = np.sqrt(seen.var(axis=0).sum())
        self._factor = HIDDEN_SHARE**0.5 * spread / varies if varies else 0.0

    def __call__(self, points: Points) -> np.ndarray:
        """Return the features."""
        answers = self._basis.project(self._questions.describe(points))
        return np.concatenate([answers, self._factor * self._network.observe(points.states)], 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the network said, for fits of every size.

    Attributes:
        features: (n, M), of the sampled states.
        weights: (n,), what each counts.
        answers: (n, C), the output distribution of each.
        moved: (n, U, M), features after each of the symbols.
        begun: (V, M), features after each symbol as the first.
        places: (n, D), the sampled states as a trace holds them.
        questions: what was asked.
    """

    features: np.ndarray
    weights: np.ndarray
    answers: np.ndarray
    moved: np.ndarray
    begun: np.ndarray
    places: np.ndarray
    questions: Questions


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the machine of `n_states` cells of states from which the network goes on alike."""
    asked = evidence.once("predictive", lambda: ask(evidence))
    seed = int(rng.integers(2**31))
    cells, nearest_cells = weighted_cells(
        asked.features, asked.weights, n_states, seed=seed, options=options
    )
    moved = nearest_cells(asked.moved.reshape(-1, asked.moved.shape[2]))
    begun = np.eye(cells.max() + 1)[nearest_cells(asked.begun)]
    machine = _machine(evidence.train, asked, cells, moved.reshape(asked.moved.shape[:2]), begun)

    def decode(read: Trace) -> np.ndarray:
        nearest = pairwise_distances_argmin(np.asarray(read.states, np.float64), asked.places)
        found = np.asarray(cells[nearest])
        # The state after a mark is not among those asked; the machine stays where it was before.
        at_mark = np.flatnonzero(read.inputs == asked.questions.mark)
        at_mark = np.setdiff1d(at_mark, read.sequences.starts)
        found[at_mark] = found[at_mark - 1]
        return found

    return Fitted(machine, decode)


def ask(evidence: Evidence) -> Asked:
    """Return what the network says at states of the training words and at likely beginnings.

    Likely beginnings, of a language model only, are found by asking it and know no word of any
    split. Each counts by its squared probability: what an error there adds to the squared error of
    word probabilities.

    Raises:
        DataError: no network to ask, too many symbols to ask about each, or none after another.
    """
    network, trace = evidence.network, evidence.train
    if network is None:
        raise DataError(
            "it asks the network, which is not at hand or cannot be asked; give `study(..., "
            "network=Oracle(model))`",
            page="cannot-be-asked",
        )
    questions = Questions(network, trace)
    n_most = _affordable(network, questions)
    rng = np.random.default_rng(evidence.seed)
    sample = _along_words(questions, trace, n_most, rng)
    weights = np.full(len(sample.states), 1 / len(sample.states))
    if questions.continues:
        likely, probabilities = _beginnings(questions, trace, n_most)
        squared = probabilities**2 / (probabilities**2).sum()
        weights = np.concatenate([(1 - LIKELY_SHARE) * weights, LIKELY_SHARE * squared])
        sample = _joined([sample, likely])
    lens = Lens(network, questions, sample)
    moved = [
        lens(questions.move(sample.states, np.full(len(sample.states), symbol)))
        for symbol in questions.symbols
    ]
    return Asked(
        features=lens(sample),
        weights=weights * len(weights),
        answers=sample.answers.astype(np.float64),
        moved=np.stack(moved, axis=1),
        begun=lens(questions.move(None, np.arange(len(trace.symbols)))),
        places=network.observe(sample.states),
        questions=questions,
    )


def _affordable(network: Askable, questions: Questions) -> int:
    """Return how many states may be asked about every symbol."""
    if not len(questions.symbols):
        raise DataError(
            "it asks after symbols that follow another, of which there are none; give longer words",
            page="too-few",
        )
    each = max(1, len(questions.symbols) * len(questions.asked)) * network.n_features
    n_most = min(MOST_STATES, int(MOST_WORK / each))
    if n_most < FEWEST_STATES:
        raise DataError(
            f"{len(questions.symbols)} symbols are too many to ask about at each state: only "
            f"{n_most} states could be asked, {FEWEST_STATES} are needed",
            page="every-fit-failed",
        )
    return n_most


def _along_words(
    questions: Questions, trace: Trace, n_most: int, rng: np.random.Generator
) -> Points:
    """Return up to `n_most` points of training words, before the mark if they end in one."""
    order = rng.permutation(len(trace))
    words = trace.sequences.select(order[: np.searchsorted(trace.lengths[order].cumsum(), n_most)])
    points: list[Points] = []
    states: np.ndarray | None = None
    active_before = np.arange(len(words))
    for active, rows in by_step(words.lengths):
        if states is not None:
            states = states[np.isin(active_before, active)]
        moved = questions.move(states, words.values[rows])
        states, active_before = moved.states, active
        inner = words.values[rows] != questions.mark
        points.append(Points(moved.answers[inner], moved.states[inner]))
    return _joined(points)


def _beginnings(questions: Questions, trace: Trace, n_most: int) -> tuple[Points, np.ndarray]:
    """Return the likeliest beginnings of words, `n_most` at each length, and their p (n,)."""
    first, counts = np.unique(trace.inputs[trace.sequences.starts], return_counts=True)
    points, probabilities = questions.move(None, first), counts / counts.sum()
    found, found_probabilities = [points], [probabilities]
    while sum(map(len, found_probabilities)) < n_most and len(found) < LONGEST_BEGINNING:
        longer = (probabilities[:, None] * points.answers[:, questions.symbols]).ravel()
        best = np.argsort(-longer, kind="stable")[:n_most]
        origin, symbol = np.divmod(best, len(questions.symbols))
        points = questions.move(points.states[origin], questions.symbols[symbol])
        probabilities = longer[best]
        found.append(points)
        found_probabilities.append(probabilities)
    return _joined(found), np.concatenate(found_probabilities)


def _machine(
    trace: Trace, asked: Asked, cells: np.ndarray, moved: np.ndarray, initial: np.ndarray
) -> Machine:
    """Return the machine of cells (n,) that the symbols move to cells (n, U)."""
    n_symbols, n_states = initial.shape
    transition = np.tile(np.eye(n_states), (n_symbols, 1, 1))  # a mark asks, it does not move
    seen = np.zeros((n_symbols, n_states), dtype=bool)
    if asked.questions.mark is not None:
        seen[asked.questions.mark] = True
    for index, symbol in enumerate(asked.questions.symbols):
        counts = np.zeros((n_states, n_states))
        np.add.at(counts, (cells, moved[:, index]), asked.weights)
        total = counts.sum(axis=1)
        seen[symbol] = total > 0
        transition[symbol, total > 0] = (counts / np.maximum(total, 1e-300)[:, None])[total > 0]
    readout = _readout(asked, cells, n_states)
    return Machine(initial, transition, readout, trace.symbols, trace.classes, seen)


def _readout(asked: Asked, cells: np.ndarray, n_states: int) -> np.ndarray:
    """Return the mean answer (K, C) in each cell; that of all where the network never answers."""
    said = ~np.isnan(asked.answers[:, 0])
    answers, weights = asked.answers[said], asked.weights[said]
    sums = np.zeros((n_states, answers.shape[1]))
    np.add.at(sums, cells[said], weights[:, None] * answers)
    rows = np.where(sums.sum(axis=1, keepdims=True) > 0, sums, weights @ answers)
    return rows / rows.sum(axis=1, keepdims=True)


def _joined(points: list[Points]) -> Points:
    answers, states = ([getattr(p, name) for p in points] for name in ("answers", "states"))
    return Points(np.concatenate(answers), np.concatenate(states))


def _logs(answers: np.ndarray) -> np.ndarray:
    """Return bounded logarithms of distributions (n, C), 0 where there is no answer."""
    return np.nan_to_num(np.log(np.maximum(answers, SMALLEST)), nan=0.0)
