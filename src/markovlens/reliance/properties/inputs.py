"""Which words a machine may be given: any of an alphabet, or words drawn like those of data.

Words come of contexts: in each a symbol may come, and leads to the next context. Where symbols are
chosen, what is asked is how bad the worst word is; where they have probabilities, how likely.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from markovlens.arguments import check_choice
from markovlens.errors import DataError
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences, steps_of

ANY, FREQUENCIES, PAIRS = "any", "frequencies", "pairs"
KINDS = (ANY, FREQUENCIES, PAIRS)
ENDS = -1  # in place of a context: the word is over


@dataclass(frozen=True, slots=True)
class Inputs:
    """The words that may come, from context 0 on.

    Attributes:
        context: int (E,), in which each of E moves is made, sorted.
        symbol: int (E,), the symbol that comes.
        follows: int (E,), the next context, or `ENDS`.
        weight: float (E,), its probability in that context; what is left of 1 is that the word ends
            before it. None where symbols are chosen.
        n_contexts: Q.
        answered: bool (V,), the symbols after which the network answers.
        kind: in a word.
    """

    context: np.ndarray
    symbol: np.ndarray
    follows: np.ndarray
    weight: np.ndarray | None
    n_contexts: int
    answered: np.ndarray
    kind: str

    @property
    def first(self) -> np.ndarray:
        """Int (Q + 1,), where the moves of each context begin."""
        return np.searchsorted(self.context, np.arange(self.n_contexts + 1))

    def probability(self, word: Sequence[int]) -> float:
        """Return how likely a word is the beginning of one that comes; 1 or 0 where it is chosen.

        It is 0 of a word that may not come.
        """
        moves = self._moves
        context: int | None = 0
        likely = 1.0
        for symbol in word:
            context, weight = moves.get((context, symbol), (None, 0.0))
            likely *= weight
        return likely

    def allowed(self, words: Sequences, until: np.ndarray) -> np.ndarray:
        """Return which words (S,) may come, each as far as step `until` (S,), that one included."""
        moves, found = self._moves, np.zeros(len(words), dtype=bool)
        for number, (word, last) in enumerate(zip(words, until.tolist(), strict=True)):
            context: int | None = 0
            for symbol in word[: last + 1].tolist():
                context = moves.get((context, symbol), (None, 0.0))[0]
            found[number] = context is not None
        return found

    @property
    def _moves(self) -> dict[tuple[int | None, int], tuple[int | None, float]]:
        """The next context, and how likely, by context and symbol."""
        weight = np.ones(len(self.symbol)) if self.weight is None else self.weight
        ends = zip(self.follows.tolist(), weight.tolist(), strict=True)
        return dict(
            zip(zip(self.context.tolist(), self.symbol.tolist(), strict=True), ends, strict=True)
        )

    @property
    def said(self) -> str:
        """In words, to follow "on"."""
        return {
            ANY: "any word",
            FREQUENCIES: "words of symbols as frequent as in the sequences given, one by one",
            PAIRS: "words of pairs of symbols as frequent as in the sequences given",
        }[self.kind]


def any_word(machine: Machine, alphabet: Alphabet, answered: np.ndarray | None = None) -> Inputs:
    """Return the words of an alphabet: a begin mark, inner symbols, an end mark that ends them.

    Args:
        machine: that reads them; of one that ignores its inputs there is one word of each length.
        alphabet: which symbols may stand where.
        answered: bool (V,), after which symbols there is an answer; after all when None.
    """
    n_symbols = machine.n_symbols
    alphabet = Alphabet.free(1) if n_symbols == 1 else alphabet
    inner, closing = list(alphabet.inner), list(alphabet.closing)
    begun = 1 if alphabet.opening else 0
    moves = [(0, symbol, 1) for symbol in alphabet.opening]
    moves += [(begun, symbol, begun) for symbol in inner]
    moves += [(begun, symbol, ENDS) for symbol in closing]
    context, symbol, follows = np.array(moves, dtype=np.int64).T
    given = np.ones(n_symbols, dtype=bool) if answered is None else answered
    return Inputs(context, symbol, follows, None, begun + 1, given, ANY)


def drawn_words(
    machine: Machine, sequences: Sequences, kind: str, answered: np.ndarray | None = None
) -> Inputs:
    """Return words drawn like sequences, each of whose steps may be the last.

    With `frequencies` a symbol comes as often as it does at first, or at later steps; a word ends
    after a step as often as sequences do, so that lengths are geometric. With `pairs` a symbol
    comes and a word ends as often as after the symbol before it (a Markov chain of first order).

    Args:
        machine: that reads them, rows by its codebook.
        sequences: what they are drawn like.
        kind: `frequencies` or `pairs`.
        answered: as for `any_word`.
    """
    check_choice("inputs", kind, (FREQUENCIES, PAIRS))
    codes = sequences.are_symbols and machine.n_symbols > 1  # of rows, too, if they were coded
    symbols = sequences.values if codes else machine.symbols_of(sequences)
    lengths = sequences.lengths
    is_first = steps_of(lengths) == 0
    before = np.concatenate([[0], symbols[:-1]]) if kind == PAIRS else np.zeros_like(symbols)
    context = np.where(is_first, 0, before + 1)
    after = symbols + 1 if kind == PAIRS else np.ones_like(symbols)
    n_contexts = machine.n_symbols + 1 if kind == PAIRS else 2
    moves, counts = np.unique(
        np.column_stack([context, symbols, after]), axis=0, return_counts=True
    )
    # What comes in a context, or that the word ends in it; before the first symbol none does.
    ends = np.bincount(after[np.cumsum(lengths) - 1], minlength=n_contexts)
    met = np.bincount(moves[:, 0], counts, minlength=n_contexts) + ends
    given = np.ones(machine.n_symbols, dtype=bool) if answered is None else answered
    weight = counts / met[moves[:, 0]]
    came, read, then = moves.T
    return Inputs(came, read, then, weight, n_contexts, given, kind)


def inputs_of(
    machine: Machine,
    kind: str,
    sequences: Sequences | None,
    answered: np.ndarray | None = None,
) -> Inputs:
    """Return the words of a kind; raises `DataError` where that takes sequences and none are."""
    check_choice("inputs", kind, KINDS)
    if kind == ANY:
        read = sequences is not None and sequences.are_symbols and machine.codebook is None
        alphabet = Alphabet.of(sequences, machine.n_symbols) if read and sequences else None
        return any_word(machine, alphabet or Alphabet.free(machine.n_symbols), answered)
    if sequences is None:
        raise DataError(f"inputs: expected sequences that words are drawn like, as {kind!r} asks, "
                        "got none; give `sequences`", page="nothing-there")  # fmt: skip
    return drawn_words(machine, sequences, kind, answered)
