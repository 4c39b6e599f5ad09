"""What learning the automaton of one checkpoint saves that of the next: queries, counted.

Adaptive L# (Kruger, Junges & Rot, "State matching and multiple references in adaptive active
automata learning", 2024; in AALpy 2.0 `run_adaptive_Lsharp`) begins with the words that tell the
states of an automaton from before apart, and matches states with its. L# without it, and L*, ask
the same network, with the same test of hypotheses.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aalpy.learning_algs import run_adaptive_Lsharp, run_Lsharp, run_Lstar

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.learners import quietly
from markovlens.abstractions.lstar import Spent, Student, Teacher
from markovlens.abstractions.wording import Wording

# Words are asked whole: adaptive distinguishing sequences step through them symbol by symbol, and
# each prefix would be a question of its own.
RULES: dict[str, Any] = {"extension_rule": "SepSeq", "separation_rule": "SepSeq"}
SHARED: dict[str, Any] = {
    "automaton_type": "moore",  # no DFA, as the start answers nothing
    "cache_and_non_det_check": False,  # the teacher remembers by itself
    "print_level": 0,
}


@dataclass(frozen=True, slots=True)
class Learned:
    """What one learner found.

    Attributes:
        automaton: the last hypothesis, as AALpy has it; None without any.
        n_states: of the largest hypothesis that was within the budget, 0 without any.
        queries: words that the network was asked to build hypotheses.
        tests: words that it was asked to test them.
        finished: whether the last hypothesis passed its test.
    """

    automaton: Any
    n_states: int
    queries: int
    tests: int
    finished: bool


def learn_each(
    evidence: Evidence, before: Any | None, *, largest: int, options: Options
) -> dict[str, Learned]:
    """Return what L*, L# and, from a reference, adaptive L# find in one network.

    Args:
        evidence: the network, and sequences such as it reads.
        before: the automaton of an earlier checkpoint (`Learned.automaton`); None for none.
        largest: states of a hypothesis at which learning ends.
        options: `queries` is the most words that each learner may ask.
    """
    learners: dict[str, Callable[..., Any]] = {
        "lstar": lambda *them: run_Lstar(*them, **SHARED),
        "lsharp": lambda *them: run_Lsharp(*them, **RULES, **SHARED),
    }
    if before is not None:
        learners["adaptive"] = lambda letters, teacher, student: run_adaptive_Lsharp(
            letters, teacher, [before], student, **RULES, **SHARED
        )
    return {
        name: _learn(run, evidence, largest=largest, options=options)
        for name, run in learners.items()
    }


def _learn(
    run: Callable[[Sequence[int], Teacher, Student], Any],
    evidence: Evidence,
    *,
    largest: int,
    options: Options,
) -> Learned:
    assert evidence.network is not None, "learners ask the network"
    teacher = Teacher(evidence.network, options.queries, Wording.of(evidence.train))
    student = Student(teacher, evidence, largest=largest, options=options)
    finished = True
    with quietly(evidence.seed):
        try:
            run(list(student.alphabet), teacher, student)
        except Spent:
            finished = False
    sizes = [machine.n_states for machine in student.hypotheses if machine.n_states <= largest]
    queries = teacher.asked - student.tested
    return Learned(student.latest, max(sizes, default=0), queries, student.tested, finished)
