"""Noise-driven networks by hand, and stand-ins whose hidden states are known to hold a chain."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.dynamics.measures import PLACE, WHOLE, Place
from markovlens.dynamics.network import Episode, NoisyNetwork
from markovlens.tasks.markov import draw

IDLE = 14  # units that nobody reads


def by_place(table):
    """Return named numbers by (measure, place), the place in words: "unit pair=0>2 unit=17"."""
    places = [in_words(row) for row in table[list(PLACE)].to_dict("records")]
    return table.assign(place=places).set_index(["measure", "place"])


def in_words(place):
    keys = [f"{key}={place[key]:g}" if isinstance(place[key], int | float) else
            f"{key}={place[key]}" for key in PLACE[1:] if pd.notna(place[key])]  # fmt: skip
    return " ".join([place["where"], *keys])


def placed(words):
    """Return the place of its words, as `by_place` writes them."""
    where, *keys = re.split(r" ?(\w+)=", words)
    found = {key: value.strip() for key, value in zip(keys[::2], keys[1::2], strict=True)}
    for key in (*WHOLE, "level"):
        if key in found:
            found[key] = float(found[key]) if key == "level" else int(found[key])
    return Place(where, **found)


@dataclass(frozen=True)
class Planted:
    """Runs as a network that holds its source's latent state, one unit each, under noise."""

    source: object
    spread: float = 0.15

    @property
    def n_units(self):
        return len(self.source.initial) + 1

    def run(self, n_runs, n_steps, rng, *, warmup=0):
        latent, symbols = draw(self.source, n_runs, length=warmup + n_steps, rng=rng)
        hidden = np.eye(self.n_units)[latent]
        hidden += self.spread * rng.standard_normal(hidden.shape)
        logits = np.log(self.source.emission[latent] + 1e-6)
        return Episode(*(each[:, warmup:] for each in (hidden, logits, symbols)))


def rival_network():
    """Return two units that inhibit each other, two that integrate noise for them, and idle ones.

    Units 0 and 1 each hold the symbol of their number and get no noise of their own. Unit 2 drives
    unit 0 and inhibits unit 1, unit 3 the other way round; what they sum up decides.
    """
    n_units = 4 + IDLE
    rng = np.random.default_rng(5)
    recurrent = np.zeros((n_units, n_units), dtype=np.float32)
    recurrent[:2, :4] = [[0.7, -0.7, 0.5, -0.5], [-0.7, 0.7, -0.5, 0.5]]
    recurrent[[2, 3], [2, 3]] = 0.9
    recurrent[4:, 4:] = 0.05 * rng.random((IDLE, IDLE))  # positive: their drive never is negative
    drive = np.zeros((n_units, 4), dtype=np.float32)
    drive[2, 0] = drive[3, 1] = 1.0
    drive[4:, 2:] = rng.standard_normal((IDLE, 2))
    readout = np.zeros((2, n_units), dtype=np.float32)
    readout[0, 0] = readout[1, 1] = 1.0
    return NoisyNetwork(recurrent, drive, readout)
