"""How faithful one machine is to its network: the measures side by side, one of them chosen."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from markovlens.abstractions.kinds import PREDICTS, Kind, output_kind
from markovlens.arguments import check_choice, check_kind, check_seed
from markovlens.errors import DataError, EvidenceWarning
from markovlens.faithfulness.scores.agreement import (
    Mode,
    Unit,
    agreement,
    at_unit,
    divergence,
    explained_divergence,
    predict,
)
from markovlens.faithfulness.scores.tally import FEW, Bootstrap, Score
from markovlens.machines.machine import Machine
from markovlens.trace import Trace

Measure = Literal["agreement", "balanced_agreement", "divergence", "explained_divergence"]

N_RESAMPLES = 1000
SHOWN = 10  # names of rare classes
SMOOTHING = 1e-3  # weight of the uniform distribution in divergences
WORDS = {
    "agreement": "steps decided as the network does",
    "balanced_agreement": "the same, averaged over the network's classes",
    "divergence": "nats a step from the network's distribution; 0 is best",
    "explained_divergence": "share of it that a constant answer leaves and the machine does not",
}


@dataclass(frozen=True, slots=True, repr=False)
class Fidelity:
    """What one machine is worth as its network's explanation, by every measure.

    Attributes:
        agreement: share of steps with the network's decision.
        balanced_agreement: the mean of that over the network's classes; always giving the
            commonest answer gets 1 / (number of classes).
        divergence: mean KL(network ‖ machine), nats a step.
        explained_divergence: 1 less that over the divergence of the network's own mean output.
        measure: which of them `value`, `low` and `high` are of.
        kind: what the network's outputs are for, by which the measure was chosen.
        only: the network's answer where it gives a single one at all steps that count, else None.
    """

    agreement: Score
    balanced_agreement: Score
    divergence: Score
    explained_divergence: Score
    measure: Measure
    kind: Kind
    only: str | None = None

    @property
    def chosen(self) -> Score:
        """The score of the chosen measure."""
        score: Score = getattr(self, self.measure)
        return score

    @property
    def value(self) -> float:
        """The chosen score."""
        return self.chosen.value

    @property
    def low(self) -> float:
        """Lower end of its interval."""
        return self.chosen.low

    @property
    def high(self) -> float:
        """Upper end of its interval."""
        return self.chosen.high

    def __repr__(self) -> str:
        """Return all measures with their intervals, the chosen one marked."""
        lines = [self._line(name) for name in get_args(Measure)]
        rare = self.balanced_agreement.rare
        if rare:
            names = ", ".join(rare[:SHOWN]) + (", ..." if len(rare) > SHOWN else "")
            lines.append(f"{len(rare)} classes are in fewer than {FEW} sequences: {names}")
        if self.only is not None:
            lines.append(_single(self.only))
        return f"Fidelity: the network {self.kind.name} ({self.kind.reason})\n" + "\n".join(lines)

    def _line(self, name: str) -> str:
        score: Score = getattr(self, name)
        mark = "*" if name == self.measure else " "
        # Rounded before 0 is added, so that no zero has a sign.
        value, low, high = (round(end, 3) + 0.0 for end in (score.value, score.low, score.high))
        numbers = f"{value:.3f} [{low:.3f}, {high:.3f}]"
        return f"{mark} {name:20} {numbers:22} {WORDS[name]}"


def fidelity(
    machine: Machine,
    trace: Trace,
    *,
    mode: Mode = "closed",
    unit: Unit = "step",
    measure: Measure | None = None,
    decoded: np.ndarray | None = None,
    seed: int = 0,
) -> Fidelity:
    """Return how faithful a machine is to the network, by every measure with its interval.

    `value`, `low` and `high` are those of the balanced agreement where the network decides, and of
    the explained divergence where it predicts what comes next (see `kinds.output_kind`).

    Args:
        machine: the abstraction.
        trace: held-out sequences with the network's outputs.
        mode: `closed` runs the machine from the inputs alone; `open` reads the state off the real
            activations first, which flatters any fine partition, so report both.
        unit: every `step` with an output, or the last one of each `string`.
        measure: the one to choose, whatever the network does.
        decoded: int (N,), the state at each step, needed for `open`.
        seed: of the bootstrap over sequences.

    Raises:
        ConfigError: a mode, a unit, a measure or a seed that is none.
        DataError: no machine or no trace, no output to compare with, or no `decoded` in open loop.

    Warns:
        EvidenceWarning: the network gives one answer throughout.
    """
    check_kind("machine", machine, Machine, advice="of a study, `study(...).best` is one")
    check_kind("trace", trace, Trace, advice="`markovlens.record` makes one of a network")
    if measure is not None:
        check_choice("measure", measure, get_args(Measure))
    check_seed(seed)
    if not trace.has_output.any():
        raise DataError("expected a trace with the network's outputs, got none at any step")
    kind = output_kind(trace)
    outputs = predict(machine, trace, mode=mode, decoded=decoded)
    wanted = at_unit(trace.decisions, trace, unit)
    counted = np.where((wanted >= 0)[:, None], trace.outputs, np.nan)
    judged = replace(trace, outputs=counted)
    only = _only_answer(wanted, trace.classes)
    if only is not None:
        warnings.warn(_single(only), EvidenceWarning, stacklevel=2)
    rng = np.random.default_rng(seed)
    score = Bootstrap.draw(len(trace), n_resamples=N_RESAMPLES, rng=rng).score
    answers = outputs.argmax(axis=1)
    return Fidelity(
        score(agreement(answers, wanted, trace)),
        score(agreement(answers, wanted, trace, balanced=True)),
        score(divergence(outputs, judged, smoothing=SMOOTHING)),
        score(explained_divergence(outputs, judged, smoothing=SMOOTHING)),
        measure or ("explained_divergence" if kind.name == PREDICTS else "balanced_agreement"),
        kind,
        only,
    )


def _only_answer(wanted: np.ndarray, classes: tuple[str, ...]) -> str | None:
    given = np.unique(wanted[wanted >= 0])
    return classes[given[0]] if len(given) == 1 else None


def _single(answer: str) -> str:
    return (
        f"the network answers {answer!r} at every step that counts, so that a machine which always "
        "does agrees fully; give sequences on which it answers otherwise"
    )
