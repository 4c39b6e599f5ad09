"""Which symbols may stand where: begin and end marks are told from the sequences themselves.

Some tasks put a begin symbol before every sequence, or an end symbol after it. A string with a
mark in its middle is one that no task produces: what a network answers there means nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences


@dataclass(frozen=True, slots=True)
class Alphabet:
    """The symbols of well-formed strings: an opening one, any inner ones, a closing one.

    Attributes:
        opening: begin marks; a string begins with one of them, unless there are none.
        inner: the symbols between, at least one.
        closing: end marks; a string ends in one of them, unless there are none.
    """

    opening: tuple[int, ...]
    inner: tuple[int, ...]
    closing: tuple[int, ...]

    @classmethod
    def free(cls, n_symbols: int) -> Alphabet:
        """Return the alphabet in which each of `n_symbols` may stand anywhere."""
        return cls((), tuple(range(n_symbols)), ())

    @classmethod
    def of(cls, sequences: Sequences, n_symbols: int) -> Alphabet:
        """Return the alphabet that sequences follow.

        Opening symbols occur at first positions only, and every sequence begins with one; closing
        ones likewise at last positions. Where there are such marks, the inner symbols are those
        seen between them: a symbol never read may be a mark too (a language model is not shown its
        end symbol). Without marks, and where nothing would be left between them, every one of the
        `n_symbols` is inner. Rows have no marks.
        """
        if not sequences.are_symbols:
            return cls.free(n_symbols)
        first, last = sequences.starts, sequences.starts + sequences.lengths - 1
        opening, closing = (_only_at(rows, sequences.values) for rows in (first, last))
        # In a sequence of one symbol that symbol would be both.
        closing = () if set(opening) & set(closing) else closing
        inner = np.setdiff1d(sequences.values, [*opening, *closing]).tolist()
        if not inner or not (opening or closing):
            return cls.free(n_symbols)
        return cls(opening, tuple(int(symbol) for symbol in inner), closing)

    @property
    def marked(self) -> bool:
        """Whether there are begin or end marks."""
        return bool(self.opening or self.closing)

    @property
    def n_marks(self) -> int:
        """Marks in a string, 0 to 2."""
        return bool(self.opening) + bool(self.closing)

    def core(self, word: np.ndarray) -> np.ndarray:
        """Return a word (T,) without its marks; it may be empty."""
        return word[np.isin(word, self.inner)] if self.marked else word

    def draw(self, core: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return inner symbols (T,) between marks drawn at random; nothing is drawn without any."""
        if not self.marked:
            return core
        begin, end = (_one(marks, rng) for marks in (self.opening, self.closing))
        return np.concatenate([begin, core, end]).astype(core.dtype)

    def like(self, core: np.ndarray, word: np.ndarray) -> np.ndarray:
        """Return inner symbols (T,) between the marks of a well-formed word."""
        if not self.marked:
            return core
        begin, end = (word[np.isin(word, marks)][:1] for marks in (self.opening, self.closing))
        return np.concatenate([begin, core, end]).astype(word.dtype)

    def well_formed(self, word: np.ndarray) -> bool:
        """Return whether a word (T,) has its marks where they belong and nowhere else."""
        begin, end = bool(self.opening), len(word) - bool(self.closing)
        return (
            end >= begin
            and bool(np.isin(word[:begin], self.opening).all())
            and bool(np.isin(word[begin:end], self.inner).all())
            and bool(np.isin(word[end:], self.closing).all())
        )


def as_if_well_formed(machine: Machine, alphabet: Alphabet) -> Machine:
    """Return the machine that ignores symbols where they are out of place.

    It stays where it is on a begin mark, or a symbol that is no part of any string, after the first
    position; first positions without a begin mark are read as if the first of them had come
    before. So minimising it merges states that only ill-formed strings tell apart. Moves by end
    marks are kept: what comes after them is not taken care of.
    """
    if not alphabet.marked or machine.n_symbols == 1:  # one that ignores its inputs
        return machine
    initial, transition, seen = (
        part.copy() for part in (machine.initial, machine.transition, machine.seen)
    )
    outside = np.setdiff1d(np.arange(machine.n_symbols), [*alphabet.inner, *alphabet.closing])
    transition[outside] = np.eye(machine.n_states)
    seen[outside] = False
    if alphabet.opening:
        begun = machine.initial[alphabet.opening[0]]
        others = np.setdiff1d(np.arange(machine.n_symbols), alphabet.opening)
        initial[others] = begun @ transition[others]
    return replace(machine, initial=initial, transition=transition, seen=seen)


def _only_at(rows: np.ndarray, values: np.ndarray) -> tuple[int, ...]:
    """Return the symbols at `rows` (S,) if none of them occurs in any other row, else none."""
    there = np.unique(values[rows])
    elsewhere = np.delete(values, rows)
    alone = not len(np.intersect1d(there, elsewhere))
    return tuple(int(symbol) for symbol in there) if alone else ()


def _one(marks: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    return np.array([marks[rng.integers(len(marks))]] if marks else [], dtype=np.int64)
