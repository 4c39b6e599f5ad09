"""Both engines of the method `hmm` on the same data: CPU seconds, fits that failed, likelihoods.

    python benchmarks/hmm_engines.py results/runs/dyck_1/lstm/seed-0 --config config/config.yaml
    python docs/rendering.py write hmm_engines.md engine.md

Data are the recorded states of networks of a run, embedded as its abstractions see them, and the
first sequences of the planted workload W3. In each round of each data a process of its own asks one
engine after the other, on one thread (OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1); seconds are of a
whole sweep with the default config's settings. Tables go to `docs/numbers/hmm_engines/`.
"""

import argparse
import itertools as it
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
from hmm_speed import WORKLOADS
from keeping import NUMBERS, keep, made_by

from markovlens.abstractions.base import ENGINES
from markovlens.abstractions.engines import fitting_of
from markovlens.activations.store import load_trace
from markovlens.embedding.pod import embed
from markovlens.embedding.storage import load_basis
from markovlens.hmm import sweep
from markovlens.status import Status

SIZES = range(2, 13)
SETTINGS = {"restarts": 3, "n_iter": 100, "shared_unit": True}
FELL = "Model is not converging"  # what hmmlearn logs when the likelihood falls
BARE = "ours without a floor"
PACKAGES = ("markovlens", "hmmlearn", "scikit-learn", "numpy")


@dataclass(frozen=True)
class Data:
    """States (N, D) and the lengths of their sequences."""

    name: str
    states: np.ndarray
    lengths: np.ndarray


def of_run(folder: Path, n_sequences: int) -> Data:
    """Return the training states of one network."""
    (file,) = folder.glob("activations/*/train.parquet")
    trace = embed(load_trace(file), load_basis(folder / "embedding" / "pod.npz"))
    trace = trace.select(np.arange(min(n_sequences, len(trace))))
    return Data("/".join(folder.parts[-3:]), trace.states, trace.lengths)


def planted(n_sequences: int) -> Data:
    """Return the first sequences of W3, whose states are 8."""
    return Data("planted", *WORKLOADS["W3"].subset(n_sequences))


def swept(data: Data, engine: str, sizes: range, **more: float) -> tuple[pd.DataFrame, float]:
    """Return the table of one sweep and its CPU seconds."""
    fitting, rng = fitting_of(engine, data.states, data.lengths), np.random.default_rng(0)
    begun = time.process_time()
    settings = SETTINGS | more
    out = sweep(data.states, data.lengths, n_states=sizes, rng=rng, fitting=fitting, **settings)
    return out.table, time.process_time() - begun


def counts_of(data: Data, table: pd.DataFrame) -> dict[str, int | str]:
    """Return what became of the fits of one sweep."""
    n_steps, n_features = data.states.shape
    return {
        "data": data.name,
        "steps": n_steps,
        "sequences": len(data.lengths),
        "features": n_features,
        "fits": len(table),
        "passes": int(table["iterations"].sum()),
        "failed": int((table["status"] == Status.FAILED).sum()),
        "not_converged": int((table["status"] == Status.NOT_CONVERGED).sum()),
        "fell": int(table["reason"].str.contains(FELL).sum()),
        "dropped": int((table["status"] == Status.DROPPED).sum()),
    }


def best_of(data: Data, engine: str, table: pd.DataFrame) -> pd.DataFrame:
    """Return the best log-likelihood of each size, in nats a step."""
    best = table.groupby("n_states")["log_likelihood"].max() / len(data.states)
    return best.reset_index().assign(data=data.name, engine=engine)


def measured(data: Data, number: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the fits of one round by engine, and of the first the likelihoods: all are alike."""
    found = {engine: swept(data, engine, SIZES) for engine in ENGINES}
    fits = [
        counts_of(data, table) | {"engine": engine, "round": number, "seconds": seconds}
        for engine, (table, seconds) in found.items()
    ]
    if number:
        return pd.DataFrame(fits), pd.DataFrame()
    found[BARE] = swept(data, "ours", SIZES, min_covar=0.0)
    best = [best_of(data, engine, table) for engine, (table, _) in found.items()]
    return pd.DataFrame(fits), pd.concat(best)


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("runs", nargs="*", type=Path, help="folders results/runs/TASK/MODEL/seed-N")
    parser.add_argument("--config", type=Path, help="the config of these runs")
    parser.add_argument("--sequences", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="rounds measured at the same time")
    parser.add_argument("--out", type=Path, default=NUMBERS / "hmm_engines")
    given = parser.parse_args()
    made = made_by(PACKAGES, given.config)
    every = [planted(given.sequences), *(of_run(run, given.sequences) for run in given.runs)]
    for engine in ENGINES:  # imported and compiled once, before processes are forked
        swept(planted(2), engine, SIZES)
    cases = it.product(every, range(given.rounds))
    with ProcessPoolExecutor(given.jobs, get_context("fork")) as pool:
        tables = map(pd.concat, zip(*pool.map(measured, *zip(*cases, strict=True)), strict=True))
    keep(given.out, dict(zip(("fits", "likelihoods"), tables, strict=True)), made)


if __name__ == "__main__":
    main()
