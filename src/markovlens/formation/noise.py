"""Networks that nothing but noise drives: what they do under the same noise at every moment."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from math import ceil
from typing import Any

import numpy as np
from scipy.special import softmax

from markovlens.arguments import check_kind, check_whole, with_known_settings
from markovlens.dynamics.network import NoisyNetwork, draw_symbols
from markovlens.dynamics.store import KEYS
from markovlens.dynamics.switches import grown_of, pair_counts
from markovlens.errors import ConfigError, DataError
from markovlens.networks.generator import Generator
from markovlens.seeding import seed_for
from markovlens.status import LEAST_NOISE_STEPS
from markovlens.tasks.base import Source
from markovlens.tasks.markov import draw, pair_distance, pair_frequencies

EARLY = 20  # steps after which activity is typical of a network that does not run away
NEAR = 0.01  # of the norm of a state: two runs that are nearer have come together


@with_known_settings
@dataclass(frozen=True, slots=True, kw_only=True)
class FrozenNoise:
    """Noise that is the same at every moment, in place of sequences that networks read.

    Attributes:
        n_runs: runs of a network, each with noise of its own; machines are fitted on every other
            one, and their size is chosen by the rest.
        n_steps: steps of each run that count; half of the runs must have 150 together.
        warmup: steps before them, by which most runs no longer depend on where they began.
        seed: of noise and symbols.
        source: what the networks learn to write like, for the distance from it; None if nothing.
            Another one is refused where that is known, of networks that `emulate` trained, and of
            state dicts where `model` is one. Of others nobody knows: a `pair_error` that stays far
            above its floor is that of another source, or of a network that did not learn it.
    """

    n_runs: int = 80
    n_steps: int = 200
    warmup: int = 200
    seed: int = 0
    source: Source | None = None

    def __post_init__(self) -> None:
        """Check the sizes; raises `ConfigError`, `DataError` of a source that is none."""
        check_whole("n_runs", self.n_runs, least=4)
        check_whole("n_steps", self.n_steps, least=2)
        check_whole("warmup", self.warmup, least=EARLY)
        check_whole("seed", self.seed, least=0)
        self._check_steps()
        if self.source is not None:
            check_kind("source", self.source, Source, advice="a task has it as `task.source`")

    def _check_steps(self) -> None:
        """Raise where there is too little to fit machines on."""
        fitted = self.n_runs // 2
        if fitted * self.n_steps < LEAST_NOISE_STEPS:
            raise ConfigError(
                f"n_runs, n_steps: expected {LEAST_NOISE_STEPS} steps or more in the half of the "
                f"runs that machines are fitted on, got {fitted} runs of {self.n_steps}; give "
                f"n_steps={ceil(LEAST_NOISE_STEPS / fitted)} or more, or more runs: of fewer steps "
                "a number of states says nothing",
                page="out-of-range",
            )

    def rng(self, name: str) -> np.random.Generator:
        """Return the generator of one thing that is drawn, the same whenever it is asked for."""
        return np.random.default_rng(seed_for(self.seed, "frozen noise", name))

    def check_emulated(self, network: Any) -> None:
        """Raise where a network is known to have learned to write like another source."""
        known = getattr(network, "emulates", None)
        if self.source is not None and isinstance(known, Source) and not _same(known, self.source):
            raise DataError(
                "source: expected the one that the network was trained to write like, got another; "
                "give `task.source` of the task that it was trained for, or leave it out",
                page="another-network",
            )

    def check_symbols(self, n_symbols: int) -> None:
        """Raise unless the source, if there is one, has as many symbols as a network writes."""
        if self.source is not None and self.source.emission.shape[1] != n_symbols:
            raise DataError(
                f"the source writes {self.source.emission.shape[1]} symbols, the network "
                f"{n_symbols}; give the source that it learns to write like",
                page="alphabets-differ",
            )

    def error_of(self, pairs: np.ndarray) -> float | None:
        """Return how far shares of pairs (C, C) are from the source's, 0 to 1; None without one."""
        if self.source is None:
            return None
        return float(pair_distance(pairs, pair_frequencies(self.source)))

    def floor(self) -> float | None:
        """Return `error_of` of as many sequences of the source itself; None without one."""
        if self.source is None:
            return None
        rng = self.rng("source")
        _, symbols = draw(self.source, self.n_runs, length=self.n_steps, rng=rng)
        return self.error_of(pairs_of(symbols, self.source.emission.shape[1]))


def _same(one: Source, other: Source) -> bool:
    pairs = zip(astuple(one), astuple(other), strict=True)
    return all(np.array_equal(mine, others) for mine, others in pairs)


@dataclass(frozen=True, slots=True)
class Course:
    """What a network did under the noise.

    Attributes:
        states: float32 (B, T, H), its hidden states.
        outputs: (B, T, C), the distributions that it draws symbols from.
        symbols: int (B, T), what it wrote.
        together: share (0..1) of the runs that are where they would be had they begun in another
            run's last state, when the first step that counts is made.
    """

    states: np.ndarray
    outputs: np.ndarray
    symbols: np.ndarray
    together: float

    @property
    def lengths(self) -> np.ndarray:
        """Steps (B,) of each run."""
        return np.full(len(self.symbols), self.symbols.shape[1])

    @property
    def pairs(self) -> np.ndarray:
        """Shares (C, C) of a symbol and the one after it."""
        return pairs_of(self.symbols, self.outputs.shape[-1])

    def part(self, first: int) -> Course:
        """Return every other run, from the first or the second."""
        every = slice(first, None, 2)
        parts = self.states[every], self.outputs[every], self.symbols[every]
        return Course(*parts, self.together)


def pairs_of(symbols: np.ndarray, n_symbols: int) -> np.ndarray:
    """Return shares (C, C) of a symbol and the one after it in runs (B, T)."""
    counts = pair_counts(symbols, n_symbols).sum(axis=0)
    return np.asarray(counts / counts.sum())


def course_under(noise: FrozenNoise, network: NoisyNetwork) -> Course:
    """Return what a network does under the noise, from 0.

    Raises:
        DataError: its weights are not finite, its states grow without bound, or the source has
            other symbols.
    """
    noise.check_symbols(len(network.readout))
    network.check_finite()
    drawn = network.noise(noise.n_runs, noise.warmup + noise.n_steps, noise.rng("drive"))
    with np.errstate(over="ignore", invalid="ignore"):  # growth is an error of its own
        states = network.follow(drawn)
        grown = grown_of(states, states[:, EARLY - 1]).any()
    if grown:
        raise DataError(
            f"the states grow without bound within {drawn.shape[1]} steps of noise",
            page="not-finite",
        )
    counted = states[:, noise.warmup :]
    logits = counted @ network.readout.T
    symbols = draw_symbols(logits, noise.rng("symbols"))
    before = drawn[:, : noise.warmup + 1]
    together = _together(network, before, states)
    return Course(counted, softmax(logits, axis=-1), symbols, together)


def _together(network: NoisyNetwork, noise: np.ndarray, states: np.ndarray) -> float:
    """Return the share of runs that come to where they came from 0, begun in another's state."""
    other = network.follow(noise, start=np.roll(states[:, -1], 1, axis=0))[:, -1]
    here = states[:, noise.shape[1] - 1]
    norms = np.linalg.norm(here, axis=-1)
    return float((np.linalg.norm(other - here, axis=-1) <= NEAR * norms).mean())


def noisy_of(network: Any) -> NoisyNetwork:
    """Return a network that noise drives as three matrices, a copy.

    Raises:
        DataError: it is another kind of network.
    """
    if isinstance(network, NoisyNetwork):
        return network
    if isinstance(network, Generator):
        weights = network.state_dict()
        return NoisyNetwork(*(weights[key].detach().cpu().numpy().copy() for key in KEYS))
    raise DataError(
        "expected networks that noise drives (`Generator`, `NoisyNetwork`) beside `FrozenNoise`, "
        f"got {type(network).__name__}; give sequences to networks that read them",
        page="wrong-kind",
    )
