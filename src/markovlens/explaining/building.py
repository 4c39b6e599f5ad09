"""From a network and sequences to an explanation."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.study import Kept, Study, study_evidence
from markovlens.activations.oracle import Oracle
from markovlens.activations.outputs import LINK_OF
from markovlens.activations.recorder import record
from markovlens.adapters.adapting import network_of
from markovlens.arguments import check_kind, check_sizes, check_whole
from markovlens.embedding.pod import embed, pod
from markovlens.errors import DataError, reason_of
from markovlens.explaining.asking import Network
from markovlens.explaining.cards import Deck, UnitEffect, cards_of
from markovlens.explaining.explanation import FITTED, Explanation, Settings
from markovlens.explaining.inputs import sequences_of, with_targets
from markovlens.explaining.sentences import sentence_of
from markovlens.explaining.units import unit_effects
from markovlens.explaining.walks import walk_of
from markovlens.faithfulness.causes.counterfactuals import counterfactual_scores
from markovlens.faithfulness.causes.editing import Editor
from markovlens.faithfulness.causes.probe import Subject, judge_subject
from markovlens.faithfulness.scores.evaluate import FLOORS, Scoring
from markovlens.faithfulness.scores.fidelity import Fidelity, fidelity
from markovlens.faithfulness.scores.tally import Score
from markovlens.faithfulness.verdict.judged import as_counted
from markovlens.faithfulness.verdict.verdict import Verdict
from markovlens.machines.machine import Machine
from markovlens.machines.matching import check_alphabet, check_kind_of_answer
from markovlens.outputs import Output
from markovlens.seeding import integer, seed_for
from markovlens.sequences import Sequences
from markovlens.trace import Trace

logger = logging.getLogger(__name__)

SPLITS = {"train": 0.6, "valid": 0.2, "test": 0.2}
FEWEST = 5  # sequences that can be split
N_COMPONENTS = 8  # coordinates of states that machines are fitted in
SIZES = (2, 3, 4, 5, 6, 8, 10, 12)
ENOUGH = 10_000  # training steps that machines are fitted on; more are seldom of use
METHODS = ("hmm_input", "kmeans", "merging")
ASKING = ("lstar",)  # where the network can be asked step by step
COUNTING = ("hmm_input", "kmeans")  # where it makes no decisions


def explain(
    network: Any,
    sequences: Sequences | Sequence[Any],
    *,
    targets: np.ndarray | None = None,
    symbols: Sequence[str] | None = None,
    methods: Sequence[str] | None = None,
    n_states: Sequence[int] = SIZES,
    machine: Machine | None = None,
    layer: str | None = None,
    unit: str = "step",
    name: str | None = None,
    units: bool = False,
    options: Options | None = None,
    seed: int = 0,
    **reading: Any,
) -> Explanation:
    """Explain a network: its machine, how far it can be trusted, and what each state means.

    The network is recorded on the sequences, which are split by sequence. Machines are fitted on
    training sequences in the first principal components of the states; the one that explains the
    network is picked by the rule of the workflow's verdicts on validation sequences
    (`faithfulness.verdict`), and scored on test sequences that nothing was chosen on.

    Args:
        network: as for `record`.
        sequences: `Sequences`, a list of texts or token lists (give `symbols`), or of rows (T, D).
        targets: what is right, where that is known: a row for each step, or one for each sequence,
            which is asked for after its last step.
        symbols: names of the input symbols.
        methods: what machines are fitted by; `hmm_input`, `kmeans`, `merging` and, of a network
            that can be asked step by step, `lstar` when None. Floors are always fitted.
        n_states: the numbers of states tried.
        machine: explains the network by this machine, in place of fitting any.
        layer: whose states are explained; the last recurrent one when None.
        unit: what a step is called, such as `word` or `minute`.
        name: of the network in titles; its class when None.
        units: whether the numbers of the network's state that matter most in each state are looked
            for by silencing each.
        options: settings of the fits.
        seed: of everything that is drawn.
        **reading: the other fields of `Reading`, such as `classes` and `link`.

    Raises:
        ConfigError: a setting that is none.
        DataError: fewer than five sequences, an unknown symbol, an empty sequence, a machine of
            other data, a network that cannot be recorded, or of which no machine could be fitted.
    """
    check_whole("seed", seed, least=0)
    sizes = check_sizes("n_states", n_states)
    inputs = sequences_of(sequences, symbols)
    with _told("recording"):
        trace = record(
            network,
            with_targets(inputs, targets),
            layers=layer,
            **({"symbols": symbols} if symbols is not None else {}),
            **reading,
        )
    splits = split_sequences(len(trace), seed=seed)
    basis = pod(trace.select(splits[FITTED]).states, n_components=_width(trace, splits[FITTED]))
    trace = embed(trace, basis)
    asked = _network(network, trace, basis, reading, layer=layer)
    chosen = tuple(methods) if methods is not None else _usual(trace, asked)
    title = name or type(network).__name__ if not isinstance(network, str) else network
    settings = Settings(title, unit, chosen, sizes, seed, given=machine is not None)
    if machine is not None:
        _check_machine(machine, trace)
    studies = _fitted(trace, splits, asked, settings, options=options, given=machine)
    return explanation_of(trace, splits, studies, asked, settings, machine=machine, units=units)


def explanation_of(
    trace: Trace,
    splits: Mapping[str, np.ndarray],
    studies: Mapping[str, Kept],
    network: Network,
    settings: Settings,
    *,
    machine: Machine | None = None,
    verdict: Verdict | None = None,
    units: bool = False,
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
    bootstrap = scoring.bootstrap(len(parts["test"]), seed=_seed(settings, "resamples"))
    if verdict is None:
        subject = Subject(parts["valid"], parts["test"], network.oracle, studies, parts[FITTED])
        with _told("judging"):
            rng = np.random.default_rng(_seed(settings, "verdict"))
            verdict = judge_subject(subject, bootstrap, scoring=scoring, rng=rng)
    machine = machine or _picked(verdict, studies, parts["test"].sequences)
    score = fidelity(machine, parts["test"], train=parts[FITTED], seed=settings.seed)
    walk = walk_of(machine, trace.sequences)
    tested = np.repeat(np.isin(np.arange(len(trace)), splits["test"]), trace.lengths)
    effects: Mapping[int, tuple[UnitEffect, ...]] = {}
    if units and network.oracle is not None:
        rng = np.random.default_rng(_seed(settings, "units"))
        effects = unit_effects(network.oracle, trace, walk, rng=rng)
    with _told("writing cards"):
        deck = Deck.of(machine, trace, walk, tested)
        cards = [
            replace(card, sentence=sentence_of(card, machine.output, unit=settings.unit))
            for card in cards_of(deck, effects)
        ]
    with _told("asking about counterfactuals"):
        confirmed = (
            counterfactual_scores(
                Editor.of(machine, parts[FITTED]),
                parts["test"],
                network,  # type: ignore[arg-type]  # it only answers
                bootstrap,
                n_sequences=scoring.interventions,
                rng=np.random.default_rng(_seed(settings, "edits")),
            )
            if network.answers
            else "the network is not at hand"
        )
    return Explanation(
        machine, verdict, score, _floors(studies, parts, score, settings.seed), confirmed,
        tuple(cards), trace, walk, splits, studies, network, settings,
    )  # fmt: skip


def split_sequences(n_sequences: int, *, seed: int) -> dict[str, np.ndarray]:
    """Return the places of training, validation and test sequences, three, one and one fifth.

    Raises:
        DataError: there are fewer than five sequences.
    """
    if n_sequences < FEWEST:
        raise DataError(
            f"expected at least {FEWEST} sequences, to fit on some and score on others, got "
            f"{n_sequences}; cut long recordings into several"
        )
    order = np.random.default_rng(seed_for(seed, "explain", "splits")).permutation(n_sequences)
    ends = np.cumsum([max(1, round(share * n_sequences)) for share in SPLITS.values()])[:-1]
    ends[-1] = min(ends[-1], n_sequences - 1)
    parts = np.split(order, ends)
    return {split: np.sort(part) for split, part in zip(SPLITS, parts, strict=True)}


def _width(trace: Trace, fitted: np.ndarray) -> int:
    return min(N_COMPONENTS, trace.states.shape[1], int(trace.lengths[fitted].sum()))


def _network(
    model: Any, trace: Trace, basis: Any, reading: Mapping[str, Any], *, layer: str | None
) -> Network:
    """Return the network as it is asked: step by step if it can be, else by recording it."""
    how = {"symbols": trace.symbols, **reading} if trace.symbols else dict(reading)
    known = {name: reading[name] for name in ("forward", "state") if name in reading}
    link = reading.get("link", LINK_OF[trace.output])
    like = None if trace.reads_symbols else trace.sequences
    model = network_of(model, trace.sequences)
    try:
        oracle = Oracle(model, layer=layer, basis=basis, like=like, link=link, **known)
    except DataError as error:
        return Network(model, None, how, layer, why_not=reason_of(error))
    return Network(model, oracle, how, layer)


def _usual(trace: Trace, network: Network) -> tuple[str, ...]:
    if trace.output != Output.DISTRIBUTION:
        return COUNTING
    few = not trace.reads_symbols or len(trace.symbols) <= Options().max_symbols
    return METHODS + (ASKING if network.oracle is not None and few else ())


def _check_machine(machine: Machine, trace: Trace) -> None:
    """Raise `DataError` for a machine of other data."""
    check_kind("machine", machine, Machine, advice="`read_machine` reads one from a file")
    check_kind_of_answer(machine, trace.output)
    reads_rows = machine.codebook is not None
    if reads_rows == trace.reads_symbols:
        raise DataError(
            "machine: expected one of these data, got one that reads "
            f"{'rows' if reads_rows else 'symbols'}; give the machine that was made of them"
        )
    check_alphabet(machine, machine.symbols if reads_rows else trace.symbols, trace.classes)
    machine.look_at(trace.sequences)


def _fitted(
    trace: Trace,
    splits: Mapping[str, np.ndarray],
    network: Network,
    settings: Settings,
    *,
    options: Options | None,
    given: Machine | None,
) -> dict[str, Kept]:
    """Return what each method and floor makes of the network, on the same evidence."""
    train, valid = (trace.select(splits[name]) for name in (FITTED, "valid"))
    some = _enough(train, np.random.default_rng(_seed(settings, "sample")))
    evidence = Evidence(some, valid, network.oracle, _seed(settings, "codes"))
    codebook = None if given is None else given.codebook
    floors = ("ngram", "majority")
    methods = floors if given is not None else (*settings.methods, *floors)
    found = {}
    for method in dict.fromkeys(methods):
        with _told(f"fitting {method}"):
            made = study_evidence(
                method,
                evidence,
                n_states=settings.sizes,
                seed=seed_for(settings.seed, "explain", method),
                options=options,
                codebook=codebook,
            )
        codebook, found[method] = made.codebook, _kept(made)
    return found


def _kept(made: Study) -> Kept:
    machines = {size: fit.machine for size, fit in made.fits.items()}
    return Kept(
        machines, made.failures, made.chosen, {}, made.lumped, made.codebook, made.codebooks
    )


def _enough(train: Trace, rng: np.random.Generator) -> Trace:
    """Return as many training sequences as it takes for `ENOUGH` steps, drawn at random."""
    order = rng.permutation(len(train))
    number = 1 + int(np.searchsorted(np.cumsum(train.lengths[order]), ENOUGH))
    return train if number >= len(train) else train.select(np.sort(order[:number]))


def _picked(verdict: Verdict, studies: Mapping[str, Kept], inputs: Sequences) -> Machine:
    if verdict.method is None or verdict.n_states_judged is None:
        reasons = dict.fromkeys(why for kept in studies.values() for why in kept.failures.values())
        raise DataError(f"no machine could be fitted: {'; '.join(reasons)}")
    return as_counted(studies[verdict.method].machines[verdict.n_states_judged], inputs)


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


def _seed(settings: Settings, what: str) -> int:
    return integer(seed_for(settings.seed, "explain", what))


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Log what is done, and the seconds that it took."""
    begin = perf_counter()
    yield
    logger.info("%s: %.1f s", what, perf_counter() - begin)
