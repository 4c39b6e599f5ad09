"""Both engines of the method `hmm` on the same data: CPU seconds, fits that failed, likelihoods.

    python benchmarks/hmm_engines.py results/runs/dyck_1/lstm/seed-0 --out docs/hmm_engines.md

Data are the recorded states of networks of a run, embedded as its abstractions see them, and the
first sequences of the planted workload W3. Engines take turns in one process, on one thread
(OMP_NUM_THREADS=1, OPENBLAS_NUM_THREADS=1); seconds are medians over rounds of a whole sweep with
the default config's settings, after one sweep to compile.
"""

import argparse
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from hmm_speed import WORKLOADS

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
NOTE = (
    "Both have the same prior. Ours keeps a floor under the eigenvalues of covariances besides, "
    "1e-3 of the data's variance, which hmmlearn does not; so there is a column without it. Ours "
    "grows and prunes fits from size to size and drops weak ones early; hmmlearn runs three "
    "restarts of each size to their end. A likelihood that falls ends a fit of hmmlearn; beyond "
    "the tolerance it has not converged."
)
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
    return Data("planted, 8 states (W3)", *WORKLOADS["W3"].subset(n_sequences))


def swept(data: Data, engine: str, sizes: range, **more: float) -> tuple[pd.DataFrame, float]:
    """Return the table of one sweep and its CPU seconds."""
    fitting, rng = fitting_of(engine, data.states, data.lengths), np.random.default_rng(0)
    begun = time.process_time()
    settings = SETTINGS | more
    out = sweep(data.states, data.lengths, n_states=sizes, rng=rng, fitting=fitting, **settings)
    return out.table, time.process_time() - begun


def compare(data: Data, rounds: int) -> Iterator[str]:
    """Yield the lines of one section: seconds and failures of the sweeps, then each size."""
    swept(data, "ours", range(2, 3))
    runs = [{engine: swept(data, engine, SIZES) for engine in ENGINES} for _ in range(rounds)]
    ratio = statistics.median(run["hmmlearn"][1] / run["ours"][1] for run in runs)
    tables = {engine: runs[0][engine][0] for engine in ENGINES}
    n_steps, n_features = data.states.shape
    shape = f"{n_steps} steps of {len(data.lengths)} sequences, {n_features} features"
    yield f"\n## {data.name}: {shape}\n"
    yield "| engine | CPU s | fits | passes | failed | not converged | likelihood fell | dropped |"
    yield "| --- | --- | --- | --- | --- | --- | --- | --- |"
    for engine, table in tables.items():
        seconds = statistics.median(run[engine][1] for run in runs)
        cells = [engine, f"{seconds:.1f}", len(table), int(table["iterations"].sum())]
        counts = [int((table["status"] == s).sum()) for s in (Status.FAILED, Status.NOT_CONVERGED)]
        fell = int(table["reason"].str.contains(FELL).sum())
        dropped = int((table["status"] == Status.DROPPED).sum())
        yield _row([*cells, *counts, fell, dropped])
    yield f"\nhmmlearn takes {ratio:.1f} times as long (median of {rounds} rounds).\n"
    tables["ours without a floor"] = swept(data, "ours", SIZES, min_covar=0.0)[0]
    best = [table.groupby("n_states")["log_likelihood"].max() for table in tables.values()]
    yield "Best log-likelihood, nats a step:\n"
    yield _row(["states", *tables])
    yield _row(["---"] * (len(tables) + 1))
    for size in SIZES:
        yield _row([size, *(f"{values[size] / n_steps:.3f}" for values in best)])


def _row(cells: list) -> str:
    return f"| {' | '.join(map(str, cells))} |"


def main() -> None:
    """Print or write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("runs", nargs="*", type=Path, help="folders results/runs/TASK/MODEL/seed-N")
    parser.add_argument("--sequences", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    lines = [f"# The two engines of the method `hmm`\n\n{versions}; one thread. {NOTE}"]
    for data in [planted(args.sequences), *(of_run(run, args.sequences) for run in args.runs)]:
        lines += compare(data, args.rounds)
    text = "\n".join(lines) + "\n"
    print(text)
    if args.out:
        args.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
