"""Does the interval for the number of states hold it? Fits as they are, against fits made anew.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/size_interval.py \
        --draws 60 --results results

Hidden Markov sources of four states whose Gaussians lie `apart` standard deviations from each other
are drawn again and again. On each draw a sweep chooses by BIC, and both intervals are taken:
`size_interval`, in which sequences are drawn anew and BIC is taken of the fits as they are, and
`Sweep.interval`, which refits every size to every resample: `docs/size_interval.csv`. Then both on
recorded GRUs of a finished run, one a task, for states that move by themselves and by inputs:
`docs/size_interval_networks.csv`.
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
from markovlens.hmm import sweep

N_STATES, LENGTH, STAY = 4, 25, 0.8
SOURCES = [(1.5, 40), (2.0, 40), (2.5, 40), (2.5, 15)]  # standard deviations apart, sequences
SIZES, OF_NETWORKS = range(2, 8), (2, 3, 4, 5, 6, 8, 10, 12)
REFITTED = 20  # resamples
MODELS = ("gru", "gru_words", "g2p_en")


@dataclass(frozen=True)
class Data:
    """States (N, D), the lengths of their sequences, and inputs (N,) if they move the states."""

    states: np.ndarray
    lengths: np.ndarray
    inputs: np.ndarray | None = None


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


def networks_of(results: Path) -> list[Path]:
    """Return the folders of the GRUs, of the first seed, that abstractions were fitted to."""
    bases = results.glob("runs/*/*/seed-0/embedding/pod.npz")
    return sorted(basis.parents[1] for basis in bases if basis.parents[2].name in MODELS)


def recorded(run: Path) -> Iterator[tuple[str, Data]]:
    """Yield by kind of moves the training states of a network, as its abstractions see them."""
    (file,) = run.glob("activations/*/train.parquet")
    trace = embed(load_trace(file), load_basis(run / "embedding" / "pod.npz"))
    yield "hmm", Data(trace.states, trace.lengths)
    yield "hmm_input", Data(trace.states, trace.lengths, trace.inputs)


def both(data: Data, sizes: Any, seed: int) -> dict[str, Any]:
    """Return the size that BIC chooses, both intervals, and what they and the sweep took."""
    rng = np.random.default_rng(seed)
    clock = [time.process_time()]
    found = sweep(
        data.states,
        data.lengths,
        inputs=data.inputs,
        n_states=sizes,
        restarts=3,
        rng=rng,
        shared_unit=True,
    )
    clock.append(time.process_time())
    likelihoods = {
        size: Likelihood(
            models[0].score_sequences(data.states, data.lengths, inputs=data.inputs),
            models[0].n_parameters(),
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


def network_rows(run: Path) -> Iterator[dict[str, Any]]:
    """Yield both intervals of one network, by kind of moves."""
    for method, data in recorded(run):
        found = both(data, OF_NETWORKS, 0)
        ends = {
            f"{words}_{end}": value
            for name, words in (("kept", "as_they_are"), ("anew", "refitted"))
            for end, value in zip(("low", "high"), found[name], strict=True)
        }
        seconds = {"as_they_are_s": found["kept_s"], "refitted_s": found["anew_s"]}
        place = {"task": run.parts[-3], "model": run.parts[-2], "method": method}
        yield place | {"chosen": found["chosen"]} | ends | seconds


def main() -> None:
    """Write the tables of planted sources and of networks."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draws", type=int, default=60)
    parser.add_argument("--results", type=Path, default=Path("results"))
    parser.add_argument("--out", type=Path, default=Path("docs/size_interval"))
    chosen = parser.parse_args()
    rows = [row for run in networks_of(chosen.results) for row in network_rows(run)]
    of_networks = chosen.out.with_name(f"{chosen.out.name}_networks.csv")
    pd.DataFrame(rows).to_csv(of_networks, index=False, float_format="%.4g")
    table = pd.DataFrame(planted_rows(chosen.draws))
    table.to_csv(chosen.out.with_suffix(".csv"), index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
