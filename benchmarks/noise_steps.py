"""How many steps of noise a number of states takes: planted networks, by runs and steps.

OMP_NUM_THREADS=1 python benchmarks/noise_steps.py

The states of a planted network are those of its source, under a little noise, so that the machine
that `formation.writing.read_course` makes should have the source's number of states. Always saying
three, the commonest number of the four sources, is right on half of them. The table goes to
`docs/numbers/noise_steps/`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from itertools import product

import numpy as np
import pandas as pd
from keeping import NUMBERS, keep, made_by

from markovlens.formation.noise import Course
from markovlens.formation.writing import Chains, read_course
from markovlens.tasks.base import Source
from markovlens.tasks.markov import SOURCES, draw

NAMES = ("chain_2", "chain_3", "full_3", "cycle_4")
SIZES = [
    *product((4, 6), (5, 10, 20, 40, 80, 200)), *product((8, 12), (10, 20, 50, 100)),
    *product((16,), (10, 20, 50, 100)),
]  # fmt: skip
SPREAD, UNITS = 0.05, 8  # of the noise on a state, and numbers in it
CHAINS = Chains(n_states=range(1, 9), restarts=1, control=False, seed=0, symbols=None)


def planted(source: Source, n_runs: int, n_steps: int, seed: int) -> Course:
    """Return what a network does whose states are those of a source."""
    rng = np.random.default_rng(seed)
    latent, symbols = draw(source, n_runs, length=n_steps, rng=rng)
    places = rng.normal(size=(len(source.transition), UNITS))[latent]
    states = (places + rng.normal(scale=SPREAD, size=places.shape)).astype("float32")
    return Course(states, source.emission[latent], symbols, together=1.0)


def found(seeds: Sequence[int]) -> Iterator[dict[str, object]]:
    """Yield of each size, source and seed whether the number of states is right."""
    for (n_runs, n_steps), name, seed in product(SIZES, NAMES, seeds):
        machine = read_course(planted(SOURCES[name], n_runs, n_steps, seed), 0, CHAINS).machine
        yield {
            "runs": n_runs, "steps": n_steps, "fitted": n_runs // 2 * n_steps, "source": name,
            "seed": seed, "right": int(machine.n_states == len(SOURCES[name].transition)),
        }  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(parser.parse_args().seeds)
    made = made_by(("markovlens", "numpy", "scipy"))
    keep(NUMBERS / "noise_steps", {"steps": pd.DataFrame(found(seeds))}, made)
