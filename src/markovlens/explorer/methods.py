"""All methods side by side: sizes, closed-loop fidelity with its interval, what is said of each."""

from __future__ import annotations

import warnings
from typing import Any

from markovlens.abstractions.study import Kept
from markovlens.errors import EvidenceWarning
from markovlens.explaining.explanation import FITTED, Explanation
from markovlens.explaining.table import Line
from markovlens.faithfulness.scores.evaluate import FLOORS
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.faithfulness.verdict.verdict import Standard
from markovlens.machines.machine import BELIEF, Machine
from markovlens.trace import Trace


def methods_of(explanation: Explanation) -> list[dict[str, Any]]:
    """Return a row for each method that was fitted, and one for a machine that was given."""
    parts = explanation.part("test"), explanation.part(FITTED)
    rows = [_row(explanation, name, kept, parts) for name, kept in explanation.studies.items()]
    own = _scored(
        explanation, "the machine shown", explanation.machine, explanation.fidelity.chosen
    )
    return [own, *rows]


def _row(
    explanation: Explanation, name: str, kept: Kept, parts: tuple[Trace, Trace]
) -> dict[str, Any]:
    if kept.chosen is None:
        why = next(iter(kept.failures.values()), "no size was tried")
        return {
            "name": name,
            "states": None,
            "belief": False,
            "value": None,
            "numbers": "",
            "said": f"failed: {why}",
        }
    machine = kept.machines[kept.chosen]
    with warnings.catch_warnings():  # what they say has been said of the explanation
        warnings.simplefilter("ignore", EvidenceWarning)
        found = fidelity(machine, parts[0], train=parts[1], seed=explanation.settings.seed)
    return _scored(explanation, name, machine, found.scores[explanation.fidelity.measure])


def _scored(explanation: Explanation, name: str, machine: Machine, score: Any) -> dict[str, Any]:
    return {
        "name": name,
        "states": machine.n_states,
        "belief": machine.carries == BELIEF,
        "value": score.value,
        "numbers": Line(name, score).numbers,
        "said": _said(explanation, name, score.value),
    }


def _beside_floors(explanation: Explanation, value: float) -> str:
    """Return how far a method is above what knows no state, where no standard asks for a number."""
    if not explanation.floors:
        return ""
    floors = explanation.floors
    best = max(floors, key=lambda name: floors[name].value)
    told = f"the best floor ({best.replace('_', ' ')} {floors[best].value:.3f})"
    apart = value - floors[best].value
    return f"{apart:.3f} above {told}" if apart > 0 else f"no higher than {told}"


def note_of(explanation: Explanation) -> str:
    """Return why the first row need not be the best one, nor that of its method."""
    if explanation.settings.given:
        return "The first row is the machine that was given, which all views show."
    return (
        "The first row is the machine that all views show: the verdict picks the smallest that is "
        "nearly as good as the best on validation sequences and on longer strings, and it goes by "
        "its most likely moves. The other rows are each method's own choice of size, some with a "
        "belief about the state (*) in place of moves: they may be higher or lower."
    )


def _said(explanation: Explanation, name: str, value: float) -> str:
    """Return what is to be said of a method with this fidelity on test sequences."""
    if name in FLOORS:
        return "a floor: knows no state of the network"
    if explanation.fidelity.measure != "balanced_agreement":
        return _beside_floors(explanation, value)
    least = Standard().adequate
    return f"at least {least}, as a verdict asks" if value >= least else f"below {least}"
