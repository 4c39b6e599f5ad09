"""From machines that were fitted to an explanation: picked, scored, and told in cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from markovlens.abstractions.kinds import PREDICTS
from markovlens.abstractions.study import Kept
from markovlens.errors import DataError
from markovlens.explaining.asking import Network
from markovlens.explaining.cards import Card, Deck, UnitEffect, cards_of
from markovlens.explaining.explanation import FITTED, Explanation, Settings
from markovlens.explaining.progress import child_seed, told
from markovlens.explaining.sentences import sentence_of
from markovlens.explaining.units import unit_effects
from markovlens.explaining.walks import walk_of
from markovlens.faithfulness.causes.counterfactuals import counterfactual_scores
from markovlens.faithfulness.causes.editing import Editor
from markovlens.faithfulness.causes.subject import Subject, judge_subject
from markovlens.faithfulness.scores.agreement import agreement
from markovlens.faithfulness.scores.evaluate import FLOORS, Scoring
from markovlens.faithfulness.scores.fidelity import Fidelity, fidelity
from markovlens.faithfulness.scores.tally import Bootstrap, Score
from markovlens.faithfulness.verdict.judged import as_counted
from markovlens.faithfulness.verdict.verdict import Verdict
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.trace import Trace


def explanation_of(
    trace: Trace,
    splits: Mapping[str, np.ndarray],
    studies: Mapping[str, Kept],
    network: Network,
    settings: Settings,
    *,
    machine: Machine | None = None,
    verdict: Verdict | None = None,
    units: bool = True,
) -> Explanation:
    """Return the explanation of a network of which machines were fitted.

    Args:
        trace: all recorded sequences.
        splits: which are which.
        studies: what was fitted.
        network: to be asked.
        settings: how.
        machine: that explains it; picked by the verdict when None.
        verdict: of a finished run; reached here when None.
        units: whether units are silenced.
    """
    scoring = Scoring()
    parts = {split: trace.select(places) for split, places in splits.items()}
    bootstrap = scoring.bootstrap(len(parts["test"]), seed=child_seed(settings, "resamples"))
    subject = Subject(parts["valid"], parts["test"], network.oracle, studies, parts[FITTED])
    if verdict is None:
        with told("judging"):
            rng = np.random.default_rng(child_seed(settings, "verdict"))
            verdict = judge_subject(subject, bootstrap, scoring=scoring, rng=rng)
    machine = machine or _picked(verdict, studies, parts["test"].sequences)
    score = fidelity(machine, parts["test"], train=parts[FITTED], seed=settings.seed)
    walk = walk_of(machine, trace.sequences)
    tested = np.repeat(np.isin(np.arange(len(trace)), splits["test"]), trace.lengths)
    deck = Deck.of(machine, trace, walk, tested)
    cards = _cards(deck, network, settings, units=units)
    with told("asking about counterfactuals"):
        confirmed = _confirmed(machine, parts, network, bootstrap, settings)
    return Explanation(
        machine, verdict, score, _floors(studies, parts, score, settings.seed), confirmed,
        cards, trace, walk, splits, studies, network, settings,
        right=_right(score, parts["test"], bootstrap),
    )  # fmt: skip


def _cards(deck: Deck, network: Network, settings: Settings, *, units: bool) -> tuple[Card, ...]:
    effects: Mapping[int, tuple[UnitEffect, ...]] = {}
    if units and network.oracle is not None:
        with told("silencing units"):
            rng = np.random.default_rng(child_seed(settings, "units"))
            effects = unit_effects(network.oracle, deck.trace, deck.walk, rng=rng)
    machine, unit = deck.machine, settings.unit
    with told("writing cards"):
        return tuple(
            replace(
                card,
                sentence=sentence_of(
                    card, machine.output, unit=unit, names=machine.states, inputs=machine.symbols
                ),
            )
            for card in cards_of(deck, effects)
        )


def _confirmed(
    machine: Machine,
    parts: Mapping[str, Trace],
    network: Network,
    bootstrap: Bootstrap,
    settings: Settings,
) -> Mapping[str, Score] | str:
    if not network.answers:
        return "the network is not at hand"
    return counterfactual_scores(
        Editor.of(machine, parts[FITTED]),
        parts["test"],
        network,
        bootstrap,
        n_sequences=Scoring().interventions,
        rng=np.random.default_rng(child_seed(settings, "edits")),
    )


def _picked(verdict: Verdict, studies: Mapping[str, Kept], inputs: Sequences) -> Machine:
    if verdict.method is None or verdict.n_states_judged is None:
        reasons = dict.fromkeys(why for kept in studies.values() for why in kept.failures.values())
        why = "; ".join(reasons) or "methods: expected one that is no floor, got floors alone"
        raise DataError(f"no machine could be fitted: {why}", page="every-fit-failed")
    return as_counted(studies[verdict.method].machines[verdict.n_states_judged], inputs)


def _right(score: Fidelity, test: Trace, bootstrap: Bootstrap) -> Score | None:
    """Return how right the network itself is, None where nothing says what is."""
    if test.output != Output.DISTRIBUTION:
        return score.network
    if score.kind.name == PREDICTS or not (test.targets >= 0).any():
        return None
    return bootstrap.score(agreement(test.decisions, test.targets, test, balanced=True))


def _floors(
    studies: Mapping[str, Kept], parts: Mapping[str, Trace], score: Fidelity, seed: int
) -> dict[str, Score]:
    """Return the measure of an explanation, of what knows no state of the network."""
    found = dict(score.floors)
    for method in FLOORS:
        kept = studies.get(method)
        if kept is not None and kept.chosen is not None:
            machine = kept.machines[kept.chosen]
            found[method] = fidelity(machine, parts["test"], seed=seed).scores[score.measure]
    return found
