"""Whether a network runs a small state machine at all, and of how many states; or a refusal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.comparing import Comparison
from markovlens.abstractions.study import Kept
from markovlens.faithfulness.scores.constant import of_one
from markovlens.faithfulness.scores.falsify import Tests, ask_all
from markovlens.faithfulness.scores.intervals import SHARE
from markovlens.faithfulness.scores.strings import long_strings
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally, hits_and_steps
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.deciding import decide, n_told_apart
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.outputs import left_out
from markovlens.status import Judgement
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Oracle


@dataclass(frozen=True, slots=True)
class Probe:
    """What machines are compared with the network on.

    Attributes:
        recorded: sequences of a split, with the network's decisions, -1 where it gives none.
        stretched: strings made of them, 2 to 4 times as long; None if the network cannot be asked.
    """

    recorded: Tests
    stretched: Tests | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of one network.

    Attributes:
        verdict: in a word.
        n_states: states of the chosen machine after merging those that answer alike after every
            continuation; the start, before the first symbol, is not counted, and of a task with a
            begin mark only well-formed strings are. None if refused.
        n_states_judged: the number of states K at which the closed-loop fidelity is within one
            standard error of the best, on validation sequences; None if nothing could be fitted.
        method: the abstraction with the best fidelity at that number.
        machine: that machine, its most likely moves alone.
        fidelity: balanced closed-loop agreement per step of that machine on test sequences.
        stretched: the same on strings 2 to 4 times as long; None if the network cannot be asked.
        evidence: the reason, in one line.
        carries: what that machine carried before its most likely moves alone were taken: one
            `state` or a `belief`.
    """

    verdict: Judgement
    n_states: int | None
    n_states_judged: int | None
    method: str | None
    machine: Machine | None
    fidelity: Score | None
    stretched: Score | None
    evidence: str
    carries: str | None = None


@dataclass(frozen=True, slots=True)
class Standard:
    """What is asked of a machine before its network is called finite-state.

    Attributes:
        adequate: least fidelity on test sequences and on stretched ones.
        n_resamples: of the sequences, for standard errors and intervals.
        level: coverage of the intervals.
    """

    adequate: float = 0.97
    n_resamples: int = 200
    level: float = 0.95


def draw_probe(
    trace: Trace, oracle: Oracle | None, *, n_strings: int, rng: np.random.Generator
) -> Probe:
    """Return the recorded sequences of a split and `n_strings` long ones made of them.

    A machine of finite size that is right stays right on longer strings, while one that stands for
    a counter is right only as far as it can count. Strings are not drawn out where the network
    gives no output at some steps: what it answers there means nothing.
    """
    recorded = Tests(trace.sequences, trace.decisions[:, None], trace.has_output)
    if oracle is None or not trace.has_output.all():
        return Probe(recorded, None)
    alphabet = Alphabet.of(trace.sequences, len(trace.symbols))
    stretched = long_strings(trace.sequences, n_strings, alphabet=alphabet, rng=rng)
    asked = ask_all(oracle, stretched, Comparison.of(trace))
    return Probe(recorded, asked if asked.answered.any() else None)


def judge_network(
    studies: Mapping[str, Kept],
    valid: Probe,
    test: Probe,
    *,
    standard: Standard,
    rng: np.random.Generator,
) -> Verdict:
    """Return the verdict on one network from all sizes of all methods that are no floor.

    Every machine is judged by its most likely moves (`harden`), in closed loop. What counts is the
    smallest K at which the best machine is within one standard error of the best of all, on
    validation sequences, recorded and stretched ones with equal weight. The network is refused if
    the curve still rises at the largest K, or if the machine, judged on test sequences, is not
    `adequate` on the recorded or the stretched ones. Where these put nothing to a test, because one
    answer is right throughout, or because several recorded ones are all the same and the stretched
    ones are, too, or there are none, a machine that is adequate shows nothing.
    """
    machines = [
        (size, method, harden(machine))
        for method, kept in studies.items()
        for size, machine in kept.machines.items()
    ]
    if not machines:
        return no_verdict(Judgement.UNKNOWN, "every fit failed")
    scores = _mean_fidelities([machine for *_, machine in machines], valid, standard, rng)
    chosen, ceiling = _least_sufficient([size for size, *_ in machines], scores)
    size, method, machine = machines[chosen]
    fidelity, stretched = (
        None if tests is None else _judge(machine, tests, standard, rng)
        for tests in (test.recorded, test.stretched)
    )
    assert fidelity is not None, "there are recorded sequences"
    # A score of 1 cannot rise, so the largest budget may be the one that suffices; of a single size
    # nothing is known of larger ones.
    sizes = {one[0] for one in machines}
    rising = size == max(sizes) > min(sizes) and ceiling < 1
    lacking = _reasons(rising, fidelity, stretched, standard)
    reasons = lacking or _untested(test, machine.classes)
    untold = Judgement.UNTOLD if reasons else Judgement.FINITE
    return Verdict(
        Judgement.REFUSED if lacking else untold,
        None if reasons else n_told_apart(machine, test.recorded.inputs),
        size,
        method,
        machine,
        fidelity,
        stretched,
        ("; ".join(reasons) or _support(fidelity, stretched) + _said_once(test.recorded))
        + _left_out(test.stretched),
        studies[method].machines[size].carries,
    )


def no_verdict(verdict: Judgement, evidence: str) -> Verdict:
    """Return what is said of a network that no machine is judged by, and why."""
    return Verdict(verdict, None, None, None, None, None, None, evidence)


def _least_sufficient(sizes: Sequence[int], scores: Sequence[Score]) -> tuple[int, float]:
    """Return which machine is the smallest that is as good as the best, within its standard error.

    Of equal sizes it is the better one. Beside it stands the best score plus its standard error.
    """
    values = np.array([score.value for score in scores])
    top = scores[int(values.argmax())]
    error = float(np.std(top.replicates))
    good = np.flatnonzero(values >= top.value - error)
    chosen = min(good.tolist(), key=lambda one: (sizes[one], -values[one]))
    return chosen, top.value + error


def _mean_fidelities(
    machines: Sequence[Machine], probe: Probe, standard: Standard, rng: np.random.Generator
) -> list[Score]:
    """Return of each machine the mean of its fidelities on recorded and on stretched sequences."""
    sets = [tests for tests in (probe.recorded, probe.stretched) if tests is not None]
    draws = [_bootstrap(tests, standard, rng) for tests in sets]
    means = []
    for machine in machines:
        parts = [b.score(_tally(machine, tests)) for b, tests in zip(draws, sets, strict=True)]
        value = float(np.mean([part.value for part in parts]))
        replicates = np.mean([part.replicates for part in parts], axis=0)
        means.append(draws[0].interval(value, replicates, SHARE))
    return means


def _judge(machine: Machine, tests: Tests, standard: Standard, rng: np.random.Generator) -> Score:
    return _bootstrap(tests, standard, rng).score(_tally(machine, tests))


def _tally(machine: Machine, tests: Tests) -> Tally:
    """Return the agreement per step, balanced over the network's classes."""
    same = decide(machine, tests.inputs) == tests.decisions
    lengths, n_classes = tests.inputs.lengths, len(machine.classes)
    return Tally(*hits_and_steps(same, tests.decisions, lengths, n_classes))


def _bootstrap(tests: Tests, standard: Standard, rng: np.random.Generator) -> Bootstrap:
    return Bootstrap.draw(
        len(tests.inputs), n_resamples=standard.n_resamples, rng=rng, level=standard.level
    )


def _reasons(
    rising: bool, fidelity: Score, stretched: Score | None, standard: Standard
) -> list[str]:
    reasons = ["the fidelity still rises at the largest number of states"] if rising else []
    if fidelity.value < standard.adequate:
        reasons.append(f"closed-loop fidelity {fidelity.value:.3f} is below {standard.adequate:g}")
    if stretched is not None and stretched.value < standard.adequate:
        reasons.append(
            f"on strings 2 to 4 times as long it is {stretched.value:.3f}, below "
            f"{standard.adequate:g}"
        )
    return reasons


def _untested(test: Probe, classes: Sequence[str]) -> list[str]:
    """Return why a machine that agrees shows nothing; nothing where it does."""
    asked = [tests for tests in (test.recorded, test.stretched) if tests is not None]
    answers = set().union(*map(_answers, asked))
    if len(answers) == 1:
        return [of_one(classes[answers.pop()])]
    if len(test.recorded.inputs) > 1 and all(map(_all_alike, asked)):
        return [
            f"the {len(test.recorded.inputs)} test sequences are all the same, so that what fits "
            "one fits all; give sequences that differ"
        ]
    return []


def _answers(tests: Tests) -> set[int]:
    """Return the classes that the network decided for."""
    return set(np.unique(tests.decisions[tests.decisions >= 0]).tolist())


def _all_alike(tests: Tests) -> bool:
    """Return whether all sequences and their answers are like the first.

    Networks that noise drives read the same and answer otherwise.
    """
    steps = np.column_stack([tests.inputs.values, tests.decisions])
    first, *others = np.split(steps, tests.inputs.starts[1:])
    return all(np.array_equal(first, each, equal_nan=True) for each in others)


def _said_once(tests: Tests) -> str:
    return "; the network gave one answer throughout" if len(_answers(tests)) == 1 else ""


def _left_out(tests: Tests | None) -> str:
    if tests is None or not tests.n_broken:
        return ""
    return "; " + left_out(
        tests.n_broken, len(tests.inputs), "longer strings, in part or as a whole,"
    )


def _support(fidelity: Score, stretched: Score | None) -> str:
    said = f"closed-loop fidelity {fidelity.value:.3f}"
    if stretched is None:
        return f"{said}; longer strings could not be asked"
    return f"{said}, on strings 2 to 4 times as long {stretched.value:.3f}"
