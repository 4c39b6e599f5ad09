"""States whose dwell times have a law of their own, as a chain of phases with tied outputs.

A state is entered at its first of M phases and left from them, so that the steps spent in it have
a distribution d(r) that need not be geometric, and the whole is a hidden Markov chain of K M states
to which every recursion applies exactly (Langrock & Zucchini 2011, Computational Statistics & Data
Analysis 55; Johnson 2005, IEEE Signal Processing Letters 12). With c(r) the chance to leave:

    free                 phase r is the r-th step; the state is left with c(r), else r + 1 follows;
                         the last phase repeats: any d(1), .., d(M - 1), then a geometric tail
    negative_binomial    each phase lasts a geometric time, all with one c; the last one leaves:
                         d(r) = C(r - 1, M - 1) c^M (1 - c)^(r - M)

Where a state goes does not depend on how long it lasted: moves are tied over phases.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from markovlens.hmm.chains import ChainPrior, normalise_rows
from markovlens.hmm.em import Emissions
from markovlens.hmm.emissions import Density, Moments
from markovlens.hmm.lattices import Chain
from markovlens.hmm.packing import Source

FREE, NEGATIVE_BINOMIAL = "free", "negative_binomial"

DWELLS = (FREE, NEGATIVE_BINOMIAL)
"""Laws of the steps spent in a state."""

LEAST_CHANCE = 1e-6
"""Chances to leave with which a fit begins are this far from 0 and 1, which EM never leaves."""


@dataclass(frozen=True, slots=True)
class Phases:
    """K states of M phases as a chain of K M states, the phases of a state side by side."""

    dwell: str
    n_states: int
    n_phases: int

    def chain(self, start: NDArray, leaving: NDArray, moves: NDArray) -> Chain:
        """The chain of states (K,), chances to leave (K, M) and moves (K, K) once one is left."""
        opening = np.zeros((self.n_states, self.n_phases))
        opening[:, 0] = start
        return Chain(opening.reshape(1, -1), self._matrix(leaving, moves)[None])

    def from_plain(self, chain: Chain) -> Chain:
        """The chain nearest to one without phases: the same law if free, else the same mean."""
        matrix = chain.transition[0]
        left = 1.0 - np.diagonal(matrix)
        if self.dwell == NEGATIVE_BINOMIAL:
            left = left * self.n_phases
        left = np.clip(left, LEAST_CHANCE, 1.0 - LEAST_CHANCE)
        leaving = np.tile(left[:, None], self.n_phases)
        moves = normalise_rows(matrix * self._others, self._evenly)
        return self.chain(chain.start[0], leaving, moves)

    def prior(self, chain: Chain, strength: float) -> ChainPrior:
        """Pseudo-visits to each phase that draw it to a chain; what this excludes stays zero."""
        return ChainPrior(
            np.zeros(chain.n_states),
            strength * chain.transition[0],
            0.0,
            chain.start > 0.0,
            chain.transition > 0.0,
            self._likeliest,
        )

    def split(self, matrix: NDArray) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Chances to leave (K, M) and moves (K, K) of a matrix (K M, K M)."""
        left, visits, moves = self._tallies(matrix)
        return left / visits, normalise_rows(moves, self._evenly)

    def exits(self, leaving: NDArray) -> NDArray[np.float64]:
        """(K, M) chances to leave the state, not just the phase."""
        if self.dwell == FREE:
            return leaving
        return leaving * (np.arange(self.n_phases) == self.n_phases - 1)

    def stays(self, leaving: NDArray, longest: int) -> tuple[NDArray, NDArray]:
        """(K, longest) probabilities to stay 1, 2, .. steps, and as many steps or more."""
        k, m = self.n_states, self.n_phases
        matrix = self._matrix(leaving, self._evenly).reshape(k, m, k, m)
        within, exits = matrix[np.arange(k), :, np.arange(k)], self.exits(leaving)
        held = np.eye(1, m).repeat(k, axis=0)
        law, lasting = np.empty((2, k, longest))
        for r in range(longest):
            law[:, r], lasting[:, r] = (held * exits).sum(axis=1), held.sum(axis=1)
            held = np.einsum("km,kmn->kn", held, within)
        return law, lasting

    def n_parameters(self, moves: NDArray) -> int:
        """Free parameters of start, chances to leave and moves (K, K), zeros not counted."""
        laws = self.n_states * (self.n_phases if self.dwell == FREE else 1)
        return self.n_states - 1 + laws + int((moves > 0.0).sum()) - self.n_states

    @property
    def _others(self) -> NDArray[np.float64]:
        """(K, K) one where a state can go."""
        return 1.0 - np.eye(self.n_states)

    @property
    def _evenly(self) -> NDArray[np.float64]:
        """(K, K) moves to all others alike."""
        return self._others / (self.n_states - 1)

    def _matrix(self, leaving: NDArray, moves: NDArray) -> NDArray[np.float64]:
        """(K M, K M) transitions."""
        k, m = self.n_states, self.n_phases
        out = np.zeros((k, m, k, m))
        states, phases = np.ogrid[:k, :m]
        following = np.minimum(phases + 1, m - 1)
        out[states, phases, states, following] = 1.0 - leaving if self.dwell == FREE else leaving
        if self.dwell == NEGATIVE_BINOMIAL:
            out[states, phases, states, phases] = 1.0 - leaving
        out[..., 0] += self.exits(leaving)[:, :, None] * moves[:, None]
        return out.reshape(k * m, k * m)

    def _tallies(self, matrix: NDArray) -> tuple[NDArray, NDArray, NDArray]:
        """Of expected moves: phases left (K, M), visits to them (K, M), moves to others (K, K)."""
        k, m = self.n_states, self.n_phases
        counts = matrix.reshape(k, m, k, m)
        exits = counts[..., 0] * self._others[:, None]
        visits = counts.sum(axis=(2, 3))
        if self.dwell == FREE:
            return exits.sum(axis=2), visits, exits.sum(axis=1)
        states, phases = np.ogrid[:k, :m]
        gone = visits - counts[states, phases, states, phases]
        pooled = (np.tile(each.sum(axis=1, keepdims=True), m) for each in (gone, visits))
        return *pooled, exits.sum(axis=1)

    def _likeliest(self, counts: NDArray, before: NDArray) -> NDArray[np.float64]:
        """(1, K M, K M) transitions that make expected moves likeliest, moves tied over phases."""
        left, visits, moves = self._tallies(counts[0])
        leaving, former = self.split(before[0])
        leaving = np.divide(left, visits, out=leaving, where=visits > 0.0)
        return self._matrix(np.clip(leaving, 0.0, 1.0), normalise_rows(moves, former))[None]


@dataclass(frozen=True, slots=True)
class PhasedDensity:
    """Log-densities and statistics of states whose phases share their outputs."""

    states: Density
    n_phases: int

    def log_density(self, x: NDArray, columns: slice, out: NDArray) -> None:
        """Write the log-density of each state to all its phases, columns of out (K M, n)."""
        part = np.ascontiguousarray(x[:, columns])
        found = np.empty((len(out) // self.n_phases, part.shape[1]), dtype=out.dtype)
        self.states.log_density(part, slice(0, part.shape[1]), found)
        out[:, columns] = np.repeat(found, self.n_phases, axis=0)

    def collect(self, x: NDArray, columns: slice, gamma: NDArray) -> Moments:
        """Expected statistics of the states, phases added up."""
        part, weights = np.ascontiguousarray(x[:, columns]), gamma[:, columns]
        summed = weights.reshape(-1, self.n_phases, weights.shape[1]).sum(axis=1)
        return self.states.collect(part, slice(0, part.shape[1]), summed)


@dataclass(frozen=True, slots=True)
class PhasedEmissions:
    """Outputs of K states that all M phases of a state share; `params` is what may change."""

    states: Emissions
    n_phases: int
    params: str

    def density(self, packed: Source) -> PhasedDensity:
        """Density over the packed columns."""
        return PhasedDensity(self.states.density(packed), self.n_phases)

    def updated(
        self, moments: Moments, packed: Source, prior: object, *, params: str
    ) -> "PhasedEmissions":
        """The outputs after an M-step; the fit's own `params` are the chain's."""
        states = self.states.updated(moments, packed, prior, params=self.params)
        return PhasedEmissions(states, self.n_phases, self.params)

    def penalty(self, packed: Source, prior: object) -> float:
        """Log-prior up to a constant, in nats."""
        return self.states.penalty(packed, prior)

    def n_parameters(self, params: str) -> int:
        """Free parameters, those of a state counted once."""
        return self.states.n_parameters(self.params)

    def sampled(self, states: NDArray, rng: np.random.Generator) -> NDArray:
        """One output for each of the chain's states."""
        return self.states.sampled(states // self.n_phases, rng)

    def split(
        self, source: int, target: int, packed: Source, rng: np.random.Generator
    ) -> "PhasedEmissions":
        """The outputs with state `target` a shaken copy of `source`."""
        split = self.states.split(source, target, packed, rng)
        return PhasedEmissions(split, self.n_phases, self.params)

    def with_one_more(self) -> "PhasedEmissions":
        """Room for one more state."""
        return PhasedEmissions(self.states.with_one_more(), self.n_phases, self.params)
