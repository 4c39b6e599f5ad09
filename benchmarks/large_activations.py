"""HMMs of activations larger than memory: processor time and memory of every stage.

A GRU of 64 units, trained for a moment on the source `mess3`, is recorded on more and more steps;
PCA, the search for a start, fit, decoding and scoring read Parquet. Each size has a process of its
own, so that its peak of resident memory is its own. What streaming costs in likelihood is in
`large_fits.py`. The line of the figure goes through runs with a core of their own (`chrt -f 10
taskset -c 0` before `python`, as root).

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/large_activations.py run 1e5 1e6 1e7
    python benchmarks/large_activations.py draw
"""

import argparse
import os
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
RESTARTS = 10  # fits to a sample, of which the best is moved on by splits and merges
SAMPLE = 10_000  # steps of the sample
PASSES = 100  # full EM passes at most
TOLERANCE = 1e-5  # nats a step that a pass must gain for another one; 1e-4 stops on plateaus
SYMBOLS = ("0", "1", "2")
MIB = 2**20
TABLE = Path("docs/large_activations.csv")
FITS = Path("docs/large_activations_fits.csv")


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


def record(network, n_steps: int, seed: int, path: Path) -> None:
    """Write the network's activations on so many steps."""
    from markovlens.activations.recorder import record_to_parquet

    record_to_parquet(network, pieces(n_steps, seed), path, layer="rnn.l0", symbols=SYMBOLS)


def basis_of(path: Path):
    """Return the leading principal components of a recorded file."""
    from markovlens.activations.store import iter_traces
    from markovlens.embedding.pod import pod

    return pod((trace.states for trace in iter_traces(path)), n_components=COMPONENTS)


def search(path: Path, seed: int):
    """Return a model at the start that is searched for on a sample of a file."""
    from markovlens.abstractions.streaming import reader
    from markovlens.hmm import GaussianHMM, fit_batches

    model = GaussianHMM(STATES, "full", n_iter=0)
    rng = np.random.default_rng(seed)
    fit_batches(model, reader(path), rng=rng, restarts=RESTARTS, start_rows=SAMPLE)
    return model.set_params(init_params="")


def stream(model, path: Path):
    """Return the model after full passes over a file from where it stands."""
    from markovlens.abstractions.streaming import reader
    from markovlens.hmm import fit_batches

    model.set_params(n_iter=PASSES, tol_per_step=TOLERANCE)
    return fit_batches(model, reader(path), rng=np.random.default_rng(0), stepwise_epochs=0)


def measure(n_steps: int, folder: Path) -> list[dict]:
    """Return a row for each stage on so many steps."""
    from markovlens.abstractions.streaming import decode_file, embed_file, score_file

    rows: list[dict] = []

    @contextmanager
    def stage(name: str):
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        row = {"steps": n_steps, "stage": name, "cpu_s": time.process_time() - cpu}
        rows.append(row | {"wall_s": time.perf_counter() - wall, "peak_mib": peak_mib()})

    network = train_network()
    warm_up(network, folder)
    raw, low, decoded = (folder / f"{name}.parquet" for name in ("raw", "low", "decoded"))
    with stage("record"):
        record(network, n_steps, 1, raw)
    with stage("embed"):
        embed_file(raw, low, basis_of(raw))
    with stage("start"):
        model = search(low, 0)
    with stage("fit"):
        stream(model, low)
    with stage("decode"):
        decode_file(model, low, decoded)
    with stage("score"):
        score_file(model, low)
    # A core that is shared costs up to twice the processor time: never one line through both.
    core = "own" if os.sched_getscheduler(0) == os.SCHED_FIFO else "shared"
    found = {"file_mib": raw.stat().st_size / MIB, "passes": model.monitor_.iter, "core": core}
    return [row | found for row in rows]


def warm_up(network, folder: Path) -> None:
    """Compile what the stages use, so that it is not in their times."""
    from markovlens.abstractions.streaming import decode_file, embed_file, reader, score_file
    from markovlens.hmm import GaussianHMM, fit_batches

    raw, path = folder / "raw.parquet", folder / "low.parquet"
    record(network, 2000, 3, raw)
    embed_file(raw, path, basis_of(raw))
    model = GaussianHMM(2, "full", n_iter=1)
    fit_batches(model, reader(path), rng=np.random.default_rng(0), restarts=2, start_rows=1000)
    decode_file(model, path, folder / "decoded.parquet")
    score_file(model, path)


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
    picture.add_argument("--fits", type=Path, default=FITS)
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
        from large_figure import draw_large, growth_table

        from markovlens.figures.save import save_figure

        table = pd.read_csv(arguments.table)
        save_figure(
            arguments.table.with_suffix(".svg"), draw_large(table, pd.read_csv(arguments.fits))
        )
        growth = arguments.table.with_name(f"{arguments.table.stem}_growth.csv")
        growth_table(table).to_csv(growth, index=False, float_format="%.4g")


if __name__ == "__main__":
    main()
