"""Units and words clustered together by how words move units: states without moves.

Ming et al. 2017 ("Understanding hidden memories of recurrent neural networks", RNNVis) look at the
expected response of each hidden unit to each word and cluster both sides of the graph that it
draws between them (Dhillon 2001). What they see are states without transitions: such a machine
knows where the network is while somebody reads its units, and nothing once it runs by itself.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options, each_size
from markovlens.abstractions.counting import build_machine, count_moves, visited
from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.seeding import integer, seed_for
from markovlens.sequences import starts_of
from markovlens.trace import Trace

NOWHERE = -1  # cluster of what nothing moves, and of words that are not clustered
LEAST_READS = 5  # of a word read less often no expected response is known; RNNVis takes common ones


@dataclass(frozen=True, slots=True)
class Scale:
    """The mean (D,) of each unit in training and its standard deviation, 1 of a constant one."""

    mean: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, units: np.ndarray) -> Scale:
        """Return that of units (N, D)."""
        spread = units.std(axis=0)
        return cls(units.mean(axis=0), np.where(spread > 0, spread, 1.0))


@dataclass(frozen=True, slots=True)
class CoClusters:
    """Clusters that units and words share.

    A unit has two ends, since a word that raises it and one that lowers it say different things:
    rows 0 .. D-1 are the upper ends, D .. 2D-1 the lower ones.

    Attributes:
        responses: (D, V), the mean change of each unit when each word is read, in standard
            deviations of the unit.
        ends: int (2D,), the cluster of each end, `NOWHERE` of one that no word moves.
        words: int (V,), the cluster of each word, `NOWHERE` of one that moves nothing or was read
            fewer than `LEAST_READS` times.
        scale: of the units.
    """

    responses: np.ndarray
    ends: np.ndarray
    words: np.ndarray
    scale: Scale

    @property
    def edges(self) -> np.ndarray:
        """(K, K), the mean response of the ends of cluster i to the words of cluster j."""
        ends, words = (_members(labels, self.ends.max() + 1) for labels in (self.ends, self.words))
        sizes = np.maximum(ends.sum(axis=1)[:, None] * words.sum(axis=1), 1)
        return np.asarray(ends @ _strengths(self.responses) @ words.T / sizes)

    def decode(self, units: np.ndarray, among: np.ndarray | None = None) -> np.ndarray:
        """Return for each row of units (N, D) the cluster whose ends are furthest out, on average.

        How far out an end is, is the unit's distance from its mean to that side, 0 on the other.

        Args:
            units: as recorded.
            among: int (K',), the clusters that may be named, in ascending order; all when None.
        """
        among = np.arange(self.ends.max() + 1) if among is None else among
        ends = _members(self.ends, self.ends.max() + 1)
        out = _strengths((units - self.scale.mean) / self.scale.spread, axis=1)
        active = out @ ends.T / np.maximum(ends.sum(axis=1), 1)
        given = np.where(ends.any(axis=1), active, -1.0)[:, among]
        return np.asarray(among[given.argmax(axis=1)])


@each_size
def fit(evidence: Evidence, n_states: int, rng: np.random.Generator, options: Options) -> Fitted:
    """Return the co-clusters of units and words as states, with no moves between them.

    In closed loop the machine goes to each state as often as training steps were in it, whatever
    it reads and wherever it is, so that it always answers with the network's mean: the floor of
    what knows no state. Its number of states is therefore chosen in open loop.
    """
    train = evidence.train
    seed = integer(seed_for(evidence.seed, "coclusters", n_states))
    found = co_clusters(train, units_of(evidence, train), n_states, seed=seed)

    states = np.unique(found.decode(units_of(evidence, train)))

    def decode(read: Trace) -> np.ndarray:
        # Of a cluster in which no training step was there is no readout.
        return np.searchsorted(states, found.decode(units_of(evidence, read), among=states))

    machine = without_moves(train, np.eye(len(states))[decode(train)])
    return Fitted(machine, decode, moves=False)


def without_moves(trace: Trace, posterior: np.ndarray) -> Machine:
    """Return the machine of states (N, K) that goes to each as often as steps were in it.

    Every row of `initial` and of `transition` is the same.
    """
    n_symbols, n_states = len(trace.symbols), posterior.shape[1]
    counts, _ = count_moves(trace, posterior, n_symbols=n_symbols)
    counted = build_machine(trace, posterior, deterministic=False)
    share = posterior.mean(axis=0)
    return Machine(
        np.tile(share, (n_symbols, 1)),
        np.tile(share, (n_symbols, n_states, 1)),
        counted.readout,
        trace.symbols,
        trace.classes,
        visited(counts),
        output=trace.output,
        spread=counted.spread,
    )


def units_of(evidence: Evidence, trace: Trace) -> np.ndarray:
    """Return the units (N, D) of a trace: what was recorded, before it was put into coordinates.

    Without the network nobody knows of what its columns are coordinates; they are then the units.
    """
    basis = None if evidence.network is None else evidence.network.basis
    states = np.asarray(trace.states, dtype=np.float64)
    return states if basis is None else np.asarray(basis.restore(states), dtype=np.float64)


def expected_responses(trace: Trace, units: np.ndarray) -> np.ndarray:
    """Return the mean change (D, V) of units (N, D) at the steps that read each symbol.

    Before its first step a unit is taken to be 0, as RNNVis does; a symbol never read moves none.
    """
    before = np.roll(units, 1, axis=0)
    before[starts_of(trace.lengths)] = 0
    sums = np.zeros((len(trace.symbols), units.shape[1]))
    np.add.at(sums, trace.inputs, units - before)
    counts = np.bincount(trace.inputs, minlength=len(trace.symbols))
    return np.asarray((sums / np.maximum(counts, 1)[:, None]).T)


def co_clusters(trace: Trace, units: np.ndarray, n_clusters: int, *, seed: int) -> CoClusters:
    """Return the clusters that units (N, D) and words of a trace share (Dhillon 2001).

    RNNVis clusters the responses above 0, those below, or their sizes; with two ends for each unit
    both kinds are clustered at once.

    Raises:
        DataError: fewer ends and words that respond than clusters, or fewer than two words.
    """
    scale = Scale.of(units)
    responses = expected_responses(trace, units) / scale.spread[:, None]
    read_enough = np.bincount(trace.inputs, minlength=len(trace.symbols)) >= LEAST_READS
    strengths = _strengths(responses) * read_enough
    rows, columns = (np.flatnonzero(strengths.any(axis=axis)) for axis in (1, 0))
    if len(columns) < 2 or len(rows) + len(columns) < n_clusters:
        raise DataError(
            f"{n_clusters} co-clusters need two words that move units, each read {LEAST_READS} "
            f"times, and as many words and ends of units together; got {len(columns)} words and "
            f"{len(rows)} ends",
            page="too-few",
        )
    ends, words = np.full(len(strengths), NOWHERE), np.full(strengths.shape[1], NOWHERE)
    ends[rows], words[columns] = _spectral(strengths[np.ix_(rows, columns)], n_clusters, seed)
    return CoClusters(responses, ends, words, scale)


def _spectral(weights: np.ndarray, n_clusters: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the cluster of each row and column of a matrix without an empty one.

    scikit-learn 1.9 takes no single cluster and no row of zeros, and shifts a matrix with signs
    until its least entry is 0, so that what is strongly negative counts as unlinked.
    """
    if n_clusters == 1:
        return np.zeros(len(weights), dtype=int), np.zeros(weights.shape[1], dtype=int)
    from sklearn.cluster import SpectralCoclustering  # here: all who read machines load this module
    from sklearn.exceptions import ConvergenceWarning

    model = SpectralCoclustering(n_clusters, random_state=seed)
    with warnings.catch_warnings():
        # Words that move all units alike are one point; clusters that stay empty are no states.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(weights)
    return model.row_labels_, model.column_labels_


def _strengths(signed: np.ndarray, axis: int = 0) -> np.ndarray:
    """Return how far each end is moved, from signed numbers with the units along `axis`."""
    return np.concatenate([np.maximum(signed, 0), np.maximum(-signed, 0)], axis=axis)


def _members(labels: np.ndarray, n_clusters: int) -> np.ndarray:
    """Return which (K, M) are in each cluster."""
    return np.asarray(labels == np.arange(n_clusters)[:, None], dtype=float)
