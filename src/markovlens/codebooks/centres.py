"""Codes as the neighbourhoods of centres."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from markovlens.channels import Channel
from markovlens.codebooks.base import check_channels
from markovlens.codebooks.context import Context
from markovlens.codebooks.known import Known
from markovlens.codebooks.scale import Scale
from markovlens.codebooks.tree import BLOCK
from markovlens.sequences import Sequences

NOTHING = 0.01  # standard deviations of a feature, within which a centre is told as 0
DIGITS = (3, 4, 6, 9, 17)  # tried until the names of all centres differ
MOST_NAMED = 4  # features in a centre's name


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Centres:
    """A codebook of centres: a row has the code of the nearest, features in units of their spread.

    Attributes:
        channels: what the D columns of rows are.
        context: how rows become F features; a missing one lies at its mean.
        scale: where features lie and how far they are spread.
        centres: (V, F), standardised.
        known: what each channel held where they were made; empty where that is not known.
    """

    channels: tuple[Channel, ...]
    context: Context
    scale: Scale
    centres: np.ndarray
    known: tuple[Known, ...] = ()
    names: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Put the centres into words."""
        object.__setattr__(self, "names", self._words())

    @property
    def n_terms(self) -> int:
        """Features of all centres: a rule compares a row with every one of them."""
        return int(self.centres.size)

    def encode(self, inputs: Sequences) -> np.ndarray:
        """Return the code, int (N,), of each row; raises `DataError` for other channels."""
        check_channels(self.channels, inputs)
        features = self.context.features(inputs)
        blocks = np.array_split(features, -(-len(features) // BLOCK))
        return np.concatenate([self._nearest(block) for block in blocks])

    def _nearest(self, features: np.ndarray) -> np.ndarray:
        z = self.scale.filled(features)
        # The square of z is the same for all centres.
        nearest: np.ndarray = (np.square(self.centres).sum(axis=1) - 2 * z @ self.centres.T).argmin(
            axis=1
        )
        return nearest

    def _words(self) -> tuple[str, ...]:
        """Return each centre by the features in which centres differ most."""
        found = self.context.names(self.channels)
        told = np.sort(np.argsort(-self.centres.std(axis=0), kind="stable")[:MOST_NAMED])
        places = self.centres * self.scale.sd + self.scale.mean
        places = np.where(np.abs(places) < NOTHING * self.scale.sd, 0.0, places)
        for digits in DIGITS:
            names = [
                "near " + ", ".join(_at(found[place], row[place], digits) for place in told)
                for row in places
            ]
            if len(set(names)) == len(names):
                break
        return tuple(names)

    def __repr__(self) -> str:
        """Return its centres."""
        return "Centres: " + "; ".join(self.names)


def _at(channel: Channel, value: float, digits: int) -> str:
    return " ".join(filter(None, [channel.name, f"{value:.{digits}g}", channel.unit]))


def nearest_centres(
    inputs: Sequences, n_codes: int, *, context: Context, rng: np.random.Generator
) -> Centres:
    """Return a codebook of k-means on standardised features, of at most `n_codes` centres."""
    from sklearn.cluster import KMeans  # here: all who read machines load this module

    features = context.features(inputs)
    scale = Scale.of(features)
    z = scale.filled(features)
    n_codes = min(n_codes, len(np.unique(z, axis=0)))
    found = KMeans(n_codes, n_init=3, random_state=int(rng.integers(2**31))).fit(z)
    return Centres(inputs.channels, context, scale, found.cluster_centers_)
