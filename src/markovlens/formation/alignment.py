"""Which states of two machines are the same, by what they do, and what became of the others.

Numbers of states say nothing: a fit may give them in any order. Two states are linked where both

- **the same words lie in them**: of the steps of the same sequences that lie in one of the two,
  more than half lie in the other as well; and
- **they go on alike**: after the same further words both machines decide alike at least as often as
  not.

Networks that noise drives read no words: there steps of the same noise take the place of words, and
what a state writes from then on that of decisions (`futures_written`). Where the noise does not
settle what a network does, because its runs stay apart if they begin apart, the first condition
means nothing, and states are linked by the second: each with the one that is most alike.

The first alone would link two states that hold the same words and answer the opposite; the second
alone would link all states that answer the same for most words, as the states of a language have
that accepts in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import moves_of
from markovlens.sequences import Sequences

HORIZON = 8  # symbols: longest word after which decisions are compared
MOST = 0.5  # share above which a state goes into another, or comes from it
WORDS = 10_000  # of one length, at most, in which what states write is compared


@dataclass(frozen=True, slots=True)
class Alignment:
    """The states of two machines that read the same sequences.

    Attributes:
        shared: int (K, L), steps that lie in a state of the first and in one of the second.
        alike: (K, L), share of further words after which both decide alike, see `futures_alike`;
            of networks that write, how much both write alike, see `futures_written`.
        settled: whether the words, or the noise, settle in which states a step lies.
    """

    shared: np.ndarray
    alike: np.ndarray
    settled: bool = True

    @property
    def links(self) -> np.ndarray:
        """Which states (K, L) are the same, wholly or in part; states without a step have none."""
        alike = self.alike >= MOST
        if not self.settled:
            return np.asarray(alike & self._nearest)
        of_first = self.shared > MOST * self.shared.sum(axis=1, keepdims=True)
        of_second = self.shared > MOST * self.shared.sum(axis=0, keepdims=True)
        return np.asarray((of_first | of_second) & alike)

    @property
    def _nearest(self) -> np.ndarray:
        """Which visited states (K, L) are the most alike, of all that one of the two may be."""
        visited = np.outer(self.shared.any(axis=1), self.shared.any(axis=0))
        alike = np.where(visited, self.alike, -1.0)
        of_first, of_second = (alike == alike.max(axis=axis, keepdims=True) for axis in (1, 0))
        return np.asarray(visited & (of_first | of_second))

    @property
    def kept(self) -> float:
        """Share (0..1) of the steps whose two states are linked."""
        return float(self.shared[self.links].sum() / self.shared.sum())

    @property
    def events(self) -> Events:
        """What became of states of the first machine, and where those of the second are from."""
        before, after = (self.shared.sum(axis=axis) > 0 for axis in (1, 0))
        links = self.links
        children, parents = links.sum(axis=1), links.sum(axis=0)
        return Events(
            births=int((after & (parents == 0)).sum()),
            splits=int(np.maximum(children - 1, 0).sum()),
            merges=int(np.maximum(parents - 1, 0).sum()),
            deaths=int((before & (children == 0)).sum()),
        )

    def shuffled(self, rng: np.random.Generator) -> Alignment:
        """Return the same with the steps of the second machine dealt anew: the floor of `kept`."""
        n_first, n_second = self.shared.shape
        first = np.repeat(np.arange(n_first), self.shared.sum(axis=1))
        second = np.repeat(np.arange(n_second), self.shared.sum(axis=0))
        dealt = overlap(first, rng.permutation(second), self.shared.shape)
        return replace(self, shared=dealt)


@dataclass(frozen=True, slots=True)
class Events:
    """What happened to states; births + splits - merges - deaths is how many more there are.

    Attributes:
        births: states of the second machine that are linked to none of the first.
        splits: links that lead from a state beyond its first.
        merges: links that lead into a state beyond its first.
        deaths: states of the first machine that are linked to none of the second.
    """

    births: int
    splits: int
    merges: int
    deaths: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.births + self.splits + self.merges + self.deaths


def align(first: Machine, second: Machine, sequences: Sequences) -> Alignment:
    """Return the alignment of two deterministic machines over the same symbols.

    Args:
        first, second: K and L states; only those in which a step lies take part.
        sequences: what both read.

    Raises:
        DataError: one is not deterministic.
    """
    sizes = first.n_states, second.n_states
    shared = overlap(first.walk(sequences), second.walk(sequences), sizes)
    symbols = np.bincount(first.symbols_of(sequences), minlength=first.n_symbols)
    return Alignment(shared, futures_alike(first, second, symbols / symbols.sum()))


def overlap(first: np.ndarray, second: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return how many steps (K, L) lie in each state of one (N,) and in each of another (N,)."""
    counts = np.bincount(first * shape[1] + second, minlength=shape[0] * shape[1])
    return counts.reshape(shape)


def futures_alike(first: Machine, second: Machine, symbols: np.ndarray) -> np.ndarray:
    """Return the share (K, L) of further words after which two states decide alike.

    It is the mean over lengths of 0 to `HORIZON` symbols of the probability of the words of that
    length on which they agree, exactly, when symbols are drawn one by one by `symbols` (V,).
    """
    one, other = moves_of(first), moves_of(second)
    agree = (one.decisions[:, None] == other.decisions).astype(float)
    total = agree.copy()
    for _ in range(HORIZON):
        agree = sum(
            share * agree[np.ix_(one.successor[:, symbol], other.successor[:, symbol])]
            for symbol, share in enumerate(symbols)
        )
        total += agree
    return np.asarray(total / (HORIZON + 1))


def futures_written(first: Machine, second: Machine) -> np.ndarray:
    """Return how much (K, L) states of two machines that read nothing write alike, 0 to 1.

    It is 1 less the total variation between the words that they write from then on, their own
    symbol included, exactly, on average over lengths of 1 to `HORIZON`, or to the longest of which
    there are no more than `WORDS`.
    """
    n_symbols = first.readout.shape[1]
    longest = max(1, min(HORIZON, int(np.log(WORDS) / np.log(max(n_symbols, 2)))))
    lengths = zip(_written(first, longest), _written(second, longest), strict=True)
    apart = [np.abs(one[:, None] - other).sum(axis=-1) / 2 for one, other in lengths]
    return np.asarray(1 - np.mean(apart, axis=0))


def _written(machine: Machine, longest: int) -> Iterator[np.ndarray]:
    """Yield P(word | the state that writes its first symbol), (K, C ** n), for lengths n from 1."""
    moves, writes = machine.transition[0], machine.readout
    words = writes
    yield words
    for _ in range(longest - 1):
        after = moves @ words
        words = (writes[:, :, None] * after[:, None, :]).reshape(len(moves), -1)
        yield words
