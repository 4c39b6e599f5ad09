"""Violations tried on the network: confirmed and made short, or spurious and the machine refined.

The loop of Clarke, Grumberg, Jha, Lu & Veith ("Counterexample-guided abstraction refinement", 2000)
with a machine that is learnt and not derived (Peled, Vardi & Yannakakis, "Black box checking",
1999): where it has the property, words are drawn until it passes as many as its turn needs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.abstractions.lstar import Spent, Teacher
from markovlens.abstractions.wording import Wording
from markovlens.arguments import check_chance, check_whole, with_known_settings
from markovlens.errors import DataError, reason_of
from markovlens.faithfulness.scores.guarantees import Guarantee, risk_of, tests_needed
from markovlens.faithfulness.scores.shrinking import NEVER, first_of, shortest_failing
from markovlens.machines.machine import Machine
from markovlens.outputs import Output, is_answered
from markovlens.reliance.properties.adapting import Crowded, Learner
from markovlens.reliance.properties.checking import answered_by
from markovlens.reliance.properties.confirming import breach_of
from markovlens.reliance.properties.drawing import draw_words, drawn_like
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.network import Asked, as_words
from markovlens.reliance.properties.patterns import Property
from markovlens.reliance.properties.witness import MOST_LOOKED_AT, Word
from markovlens.sequences import Sequences
from markovlens.spelling import count

Symbols = tuple[int, ...]
SLACK = 3  # times the tests that a machine must pass without a failure: a few may then fail
STATES = "the property speaks of states of this machine, which another machine has not"
GRADED = "it makes no decisions, by which a machine could be refined"
UNSHOWN = f"no word that shows it is among the first {MOST_LOOKED_AT:,} beginnings of words"
APART = "a breach by codes was found on no rows that the network reads alone"
ALIKE = "machine and network decide alike on the word, and differ in how sure they are"


@with_known_settings
@dataclass(frozen=True, slots=True)
class Budget:
    """How long is tried.

    Attributes:
        words: that the network may be asked; to shrink one that is found may take more.
        epsilon: the share of words on which machine and network may differ, where it has the
            property.
        delta: the risk that they differ on more, over all machines that were tried.
        most_states: of a refined machine.
    """

    words: int = 20_000
    epsilon: float = 0.01
    delta: float = 0.05
    most_states: int = 64

    def __post_init__(self) -> None:
        """Check the numbers; raises `ConfigError`."""
        for name in ("words", "most_states"):
            check_whole(name, getattr(self, name), least=1)
        check_chance("epsilon", self.epsilon, "0.01 for one word in a hundred")
        check_chance("delta", self.delta, "0.05 for 5 %")


@dataclass(frozen=True, slots=True)
class Replay:
    """What the network did where a machine was thought to violate a property, or to have it.

    Attributes:
        counterexample: a word at whose end the network breaches it, shrunk; None if none was found.
        shrunk_from: how many symbols it had before; 0 without one.
        spurious: words that machines breach it on, and the network does not, in order.
        n_refined: how often the machine was refined, by spurious words and by words drawn.
        machine: the last one that was checked.
        n_asked: words that the network was asked, those that shrink one among them.
        agreement: of that machine with the network on words drawn: how few they answer otherwise,
            numbers by more than a standard deviation; None where it was not tried.
        reason: why it is undecided; "" where the loop came to an end.
        n_given: sequences that were given and looked at, which asks nothing.
        rows: of a network that reads rows, recorded ones, a row for each symbol of the
            counterexample, at whose end it breaches it; None of any other.
    """

    counterexample: Symbols | None = None
    shrunk_from: int = 0
    spurious: tuple[Symbols, ...] = ()
    n_refined: int = 0
    machine: Machine | None = None
    n_asked: int = 0
    agreement: Guarantee | None = None
    reason: str = ""
    n_given: int = 0
    rows: Sequences | None = field(default=None, compare=False)


def replayed(
    machine: Machine,
    stated: Property,
    inputs: Inputs,
    asked: Asked,
    *,
    budget: Budget,
    rng: np.random.Generator,
) -> Replay:
    """Return what the network does where a machine violates a property, or has it.

    Args:
        machine: to begin with.
        stated: a property that one word can breach.
        inputs: the words that may come.
        asked: the network.
        budget: how long is tried.
        rng: of the words that are drawn.
    """
    loop = _Loop(stated, inputs, asked, budget, rng, machine)
    try:
        while True:
            answer = answered_by(loop.machine, stated, inputs)
            found = loop.tested() if answer.holds else loop.tried(answer.words)
            if found is not None:
                break
    except Crowded:
        found = Replay(reason=_not_enough(budget.most_states, "state"))
    except Spent:
        found = Replay(reason=loop.silence or loop.spent)
    except DataError as error:
        found = Replay(reason=reason_of(error))
    return replace(
        found,
        spurious=tuple(loop.spurious),
        n_refined=loop.n_refined,
        machine=loop.machine,
        n_asked=loop.n_asked,
        agreement=None if found.counterexample else loop.agreement,
        n_given=loop.n_given,
    )


def _not_enough(number: int, noun: str) -> str:
    return f"{count(number, noun)} {'is' if number == 1 else 'are'} not enough"


@dataclass(slots=True)
class _Loop:
    """What is known so far."""

    stated: Property
    inputs: Inputs
    asked: Asked
    budget: Budget
    rng: np.random.Generator
    machine: Machine
    learner: Learner | None = None
    spurious: list[Symbols] = field(default_factory=list)
    n_put: int = 0  # words, but those of the learner
    n_given: int = 0  # recorded sequences that were looked at
    n_refined: int = 0
    turn: int = 0  # machines that were tested
    agreement: Guarantee | None = None  # of the machine

    @property
    def n_asked(self) -> int:
        """How many words the network was asked."""
        return self.n_put + (0 if self.learner is None else self.learner.teacher.asked)

    @property
    def left(self) -> int:
        """How many words may still be asked."""
        return max(0, self.budget.words - self.n_asked)

    @property
    def silence(self) -> str:
        """What the network did not answer; "" if it did."""
        return "" if self.learner is None else self.learner.teacher.silence

    @property
    def spent(self) -> str:
        """That there is no more to spend."""
        few = _not_enough(self.budget.words, "word")
        return f"{few}: to go on takes more than {self.left:,}"

    def tried(self, shown: Sequence[Word]) -> Replay | None:
        """Return that a word of the machine is the network's, too; None if it was refined by it."""
        if not shown or shown[0].symbols in self.spurious:
            return self._tested_or(ALIKE if shown else UNSHOWN)
        word = shown[0].symbols
        words = as_words([word])
        step = int(self._breaches(words, self._answers(words))[0])
        if step != NEVER:
            found = self._confirmed(words, np.array([step]))
            return found if found.counterexample else self._tested_or(APART)
        self.spurious.append(word)
        return self._refined(words.values)

    def _tested_or(self, reason: str) -> Replay | None:
        """Return as `tested`, but a reason where no word of the network's is found."""
        found = self.tested()
        known = found is None or found.counterexample is not None
        return found if known else Replay(reason=reason)

    def tested(self) -> Replay | None:
        """Return what words drawn show of a machine that has the property; None if one refines it.

        Sequences that were recorded are looked at first, which asks nothing.
        """
        trace = self.asked.trace
        self.n_given = len(trace)
        breached = self._breaches(trace.sequences, trace.outputs)
        if (breached != NEVER).any():
            return self._confirmed(trace.sequences, breached, given=True)
        needed = tests_needed(self.turn, epsilon=self.budget.epsilon, delta=self.budget.delta)
        words = self._drawn(min(SLACK * needed, self.left))
        outputs = self._answers(words)
        if ((breached := self._breaches(words, outputs)) != NEVER).any():
            return self._confirmed(words, breached)
        differs = self._differences(words, outputs)
        risk, self.turn = risk_of(self.turn, self.budget.delta), self.turn + 1
        like = drawn_like(self.inputs, self.asked.longest)
        n_failed = int((differs != NEVER).sum())
        self.agreement = Guarantee(len(words), n_failed, 1 - risk, like)
        if self.agreement.epsilon <= self.budget.epsilon:
            return Replay()
        if not n_failed:
            raise Spent
        return self._refined(shortest_failing(words, differs))

    @property
    def of_states(self) -> bool:
        """Whether the property speaks of the machine's states, which no network shows."""
        return any(each.looks_at_states(self.machine) for each in self.stated.statements)

    def _drawn(self, number: int) -> Sequences:
        if number < 1:
            raise Spent
        asked = self.asked
        return draw_words(
            self.inputs, number, alphabet=asked.alphabet, longest=asked.longest, rng=self.rng
        )

    def _answers(self, words: Sequences) -> np.ndarray:
        if len(words) > self.left:
            raise Spent
        self.n_put += len(words)
        return self.asked.outputs(words)

    def _breaches(self, words: Sequences, outputs: np.ndarray) -> np.ndarray:
        """Return the step (S,) at which the network breaches the property on words that may come.

        Of a property of states: at which the machine does, where both answered alike until then.
        """
        if self.of_states:
            states = self.machine.walk(words)
            found = self.stated.first_breach(
                self.asked.letters(words, self.machine.readout[states], states), words
            )
            differs = self._differences(words, outputs)
            found = np.where((differs != NEVER) & (differs <= found), NEVER, found)
        else:
            found = self.stated.first_breach(self.asked.letters(words, outputs), words)
        return np.where(self.inputs.allowed(words, found), found, NEVER)

    def _differences(self, words: Sequences, outputs: np.ndarray) -> np.ndarray:
        """Return the first step (S,) at which machine and network answer otherwise, or `NEVER`."""
        heard = self.asked.made_of.outputs
        compared = Comparison.of_answers(heard, Output(self.machine.output))
        said = compared.said(self.machine.predict(words))
        same = compared.same(compared.seen(outputs), said).all(axis=1)
        return first_of(~same & is_answered(outputs), words)

    def _confirmed(self, words: Sequences, breached: np.ndarray, *, given: bool = False) -> Replay:
        """Return what the network breaches the property on, of words on which it seems to."""
        found = breach_of(self.asked, words, breached, self._put, given=given)
        if found is None:
            return Replay(reason=APART)
        return Replay(found.word, found.shrunk_from, rows=found.rows)

    def _put(self, read: Sequences) -> np.ndarray:
        """Return the step (S,) at which the network itself breaches the property, or `NEVER`."""
        self.n_put += len(read)
        return self._breaches(self.asked.symbols_of(read), self.asked.heard(read))

    def _refined(self, word: np.ndarray) -> Replay | None:
        """Make the machine right on a word; return why it cannot be."""
        if self.of_states or self.machine.output != Output.DISTRIBUTION:
            return Replay(reason=STATES if self.of_states else GRADED)
        if self.learner is None:
            made_of = self.asked.made_of
            teacher = Teacher(self.asked.askable, self.left, Wording.of(made_of))
            self.learner = Learner.of(self.machine, teacher, made_of, self.budget.most_states)
        self.learner.teacher.most = self.budget.words - self.n_put
        self.machine = self.learner.learn(tuple(self.asked.alphabet.core(word).tolist()))
        self.n_refined += 1
        self.agreement = None  # which was of the machine before
        return None
