"""How words are put to a network whose sequences have begin or end marks, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.errors import DataError
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.outputs import is_answered
from markovlens.sequences import Sequences
from markovlens.trace import Trace

Word = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """Words of inner symbols, and the well-formed strings they stand for.

    Attributes:
        inner: the symbols that words are made of.
        opening: the begin mark put before every word, none if None.
        closing: the end mark put after every word, () or one symbol: only where the network
            answers at nothing else. Where it answers all along, words go without, since what it
            says after the mark is then one answer of many.
    """

    inner: Word
    opening: int | None
    closing: Word

    @classmethod
    def of(cls, trace: Trace) -> Wording:
        """Return the wording for a network of which this was recorded.

        Raises:
            DataError: there are several begin marks, or several end marks that are answered: the
                language after each would have to be learnt by itself.
        """
        alphabet = Alphabet.of(trace.sequences, len(trace.symbols))
        answered = np.unique(trace.inputs[trace.has_output])
        at_end = bool(alphabet.closing) and bool(np.isin(answered, alphabet.closing).all())
        closing = alphabet.closing if at_end else ()
        if max(len(alphabet.opening), len(closing)) > 1:
            raise DataError(
                f"expected one begin and one end mark, got {len(alphabet.opening)} and "
                f"{len(closing)}: there is more than one language",
                page="alphabets-differ",
            )
        return cls(alphabet.inner, next(iter(alphabet.opening), None), closing)

    @property
    def answers_nothing_read(self) -> bool:
        """Whether the empty word has an answer: a mark of its own is read then."""
        return self.opening is not None or bool(self.closing)

    def put(self, words: Sequence[Word]) -> Sequences:
        """Return words as the network reads them."""
        begin = () if self.opening is None else (self.opening,)
        return Sequences.from_list([np.array((*begin, *word, *self.closing)) for word in words])

    def heard(
        self, words: Sequence[Word], inputs: Sequences, outputs: np.ndarray
    ) -> Iterator[tuple[Word, int]]:
        """Yield each prefix that was answered, with the most likely class.

        Args:
            words: inner symbols only.
            inputs: the same words as `put` makes them.
            outputs: (N, C), the network's or a machine's distributions at all steps of `inputs`.
        """
        decisions, answered = outputs.argmax(axis=1).tolist(), is_answered(outputs)
        shortest = 0 if self.opening is not None else 1
        for word, start in zip(words, inputs.starts.tolist(), strict=True):
            if self.closing:
                row = start + len(word) + (self.opening is not None)
                if answered[row]:
                    yield word, decisions[row]
                continue
            for length in range(shortest, len(word) + 1):
                row = start + length - shortest
                if answered[row]:
                    yield word[:length], decisions[row]

    def extend(
        self, first: np.ndarray, successor: np.ndarray, readout: np.ndarray, trace: Trace
    ) -> Machine:
        """Return the machine over all V symbols from one over the inner ones.

        It stays where it is on every other symbol: on an end mark, after which it answers what it
        has said of the word all along, and on symbols out of place, which are marked as unseen. As
        the first symbol of all, an inner one is read as if the begin mark had come before.

        Args:
            first: (I,), the state after each inner symbol as the first of a word.
            successor: (K, I), the next state; the start is state 0 where it has an answer.
            readout: (K, C), the output distribution of each state.
            trace: gives the names of symbols and classes.
        """
        n_states, n_symbols, inner = len(successor), len(trace.symbols), list(self.inner)
        one_hot = np.eye(n_states)
        initial = np.tile(one_hot[0], (n_symbols, 1))
        transition = np.tile(one_hot, (n_symbols, 1, 1))
        initial[inner], transition[inner] = one_hot[first], one_hot[successor.T]
        seen = np.zeros((n_symbols, n_states), dtype=bool)
        seen[[*inner, *self.closing]] = True
        return Machine(initial, transition, readout, trace.symbols, trace.classes, seen)
