"""A whole sweep against an older build: CPU seconds, full passes and the likelihood of every size.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/hmm_sweep.py --old 303958d \
        --runs results/runs/dyck_1/lstm/seed-0 --out sweep.csv

The older build is checked out from git into a temporary folder. Each build has a process of its
own, which sweeps the same arrays with the same seeds in turn with the other, on one thread, after
a small sweep that compiles. Data are the planted workload W3 and, if given, networks of a run:
their states as the abstractions see them, with full covariances and the default config's settings,
with and without inputs. A size has lost where its best log-likelihood is lower than that of the
older build by more than `TOLERANCE` nats a step.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

TOLERANCE = 1e-6
"""Nats a step below which likelihoods count as equal; EM stops at gains ten times as large."""

PLANTED = {"n_states": list(range(2, 16)), "restarts": 5, "covariance_types": ["diag"]}
"""W3's sweep: all else as by default."""

OF_RUNS = {"n_states": [2, 3, 4, 5, 6, 8, 10, 12], "restarts": 3, "shared_unit": True}


@dataclass(frozen=True)
class Data:
    """A file of arrays X (N, D), lengths and perhaps inputs (N,), and how it is swept."""

    name: str
    file: Path
    settings: dict[str, Any]


def worker() -> None:
    """Sweep what each line of the standard input names; answer each with one line."""
    from inspect import signature

    from markovlens.hmm import sweep

    for line in sys.stdin:
        job = json.loads(line)
        arrays = dict(np.load(job["file"]))
        settings = job["settings"]
        known = {k: v for k, v in settings.items() if k in signature(sweep).parameters}
        begun = time.process_time()
        table = sweep(**arrays, **known, rng=np.random.default_rng(job["seed"])).table
        answer = {
            "seconds": time.process_time() - begun,
            "passes": int(table["iterations"].sum()),
            "best": table.groupby("n_states")["log_likelihood"].max().tolist(),
            "bic": int(table.loc[table["bic"].idxmin(), "n_states"]),
        }
        print(json.dumps(answer), flush=True)


class Build:
    """A process that sweeps with the package of one source tree."""

    def __init__(self, source: Path) -> None:
        environment = os.environ | {"PYTHONPATH": str(source), "PYTHONWARNINGS": "ignore"}
        self.process = subprocess.Popen(
            [sys.executable, __file__, "--worker"],
            env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def sweep(self, data: Data, seed: int, **more: Any) -> dict[str, Any]:
        """Return seconds, passes and the best log-likelihood of each size."""
        job = {"file": str(data.file), "seed": seed, "settings": data.settings | more}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def planted(folder: Path) -> Data:
    """Return W3."""
    from hmm_speed import WORKLOADS

    X, lengths = WORKLOADS["W3"].subset(WORKLOADS["W3"].n_sequences)
    np.savez(folder / "W3.npz", X=X, lengths=lengths)
    return Data("W3", folder / "W3.npz", PLANTED)


def of_run(run: Path, folder: Path) -> Iterator[Data]:
    """Yield the training states of one network without inputs, and with them."""
    from markovlens.abstractions.hmm_input import code_symbols
    from markovlens.activations.store import load_trace
    from markovlens.embedding.pod import embed, load_pod

    (file,) = run.glob("activations/*/train.parquet")
    trace = embed(load_trace(file), load_pod(run / "embedding" / "pod.npz"))
    arrays = {"X": trace.states, "lengths": trace.lengths}
    name, stem = "/".join(run.parts[-3:]), "_".join(run.parts[-3:])
    np.savez(folder / f"{stem}.npz", **arrays)
    yield Data(name, folder / f"{stem}.npz", OF_RUNS)
    coding = code_symbols(trace, n_classes=20, rng=np.random.default_rng(0))
    np.savez(folder / f"{stem}_input.npz", **arrays, inputs=coding[trace.inputs])
    settings = OF_RUNS | {"n_symbols": int(coding.max()) + 1}
    yield Data(f"{name} with inputs", folder / f"{stem}_input.npz", settings)


@contextmanager
def checked_out(revision: str, folder: Path) -> Iterator[Path]:
    """Give the sources of a revision."""
    tree = folder / "old"
    subprocess.run(["git", "worktree", "add", "-q", "--detach", tree, revision], check=True)
    try:
        yield tree / "src"
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", tree], check=True)


def compare(data: Data, builds: dict[str, Build], seeds: list[int]) -> pd.DataFrame:
    """Return a row for each seed and size, and print a line for each seed."""
    for build in builds.values():
        build.sweep(data, 0, n_states=[2, 3], n_iter=2)
    n_steps, rows = int(np.load(data.file)["lengths"].sum()), []
    for seed in seeds:
        old, new = (builds[name].sweep(data, seed) for name in ("old", "new"))
        gained = (np.array(new["best"]) - old["best"]) / n_steps
        passes, bic = (f"{old[key]} -> {new[key]}" for key in ("passes", "bic"))
        print(
            f"{data.name:34s} seed {seed}: {old['seconds']:6.2f} s -> {new['seconds']:6.2f} s "
            f"({old['seconds'] / new['seconds']:.2f} x), passes {passes}, K by BIC {bic}, worst "
            f"{gained.min():+.1e}, mean {gained.mean():+.1e} nats a step, lost "
            f"{(gained < -TOLERANCE).sum()} and gained {(gained > TOLERANCE).sum()} of "
            f"{len(gained)}",
            flush=True,
        )
        for size, before, after in zip(
            data.settings["n_states"], old["best"], new["best"], strict=True
        ):
            rows.append((data.name, seed, size, before, after, (after - before) / n_steps))
    return pd.DataFrame(
        rows, columns=["data", "seed", "n_states", "old_nats", "new_nats", "gained_per_step"]
    )


def main() -> None:
    """Print the comparison, and write each size's likelihoods if a file is named."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--old", default="303958d", help="git revision, or a folder of sources")
    parser.add_argument("--runs", nargs="*", type=Path, default=[], help="folders of networks")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    chosen = parser.parse_args()
    if chosen.worker:
        return worker()
    with TemporaryDirectory() as name, checked_out(chosen.old, Path(name)) as source:
        builds = {"old": Build(source), "new": Build(Path(__file__).parents[1] / "src")}
        sets = [planted(Path(name))]
        sets += [data for run in chosen.runs for data in of_run(run, Path(name))]
        found = pd.concat([compare(data, builds, list(range(chosen.seeds))) for data in sets])
    if chosen.out:
        found.to_csv(chosen.out, index=False)
    table = found.pivot_table("gained_per_step", ["data", "seed"], "n_states")
    print("\ngained, nats a step:\n" + table.to_string(float_format=lambda v: f"{v:+.1e}"))
    return None


if __name__ == "__main__":
    main()
