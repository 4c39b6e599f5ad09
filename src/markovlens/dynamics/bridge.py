"""From hidden activations back to the chain: does an HMM of the states find the source's states?

The source's latent states cannot be seen in a network that was trained on symbols alone. What the
network's own symbols say of them can: the exact filter of the source reads the symbols that the
network wrote, and an HMM reads its hidden states. They are compared step by step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import softmax

from markovlens.dynamics.bridge_scores import chain_scores, prediction_scores, state_scores
from markovlens.dynamics.measures import TYPES, exactly, tidy
from markovlens.dynamics.network import NoisyNetwork
from markovlens.embedding.pod import POD, embed, pod
from markovlens.errors import DataError
from markovlens.faithfulness.scores.recovery import align
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.hmm import GaussianHMM, Sweep, sweep
from markovlens.sequences import Sequences
from markovlens.tasks.base import Source
from markovlens.tasks.markov import draw, filter_beliefs
from markovlens.trace import NO_TARGET, Trace

ANALYSIS, TRAINING = "bridge", "bridge_training"
CRITERIA = ("predictive", "bic", "heldout")
SHOWN = ("state_accuracy", "state_accuracy_majority", "nmi", "transition_error")  # along training


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much the bridge is built from.

    Attributes:
        n_states: sizes K of the sweep; the source's own size is always among them.
        n_components: POD modes M of the hidden states that the HMMs see.
        n_runs: runs for training; as many for testing, half for validation.
        n_steps: recorded steps of each run.
        warmup: steps before them.
        restarts: of each size.
        n_resamples: bootstrap resamples of the test runs.
    """

    n_states: Sequence[int] = (1, 2, 3, 4, 5, 6)
    n_components: int = 4
    n_runs: int = 40
    n_steps: int = 200
    warmup: int = 50
    restarts: int = 2
    n_resamples: int = 200


PLAIN = Sizes()
QUICK = Sizes(n_states=(1, 2, 3), n_runs=16, n_steps=120, restarts=1, n_resamples=50)


@dataclass(frozen=True, slots=True)
class Bridge:
    """HMMs of a network's hidden states, and the runs on which they are tested.

    Attributes:
        found: the sweep over sizes.
        traces: train, valid, test: states (N, M) in POD coordinates, the symbols that the network
            wrote as inputs, the source's likeliest latent state given these (its filter) as truth.
        hidden: float32 (N, H), the hidden states of the test runs.
        decoded: int (N,), states of the test runs by the HMM that has the source's size, filtered
            (no later step is seen), numbered as the source's.
        basis: from hidden states to POD coordinates.
    """

    found: Sweep
    traces: tuple[Trace, Trace, Trace]
    hidden: np.ndarray
    decoded: np.ndarray
    basis: POD

    def model(self, n_states: int) -> GaussianHMM:
        """Return the best model of a size."""
        return self.found.models[self.found.best.covariance_type, n_states][0]


def build_bridge(
    network: NoisyNetwork, source: Source, *, rng: np.random.Generator, sizes: Sizes = PLAIN
) -> Bridge:
    """Return HMMs fitted to hidden states of fresh runs of a network.

    Raises:
        DataError: the network's states grow without bound.
        ValueError: every fit failed.
    """
    counts = (sizes.n_runs, max(2, sizes.n_runs // 2), sizes.n_runs)
    raw = [record_runs(network, source, n_runs, rng, sizes=sizes) for n_runs in counts]
    basis = pod(raw[0].states, n_components=sizes.n_components)
    train, valid, test = (embed(trace, basis) for trace in raw)
    n_source = len(source.initial)
    found = sweep(
        train.states,
        train.lengths,
        n_states=sorted({*sizes.n_states, n_source}),
        restarts=sizes.restarts,
        rng=rng,
        shared_unit=True,
        valid=(valid.states, valid.lengths),
    )
    model = found.models[found.best.covariance_type, n_source][0]
    decoded = model.filter(test.states, test.lengths).argmax(axis=1)
    named = _renamed(decoded, test, n_source)
    return Bridge(found, (train, valid, test), raw[2].states, named, basis)


def record_runs(
    network: NoisyNetwork, source: Source, n_runs: int, rng: np.random.Generator, *, sizes: Sizes
) -> Trace:
    """Return runs of a network as a trace whose truth is the source's filter on its symbols."""
    episode = network.run(n_runs, sizes.n_steps, rng, warmup=sizes.warmup)
    symbols = Sequences(episode.symbols.ravel(), np.full(n_runs, sizes.n_steps))
    names = tuple(map(str, range(source.emission.shape[1])))
    return Trace(
        states=episode.states.reshape(-1, network.n_units),
        inputs=symbols.values,
        outputs=softmax(episode.logits, axis=-1).reshape(symbols.n_steps, -1),
        targets=np.full(symbols.n_steps, NO_TARGET),
        truth=filter_beliefs(source, symbols).argmax(axis=1),
        lengths=symbols.lengths,
        symbols=names,
        classes=names,
    )


def bridge_table(
    bridge: Bridge,
    source: Source,
    *,
    rng: np.random.Generator,
    sizes: Sizes = PLAIN,
    criteria: Sequence[str] = CRITERIA,
) -> pd.DataFrame:
    """Return every score of a bridge with ceilings and floors.

    `state_accuracy` is the share of steps at which HMM and filter name the same state (Hungarian);
    `where` says how the size was chosen. Its `_ceiling` is the filter against the true latent
    states of the source's own sequences: no reader of symbols can know them better. Its floors are
    the commonest state (`_majority`) and the filter of another run (`_shuffled`).

    Args:
        bridge: from `build_bridge`.
        source: the source that the network was trained to emulate.
        rng: of the bootstrap, of the source's sequences and of the shuffles.
        sizes: as it was built with.
        criteria: whose choices of K are scored beside the source's own size.
    """
    test = bridge.traces[2]
    bootstrap = Bootstrap.draw(len(test), n_resamples=sizes.n_resamples, rng=rng)
    latent, symbols = draw(source, len(test), length=sizes.n_steps, rng=rng)
    ideal = latent.ravel(), Sequences(symbols.ravel(), test.lengths)
    rows = prediction_scores(bridge.found, bridge.traces, source, bootstrap)
    for criterion in ("bic", "heldout"):
        size = _chosen(bridge.found, criterion)
        rows["n_states", criterion] = exactly(size, len(bridge.traces[0]))
    chosen = {criterion: int(rows["n_states", criterion].value) for criterion in criteria}
    for where, size in {"source": len(source.initial), **chosen}.items():
        rows |= state_scores(
            bridge.model(size), bridge.traces, source, bootstrap, where=where, rng=rng
        )
    rows |= chain_scores(bridge.decoded, test, source, bootstrap, ideal=ideal, rng=rng)
    return tidy(ANALYSIS, rows)


def bridge_along(
    checkpoints: Iterable[tuple[int, NoisyNetwork]],
    source: Source,
    *,
    rng: np.random.Generator,
    sizes: Sizes = QUICK,
) -> pd.DataFrame:
    """Return when states appear: the main scores of each checkpoint, whose updates are `step`.

    States are read by the HMM that has the source's size; `n_states` is the predictive number. A
    checkpoint whose states grow without bound, or that no HMM fits, has the one row `failed`.
    """
    tables = [
        _checkpoint(network, source, rng=rng, sizes=sizes).assign(step=step)
        for step, network in checkpoints
    ]
    return pd.concat(tables, ignore_index=True).astype(TYPES)


def _checkpoint(
    network: NoisyNetwork, source: Source, *, rng: np.random.Generator, sizes: Sizes
) -> pd.DataFrame:
    """Return the main scores of one checkpoint."""
    try:
        bridge = build_bridge(network, source, rng=rng, sizes=sizes)
    except (DataError, ValueError):
        return tidy(TRAINING, {("failed", "all"): exactly(1)})
    table = bridge_table(bridge, source, rng=rng, sizes=sizes, criteria=())
    size = (table["measure"] == "n_states") & (table["where"] == "predictive")
    states = table["measure"].isin(SHOWN) & table["where"].isin(["source", "all"])
    return table[size | states].assign(analysis=TRAINING)


def _chosen(found: Sweep, criterion: str) -> int:
    """Return the size that a criterion prefers among fits that were neither dropped nor failed."""
    table = found.table[found.table["icl"].notna()]
    best = table[criterion].argmin() if criterion == "bic" else table[criterion].argmax()
    return int(table["n_states"].iloc[best])


def _renamed(decoded: np.ndarray, trace: Trace, n_states: int) -> np.ndarray:
    """Return states numbered as the truth that they share most steps with (one to one)."""
    cells = np.bincount(decoded * n_states + trace.truth, minlength=n_states**2)
    return align(cells.reshape(n_states, n_states))[1][decoded]
