"""L* (Angluin 1987): an automaton learnt from words that the network is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from aalpy.base import SUL, Oracle
from aalpy.learning_algs import run_Lstar

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.learners import (
    NO_ANSWER,
    answers,
    check_alphabet,
    number_states,
    quietly,
)
from markovlens.abstractions.wording import Word, Wording
from markovlens.activations.oracle import Answering
from markovlens.errors import DataError, reason_of
from markovlens.machines.machine import Machine
from markovlens.seeding import seed_for
from markovlens.sequences import Sequences
from markovlens.trace import Trace

ROUND_SHARE = 0.1  # of all queries: the words that test one hypothesis


@dataclass(frozen=True, slots=True)
class Answers:
    """What the network answered to several words.

    Attributes:
        inputs: the words as they were put to it, marks included.
        decisions: each prefix that it answered with its decision, word by word.
    """

    inputs: Sequences
    decisions: list[tuple[Word, int]]


class Spent(Exception):
    """The learner may ask no more, needs no larger hypothesis, or is not answered."""


def fit(
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    rng: np.random.Generator,
    options: Options,
) -> dict[int, Fitted | str]:
    """Return, for each budget, the last hypothesis of L* that fits into it.

    AALpy learns a Moore machine (for two classes that is an automaton that accepts or rejects)
    whose start state answers nothing, as the network does before the first symbol; it is not among
    the states. Hypotheses are tested in batches: half of the words reach a state, go on at random
    and end in a word that tells states apart (random W method), half walk on at random from each
    state in turn (state coverage). The shortest disagreement is the counterexample. Learning ends
    when a hypothesis passes, exceeds the largest budget, or `options.queries` words were asked.

    Where every sequence begins with a mark, what is learnt is the language after it (see
    `Wording`): the network then answers the empty word too, and the start is one of the states.
    """
    try:
        check_alphabet(evidence, options)
        if evidence.network is None:
            raise DataError(
                "L* asks the network, and it is not at hand; give `study(..., "
                "network=Oracle(model))`",
                page="cannot-be-asked",
            )
        teacher = Teacher(evidence.network, options.queries, Wording.of(evidence.train))
        student = Student(teacher, evidence, largest=max(n_states), options=options)
        learn(teacher, student, evidence.seed)
    except ValueError as error:
        return dict.fromkeys(n_states, reason_of(error))
    return {size: _fitting(student.hypotheses, size, teacher) for size in n_states}


def learn(teacher: Teacher, student: Student, seed: int) -> None:
    """Let AALpy learn until the student has no objection left, or one of the two has enough."""
    with quietly(seed):
        try:
            run_Lstar(
                list(student.alphabet),
                teacher,
                student,
                automaton_type="moore",
                cache_and_non_det_check=False,  # the teacher remembers by itself
                print_level=0,
            )
        except Spent:
            return


def _fitting(hypotheses: Sequence[Machine], size: int, teacher: Teacher) -> Fitted | str:
    fitting = [machine for machine in hypotheses if machine.n_states <= size]
    if fitting:
        return Fitted(fitting[-1])
    least = min((machine.n_states for machine in hypotheses), default=None)
    if least is None and teacher.silence:
        return teacher.silence
    if least is None:
        return f"no hypothesis within {teacher.most} words (queries)"
    return f"the first hypothesis has {least} states, more than the budget"


class Teacher(SUL):
    """The network as what is learnt from; it remembers every prefix that it was asked."""

    def __init__(self, network: Answering, most: int, wording: Wording) -> None:
        """Keep the network, the number of words that it may be asked, and how to put them."""
        super().__init__()
        self.most = most
        self.asked = 0
        self.silence = ""  # what the network did not answer, though learning depends on it
        self.wording = wording
        self._network = network
        self._known: dict[Word, int] = {} if wording.answers_nothing_read else {(): NO_ANSWER}
        self._word: Word = ()

    def pre(self) -> None:
        """Begin a word."""
        self._word = ()

    def post(self) -> None:
        """End a word; there is nothing to tidy."""

    def step(self, letter: int | None) -> int:
        """Return the decision after one more symbol."""
        self._word = self._word if letter is None else (*self._word, letter)
        return self.query(self._word)[-1]

    def query(self, word: Sequence[int]) -> list[int]:
        """Return the decision after each symbol of a word, and that of no symbol for none.

        Of a network that answers at the end only, the last decision alone: the others would each
        be a question, and the learner has no use for them.
        """
        word = tuple(word)
        if word not in self._known:
            self.ask([word])
        self._check_answered(word)
        if not word:
            return [self._known[()]]
        if self.wording.closing:
            return [NO_ANSWER] * (len(word) - 1) + [self._known[word]]
        return [self._known[word[: end + 1]] for end in range(len(word))]

    def _check_answered(self, word: Word) -> None:
        """Raise `Spent` unless all is known that `query` returns: a table has no empty cells."""
        needed = [word] if self.wording.closing else [word[:end] for end in range(1, len(word) + 1)]
        missing = next((each for each in needed if each not in self._known), None)
        if missing is not None:
            self.silence = (
                f"the network's answer to a word of {len(missing)} symbols is not finite, and L* "
                "needs an answer to every word"
            )
            raise Spent

    def remember(self, words: Iterable[Word]) -> None:
        """Ask at once those words whose answers are not known."""
        unknown = [word for word in dict.fromkeys(words) if word not in self._known]
        if unknown:
            self.ask(unknown)

    def ask(self, words: Sequence[Word]) -> Answers:
        """Return what the network decides at the steps of several words, asked at once."""
        if self.asked + len(words) > self.most:
            raise Spent
        self.asked += len(words)
        inputs = self.wording.put(words)
        found = list(self.wording.heard(words, inputs, self._network.outputs(inputs)))
        for prefix, decision in found:
            self._known[prefix] = decision
        return Answers(inputs, found)


class Student(Oracle):
    """Looks for words on which a hypothesis and the network disagree, and keeps the hypotheses."""

    def __init__(
        self, teacher: Teacher, evidence: Evidence, *, largest: int, options: Options
    ) -> None:
        """Keep whom to ask, what the training words are like, and when to stop."""
        super().__init__(list(teacher.wording.inner), teacher)
        self.hypotheses: list[Machine] = []
        self.latest: Any = None  # the last hypothesis as AALpy has it
        self.tested = 0  # words that hypotheses were tested on
        self._trace = evidence.train
        self._largest = largest
        self._n_words = max(2, int(ROUND_SHARE * options.queries))
        self._rng = np.random.default_rng(seed_for(evidence.seed, "lstar"))

    def find_cex(self, hypothesis: Any) -> Word | None:
        """Return the shortest word found on which they disagree, None if all agree."""
        self.latest = hypothesis
        machine = machine_of(hypothesis, self._trace, self.sul.wording)
        if machine.n_states > self._largest:
            if not self.hypotheses:
                self.hypotheses.append(machine)
            raise Spent
        self.hypotheses.append(machine)
        words = self._random_w(hypothesis) + self._coverage(hypothesis)
        asked = self.sul.ask(words)
        self.tested += len(words)
        # Words that the network does not answer are no counterexamples.
        said = dict(self.sul.wording.heard(words, asked.inputs, machine.predict(asked.inputs)))
        missed = [word for word, truth in asked.decisions if word and truth != said[word]]
        return min(missed, key=len, default=None)

    def _random_w(self, hypothesis: Any) -> list[Word]:
        endings = hypothesis.compute_characterization_set(raise_warning=False) or [()]
        states = self._rng.integers(len(hypothesis.states), size=self._n_words // 2)
        return [
            (*self._walk(hypothesis.states[state].prefix), *self._ending(endings))
            for state in states
        ]

    def _coverage(self, hypothesis: Any) -> list[Word]:
        prefixes = [state.prefix for state in hypothesis.states]
        rest = self._n_words - self._n_words // 2
        return [self._walk(prefixes[number % len(prefixes)]) for number in range(rest)]

    def _walk(self, prefix: Word) -> Word:
        """Return a word with 1 up to as many random symbols more as training words are long."""
        more = self._rng.integers(1, int(self._trace.lengths.max()) + 1)
        drawn = self._rng.integers(len(self.alphabet), size=more)
        return (*prefix, *(self.alphabet[place] for place in drawn))

    def _ending(self, endings: Sequence[Word]) -> Word:
        return endings[int(self._rng.integers(len(endings)))]


def machine_of(hypothesis: Any, trace: Trace, wording: Wording) -> Machine:
    """Return an AALpy Moore machine over all symbols, with the network's outputs.

    The start is among the states only where the network answers it. Symbols out of place leave the
    state as it is (see `Wording.extend`).
    """
    number = number_states(hypothesis)
    by_number = {number[state.state_id]: state for state in hypothesis.states}
    successor = np.array(
        [
            [number[by_number[k].transitions[v].state_id] for v in wording.inner]
            for k in range(len(number))
        ]
    )
    first, decisions = successor[0], np.array([by_number[k].output for k in range(len(number))])
    return answering(first, successor, decisions, trace=trace, wording=wording)


def answering(
    first: np.ndarray,
    successor: np.ndarray,
    decisions: np.ndarray,
    *,
    trace: Trace,
    wording: Wording,
) -> Machine:
    """Return the machine over all symbols of an automaton over the inner ones.

    Args:
        first: int (I,), the state after each of I inner symbols as the first of a word.
        successor: int (K, I), the next state; state 0 is the start.
        decisions: int (K,), what each state answers, `NO_ANSWER` of a start that answers nothing.
        trace: gives names and the network's outputs.
        wording: how words are put.
    """
    if not wording.answers_nothing_read:
        # Only the start answers nothing, so nothing leads back to it and it can be left out.
        first, successor, decisions = first - 1, successor[1:] - 1, decisions[1:]
    bare = wording.extend(first, successor, np.eye(len(trace.classes))[decisions], trace)
    states = bare.run(trace.sequences).argmax(axis=1)
    readout = answers(trace, states, decisions)
    return Machine(bare.initial, bare.transition, readout, bare.symbols, bare.classes, bare.seen)
