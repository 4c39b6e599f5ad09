"""HMMs of activations larger than memory: time, memory and what streaming costs in likelihood.

A GRU of 64 units, trained for a moment on the source `mess3`, is recorded on more and more steps;
PCA, fit, decoding and scoring read Parquet. Each size has a process of its own, so that its peak of
resident memory is its own. Where the data still fit, the fit is repeated in memory from the same
start until it converges, and both are scored on the same held-out sequences.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/large_activations.py run 1e5 1e6 1e7
    python benchmarks/large_activations.py draw --table docs/large_activations.csv
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

LENGTH = 100  # steps of a sequence
UNITS = 64
COMPONENTS = 8
STATES = 6
PIECE = 200_000  # steps that are made and recorded at a time
HELD_OUT = 100_000  # steps
IN_MEMORY = 300_000  # steps up to which the fit is repeated in memory
PASSES = 100  # full EM passes at most, after one epoch of stepwise EM
TOLERANCE = 1e-5  # nats a step that a pass must gain for another one; 1e-4 stops on plateaus
MEMORY_PASSES = 200
MIB = 2**20
TABLE = Path("docs/large_activations.csv")


def train_network():
    """Return a GRU that predicts the next symbol of `mess3`."""
    from markovlens.networks.training import TrainingOptions, train
    from markovlens.tasks import make_task

    sizes = {"n_train": 500, "n_valid": 100, "n_test": 50, "length": LENGTH}
    options = TrainingOptions(steps=100, batch=32, evaluate_every=50, attempts=1)
    spec = {"cell": "gru", "hidden": UNITS}
    return train(make_task("mess3", sizes=sizes, seed=0), spec, training=options, seed=0).model


def pieces(n_steps: int, seed: int) -> Iterator:
    """Yield sequences of the source, never more than a piece in memory."""
    from markovlens.tasks import make_task

    for piece, begin in enumerate(range(0, n_steps, PIECE)):
        count = min(PIECE, n_steps - begin) // LENGTH
        sizes = {"n_train": count, "n_valid": 1, "n_test": 1, "length": LENGTH}
        yield make_task("mess3", sizes=sizes, seed=1000 * seed + piece).splits["train"]


def peak_mib() -> float:
    """Return the peak of this process's resident memory, MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB


def measure(n_steps: int, folder: Path) -> list[dict]:
    """Return a row for each stage on so many steps."""
    from markovlens.abstractions.streaming import decode_file, embed_file, reader, score_file
    from markovlens.activations.recorder import record_to_parquet
    from markovlens.activations.store import iter_traces
    from markovlens.embedding.pod import pod
    from markovlens.hmm import GaussianHMM, fit_batches

    rows: list[dict] = []

    @contextmanager
    def stage(name: str):
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        row = {"steps": n_steps, "stage": name, "cpu_s": time.process_time() - cpu}
        rows.append(row | {"wall_s": time.perf_counter() - wall, "peak_mib": peak_mib()})

    network = train_network()
    warm_up(network, folder)
    held, raw, low, decoded = (folder / f"{name}.parquet" for name in ("h", "r", "l", "d"))
    symbols = ("0", "1", "2")
    with stage("record"):
        record_to_parquet(network, pieces(n_steps, 1), raw, layer="rnn.l0", symbols=symbols)
    with stage("embed"):
        basis = pod((trace.states for trace in iter_traces(raw)), n_components=COMPONENTS)
        embed_file(raw, low, basis)
    size = raw.stat().st_size
    record_to_parquet(network, pieces(HELD_OUT, 2), raw, layer="rnn.l0", symbols=symbols)
    embed_file(raw, held, basis)
    model = GaussianHMM(STATES, "full", n_iter=PASSES, tol=TOLERANCE)
    with stage("fit"):
        fit_batches(model, reader(low), rng=np.random.default_rng(0))
    with stage("decode"):
        decode_file(model, low, decoded)
    with stage("score"):
        score_file(model, low)
    found = {
        "file_mib": size / MIB,
        "passes": model.monitor_.iter,
        "heldout_nats": score_file(model, held).sum() / HELD_OUT,
    }
    if n_steps <= IN_MEMORY:
        found["memory_nats"] = score_file(in_memory(low), held).sum() / HELD_OUT
    return [row | found for row in rows]


def warm_up(network, folder: Path) -> None:
    """Compile what the stages use, so that it is not in their times."""
    from markovlens.abstractions.streaming import decode_file, reader, score_file
    from markovlens.activations.recorder import record_to_parquet
    from markovlens.hmm import GaussianHMM, fit_batches

    path = folder / "warm.parquet"
    record_to_parquet(network, pieces(2000, 3), path, layer="rnn.l0", symbols=("0", "1", "2"))
    model = GaussianHMM(STATES, "full", n_iter=1)
    fit_batches(model, reader(path), rng=np.random.default_rng(0))
    decode_file(model, path, path)
    record_to_parquet(network, pieces(2000, 3), path, layer="rnn.l0", symbols=("0", "1", "2"))
    score_file(model, path)


def in_memory(path: Path):
    """Return the model fitted to all of a file at once, from the start of the streaming fit."""
    from markovlens.abstractions.streaming import reader
    from markovlens.activations.store import load_trace
    from markovlens.hmm import GaussianHMM, fit_batches

    begin = fit_batches(
        GaussianHMM(STATES, "full", n_iter=0),
        reader(path),
        rng=np.random.default_rng(0),
        stepwise_epochs=0,
    )
    model = GaussianHMM(STATES, "full", n_iter=MEMORY_PASSES, tol=1e-7, init_params="")
    model.startprob_, model.transmat_ = begin.startprob_, begin.transmat_
    model.means_, model.covars_ = begin.means_, begin.covars_
    trace = load_trace(path)
    return model.fit(trace.states, trace.lengths)


def run(sizes: list[int], table: Path) -> None:
    """Measure each size in a process of its own and add its rows to the table."""
    for n_steps in sizes:
        with TemporaryDirectory(dir=table.parent) as folder:
            command = [sys.executable, __file__, "measure", str(n_steps), folder, str(table)]
            subprocess.run(command, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    several = commands.add_parser("run")
    several.add_argument("sizes", nargs="+", type=lambda text: int(float(text)))
    several.add_argument("--table", type=Path, default=TABLE)
    one = commands.add_parser("measure")
    one.add_argument("n_steps", type=int)
    one.add_argument("folder", type=Path)
    one.add_argument("table", type=Path)
    picture = commands.add_parser("draw")
    picture.add_argument("--table", type=Path, default=TABLE)
    arguments = parser.parse_args()
    if arguments.command == "run":
        run(arguments.sizes, arguments.table)
    elif arguments.command == "measure":
        rows = pd.DataFrame(measure(arguments.n_steps, arguments.folder))
        rows.insert(0, "run", arguments.folder.name)
        rows.to_csv(
            arguments.table,
            mode="a",
            header=not arguments.table.exists(),
            index=False,
            float_format="%.6g",
        )
    else:
        from large_figure import draw_large

        from markovlens.figures.save import save_figure

        table = pd.read_csv(arguments.table)
        save_figure(arguments.table.with_suffix(".svg"), draw_large(table))


if __name__ == "__main__":
    main()
