"""Memory and time of a file of rows that is coded, and of a machine that runs on it.

    python benchmarks/rows_streamed.py [--rows 100000 1000000]

For each number of rows a trace of 32 channels is written in pieces, with states of 8 numbers, then
read by two processes of their own: one writes it anew with codes (`code_file`), one runs a machine
of 8 states on it (`run_file`). Shown are the size of the file, wall-clock seconds, and the peak of
resident memory (`ru_maxrss`) of each process, of which what is imported is a part: the first line
is a process that imports and does nothing.
"""

import argparse
import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from machine_step import machine_on, rows_of

from markovlens.abstractions.streaming import code_file, run_file
from markovlens.activations.store import write_trace
from markovlens.trace import Trace

N_CHANNELS, N_UNITS, LENGTH, PIECE = 32, 8, 100, 1000  # sequences of a piece
MIB = 2**20


def pieces(n_rows: int) -> Iterator[Trace]:
    """Recorded traces of `n_rows` rows in all."""
    channels = rows_of(N_CHANNELS).channels
    for piece in range(-(-n_rows // (LENGTH * PIECE))):
        rng = np.random.default_rng(piece)
        n_steps = min(n_rows - piece * LENGTH * PIECE, LENGTH * PIECE)
        nothing = np.full(n_steps, -1, dtype=np.int32)
        yield Trace(
            rng.normal(size=(n_steps, N_UNITS)).astype(np.float32),
            rng.normal(size=(n_steps, N_CHANNELS)),
            np.full((n_steps, 2), 0.5, dtype=np.float32),
            nothing,
            nothing,
            np.full(n_steps // LENGTH, LENGTH),
            (),
            ("no", "yes"),
            channels,
        )


def code(folder: Path) -> None:
    """Write the file anew with codes."""
    machine = machine_on(rows_of(N_CHANNELS), "row", belief=False)
    assert machine.codebook is not None
    code_file(folder / "rows.parquet", folder / "codes.parquet", machine.codebook)


def run(folder: Path) -> None:
    """Run a machine on the file."""
    machine = machine_on(rows_of(N_CHANNELS), "row", belief=False)
    run_file(machine, folder / "rows.parquet", folder / "states.parquet")


def nothing(folder: Path) -> None:
    """Import, and do nothing."""


def measured(task: Callable[[Path], None], folder: Path, found: multiprocessing.Queue) -> None:
    """Put seconds and peak MiB of a task into a queue."""
    begun = time.perf_counter()
    task(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    found.put((time.perf_counter() - begun, peak))


def alone(task: Callable[[Path], None], folder: Path) -> tuple[float, float]:
    """Return seconds and peak MiB of a task in a process of its own."""
    context = multiprocessing.get_context("spawn")
    found: multiprocessing.Queue = context.Queue()
    process = context.Process(target=measured, args=(task, folder, found))
    process.start()
    seconds, peak = found.get()
    process.join()
    return seconds, peak


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    print("| rows | file, MiB | task | s | peak, MiB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"| - | - | nothing | - | {alone(nothing, folder)[1]:.0f} |")
        for n_rows in parser.parse_args().rows:
            write_trace(folder / "rows.parquet", pieces(n_rows))
            size = (folder / "rows.parquet").stat().st_size / MIB
            for task in (code, run):
                seconds, peak = alone(task, folder)
                print(f"| {n_rows:,} | {size:.0f} | {task.__name__} | {seconds:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
