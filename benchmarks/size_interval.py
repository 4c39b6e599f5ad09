"""Does the interval for the number of states hold it? Fits as they are, against fits made anew.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/size_interval.py \
        --draws 60 --runs results/runs/*/*/seed-0

Hidden Markov sources of four states whose Gaussians lie `apart` standard deviations from each other
are drawn again and again. On each draw a sweep chooses by BIC, and both intervals are taken:
`size_interval`, in which sequences are drawn anew and BIC is taken of the fits as they are, and
`Sweep.interval`, which refits every size to every resample: `docs/size_interval.csv`. Then both on
recorded networks, printed.
"""

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Likelihood
from markovlens.abstractions.certainty import size_interval
from markovlens.activations.store import load_trace
from markovlens.embedding.pod import embed
from markovlens.embedding.storage import load_basis
from markovlens.faithfulness.scores.digest import to_markdown
from markovlens.hmm import sweep

N_STATES, LENGTH, STAY = 4, 25, 0.8
SOURCES = [(1.5, 40), (2.0, 40), (2.5, 40), (2.5, 15)]  # standard deviations apart, sequences
SIZES, OF_NETWORKS = range(2, 8), (2, 3, 4, 5, 6, 8, 10, 12)
REFITTED = 20  # resamples


@dataclass(frozen=True)
class Data:
    """States (N, D) and the lengths of their sequences."""

    states: np.ndarray
    lengths: np.ndarray


def planted(apart: float, n_sequences: int, rng: np.random.Generator) -> Data:
    """Return steps of a source whose states stay with a chance, else go to any other."""
    leave = np.full((N_STATES, N_STATES), (1 - STAY) / (N_STATES - 1))
    moves = np.where(np.eye(N_STATES, dtype=bool), STAY, leave).cumsum(axis=1)
    path = np.empty((n_sequences, LENGTH), dtype=int)
    path[:, 0] = rng.integers(N_STATES, size=n_sequences)
    for step in range(1, LENGTH):
        draws = rng.random(n_sequences)[:, None]
        path[:, step] = (draws > moves[path[:, step - 1], :-1]).sum(axis=1)
    means = apart * np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    states = means[path.ravel()] + rng.normal(size=(path.size, 2))
    return Data(states, np.full(n_sequences, LENGTH))


def recorded(run: Path) -> Data:
    """Return the training states of a network of a run, as its abstractions see them."""
    (file,) = run.glob("activations/*/train.parquet")
    trace = embed(load_trace(file), load_basis(run / "embedding" / "pod.npz"))
    return Data(trace.states, trace.lengths)


def both(data: Data, sizes: Any, seed: int) -> dict[str, Any]:
    """Return the size that BIC chooses, both intervals, and what they and the sweep took."""
    rng = np.random.default_rng(seed)
    clock = [time.process_time()]
    found = sweep(data.states, data.lengths, n_states=sizes, restarts=3, rng=rng, shared_unit=True)
    clock.append(time.process_time())
    likelihoods = {
        size: Likelihood(
            models[0].score_sequences(data.states, data.lengths), models[0].n_parameters()
        )
        for (_, size), models in found.models.items()
    }
    chosen = found.best.n_components
    kept = size_interval(likelihoods, chosen, data.lengths, seed=seed)
    clock.append(time.process_time())
    anew = found.interval(rng=rng, n_bootstraps=REFITTED)
    clock.append(time.process_time())
    seconds = dict(zip(("sweep_s", "kept_s", "anew_s"), np.diff(clock), strict=True))
    return {"chosen": chosen, "kept": kept, "anew": (anew.low, anew.high)} | seconds


def planted_rows(n_draws: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each source: in how many draws it is found or held, widths and times."""
    for apart, n_sequences in SOURCES:
        seeds = np.random.SeedSequence(int(100 * apart) + n_sequences).generate_state(n_draws)
        draws = [
            both(planted(apart, n_sequences, np.random.default_rng(seed)), SIZES, int(seed))
            for seed in seeds
        ]
        table = pd.DataFrame(draws)
        row = {"sd_apart": apart, "sequences": n_sequences, "draws": n_draws}
        row["bic_finds_4"] = (table["chosen"] == N_STATES).sum()
        for name, words in (("kept", "as_they_are"), ("anew", "refitted")):
            ends = np.array(table[name].tolist())
            row[f"{words}_hold_4"] = ((ends[:, 0] <= N_STATES) & (ends[:, 1] >= N_STATES)).sum()
            row[f"{words}_width"] = (ends[:, 1] - ends[:, 0]).mean()
            row[f"{words}_ms"] = 1000 * table[f"{name}_s"].median()
        yield row


def network_row(run: Path) -> dict[str, Any]:
    """Return both intervals of one network."""
    found = both(recorded(run), OF_NETWORKS, 0)
    words = {name: "{:.0f} to {:.0f}".format(*found[name]) for name in ("kept", "anew")}
    seconds = {name: f"{found[name]:.2f}" for name in ("sweep_s", "kept_s", "anew_s")}
    return {"network": "/".join(run.parts[-3:])} | found | words | seconds


def main() -> None:
    """Write the table of planted sources, and print that of networks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    parser.add_argument("--table", type=Path, default=Path("docs/size_interval.csv"))
    chosen = parser.parse_args()
    table = pd.DataFrame(planted_rows(chosen.draws))
    table.to_csv(chosen.table, index=False, float_format="%.4g")
    if chosen.runs:
        print(to_markdown(pd.DataFrame([network_row(run) for run in chosen.runs])))


if __name__ == "__main__":
    main()
