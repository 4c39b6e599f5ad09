"""What a network answers with part of a layer's state silenced, and which units it can do without.

Silenced units stand at their mean over training steps (mean ablation) after every step, so that
what the network goes on from has lost what they told. A basis silences what it leaves out: of some
units the others, of principal components the weaker ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd

from markovlens.abstractions.closeness import agreed, as_good_in_pairs, overlapped
from markovlens.abstractions.dimensions import compared, doubled
from markovlens.activations.basis import Basis
from markovlens.activations.oracle import Oracle
from markovlens.arguments import (
    check_kind,
    check_seed,
    check_sizes,
    check_whole,
    with_known_arguments,
)
from markovlens.embedding.projections import Projection, unit_projection
from markovlens.errors import DataError
from markovlens.sequences import Sequences, batches_of_one_length, rows_of
from markovlens.trace import Trace

N_RANKED = 50  # training sequences on which units are ranked
AT_ONCE = 2048  # sequences that are run side by side

Squeeze = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True, slots=True, repr=False)
class Units:
    """Which units of a layer its network needs.

    Attributes:
        effects: (D,), how much of the network's answers changes with each unit silenced, 0 to 1.
        order: (D,), the units, that of the largest effect first.
        table: for each number of units kept the agreement of the network, all others silenced, with
            itself on validation sequences, its mean less and plus a standard error (`low`, `high`),
            and whether it was `chosen`.
        basis: the coordinates of the units that are kept.
    """

    effects: np.ndarray
    order: np.ndarray
    table: pd.DataFrame
    basis: Projection = field(repr=False)

    @property
    def kept(self) -> np.ndarray:
        """The units kept, that of the largest effect first."""
        return self.order[: len(self.basis.components)]

    def __repr__(self) -> str:
        """Return how many units are kept, and how far the network answers as before with them."""
        agreement = self.table.loc[self.table["chosen"], "agreement"].item()
        return f"Units: {len(self.kept)} of {len(self.order)} kept, agreement {agreement:.4f}"


@with_known_arguments
def choose_units(
    network: Oracle,
    train: Trace,
    valid: Trace,
    *,
    sizes: Sequence[int] | None = None,
    n_sequences: int = N_RANKED,
    seed: int = 0,
) -> Units:
    """Return the fewest units with which a network answers as with all, by their effect.

    Units are ranked by what silencing each alone does to the answers on some training sequences;
    then all but the first few are silenced together on the validation sequences. Of the sizes the
    smallest is taken whose agreement is within one standard error of the best one's, taken in
    pairs. Of an LSTM h and c are units apart.

    Two units that say the same can each be spared, and neither seems to matter: where many do, more
    are kept than are needed. Where another layer stands above the explained one, or the network has
    no `head`, answers show silenced units from the next step on; what they do at the same step,
    on the way up, is not seen.

    Args:
        network: asked at the layer that was recorded, without a basis.
        train, valid: its traces, of plain states.
        sizes: numbers of units tried; powers of 2 and all when None.
        n_sequences: training sequences on which units are ranked.
        seed: which of them.

    Raises:
        DataError: an oracle with a basis or of another layer, or traces without outputs.
        ConfigError: sizes or numbers that are none.
    """
    check_whole("n_sequences", n_sequences, least=1)
    check_seed(seed)
    _check(network, train, valid)
    width = train.states.shape[1]
    tried = doubled(width) if sizes is None else check_sizes("sizes", sizes, of="units")
    if max(tried) > width:
        raise DataError(
            f"sizes: expected at most {width}, the units, got {max(tried)}", page="out-of-range"
        )
    effects = ranking_effects(network, train, n_sequences=n_sequences, seed=seed)
    order = np.argsort(-effects, kind="stable")
    bases = {size: unit_projection(train.states, order[:size]) for size in tried}
    scores = {size: agreed(answers_in(network, valid, bases[size]), valid) for size in tried}
    chosen = min(as_good_in_pairs(scores))
    table = compared(scores, chosen).rename(columns={"n_components": "n_units"})
    return Units(effects, order, table, bases[chosen])


def ranking_effects(
    network: Oracle, train: Trace, *, n_sequences: int = N_RANKED, seed: int = 0
) -> np.ndarray:
    """Return `effects_of` each unit (D,) on some training sequences, drawn with the seed."""
    rng = np.random.default_rng(seed)
    drawn = rng.choice(len(train), size=min(n_sequences, len(train)), replace=False)
    return effects_of(network, train.select(np.sort(drawn)), train.states.mean(axis=0))


def effects_of(network: Oracle, trace: Trace, mean: np.ndarray) -> np.ndarray:
    """Return how much of the answers changes with each unit (D,) silenced, by itself, 0 to 1.

    It is 1 less the overlap of the distributions; of values and a risk what `closeness` says.
    """
    at_once = max(1, AT_ONCE // len(trace))
    units = np.arange(trace.states.shape[1])
    return np.concatenate(
        [
            _effects(network, trace, mean, some)
            for some in np.array_split(units, -(-len(units) // at_once))
        ]
    )


def _effects(network: Oracle, trace: Trace, mean: np.ndarray, units: np.ndarray) -> np.ndarray:
    many = Sequences(
        np.concatenate([trace.inputs] * len(units)),
        np.tile(trace.lengths, len(units)),
        trace.channels,
    )

    def silence(numbers: np.ndarray, points: np.ndarray) -> np.ndarray:
        silent, rows = units[numbers // len(trace)], np.arange(len(points))
        changed = points.copy()
        changed[rows, silent] = mean[silent]
        return changed

    said = answers_through(network, many, silence).reshape(len(units), trace.n_steps, -1)
    return np.array([1 - overlapped(each, trace).mean() for each in said])


def answers_in(network: Oracle, trace: Trace, basis: Basis) -> np.ndarray:
    """Return the outputs (N, C) of a network whose layer keeps only what a basis does."""

    def silence(_: np.ndarray, points: np.ndarray) -> np.ndarray:
        return basis.restore(basis.project(points))

    return answers_through(network, trace.sequences, silence)


def answers_through(network: Oracle, inputs: Sequences, squeeze: Squeeze) -> np.ndarray:
    """Return the outputs (N, C) of a network whose layer is changed after each step.

    Args:
        network: asked without a basis.
        inputs: what it reads.
        squeeze: makes other states of the numbers (B,) of sequences and the layer's states (B, D).
    """
    outputs: np.ndarray | None = None
    for numbers in batches_of_one_length(inputs.lengths, AT_ONCE):
        rows = rows_of(inputs.lengths, numbers).reshape(len(numbers), -1)
        answers = _stepwise(network, inputs, rows, partial(squeeze, numbers))
        for at, said in zip(rows.T, answers, strict=True):
            if outputs is None:
                outputs = np.empty((inputs.n_steps, said.shape[1]), dtype=said.dtype)
            outputs[at] = said
    assert outputs is not None, "there is at least one sequence"
    return outputs


def _stepwise(
    network: Oracle,
    inputs: Sequences,
    rows: np.ndarray,
    squeeze: Callable[[np.ndarray], np.ndarray],
) -> Iterator[np.ndarray]:
    """Yield the outputs (B, C) after each of the steps that lie at rows (B, T)."""
    states = None
    for at in rows.T:
        said, states = network.advance(states, inputs.values[at])
        points = squeeze(network.observe(states))
        states = network.put(states, points)
        read = network.read_out(points)
        yield said if read is None else read


def _check(network: Oracle, train: Trace, valid: Trace) -> None:
    check_kind("network", network, Oracle, advice="`Oracle(model, layer=...)` makes one")
    for name, trace in {"train": train, "valid": valid}.items():
        check_kind(name, trace, Trace, advice="`markovlens.record` makes one of a network")
        if not trace.has_output.any():
            raise DataError(
                f"{name}: expected a trace with the network's outputs, got none", page="no-answers"
            )
    width = network.observe(network.states_after(train.select(np.arange(1)).sequences)).shape[1]
    if network.basis is not None or width != train.states.shape[1]:
        raise DataError(
            f"network: expected an oracle of the layer that was recorded, {train.states.shape[1]} "
            f"plain states, got one of {width} numbers"
            f"{'' if network.basis is None else ' in a basis'}; give `Oracle(model, layer=...)`",
            page="another-network",
        )
