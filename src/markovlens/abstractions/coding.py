"""Which codebook a network's rows are read with: chosen once, shared by all methods."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from markovlens.abstractions.asking import Asked
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.belonging import check_oracle
from markovlens.abstractions.candidates import GROWN, OBLIQUE, codebooks, regrown
from markovlens.abstractions.closeness import as_good_in_pairs
from markovlens.abstractions.quick import Tried, best_size, side_by_side
from markovlens.abstractions.refining import why_not
from markovlens.abstractions.sharpening import sharpened
from markovlens.abstractions.traces import check_origins
from markovlens.arguments import check_kind, check_seed, with_known_arguments
from markovlens.codebooks.base import Codebook, check_channels
from markovlens.codebooks.known import with_known
from markovlens.codebooks.tree import Tree
from markovlens.errors import DataError
from markovlens.seeding import integer
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

logger = logging.getLogger(__name__)

MOST_SHARPENED = 3  # trees of equally many terms whose thresholds are moved
MOST_STEPS = 50_000  # of a trace that is looked at


@dataclass(frozen=True, slots=True, repr=False)
class Coding:
    """The codebook that was chosen, and all that were tried.

    Attributes:
        codebook: the chosen one.
        table: a row for each codebook: `kind`, `context`, `n_codes` it has and `n_terms` that its
            rules name, `n_states` of the quick machine that came closest to the network, its mean
            `closeness` on validation sequences and the `error` of that mean, whether the network
            was `asked` where its cuts belong (`refining`), and whether it was `chosen`.
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


@with_known_arguments
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
    within one standard error of the closest to the network (`closeness.as_good_in_pairs`) it is the
    one whose rules name the fewest features (`n_terms`), of these the one with the fewest codes,
    the plainest kind and context, then the fewest states. Before that, thresholds of trees are
    moved to where the network's answers turn, see `sharpening`: those of the fewest terms first,
    until one of these is chosen. A network that is at hand is asked instead: the smallest trees
    compete with their cuts where it says, then with codes split, see `refining.refine`. What is
    tried is told as it goes, by `logging` at INFO.

    Args:
        train: a trace of rows; trees are grown and clusters made on it.
        valid: what is chosen on.
        seed: of clusters.
        options: what is tried, and how many `questions` a network is asked.
        network: the network as an `activations.oracle.Oracle`, if it is at hand.

    Raises:
        DataError: the traces do not belong together, have no output, or hold symbols, or the
            network is no oracle.
    """
    check_seed(seed)
    options = Options() if options is None else options
    check_kind("options", options, Options, advice="as in `Options(n_codes=[2, 4])`")
    _check_rows(train, valid)
    check_oracle(network)
    sequence = seed if isinstance(seed, np.random.SeedSequence) else np.random.SeedSequence(seed)
    evidence = Evidence(train, valid, network, integer(sequence))
    return coding_of(evidence, options)


def _check_rows(train: Trace, valid: Trace) -> None:
    for name, trace in (("train", train), ("valid", valid)):
        check_kind(name, trace, Trace, advice="`markovlens.record` makes one of a network")
        if not trace.channels:
            raise DataError(
                f"{name}: expected a trace of rows, got symbols, which need no codebook",
                page="needs-a-codebook",
            )
        if not trace.has_output.any():
            raise DataError(f"{name}: expected outputs, got none at any step", page="no-answers")
    check_origins(train, valid)
    check_channels(train.channels, valid.sequences)


def coding_of(evidence: Evidence, options: Options) -> Coding:
    """Return the coding of evidence of rows, made when it is first asked for."""

    def make() -> Coding:
        found = _chosen(_sample(evidence), options)
        return replace(found, codebook=with_known(found.codebook, evidence.train.sequences))

    return evidence.once("coding", make)


def _chosen(evidence: Evidence, options: Options) -> Coding:
    tried = [best_size(evidence, options, *each) for each in codebooks(evidence, options)]
    tried += regrown(evidence, options, max(tried, key=lambda each: each.scores.mean()))
    for kind, tree in _smallest(tried).items():
        tried += _asked(evidence, options, kind, tree)
    for n_terms in sorted({each.n_terms for each in tried}):
        logger.info("thresholds of the closest trees of %d terms are moved", n_terms)
        for place in _worth_moving(tried, n_terms):
            tried[place] = _sharper(evidence, tried[place])
        best = _cheapest(tried, options)
        if tried[best].n_terms <= n_terms:
            break
    rows = [
        {
            "kind": each.kind,
            "context": str(each.context),
            "n_codes": each.n_codes,
            "n_terms": each.n_terms,
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
    good = as_good_in_pairs({place: each.scores for place, each in enumerate(tried)})
    plain = {kind: place for place, kind in enumerate(options.codes)}
    nearby = {name: place for place, name in enumerate(options.contexts)}

    def cost(place: int) -> tuple[int, int, int, int, bool, int]:
        each = tried[place]
        near = nearby[str(each.context)]
        return each.n_terms, each.n_codes, plain[each.kind], near, not each.asked, each.n_states

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
    asked, last = Asked.of(evidence, oblique=kind == OBLIQUE), -np.inf
    for finer in asked.finer(tree, max(options.n_codes), options.questions):
        found = best_size(evidence, options, finer, kind, tree.context)
        yield replace(found, asked=True)
        if not last < found.scores.mean() < 1:
            return
        last = found.scores.mean()


def _worth_moving(tried: Sequence[Tried], n_terms: int) -> list[int]:
    """Return the places of the closest trees of so many terms, closer than any of fewer terms."""
    grown = [
        (each.scores.mean(), place)
        for place, each in enumerate(tried)
        if each.kind in GROWN and not each.asked and each.n_terms <= n_terms
    ]
    plainer = max(
        (mean for mean, place in grown if tried[place].n_terms < n_terms), default=-np.inf
    )
    closer = [each for each in grown if tried[each[1]].n_terms == n_terms and each[0] > plainer]
    return [place for _, place in sorted(closer, reverse=True)[:MOST_SHARPENED]]


def _sharper(evidence: Evidence, tried: Tried) -> Tried:
    """Return a tree with its thresholds moved; moves must hold on validation sequences."""
    tree = tried.codebook
    assert isinstance(tree, Tree), "what is grown is a tree"
    train, valid = evidence.train.sequences, evidence.validation.sequences
    on_train = side_by_side(evidence, "train")

    def close(moved: Tree) -> float:
        codes = moved.encode(train)
        return float(on_train.closeness(tried.partition, codes, codes).mean())

    moved = sharpened(tree, train, close)
    if moved is tree:
        return tried
    codes, read = moved.encode(train), moved.encode(valid)
    scores = side_by_side(evidence, "valid").closeness(tried.partition, codes, read)
    if scores.mean() < tried.scores.mean():
        return tried
    return replace(tried, codebook=moved, scores=scores)


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
