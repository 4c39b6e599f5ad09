"""Is there an amplitude of the noise at which the network switches most regularly, or best?

Torre et al. 2025 read their networks as stochastic resonance: too little noise and nothing
happens, too much and everything does. A network without biases scales with its noise, so that its
likeliest symbol never changes with the amplitude; the symbols that it draws do, since small logits
are a fair die. The curve is drawn with the same noise and the same Gumbel variables at every
amplitude (common random numbers), for all of the drive, where states are scaled and not run again,
and for the drive of a random half of the units, which does change the likeliest symbols.

Irregularity is the coefficient of variation of dwell times over that of the geometric law with the
same mean: 1 for a fair die or a Markov chain, whatever its rate, below 1 for a clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.signal import welch

from markovlens.dynamics.measures import (
    Estimate,
    Numbers,
    Place,
    exactly,
    over_runs,
    ratio_of,
    tidy,
)
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.switches import pair_counts
from markovlens.tasks.base import Source
from markovlens.tasks.markov import draw

AMPLITUDES = 2.0 ** np.arange(-5, 6)
RARE = 0.02  # the row of a symbol that the source writes less often than this is left out
WINDOW = 256  # steps of a spectrum
WARMUP = 50  # steps
ALL, HALF, SOURCE = "all units", "half the units", "source"


@dataclass(frozen=True, slots=True)
class Curve:
    """What each run adds to the numbers at each amplitude.

    Attributes:
        driven: whose noise is scaled.
        amplitudes: (A,).
        dwells: (A, B, 3), count, sum and sum of squares of dwell times, first and last left out.
        pairs: (A, B, C, C), counts of successive symbols.
        spectra: (A, B, F), power of the indicator of the source's likeliest symbol.
        target: (C, C), transition matrix of the source's symbols, NaN in rows of rare ones.
    """

    driven: str
    amplitudes: np.ndarray
    dwells: np.ndarray
    pairs: np.ndarray
    spectra: np.ndarray
    target: np.ndarray

    def numbers(self) -> Numbers:
        """Return the curve's numbers at every amplitude, and its optima."""
        numbers: Numbers = {}
        for place, amplitude in enumerate(self.amplitudes):
            numbers |= self.at(place, Place(self.driven, level=amplitude))
        return numbers | self._optimum("irregularity") | self._optimum("transition_error")

    def at(self, place: int, where: str | Place) -> Numbers:
        """Return the numbers at one amplitude."""
        return {
            ("irregularity", where): over_runs(self.dwells[place], irregularity),
            ("dwell_time", where): ratio_of(*self.dwells[place][:, 1::-1].T),
            ("switching_rate", where): self._switching(place),
            ("transition_error", where): over_runs(self.pairs[place], self.error),
            ("spectral_peak", where): self._peak(place),
        }

    def error(self, pairs: np.ndarray) -> np.ndarray:
        """Return the mean absolute error (M,) of the transition matrix of pairs (M, C, C)."""
        used = np.isfinite(self.target).all(axis=1)
        kept = pairs[:, used]
        rows = kept / kept.sum(axis=2, keepdims=True)
        return np.asarray(np.abs(rows - self.target[used]).mean(axis=(1, 2)))

    def _switching(self, place: int) -> Estimate:
        pairs = self.pairs[place]
        total = pairs.sum(axis=(1, 2))
        return ratio_of(total - np.trace(pairs, axis1=1, axis2=2), total)

    def _peak(self, place: int) -> Estimate:
        """Return the power at the peak over that at the lowest frequency: 1 if there is no peak.

        The peak is looked for in every second run and measured in the others.
        """
        spectra = self.spectra[place][:, 1:]  # without the mean
        peak = int(spectra[::2].mean(axis=0).argmax())
        return ratio_of(spectra[1::2, peak], spectra[1::2, 0])

    def _optimum(self, measure: str) -> Numbers:
        """Return the best amplitude, and what is lost at the smallest and the largest one.

        The best is chosen on every second run; the losses are those of the other runs, paired.
        """
        sums, statistic = {
            "irregularity": (self.dwells, irregularity),
            "transition_error": (self.pairs, self.error),
        }[measure]
        with np.errstate(divide="ignore", invalid="ignore"):  # too few symbols: no candidate
            values = statistic(sums[:, ::2].sum(axis=1).astype(float))
        values = np.where(np.isfinite(values), values, np.inf)
        best = int(values.argmin())
        numbers: Numbers = {
            (f"best_amplitude_{measure}", self.driven): exactly(
                self.amplitudes[best], sums.shape[1] // 2
            )
        }
        for name, end in (("smallest", 0), ("largest", -1)):
            both = np.stack([sums[end], sums[best]], axis=1)[1::2]
            loss = over_runs(both, lambda s: statistic(s[:, 0]) - statistic(s[:, 1]))
            place = Place(self.driven, level=self.amplitudes[end], other=f"{name} amplitude")
            numbers[f"loss_of_{measure}", place] = loss
        return numbers


@dataclass(frozen=True, slots=True)
class Resonance:
    """Curves against the amplitude of the noise.

    Attributes:
        curves: of all units' drive and of half the units'.
        source: as many sequences of the source itself, at one place: the floor of the error, and
            the irregularity that a perfect match would have.
    """

    curves: tuple[Curve, ...]
    source: Curve

    def table(self) -> pd.DataFrame:
        """Return the numbers of both curves and of the source.

        An interior optimum shows as losses above 0 at the smallest and at the largest amplitude.
        """
        numbers = self.source.at(0, SOURCE)
        for curve in self.curves:
            numbers |= curve.numbers()
        return tidy("resonance", numbers)


def resonance(
    network: NoisyNetwork,
    source: Source,
    *,
    rng: np.random.Generator,
    n_runs: int = 60,
    n_steps: int = 600,
) -> Resonance:
    """Return regularity and match against the amplitude of the noise.

    Args:
        network: to be driven.
        source: that it should emulate.
        rng: of noise, Gumbel variables, and the half of the units.
        n_runs: B.
        n_steps: T, after 50 that are left out.
    """
    n_steps = n_steps + WARMUP
    noise = network.noise(n_runs, n_steps, rng)
    gumbel = rng.gumbel(size=(n_runs, n_steps, len(network.readout)))
    half = rng.permutation(network.n_units)[: network.n_units // 2]
    logits = network.follow(noise) @ network.readout.T
    whole = [amplitude * logits for amplitude in AMPLITUDES]
    part = [
        logits if amplitude == 1 else _logits(network.scaled(half, drive=amplitude), noise)
        for amplitude in AMPLITUDES
    ]
    curves = tuple(
        _curve(driven, [(some + gumbel).argmax(axis=-1)[:, WARMUP:] for some in each], source)
        for driven, each in ((ALL, whole), (HALF, part))
    )
    _, written = draw(source, n_runs, length=n_steps - WARMUP, rng=rng)
    return Resonance(curves, _curve(SOURCE, [written.astype(int)], source))


def irregularity(dwells: np.ndarray) -> np.ndarray:
    """Return CV / CV of the geometric law of the same mean, (M,), from sums (M, 3) of dwells.

    The geometric law with mean m has the variance m (m - 1).
    """
    n, total, squares = dwells.T
    mean = total / n
    return np.asarray(np.sqrt((squares / n - mean**2) / (mean * (mean - 1))))


def symbol_transition(source: Source) -> np.ndarray:
    """Return P(next symbol | symbol), (C, C), of the stationary source; NaN for rare symbols."""
    values, vectors = np.linalg.eig(source.transition.T)
    stationary = vectors[:, np.argmax(values.real)].real
    stationary = stationary / stationary.sum()
    joint = source.emission.T @ (stationary[:, None] * source.transition) @ source.emission
    frequency = joint.sum(axis=1, keepdims=True)
    return np.where(frequency >= RARE, joint / frequency, np.nan)


def dwell_sums(symbols: np.ndarray) -> np.ndarray:
    """Return count, sum and sum of squares (B, 3) of each run's dwell times, whole ones only."""
    sums = np.zeros((len(symbols), 3))
    for run, row in enumerate(symbols):
        lasted = np.diff(np.flatnonzero(np.diff(row)))
        sums[run] = len(lasted), lasted.sum(), (lasted**2).sum()
    return sums


def _logits(network: NoisyNetwork, noise: np.ndarray) -> np.ndarray:
    return np.asarray(network.follow(noise) @ network.readout.T)


def _curve(driven: str, symbols: list[np.ndarray], source: Source) -> Curve:
    target = symbol_transition(source)
    frequent = int((source.initial @ source.emission).argmax())
    return Curve(
        driven,
        AMPLITUDES[: len(symbols)],
        np.stack([dwell_sums(some) for some in symbols]),
        np.stack([pair_counts(some, len(target)) for some in symbols]),
        np.stack([_spectrum(some == frequent) for some in symbols]),
        target,
    )


def _spectrum(occupied: np.ndarray) -> np.ndarray:
    centred = occupied - occupied.mean()  # of all runs: each run's own would hide slow changes
    window = min(WINDOW, occupied.shape[1])
    return np.asarray(welch(centred, nperseg=window, detrend=False, axis=1)[1])
