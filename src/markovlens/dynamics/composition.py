"""Is each pair of symbols one copy of the same orbit? Sub-spaces, zones and rotation per pair.

Torre et al. 2025: in cyclic and fully connected sources, the steps whose likeliest symbol is one of
two span a sub-space in which the network circles as it does for a source of two states. Rotation
is counted over steps that stay within the pair, in the plane of the pair's own principal
components, beside shuffled runs; how far the planes of two pairs overlap is measured, too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.linalg import subspace_angles

from markovlens.dynamics.measures import Numbers, Place, exactly, ratio_of, share_of, tidy
from markovlens.dynamics.network import Episode
from markovlens.dynamics.orbit import majority, shuffled_steps, winding
from markovlens.dynamics.residency import ZONES, Residency
from markovlens.embedding.pod import POD, pod

RARE = 0.02  # a symbol that is the likeliest at fewer steps makes no pair
FEWEST_SWITCHES = 1.0  # of a pair, in the mean run: less and there is nothing to circle between


@dataclass(frozen=True, slots=True)
class Pair:
    """The steps at which the likeliest symbol is one of two.

    Attributes:
        symbols: the two.
        basis: principal components of the states at these steps.
        turns: (B,), winding number of each run over steps within the pair.
        shuffled: (B,), the same after the steps of each run were put in random order.
        switches: (B,), changes from one of the two to the other.
        zones: (Z, B), weight of sampled states of the pair in each zone.
    """

    symbols: tuple[int, int]
    basis: POD
    turns: np.ndarray
    shuffled: np.ndarray
    switches: np.ndarray
    zones: np.ndarray

    @property
    def name(self) -> str:
        """Both symbols, as tables write them."""
        return f"{self.symbols[0]}-{self.symbols[1]}"

    def numbers(self) -> Numbers:
        """Return rotation, variance and zones of the pair, over runs that switch within it."""
        switching = self.switches > 0
        turns, shuffled = self.turns[switching], self.shuffled[switching]
        direction, switches = majority(turns), self.switches[switching]
        here = Place("pair", pair=self.name)
        numbers: Numbers = {
            ("switches", here): ratio_of(self.switches, np.ones(len(self.switches))),
            ("turns_per_switch", here): ratio_of(direction * turns, switches),
            ("turns_per_switch_shuffled", here): ratio_of(direction * shuffled, switches),
            ("sign_share", here): share_of(direction * turns > 0),
            ("sign_share_shuffled", here): share_of(majority(shuffled) * shuffled > 0),
            ("variance_of_plane", here): exactly(self.basis.energies[:2].sum(), len(turns)),
        }
        for zone, weight in zip(ZONES, self.zones, strict=True):
            numbers[f"share_{zone}", here] = ratio_of(weight, self.zones.sum(axis=0))
        return numbers


@dataclass(frozen=True, slots=True)
class Composition:
    """The pairs between which the network switches.

    Attributes:
        pairs: of symbols that are likely often enough, and follow each other.
        n_runs: B.
    """

    pairs: tuple[Pair, ...]
    n_runs: int

    def table(self) -> pd.DataFrame:
        """Return each pair's numbers and the overlap of each two planes.

        The overlap of two planes is the mean squared cosine of their two principal angles: 1 for
        the same plane, 0 for orthogonal ones, 2 / H for planes at random.
        """
        numbers: Numbers = {("n_pairs", "all"): exactly(len(self.pairs), self.n_runs)}
        for pair in self.pairs:
            numbers |= pair.numbers()
        for one, other in combinations(self.pairs, 2):
            planes = (pair.basis.components[:2].T for pair in (one, other))
            overlap = float((np.cos(subspace_angles(*planes)) ** 2).mean())
            both = Place("pair", pair=one.name, other_pair=other.name)
            numbers["overlap", both] = exactly(overlap, self.n_runs)
        return tidy("composition", numbers)


def composition(episode: Episode, states: Residency, *, rng: np.random.Generator) -> Composition:
    """Return rotation and zones of every pair of symbols.

    Args:
        episode: independent runs (B, T).
        states: sampled from the same runs, with zones.
        rng: of the shuffled control.
    """
    likeliest = episode.likeliest
    share = np.bincount(likeliest.ravel(), minlength=episode.logits.shape[-1]) / likeliest.size
    frequent = np.flatnonzero(share >= RARE)
    pairs = (_pair((int(a), int(b)), episode, states, rng) for a, b in combinations(frequent, 2))
    kept = tuple(pair for pair in pairs if pair.switches.mean() >= FEWEST_SWITCHES)
    return Composition(kept, len(likeliest))


def _pair(
    symbols: tuple[int, int], episode: Episode, states: Residency, rng: np.random.Generator
) -> Pair:
    likeliest = episode.likeliest
    within = np.isin(likeliest, symbols)
    stays = within[:, 1:] & within[:, :-1]
    basis = pod(episode.states[within], n_components=3)
    places = basis.project(episode.states)[..., :2]
    in_pair = np.isin(states.symbol, symbols)
    return Pair(
        symbols,
        basis,
        winding(places, counted=stays),
        winding(shuffled_steps(places, rng), counted=stays),
        (stays & (likeliest[:, 1:] != likeliest[:, :-1])).sum(axis=1),
        np.stack([states.sums(in_pair & (states.zone == zone)) for zone in range(len(ZONES))]),
    )
