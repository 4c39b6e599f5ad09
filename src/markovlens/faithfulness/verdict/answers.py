"""What is said of a network that makes no decisions: how far a small machine answers as it does.

Automata decide, so that none is it, and there is no threshold beyond which a mean is the network.
The bar is what knows nothing of the network's states: the best floor, and a machine is above it
where its whole interval is.
"""

from __future__ import annotations

from collections.abc import Mapping

from markovlens.abstractions.closeness import agreements, as_good
from markovlens.abstractions.study import Kept
from markovlens.faithfulness.scores.digest import MEASURE_NAMES
from markovlens.faithfulness.scores.evaluate import FLOORS
from markovlens.faithfulness.scores.floors import floors_of
from markovlens.faithfulness.scores.measures import measured
from markovlens.faithfulness.scores.tally import Bootstrap, Score
from markovlens.faithfulness.verdict.verdict import Verdict, no_verdict
from markovlens.outputs import MEASURE_OF, Output
from markovlens.status import Judgement
from markovlens.trace import Trace

ANSWERS = {Output.LABELS: "labels", Output.VALUES: "values", Output.RISK: "a risk"}


def judge_answers(
    studies: Mapping[str, Kept],
    traces: Mapping[str, Trace],
    bootstrap: Bootstrap,
    *,
    lag: int = 1,
) -> Verdict:
    """Return what is said of a network that answers with labels, values or a risk.

    The machine is the smallest of all methods, floors left out, that is within one standard error
    of the best on validation sequences, in closed loop; its fidelity is the measure of the kind of
    output on test sequences.

    Args:
        studies: the abstractions.
        traces: of `train`, `valid` and `test`.
        bootstrap: over the test sequences.
        lag: steps after which a target is known, see `floors.floors_of`.
    """
    scores = {
        (size, method): agreements(machine, traces["valid"])
        for method, kept in studies.items()
        for size, machine in kept.machines.items()
        if method not in FLOORS
    }
    if not scores:
        return no_verdict(Judgement.NO_DECISIONS, "every fit failed")
    size, method = min(as_good(scores), key=lambda one: (one[0], -scores[one].mean()))
    machine, test = studies[method].machines[size], traces["test"]
    score = measured(machine.predict(test.sequences), test.outputs, test, bootstrap)
    name, floor = _best_floor(studies, traces, bootstrap, lag)
    return Verdict(
        Judgement.NO_DECISIONS,
        None,
        size,
        method,
        machine,
        score,
        None,
        f"it answers with {ANSWERS[test.output]}: {MEASURE_NAMES[MEASURE_OF[test.output]]} "
        f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}], {_beside(score, floor)} the best "
        f"floor ({name.replace('_', ' ')} {floor:.3f})",
        machine.carries,
    )


def _beside(score: Score, floor: float) -> str:
    if score.low > floor:
        return "above"
    return "below" if score.high < floor else "not clearly above"


def _best_floor(
    studies: Mapping[str, Kept], traces: Mapping[str, Trace], bootstrap: Bootstrap, lag: int
) -> tuple[str, float]:
    test = traces["test"]
    said = dict(floors_of(traces["train"], test, lag=lag))
    for method in FLOORS:
        kept = studies.get(method)
        if kept is not None and kept.chosen is not None:
            said[method] = kept.machines[kept.chosen].predict(test.sequences)
    values = {
        name: measured(answers, test.outputs, test, bootstrap).value
        for name, answers in said.items()
    }
    name = max(values, key=lambda each: values[each])
    return name, values[name]
