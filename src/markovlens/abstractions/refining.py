"""Codes within which a network does not do the same are split, and cuts put where it changes.

Refinement by counterexamples: rows of one code after which the network, asked from the same state,
goes on differently are evidence that the code is too coarse (Clarke, Grumberg, Jha, Lu & Veith,
"Counterexample-guided abstraction refinement", 2000). Where the cut belongs is asked by bisection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from markovlens.abstractions.asking import Asked
from markovlens.abstractions.base import Evidence
from markovlens.arguments import check_kind, check_seed, check_whole, with_known_arguments
from markovlens.codebooks.base import check_channels
from markovlens.codebooks.context import ROW
from markovlens.codebooks.editing import weights_of
from markovlens.codebooks.known import with_known
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.errors import DataError
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable


@dataclass(frozen=True, slots=True, repr=False)
class Refined:
    """A codebook that a network was asked about.

    Attributes:
        codebook: the tree, its cuts where the network changes its answers.
        table: a row for each code: its `rule`, the share of training rows (`share`) and the
            `consistency` of the network within it, see `asking.consistency_of`.
        n_asked: words that the network was asked.
    """

    codebook: Tree
    table: pd.DataFrame
    n_asked: int

    def __repr__(self) -> str:
        """Return the rules with their consistency."""
        rules = "".join(
            f"\n  {row.rule} (consistency {row.consistency:.3f})" for row in self.table.itertuples()
        )
        return f"Refined: {len(self.table)} codes, {self.n_asked} words asked{rules}"


@with_known_arguments
def refine(
    codebook: Tree,
    trace: Trace,
    network: Askable,
    *,
    seed: int = 0,
    oblique: bool = True,
    most_codes: int = 16,
    most_words: int = 1_000_000,
) -> Refined:
    """Return a tree whose codes a network treats alike, as far as questions tell.

    From the state after a prefix of a training sequence of each of a dozen clusters the
    network reads training rows of a code, and then other rows. First every cut is put where the
    answers change, by bisection between rows on either side of it. Then codes are split, the least
    consistent first, by the cut that explains most of the answers, until all are consistent, no
    split tells rows apart, there are `most_codes`, or `most_words` were asked. Sides of a cut that
    are answered alike become one code.

    Args:
        codebook: a tree over single rows, such as `cut_at` or `choose_codebook` give.
        trace: of training sequences, rows of the codebook's channels.
        network: the network as an `activations.oracle.Oracle`.
        seed: of the draws.
        oblique: whether cuts may be put through several channels, where one alone is not as good.
        most_codes: of the refined tree.
        most_words: asked at most to move and to split: a question that would take more is not
            asked. Those by which sides are joined and the table is made come on top of it, some
            thousands a code.

    Raises:
        DataError: the codebook is no tree over single rows that change, or for other channels.
    """
    check_kind("codebook", codebook, Tree, advice="other kinds have no cuts that could be moved")
    check_seed(seed)
    check_whole("most_codes", most_codes, least=1)
    check_whole("most_words", most_words, least=1)
    check_channels(codebook.channels, trace.sequences)
    if refusal := why_not(codebook):
        raise DataError(refusal, page="needs-a-codebook")
    asked = Asked.of(Evidence(trace, network=network, seed=seed), oblique=oblique)
    *_, last = asked.finer(with_known(codebook, trace.sequences), most_codes, most_words)
    tree = asked.joined(last)
    return Refined(tree, asked.table(tree), asked.probe.n_asked)


def why_not(tree: Tree) -> str:
    """Return why a network cannot be asked about the codes of a tree; "" if it can."""
    if tree.context.kind != ROW:
        return (
            f"expected a codebook of single rows, got one of context {tree.context}: the network "
            "is asked about one row from states of its own"
        )
    cut = [weights_of(tree, int(node)) != 0 for node in np.flatnonzero(tree.feature != LEAF)]
    static = [channel.name for channel, *read in zip(tree.channels, *cut, strict=True)
              if channel.static and any(read)]  # fmt: skip
    if static:
        return f"expected cuts of channels that change within a sequence, got one of {static[0]}"
    return ""
