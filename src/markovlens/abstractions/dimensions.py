"""In how many coordinates a machine of a network's states is still as good.

A machine is fitted in more and more coordinates, and run without the network on validation
sequences. The fewest coordinates are taken whose machine agrees with the network within one
standard error of the best one's, sequence by sequence. What that costs on sequences that nothing
was chosen on says `faithfulness.scores.dimensions.loss_between`, with a bound.

No share of the variance says it: what a machine needs may be a weak mode, and strong ones noise to
it. Nor does the lemma of Johnson and Lindenstrauss, see `embedding.projections`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.closeness import as_good_in_pairs, closeness
from markovlens.abstractions.study import Study, study_evidence
from markovlens.arguments import (
    check_choice,
    check_kind,
    check_seed,
    check_sizes,
    with_known_arguments,
)
from markovlens.embedding.pod import POD, embed, pod
from markovlens.embedding.projections import RANDOM, Projection, random_projection
from markovlens.errors import DataError
from markovlens.trace import Trace

KINDS = ("pod", *RANDOM)
MOST = 64  # coordinates tried where no sizes are given
COLUMNS = ("n_components", "agreement", "low", "high", "chosen")


@dataclass(frozen=True, slots=True, repr=False)
class Dimensions:
    """How far machines follow their network by the number of coordinates they are made in.

    Attributes:
        table: for each number of coordinates the mean agreement of its machine on validation
            sequences, that less and plus a standard error (`low`, `high`), the machine's
            `n_states`, and which number was `chosen`.
        basis: the coordinates chosen.
        study: what the method made in them.
        reference: what it made in the number of coordinates with the highest mean.
    """

    table: pd.DataFrame
    basis: POD | Projection
    study: Study = field(repr=False)
    reference: Study = field(repr=False)

    @property
    def n_components(self) -> int:
        """The number of coordinates chosen."""
        return len(self.basis.components)

    def __repr__(self) -> str:
        """Return how many coordinates were chosen, and how far their machine agrees."""
        agreement = self.table.loc[self.table["chosen"], "agreement"].item()
        tried = ", ".join(map(str, self.table["n_components"]))
        return f"Dimensions: {self.n_components} of {tried}; agreement {agreement:.4f}"


@with_known_arguments
def choose_dimension(
    train: Trace,
    valid: Trace,
    *,
    n_states: Sequence[int],
    basis: str | POD | Projection = "pod",
    sizes: Sequence[int] | None = None,
    method: str = "kmeans",
    seed: int = 0,
    options: Options | None = None,
) -> Dimensions:
    """Return in how few coordinates a method's machines agree with the network as in the best.

    Of a large network give a sample of sequences: what is chosen is then recorded of all,
    `record(model, sequences, basis=found.basis)`.

    Args:
        train, valid: traces of plain states; the first are fitted on, the second decide.
        n_states: of the machines, best those that are fitted later: more states tell finer
            differences apart. At each number of coordinates the method chooses one.
        basis: `pod`, a kind of `embedding.projections.random_projection`, or a basis of which the
            first coordinates are taken, such as one of units by their effect.
        sizes: numbers of coordinates tried, rising; powers of 2 up to 64 when None.
        method: name of the method.
        seed: of random directions and fits.
        options: of the fits.

    Raises:
        ConfigError: a name or a number that is none.
        DataError: traces of different networks, more coordinates than there are, or a method that
            makes no machine in any of them.
    """
    check_kind("train", train, Trace, advice="`markovlens.record` makes one of a network")
    check_kind("valid", valid, Trace, advice="`markovlens.record` makes one of a network")
    check_seed(seed)
    width = train.states.shape[1] if isinstance(basis, str) else len(basis.components)
    tried = doubled(min(width, MOST)) if sizes is None else check_sizes("sizes", sizes, of="axes")
    if max(tried) > width:
        said = f"sizes: expected at most {width} coordinates, got {max(tried)}"
        raise DataError(said, page="out-of-range")
    whole = _basis(basis, train, max(tried), seed)
    studies = {
        size: study_evidence(
            method,
            Evidence(embed(train, whole.first(size)), embed(valid, whole.first(size)), seed=seed),
            n_states=n_states,
            seed=seed,
            options=options,
        )
        for size in tried
    }
    made = {size: each for size, each in studies.items() if each.chosen is not None}
    if not made:
        _ = studies[max(tried)].best  # raises, and says why
    scores = {size: closeness(each.best, valid) for size, each in made.items()}
    chosen = min(as_good_in_pairs(scores))
    best = max(scores, key=lambda size: scores[size].mean())
    table = compared(scores, chosen)
    table.insert(1, "n_states", [each.best.n_states for each in made.values()])
    return Dimensions(table, whole.first(chosen), made[chosen], made[best])


def doubled(most: int) -> tuple[int, ...]:
    """Return 1, 2, 4, ... below a number, and the number."""
    return (*(2**power for power in range((most - 1).bit_length())), most)


def compared(scores: Mapping[int, np.ndarray], chosen: int) -> pd.DataFrame:
    """Return a row for each number of coordinates with the scores (S,) of sequences."""
    rows = []
    for size, values in scores.items():
        mean, error = values.mean(), values.std() / np.sqrt(len(values))
        rows.append((size, mean, mean - error, mean + error, size == chosen))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _basis(
    basis: str | POD | Projection, train: Trace, n_components: int, seed: int
) -> POD | Projection:
    if not isinstance(basis, str):
        return basis.first(n_components)
    check_choice("basis", basis, KINDS)
    if basis == "pod":
        return pod(iter([train.states]), n_components=n_components)
    return random_projection(train.states, n_components=n_components, kind=basis, seed=seed)
