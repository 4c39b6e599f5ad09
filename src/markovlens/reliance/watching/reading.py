"""Steps of a machine beside a network, one at a time, and how strange they are so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.codebooks.gate import Row
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.machines.running import Runner
from markovlens.reliance.watching.scores import FARTHEST, Excess, Step, Stuck, Surprise, Usual

NETWORK, INPUTS, STUCK, LENGTH = TESTS = ("network", "inputs", "stuck", "length")


class Reader:
    """A machine that reads one step at a time, and is held against its network's answers."""

    def __init__(self, machine: Machine, comparison: Comparison | None) -> None:
        """Begin before the first step; without a comparison no answers are looked at."""
        self.runner = Runner(machine)
        self.comparison = comparison
        self._n_states = machine.n_states

    def step(
        self, read: Row | int | str, ask: Callable[[list[float]], np.ndarray | None]
    ) -> tuple[Step, np.ndarray, np.ndarray | None]:
        """Return what happened, what the machine says (C,), and what the network does.

        `ask` gives the network's answer to what was read, the values of a row or one symbol.
        """
        before = self._n_states if self.runner.state is None else self.runner.state
        said = self.runner.step(read)
        state, symbol, values = self.runner.state, self.runner.symbol, self.runner.values
        assert state is not None, "the runner has made a step"
        assert symbol is not None, "the runner has made a step"
        answer = ask(values)
        if answer is not None and np.isnan(answer[0]):
            answer = None
        off = None if answer is None else self._off(said, answer)
        return Step(before, state, symbol, tuple(values), off), said, answer

    def disagrees(self, said: np.ndarray, answer: np.ndarray) -> bool:
        """Return whether network and machine say different things, in any column."""
        assert self.comparison is not None, "where there are answers, there is one"
        seen = self.comparison.seen(answer[None])
        return not self.comparison.same(seen, self.comparison.said(said[None])).all()

    def _off(self, said: np.ndarray, answer: np.ndarray) -> float:
        assert self.comparison is not None, "where there are answers, there is one"
        seen, wanted = self.comparison.seen(answer[None]), self.comparison.said(said[None])
        if not self.comparison.graded:
            return float((seen != wanted).mean())
        return float(np.minimum(np.abs(seen - wanted), FARTHEST).mean())


class Tally:
    """The scores of one sequence so far, by test: see `scores`."""

    def __init__(
        self,
        surprise: Surprise,
        inputs: Usual,
        answers: Usual | None,
        runs: Mapping[int, float],
    ) -> None:
        """Begin before the first step."""
        self._surprise = surprise
        self._inputs = Excess(inputs, both_ways=True)
        self._answers = None if answers is None else Excess(answers, both_ways=False)
        self._stuck = Stuck(runs)
        self._n_answers = self.n_steps = 0

    def add(self, step: Step) -> dict[str, float]:
        """Return the scores after one step more; of the network none before its first answer."""
        self.n_steps += 1
        scores = {
            INPUTS: self._inputs.add(step.before, self._surprise.of(step)),
            STUCK: self._stuck.add(step.values),
            LENGTH: float(self.n_steps),
        }
        if self._answers is not None and step.off is not None:
            self._n_answers += 1
            self._answers.add(step.state, step.off)
        if self._answers is not None and self._n_answers:
            scores[NETWORK] = self._answers.most
        return scores

    def plain(self) -> dict[str, Any]:
        """Return it as values that JSON has."""
        last = self._stuck.last
        return {
            "n_steps": self.n_steps,
            "n_answers": self._n_answers,
            "inputs": self._inputs.plain(),
            "answers": None if self._answers is None else self._answers.plain(),
            "most": self._stuck.most,
            "runs": list(self._stuck.runs.values()),
            "last": None if last is None else [None if x != x else x for x in last],
        }

    def go_on(self, plain: Mapping[str, Any]) -> None:
        """Take over what `plain` said of a tally of the same calibration."""
        self.n_steps, self._n_answers = plain["n_steps"], plain["n_answers"]
        self._inputs.go_on(plain["inputs"])
        if self._answers is not None:
            self._answers.go_on(plain["answers"])
        self._stuck.most, last = plain["most"], plain["last"]
        self._stuck.runs = dict(zip(self._stuck.runs, plain["runs"], strict=True))
        self._stuck.last = None if last is None else tuple(np.nan if x is None else x for x in last)


def check_answer(answer: Any, machine: Machine) -> np.ndarray:
    """Return one output of a network as (C,); raises `DataError` for what is none."""
    try:
        found = np.asarray(answer, dtype=float).reshape(-1)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"output: expected numbers (C,), got {answer!r}", page="wrong-outputs"
        ) from error
    if len(found) != len(machine.classes):
        raise DataError(
            f"output: expected {len(machine.classes)} numbers, one for each of the machine's "
            f"{', '.join(machine.classes[:8])}, got {len(found)}; give the network's output after "
            "this step, of which NaN throughout is none",
            page="wrong-outputs",
        )
    missing = np.isnan(found)
    if np.isinf(found).any() or (missing.any() and not missing.all()):
        raise DataError(
            f"output: expected finite numbers, got {found.tolist()}", page="network-gives-nan"
        )
    return found
