"""A machine that was found wrong by a word, made right on it by asking the network.

The states of the machine, each by a shortest word to it, and words that tell them apart are where
L* goes on from, so that what was right stays: Groce, Peled & Yannakakis, "Adaptive model checking",
2002. What a word shows is found by halving it: Rivest & Schapire, "Inference of finite automata
using homing sequences", 1993.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from markovlens.abstractions.lstar import Spent, Teacher, answering
from markovlens.abstractions.wording import Word
from markovlens.machines.deciding import told_apart
from markovlens.machines.machine import Machine
from markovlens.trace import Trace


class Crowded(Spent):
    """There would be too many states."""


@dataclass(slots=True)
class Learner:
    """What is known of a network by words.

    Attributes:
        teacher: who is asked.
        trace: that gives names, and outputs to the states.
        begun: a word to each state; the first is the empty one, the start.
        endings: words after which at least one decision tells two states apart, () among them.
        most_states: more are not made.
    """

    teacher: Teacher
    trace: Trace
    begun: list[Word]
    endings: list[Word] = field(default_factory=lambda: [()])
    most_states: int = 64

    @classmethod
    def of(cls, machine: Machine, teacher: Teacher, trace: Trace, most_states: int) -> Learner:
        """Return one that knows the states of a machine and what tells them apart."""
        small = told_apart(machine, trace.sequences)
        inner = teacher.wording.inner
        first, after = small.initial.argmax(axis=-1), small.transition.argmax(axis=-1)
        opening = teacher.wording.opening
        start = None if opening is None else int(first[opening])
        begun: dict[int | None, Word] = {start: ()}
        pending = [start]
        while pending:
            at = pending.pop(0)
            for symbol in inner:
                then = int(first[symbol] if at is None else after[symbol, at])
                if then not in begun:
                    begun[then] = (*begun[at], symbol)
                    pending.append(then)
        endings = _endings(after[list(inner)], small.readout.argmax(axis=1), inner)
        return cls(teacher, trace, list(begun.values()), endings, most_states)

    def machine(self) -> Machine:
        """Return the machine of what is known, after asking what is not.

        Raises:
            Spent: nothing more may be asked, or something is not answered.
            Crowded: there would be too many states.
        """
        self._close()
        number = {self._row(word): state for state, word in enumerate(self.begun)}
        successor = np.array(
            [[number[self._row((*word, v))] for v in self._inner] for word in self.begun]
        )
        decisions = np.array([self.teacher.query(word)[-1] for word in self.begun])
        return answering(
            successor[0], successor, decisions, trace=self.trace, wording=self.teacher.wording
        )

    def learn(self, word: Word) -> Machine:
        """Return a machine that decides as the network after each symbol of a word of inner ones.

        Raises:
            Spent: as for `machine`.
        """
        while True:
            machine = self.machine()
            wrong = self._first_wrong(word)
            if wrong is None:
                return machine
            self._split(wrong)

    @property
    def _inner(self) -> Word:
        return self.teacher.wording.inner

    def _row(self, word: Word) -> tuple[int, ...]:
        return tuple(self.teacher.query((*word, *ending))[-1] for ending in self.endings)

    def _close(self) -> None:
        """Find a state for each symbol after each state; none of them twice."""
        rows: dict[tuple[int, ...], Word] = {}
        waiting = list(self.begun)
        self.begun = []
        while waiting:
            self._remember(waiting)
            fresh = []
            for word in waiting:
                if rows.setdefault(self._row(word), word) == word:
                    fresh.append(word)
            self.begun += fresh
            if len(self.begun) > self.most_states:
                raise Crowded
            waiting = [(*word, symbol) for word in fresh for symbol in self._inner]
            waiting = [word for word in waiting if word not in self.begun]

    def _remember(self, words: list[Word]) -> None:
        self.teacher.remember((*word, *ending) for word in words for ending in self.endings)

    def _walk(self, word: Word) -> Word:
        """Return the word to the state in which the machine is after a word."""
        known = {self._row(begun): begun for begun in self.begun}
        at = self.begun[0]
        for symbol in word:
            at = known[self._row((*at, symbol))]
        return at

    def _first_wrong(self, word: Word) -> Word | None:
        """Return the shortest beginning of a word that is decided otherwise, None if none is."""
        for length in range(1, len(word) + 1):
            said = self.teacher.query(self._walk(word[:length]))[-1]
            if said != self.teacher.query(word[:length])[-1]:
                return word[:length]
        return None

    def _split(self, word: Word) -> None:
        """Add the ending by which a word shows that two words of one state are of two."""
        truth = self.teacher.query(word)[-1]
        low, high = (
            0,
            len(word),
        )  # the state after `low` symbols goes on rightly, that of `high` not
        while high - low > 1:
            middle = (low + high) // 2
            asked = (*self._walk(word[:middle]), *word[middle:])
            if self.teacher.query(asked)[-1] == truth:
                low = middle
            else:
                high = middle
        self.endings.append(word[high:])


def _endings(after: np.ndarray, decisions: np.ndarray, inner: Word) -> list[Word]:
    """Return words, () among them, after which any two states (K,) of a machine decide otherwise.

    Args:
        after: int (I, K), the next state by each inner symbol.
        decisions: int (K,), of states all of which some word tells apart.
        inner: the I symbols.
    """
    found: list[Word] = [()]
    rows = [decisions]
    while True:
        said = np.column_stack(rows)
        blocks = np.unique(said, axis=0, return_inverse=True)[1].ravel()
        finer = _finer(after, said, blocks)
        if finer is None:
            return found
        symbol, place = finer
        found.append((inner[symbol], *found[place]))
        rows.append(rows[place][after[symbol]])


def _finer(after: np.ndarray, said: np.ndarray, blocks: np.ndarray) -> tuple[int, int] | None:
    """Return a symbol and an ending that tell two states of a block apart, None if none do."""
    for symbol, then in enumerate(after):
        for place in range(said.shape[1]):
            pairs = np.unique(np.column_stack([blocks, said[then, place]]), axis=0)
            if len(pairs) > blocks.max() + 1:
                return symbol, place
    return None
