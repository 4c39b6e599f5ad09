"""What a network does with a row: asked from several states, and by what it answers afterwards.

Two rows mean the same to a network if, whatever came before and whatever comes after, it answers
alike (Nerode's congruence, on a sample). Both are drawn from training sequences.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.kinds import DECIDES, output_kind
from markovlens.channels import Channel
from markovlens.sequences import Sequences, starts_of, steps_of
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

N_AHEAD, LONGEST_AHEAD = 6, 6  # strings of rows that are read afterwards, and their length
FLIPPED = 0.5  # difference of shares from which on a question is decided otherwise
LEAST_FLIPPED = 2  # strings read afterwards: of one, a row may lie on a boundary
HALVINGS = 12
ALIKE = 0.5  # pairs of rows told apart by less than this share of the clearest one are left out


class OutOfWordsError(Exception):
    """A question was not asked, since it would have taken more words than are left."""


class Probe:
    """A network, states from which it reads a row, and rows that it reads afterwards.

    Attributes:
        channels: what the D columns of rows are.
        n_asked: words that the network was asked so far.
        most_words: beyond which no question is asked.
    """

    def __init__(
        self, network: Askable, trace: Trace, clusters: np.ndarray, rng: np.random.Generator
    ) -> None:
        """Take a prefix that ends amid each cluster, and draw what is read afterwards.

        Args:
            network: what is asked.
            trace: of a network that reads rows.
            clusters: int (N,), the cluster of the state after each step.
            rng: draws the latter.
        """
        inputs = trace.sequences
        self.channels: tuple[Channel, ...] = inputs.channels
        self.n_asked, self.most_words = 0, np.inf
        spread = np.nanstd(trace.outputs[trace.has_output], axis=0)
        self._unit = np.where(spread > 0, spread, 1.0)
        self._network, self._decides = network, output_kind(trace).name == DECIDES
        ends = _typical(trace.states.astype(np.float64), clusters)
        self._begun = network.states_after(_prefixes(inputs, ends))
        self._owned = inputs.rows[ends]  # of what is static
        length = min(LONGEST_AHEAD, int(inputs.lengths.max()))
        places = np.flatnonzero(_left(inputs) >= length)
        begins = rng.choice(places, N_AHEAD)
        self._ahead = inputs.rows[begins[:, None] + np.arange(length)]  # (S, L, D)

    def answers(self, rows: np.ndarray) -> np.ndarray:
        """Return what the network says (R, B, C) after each of rows (R, D), asked B times.

        Of networks that decide it is the decision, one-hot; of others the output, in units of its
        spread. Without an output there are zeros.

        Raises:
            OutOfWordsError: this would be more than `most_words`.
        """
        n_rows, n_begun = len(rows), len(self._begun)
        n_words = n_rows * n_begun * len(self._ahead)
        if self.n_asked + n_words > self.most_words:
            raise OutOfWordsError
        self.n_asked += n_words
        read = self._as_owned(np.repeat(rows[:, None], n_begun, axis=1))
        begun = np.tile(self._begun, (n_rows, 1))
        at_once, after = self._network.advance(begun, read.reshape(n_rows * n_begun, -1))
        later = self._network.resume(
            np.repeat(after, len(self._ahead), axis=0), self._later(n_rows)
        )
        n_classes = at_once.shape[1]
        said = np.concatenate(
            [at_once.reshape(n_rows, -1, n_classes), later.reshape(n_rows, -1, n_classes)], axis=1
        )
        return self._as_said(said)

    def _later(self, n_rows: int) -> Sequences:
        """Return what is read after each of so many rows, from each state."""
        n_ahead, length, width = self._ahead.shape
        ahead = self._as_owned(self._ahead[:, :, None]).transpose(2, 0, 1, 3)  # (P, S, L, D)
        lengths = np.full(n_rows * len(self._begun) * n_ahead, length)
        return Sequences(np.tile(ahead.reshape(-1, width), (n_rows, 1)), lengths)

    def _as_owned(self, rows: np.ndarray) -> np.ndarray:
        """Return rows (..., P, D) with what is static as it was in the prefix."""
        static = np.array([channel.static for channel in self.channels])
        return np.where(static, self._owned, rows)

    def _as_said(self, outputs: np.ndarray) -> np.ndarray:
        if not self._decides:
            return np.nan_to_num(outputs / self._unit)
        known = ~np.isnan(outputs[..., :1])
        decided = np.nan_to_num(outputs, nan=-1.0).argmax(axis=-1)
        return np.eye(outputs.shape[-1], dtype=np.float32)[decided] * known

    @property
    def decides(self) -> bool:
        """Whether answers are decisions."""
        return self._decides

    def decided_otherwise(self, first: np.ndarray, second: np.ndarray) -> bool:
        """Return whether mean decisions (B, C) on two sets of rows differ from some state.

        They do at once, or after several of the strings that are read afterwards.
        """
        flips = np.abs(first - second).max(axis=-1) >= FLIPPED
        n_begun = len(self._begun)
        after = flips[n_begun:].reshape(n_begun, len(self._ahead), -1).any(axis=-1).sum(axis=1)
        return bool(flips[:n_begun].any() or (after >= LEAST_FLIPPED).any())

    def crossings(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the rows (Q', D) between pairs of rows (Q, D) where the answer changes.

        A pair that the network answers alike, or hardly tells apart, has none. Categories stay
        those of the first row.
        """
        fixed = np.array([bool(channel.levels) for channel in self.channels])
        near, far = first, np.where(fixed, first, second)
        here, there = self.answers(near), self.answers(far)
        apart = np.abs(here - there).mean(axis=(1, 2))
        for _ in range(HALVINGS):
            middle = (near + far) / 2
            said = self.answers(middle)
            is_near = _gap(said, here) <= _gap(said, there)
            near = np.where(is_near[:, None], middle, near)
            far = np.where(is_near[:, None], far, middle)
        told = (apart > 0) & (apart >= ALIKE * apart.max(initial=0))
        return ((near + far) / 2)[told]


def _gap(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    gap: np.ndarray = np.abs(first - second).mean(axis=(1, 2))
    return gap


def _typical(states: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """Return the row (P,) of each cluster that is nearest to its mean."""
    found = []
    for each in np.unique(clusters):
        mine = np.flatnonzero(clusters == each)
        distance = np.square(states[mine] - states[mine].mean(axis=0)).sum(axis=1)
        found.append(mine[distance.argmin()])
    return np.array(found)


def _left(inputs: Sequences) -> np.ndarray:
    """Return how many rows (N,) of its sequence there are from each row on."""
    return np.repeat(inputs.lengths, inputs.lengths) - steps_of(inputs.lengths)


def _prefixes(inputs: Sequences, ends: np.ndarray) -> Sequences:
    """Return the prefixes of sequences that end with these rows (P,)."""
    starts = starts_of(inputs.lengths)
    owners = np.searchsorted(starts, ends, side="right") - 1
    parts = [inputs.rows[starts[owner] : end + 1] for owner, end in zip(owners, ends, strict=True)]
    return Sequences.from_list(parts, inputs.channels)
