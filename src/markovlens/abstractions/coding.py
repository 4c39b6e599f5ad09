"""Which codebook a network's rows are read with: chosen once, shared by all methods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from markovlens.abstractions.asking import Asked
from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.closeness import as_good, closeness
from markovlens.abstractions.clusters import shared_clusters
from markovlens.abstractions.coded import coded
from markovlens.abstractions.counting import build_machine
from markovlens.abstractions.lumped import lump_states
from markovlens.abstractions.quick import Tried, best_size
from markovlens.abstractions.refining import why_not
from markovlens.abstractions.sharpening import sharpened
from markovlens.abstractions.traces import check_origins
from markovlens.arguments import check_kind, check_seed
from markovlens.codebooks.base import Codebook, check_channels
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.codebooks.growing import grow_tree, moves_of
from markovlens.codebooks.known import with_known
from markovlens.codebooks.tree import Tree
from markovlens.errors import DataError
from markovlens.seeding import integer, seed_for
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

START_CLUSTERS = 12  # of states before a row, within which moves are compared
GROWN = ("tree", "oblique")  # kinds whose thresholds are then moved, see `sharpening`
MOST_STEPS = 50_000  # of a trace that is looked at


@dataclass(frozen=True, slots=True, repr=False)
class Coding:
    """The codebook that was chosen, and all that were tried.

    Attributes:
        codebook: the chosen one.
        table: a row for each codebook: `kind`, `context`, `n_codes` it has, `n_states` of the quick
            machine that came closest to the network, its mean `closeness` on validation sequences
            and the `error` of that mean, whether the network was `asked` where its cuts belong
            (`refining`), and whether it was `chosen`.
    """

    codebook: Codebook
    table: pd.DataFrame

    def __repr__(self) -> str:
        """Return the rules of the chosen codebook and how close machines came with it."""
        chosen = self.table[self.table["chosen"]].iloc[0]
        rules = "".join(f"\n  {rule}" for rule in self.codebook.names)
        return (
            f"Coding: {chosen['kind']} of {chosen['n_codes']} codes, closeness "
            f"{chosen['closeness']:.3f} on validation sequences, of {len(self.table)} tried{rules}"
        )


def choose_codebook(
    train: Trace,
    valid: Trace,
    *,
    seed: np.random.SeedSequence | int = 0,
    options: Options | None = None,
    network: Askable | None = None,
) -> Coding:
    """Return the codebook through which a network's rows are best read, and all that were tried.

    Each kind of codebook with each number of codes and each context of rows (`Options.codes`,
    `n_codes`, `contexts`) is tried together with clusters of several numbers of states: the machine
    counted over both is run on the rows of validation sequences alone. Of the pairs that come
    within one standard error of the closest to the network it is the one with the fewest codes, of
    these the plainest kind and context, then the fewest states. Before that, thresholds of trees
    are moved to where the network's answers turn, see `sharpening`: those of the fewest codes
    first, until one of these is chosen. A network that is at hand is asked instead: the smallest
    trees compete with their cuts where it says, then with codes split, see `refining.refine`.

    Args:
        train: a trace of rows; trees are grown and clusters made on it.
        valid: what is chosen on.
        seed: of clusters.
        options: what is tried, and how many `questions` a network is asked.
        network: the network as an `activations.oracle.Oracle`, if it is at hand.

    Raises:
        DataError: the traces do not belong together, have no output, or hold symbols.
    """
    check_seed(seed)
    _check_rows(train, valid)
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    evidence = Evidence(train, valid, network, integer(sequence))
    return coding_of(evidence, options or Options())


def _check_rows(train: Trace, valid: Trace) -> None:
    for name, trace in (("train", train), ("valid", valid)):
        check_kind(name, trace, Trace, advice="`markovlens.record` makes one of a network")
        if not trace.channels:
            raise DataError(
                f"{name}: expected a trace of rows, got symbols, which need no codebook"
            )
        if not trace.has_output.any():
            raise DataError(f"{name}: expected outputs, got none at any step")
    check_origins(train, valid)
    check_channels(train.channels, valid.sequences)


def coding_of(evidence: Evidence, options: Options) -> Coding:
    """Return the coding of evidence of rows, made when it is first asked for."""

    def make() -> Coding:
        found = _chosen(_sample(evidence), options)
        return replace(found, codebook=with_known(found.codebook, evidence.train.sequences))

    return evidence.once("coding", make)


def _chosen(evidence: Evidence, options: Options) -> Coding:
    tried = [best_size(evidence, options, *each) for each in _codebooks(evidence, options)]
    tried += _regrown(evidence, options, max(tried, key=lambda each: each.scores.mean()))
    for kind, tree in _smallest(tried).items():
        tried += _asked(evidence, options, kind, tree)
    for n_codes in sorted({each.n_codes for each in tried}):
        tried = [_sharper(evidence, each) if each.n_codes == n_codes else each for each in tried]
        best = _cheapest(tried, options)
        if tried[best].n_codes <= n_codes:
            break
    rows = [
        {
            "kind": each.kind,
            "context": str(each.context),
            "n_codes": each.n_codes,
            "n_states": each.n_states,
            "closeness": each.scores.mean(),
            "error": each.scores.std() / np.sqrt(len(each.scores)),
            "asked": each.asked,
            "chosen": place == best,
        }
        for place, each in enumerate(tried)
    ]
    return Coding(tried[best].codebook, pd.DataFrame(rows))


def _cheapest(tried: list[Tried], options: Options) -> int:
    """Return the place of the plainest codebook among those within one standard error."""
    good = as_good({place: each.scores for place, each in enumerate(tried)})
    plain = {kind: place for place, kind in enumerate(options.codes)}
    nearby = {name: place for place, name in enumerate(options.contexts)}

    def cost(place: int) -> tuple[int, int, int, bool, int]:
        each = tried[place]
        near = nearby[str(each.context)]
        return each.n_codes, plain[each.kind], near, not each.asked, each.n_states

    return min(good, key=cost)


def _smallest(tried: Sequence[Tried]) -> dict[str, Tree]:
    """Return the grown tree of each kind with the fewest codes, 2 or more, that can be asked."""
    found: dict[str, Tree] = {}
    for each in sorted(tried, key=lambda one: (one.n_codes, -one.scores.mean())):
        tree = each.codebook
        if each.kind in GROWN and isinstance(tree, Tree) and tree.n_codes > 1 and not why_not(tree):
            found.setdefault(each.kind, tree)
    return found


def _asked(evidence: Evidence, options: Options, kind: str, tree: Tree) -> Iterator[Tried]:
    """Yield a tree with its cuts where the network changes its answers, then with codes split.

    The last is one with which a machine is perfect, or no closer than with the one before.
    """
    if evidence.network is None or not options.questions:
        return
    asked, last = Asked.of(evidence, oblique=kind == "oblique"), -np.inf
    for finer in asked.finer(tree, max(options.n_codes), options.questions):
        found = best_size(evidence, options, finer, kind, tree.context)
        yield replace(found, asked=True)
        if not last < found.scores.mean() < 1:
            return
        last = found.scores.mean()


def _sharper(evidence: Evidence, tried: Tried) -> Tried:
    """Return a tree that was grown with its thresholds moved, other codebooks as they are.

    Moves that do not hold on validation sequences are not made.
    """
    tree = tried.codebook
    if tried.kind not in GROWN or tried.asked or not isinstance(tree, Tree):
        return tried
    train, members = evidence.train, tried.members

    def close(moved: Tree) -> float:
        read = coded(train, moved)
        machine = build_machine(read, members, deterministic=False)
        return float(closeness(machine, read).mean())

    moved = sharpened(tree, train.sequences, close)
    if moved is tree:
        return tried
    machine = build_machine(coded(train, moved), members, deterministic=False)
    scores = closeness(machine, coded(evidence.validation, moved))
    if scores.mean() < tried.scores.mean():
        return tried
    return replace(tried, codebook=moved, scores=scores)


def _codebooks(evidence: Evidence, options: Options) -> Iterator[tuple[Codebook, str, Context]]:
    """Yield every codebook that is tried, with its kind and context."""
    trace = evidence.train
    clusters = shared_clusters(evidence, min(START_CLUSTERS, trace.n_steps), options).labels
    for name in options.contexts:
        context = Context.named(name)
        rng = np.random.default_rng(seed_for(evidence.seed, "codebook", name))
        moves = moves_of(trace, clusters, context, rng)
        for kind in options.codes:
            known: set[tuple[str, ...]] = set()
            for n_codes in options.n_codes:
                if kind in GROWN:
                    book: Codebook = grow_tree(moves, n_codes, oblique=kind == "oblique")
                elif kind == "quantile":
                    book = quantile_cuts(trace.sequences, n_codes, context=context)
                else:
                    book = nearest_centres(trace.sequences, n_codes, context=context, rng=rng)
                if book.names not in known:
                    known.add(book.names)
                    yield book, kind, context


def _regrown(evidence: Evidence, options: Options, first: Tried) -> Iterator[Tried]:
    """Yield trees grown again by the moves between states that differ in what comes after them.

    Where states lie says more than what they do: trees grown on places cut rows where the state
    moves on smoothly, and nothing follows from it. The states of the closest quick machine, joined
    where they have the same future, move only where something does.
    """
    trace = evidence.train
    labels = _states_with_a_future(evidence, options, first)
    if labels.max() == 0:
        return
    rng = np.random.default_rng(seed_for(evidence.seed, "codebook", "again"))
    places = replace(trace, states=np.eye(labels.max() + 1)[labels])
    moves = moves_of(places, labels, first.context, rng)
    for kind in [kind for kind in options.codes if kind in GROWN]:
        for n_codes in options.n_codes:
            tree = grow_tree(moves, n_codes, oblique=kind == "oblique")
            yield best_size(evidence, options, tree, kind, first.context, known=labels)


def _states_with_a_future(evidence: Evidence, options: Options, tried: Tried) -> np.ndarray:
    """Return the state (N,) at each training step of a quick machine, lumped."""
    read = replace(
        evidence,
        train=coded(evidence.train, tried.codebook),
        valid=coded(evidence.validation, tried.codebook),
        _made={},
    )
    clusters = shared_clusters(evidence, tried.n_states, options)
    machine = build_machine(read.train, clusters.memberships, deterministic=False)
    fitted = Fitted(machine, lambda trace: clusters.nearest(trace.states))
    members = lump_states(read, fitted, options).members
    numbers: np.ndarray = np.unique(members.argmax(axis=1)[clusters.labels], return_inverse=True)[1]
    return numbers


def _sample(evidence: Evidence) -> Evidence:
    """Return the evidence as it is if it is small, else of the sequences that come first."""
    train, valid = _first(evidence.train), _first(evidence.validation)
    if train is evidence.train and valid is evidence.valid:
        return evidence
    return replace(evidence, train=train, valid=valid, _made={})


def _first(trace: Trace) -> Trace:
    """Return the sequences of at most `MOST_STEPS` steps, and one at least."""
    if trace.n_steps <= MOST_STEPS:
        return trace
    n_sequences = int(np.searchsorted(np.cumsum(trace.lengths), MOST_STEPS, side="right"))
    return trace.select(np.arange(max(n_sequences, 1)))
