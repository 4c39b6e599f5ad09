"""What is said of a network that makes no decisions: how far a small machine answers as it does.

Automata decide, so that none is it, and there is no threshold beyond which a mean is the network.
The bar is what knows nothing of the network's states: the best floor, and a machine is above it
where the whole interval of its difference from it is. Machine and floor answer on the same
sequences, and hard ones are hard for both, so that the difference is resampled and not each alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
        f"{score.value:.3f} [{score.low:.3f}, {score.high:.3f}], "
        f"{_beside(difference(score, floor, bootstrap))} the best floor "
        f"({name.replace('_', ' ')} {floor.value:.3f})",
        machine.carries,
    )


def difference(score: Score, floor: Score, bootstrap: Bootstrap) -> Score:
    """Return by how much a score is above another of the same sequences, resampled in pairs."""
    return bootstrap.interval(
        score.value - floor.value,
        score.replicates.astype(np.float64) - floor.replicates.astype(np.float64),
    )


def _beside(gap: Score) -> str:
    """Return in words whether, and by how much, a machine is above the floor."""
    if np.isnan(gap.value):
        return "not to be compared with"
    by = f"by {gap.value:.3f} [{gap.low:.3f}, {gap.high:.3f}] "
    if gap.low > 0:
        return f"{by}above"
    return f"{by}below" if gap.high < 0 else f"{by}not clearly above"


def _best_floor(
    studies: Mapping[str, Kept], traces: Mapping[str, Trace], bootstrap: Bootstrap, lag: int
) -> tuple[str, Score]:
    test = traces["test"]
    said = dict(floors_of(traces["train"], test, lag=lag))
    for method in FLOORS:
        kept = studies.get(method)
        if kept is not None and kept.chosen is not None:
            said[method] = kept.machines[kept.chosen].predict(test.sequences)
    scores = {
        name: measured(answers, test.outputs, test, bootstrap) for name, answers in said.items()
    }
    name = max(scores, key=lambda each: scores[each].value)
    return name, scores[name]
