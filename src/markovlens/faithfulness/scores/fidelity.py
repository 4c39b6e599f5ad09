"""How faithful one machine is to its network: the measures side by side, one of them chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

import numpy as np

from markovlens.abstractions.kinds import PREDICTS, Kind, output_kind
from markovlens.arguments import check_choice, check_kind, check_seed, with_known_arguments
from markovlens.errors import DataError, EvidenceWarning, MissingError, warn
from markovlens.faithfulness.scores.agreement import (
    Mode,
    Unit,
    agreement,
    at_unit,
    divergence,
    explained_divergence,
    predict,
)
from markovlens.faithfulness.scores.constant import of_one, only_answer
from markovlens.faithfulness.scores.distinct import warn_of_copies
from markovlens.faithfulness.scores.floors import LAST_VALUE, LINEAR, MEAN, floors_of
from markovlens.faithfulness.scores.measures import by_column, measured
from markovlens.faithfulness.scores.tally import FEW, Bootstrap, Score
from markovlens.keyed import with_keys
from markovlens.machines.identity import behaviour_of
from markovlens.machines.machine import Machine
from markovlens.outputs import (
    CONCORDANCE,
    LABEL,
    MEASURE_OF,
    NO_TARGET,
    VARIANCE,
    Output,
    numbers_of,
)
from markovlens.spelling import count
from markovlens.trace import Trace

Measure = Literal[
    "agreement",
    "balanced_agreement",
    "divergence",
    "explained_divergence",
    "balanced_agreement_label",
    "variance_explained",
    "concordance",
]

N_RESAMPLES = 1000
ALONE = "one sequence has no interval: how much sequences differ is not known; give several"
SHOWN = 10  # names of rare classes
SMOOTHING = 1e-3  # weight of the uniform distribution in divergences
WORDS = {
    "agreement": "steps decided as the network does",
    "balanced_agreement": "the same, averaged over the network's classes",
    "divergence": "nats a step from the network's distribution; 0 is best",
    "explained_divergence": "share of it that a constant answer leaves and the machine does not",
    LABEL: "steps with a label on or off as the network has it, averaged over both and labels",
    VARIANCE: "share of the variance of the network's output; 1 is best, its mean gets 0",
    CONCORDANCE: "pairs of steps ordered as the network does; 1 is best, chance gets 0.5",
    MEAN: "the mean output in training",
    LAST_VALUE: "the value before: the last target, without targets the network's last output",
    LINEAR: "a linear model of the input at the step alone",
    "network": "the network itself against its targets",
}


@with_keys(scores="measures", columns="values or labels", floors="floors")
@dataclass(frozen=True, slots=True, repr=False)
class Fidelity:
    """What one machine is worth as its network's explanation, by every measure.

    Attributes:
        scores: by measure. Of a network that decides or predicts they are the `agreement`, the
            share of steps with its decision; the `balanced_agreement`, the mean of that over its
            classes, of which always giving the commonest answer gets 1 / (number of classes); the
            `divergence`, mean KL(network ‖ machine), nats a step; and the `explained_divergence`,
            1 less that over the divergence of the network's own mean output. Of labels it is the
            `balanced_agreement_label`, of values the `variance_explained`, of a risk the
            `concordance`; see `measures`.
        measure: which of them `value`, `low` and `high` are of.
        kind: what the network's outputs are for, by which the measure was chosen.
        only: the network's answer where it gives a single one at all steps that count, else None.
        columns: the same measure for each of several values or labels.
        floors: the same measure of what knows no state, see `floors.floors_of`.
        network: the same measure of the network against its targets, where there are any.
        machine: which one, see `behaviour_of`; empty where that is not known.
    """

    scores: Mapping[str, Score]
    measure: str
    kind: Kind
    only: str | None = None
    columns: Mapping[str, Score] = field(default_factory=dict)
    floors: Mapping[str, Score] = field(default_factory=dict)
    network: Score | None = None
    machine: str = ""

    @property
    def agreement(self) -> Score:
        """The share of steps with the network's decision."""
        return self._of("agreement")

    @property
    def balanced_agreement(self) -> Score:
        """The mean of that over the network's classes."""
        return self._of("balanced_agreement")

    @property
    def divergence(self) -> Score:
        """Mean KL(network ‖ machine), nats a step."""
        return self._of("divergence")

    @property
    def explained_divergence(self) -> Score:
        """1 less that over the divergence of the network's own mean output."""
        return self._of("explained_divergence")

    def _of(self, measure: str) -> Score:
        if measure in self.scores:
            return self.scores[measure]
        known = f"a network that {self.kind.name}, {', '.join(self.scores)}"
        raise MissingError(f"expected a measure of {known}, got {measure}", page="unknown-name")

    @property
    def chosen(self) -> Score:
        """The score of the chosen measure."""
        return self.scores[self.measure]

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
        marks = {self.measure: "*"}
        lines = [_line(name, each, marks.get(name, " ")) for name, each in self.scores.items()]
        lines += [_line(f"  {name}", score, " ") for name, score in self.columns.items()]
        beside = {} if self.network is None else {"network": self.network}
        lines += [_line(name, score, " ") for name, score in {**self.floors, **beside}.items()]
        rare = self.scores.get("balanced_agreement", self.chosen).rare
        if rare:
            few = f"{count(len(rare), 'class is', 'classes are')} in fewer than {FEW} sequences"
            lines.append(f"{few}: {', '.join(rare[:SHOWN])}{', ...' if len(rare) > SHOWN else ''}")
        lines += self._below_floors()
        lines += [ALONE] if self.chosen.n_sequences == 1 else []
        lines += [] if self.only is None else [of_one(self.only)]
        return f"Fidelity: the network {self.kind.name} ({self.kind.reason})\n" + "\n".join(lines)

    def _below_floors(self) -> list[str]:
        above = [name for name, floor in self.floors.items() if floor.value >= self.value]
        if not above:
            return []
        return [f"the machine scores no higher than what knows no state: {', '.join(above)}"]


def _line(name: str, score: Score, mark: str) -> str:
    # Rounded before 0 is added, so that no zero has a sign.
    value, low, high = (round(end, 3) + 0.0 for end in (score.value, score.low, score.high))
    interval = f"[{low:.3f}, {high:.3f}]" if np.isfinite([low, high]).all() else "[-, -]"
    return f"{mark} {name:20} {f'{value:.3f} {interval}':22} {WORDS.get(name, '')}".rstrip()


@with_known_arguments
def fidelity(
    machine: Machine,
    trace: Trace,
    *,
    mode: Mode = "closed",
    unit: Unit = "step",
    measure: Measure | None = None,
    decoded: np.ndarray | None = None,
    train: Trace | None = None,
    seed: int = 0,
) -> Fidelity:
    """Return how faithful a machine is to the network, by every measure with its interval.

    `value`, `low` and `high` are those of the balanced agreement where the network decides, and of
    the explained divergence where it predicts what comes next (see `kinds.output_kind`). Of values
    they are the variance explained, of a risk the concordance, of labels the balanced agreement.

    Args:
        machine: the abstraction.
        trace: held-out sequences with the network's outputs.
        mode: `closed` runs the machine from the inputs alone; `open` reads the state off the real
            activations first, which flatters any fine partition, so report both.
        unit: every `step` with an output, or the last one of each `string`.
        measure: the one to choose, whatever the network does.
        decoded: int (N,), the state at each step, needed for `open`.
        train: the network on training sequences, for floors beside labels, values and a risk.
        seed: of the bootstrap over sequences.

    Raises:
        ConfigError: a mode, a unit, a measure or a seed that is none.
        DataError: no machine or no trace, no output to compare with, or no `decoded` in open loop.

    Warns:
        EvidenceWarning: one answer throughout, a symbol never met, or few distinct sequences.
    """
    check_kind("machine", machine, Machine, advice="of a study, `study(...).best` is one")
    for name, each in (("trace", trace), ("train", trace if train is None else train)):
        check_kind(name, each, Trace, advice="`markovlens.record` makes one of a network")
    if measure is not None:
        check_choice("measure", measure, measures_of(trace.output))
    check_seed(seed)
    if not trace.has_output.any():
        raise DataError(
            "expected a trace with the network's outputs, got none at any step", page="no-answers"
        )
    outputs = predict(machine, trace, mode=mode, decoded=decoded)
    counts = at_unit(np.where(trace.has_output, 0, NO_TARGET), trace, unit) != NO_TARGET
    judged = replace(trace, outputs=np.where(counts[:, None], trace.outputs, np.nan))
    only = only_answer(judged)
    _warn_of_little(only, trace)
    bootstrap = Bootstrap.draw(len(trace), n_resamples=N_RESAMPLES, rng=np.random.default_rng(seed))
    kind = output_kind(trace)
    if trace.output != Output.DISTRIBUTION:
        found = _beyond_decisions(outputs, judged, train, bootstrap, kind=kind, only=only)
    else:
        usual = "explained_divergence" if kind.name == PREDICTS else "balanced_agreement"
        scores = _of_distributions(outputs, judged, bootstrap)
        found = Fidelity(scores, measure or usual, kind, only)
    return replace(found, machine=behaviour_of(machine))


def _warn_of_little(only: str | None, trace: Trace) -> None:
    """Warn where sequences are little evidence: of a single answer, or few of them distinct."""
    if only is not None:
        warn(of_one(only), EvidenceWarning)
    warn_of_copies(trace)


def measures_of(output: Output) -> tuple[str, ...]:
    """Return the measures of outputs of one kind."""
    return get_args(Measure)[:4] if output == Output.DISTRIBUTION else (MEASURE_OF[output],)


def _of_distributions(outputs: np.ndarray, judged: Trace, bootstrap: Bootstrap) -> dict[str, Score]:
    answers, wanted = outputs.argmax(axis=1), judged.decisions
    tallies = {
        "agreement": agreement(answers, wanted, judged),
        "balanced_agreement": agreement(answers, wanted, judged, balanced=True),
        "divergence": divergence(outputs, judged, smoothing=SMOOTHING),
        "explained_divergence": explained_divergence(outputs, judged, smoothing=SMOOTHING),
    }
    return {name: bootstrap.score(tally) for name, tally in tallies.items()}


def _beyond_decisions(
    outputs: np.ndarray,
    judged: Trace,
    train: Trace | None,
    bootstrap: Bootstrap,
    *,
    kind: Kind,
    only: str | None,
) -> Fidelity:
    """Return the fidelity to labels, values or a risk, with the floors and the network beside."""
    measure, wanted = MEASURE_OF[judged.output], judged.outputs
    floors = {} if train is None else floors_of(train, judged)
    asked = np.where(judged.has_output[:, None], numbers_of(judged.targets), np.nan)
    own = None if np.isnan(asked).all() else measured(judged.outputs, asked, judged, bootstrap)
    return Fidelity(
        {measure: measured(outputs, wanted, judged, bootstrap)},
        measure,
        kind,
        only,
        columns=by_column(outputs, wanted, judged, bootstrap),
        floors={name: measured(said, wanted, judged, bootstrap) for name, said in floors.items()},
        network=own,
    )
