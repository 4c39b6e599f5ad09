"""A large recurrent network, recorded and fitted in part: memory, time, what it costs in agreement.

A causal LSTM of 2 x 512 units is trained for a moment to say whether three zeros in a row came,
and read on 5e5 steps. Each way of recording and fitting has a process of its own, so that its peak
of resident memory is its own; the network comes from a file. Times are of the processor and of the
clock, on one thread.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/large_models.py train FOLDER
    python benchmarks/large_models.py run FOLDER --steps 5e5
    python benchmarks/large_models.py dimensions FOLDER
    python benchmarks/large_models.py draw
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from large_models_compare import FITS, LUMPED, compare, key_of

TASK, LAYER = "contains_000", "rnn.l1"
SPEC = {"cell": "lstm", "hidden": 512, "layers": 2}
LENGTH = 40  # steps of a sequence
SAMPLE = 10_000  # steps recorded of all units, on which coordinates are chosen
HELD_OUT = 20_000  # steps for validation, and as many for the test
N_STATES = (2, 4, 6, 8, 12, 16, 20)
FEW_STATES = (4, 8, 16)  # where only coordinates are compared
CORESET = 30_000  # steps
MOST = 8  # coordinates of the full fit
SIZES = (1, 2, 3, 4, 6, 8, 16, 64)
SEEDS = (2, 3, 6)  # of the words for training, validation and test
RANKED = 6  # sequences on which units are ranked
SQUEEZED = 50  # sequences on which the network itself is asked
MIB = 2**20
WIDE = "in part, as many coordinates"
WAYS = ("in part", WIDE, "in full")
SPLITS = ("train", "valid", "test")
DRAWS = 10  # fits of clusters to a coreset, of which validation words choose
TABLE = Path("docs/large_models.csv")
DIMENSIONS = Path("docs/large_models_dimensions.csv")


@dataclass
class Clock:
    """The stages of one process, a row each."""

    rows: list[dict[str, Any]] = field(default_factory=list)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done within."""
        cpu, wall = time.process_time(), time.perf_counter()
        yield
        self.rows.append(
            {
                "stage": name,
                "cpu_s": time.process_time() - cpu,
                "wall_s": time.perf_counter() - wall,
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MIB,
            }
        )


def train(folder: Path) -> None:
    """Write the weights of the network."""
    import torch

    from markovlens.networks.training import TrainingOptions
    from markovlens.networks.training import train as fit
    from markovlens.tasks import make_task

    sizes = {"n_train": 2000, "n_valid": 200, "n_test": 200, "length_train": 20, "length_test": 40}
    options = TrainingOptions(
        steps=400, batch=32, learning_rate=0.001, evaluate_every=25, attempts=1
    )
    made = fit(make_task(TASK, sizes=sizes, seed=0), SPEC, training=options, seed=0)
    print(made.card["scores"])
    torch.save(made.model.state_dict(), folder / "lstm.pt")


def network(folder: Path):
    """Return the network."""
    import torch

    from markovlens.networks.model import build

    model = build(SPEC, n_symbols=2, n_classes=2).eval()
    model.load_state_dict(torch.load(folder / "lstm.pt", weights_only=True))
    return model


def words(n_steps: int, seed: int):
    """Return random words, some with few zeros and some with many."""
    from markovlens.sequences import Sequences

    rng = np.random.default_rng(seed)
    n_words = n_steps // LENGTH
    ones = rng.random((n_words, LENGTH)) < rng.uniform(0.4, 0.9, size=(n_words, 1))
    return Sequences(ones.astype(np.int64).reshape(-1), np.full(n_words, LENGTH))


def plain(folder: Path, n_steps: int, seed: int):
    """Return the trace of all units of the top layer, h and c, on some words."""
    from markovlens.activations.recorder import record

    return record(network(folder), words(n_steps, seed), layers=LAYER)


def in_part(folder: Path, n_steps: int, clock: Clock):
    """Choose coordinates on a sample and record in them. Return the traces."""
    from markovlens.abstractions.base import Options
    from markovlens.abstractions.dimensions import choose_dimension
    from markovlens.activations.recorder import record

    with clock.stage("sample"):
        some, valid = (plain(folder, SAMPLE, seed) for seed in (0, 1))
    with clock.stage("choose"):
        options = Options(restarts=1, draws=DRAWS)
        found = choose_dimension(
            some, valid, n_states=N_STATES, sizes=SIZES[:6], seed=0, options=options
        )
    with clock.stage("record"):
        return [
            record(network(folder), words(count, seed), layers=LAYER, basis=found.basis)
            for count, seed in zip((n_steps, HELD_OUT, HELD_OUT), SEEDS, strict=True)
        ]


def in_part_as_wide(folder: Path, n_steps: int, clock: Clock):
    """Record in as many coordinates as the full fit has, those of a sample. Return the traces."""
    from markovlens.activations.recorder import record
    from markovlens.embedding.pod import pod

    with clock.stage("sample"):
        basis = pod(iter([plain(folder, SAMPLE, 0).states]), n_components=MOST)
    with clock.stage("record"):
        return [
            record(network(folder), words(count, seed), layers=LAYER, basis=basis)
            for count, seed in zip((n_steps, HELD_OUT, HELD_OUT), SEEDS, strict=True)
        ]


def in_full(folder: Path, n_steps: int, clock: Clock):
    """Record all units in files, then their principal components. Return the traces."""
    from markovlens.abstractions.streaming import embed_file
    from markovlens.activations.recorder import record_to_parquet
    from markovlens.activations.store import iter_traces, load_trace
    from markovlens.embedding.pod import pod

    names, traces = ("raw", "valid", "test"), []
    paths = [folder / f"{name}.parquet" for name in names]
    with clock.stage("record"):
        for path, count, seed in zip(paths, (n_steps, HELD_OUT, HELD_OUT), SEEDS, strict=True):
            record_to_parquet(network(folder), words(count, seed), path, layer=LAYER)
    with clock.stage("embed"):
        basis = pod((trace.states for trace in iter_traces(paths[0])), n_components=MOST)
        for path in paths:
            embed_file(path, path.with_suffix(".low.parquet"), basis)
            traces.append(load_trace(path.with_suffix(".low.parquet")))
            path.unlink()
            path.with_suffix(".low.parquet").unlink()
    return traces


def measure(folder: Path, way: str, n_steps: int) -> pd.DataFrame:
    """Record and fit in one way, keep what its machines answer; return a row for each stage."""
    from markovlens.abstractions.base import Evidence, Options
    from markovlens.abstractions.closeness import agreements
    from markovlens.abstractions.study import study_evidence
    from markovlens.activations.store import write_trace

    clock = Clock()
    recorded = {"in part": in_part, WIDE: in_part_as_wide, "in full": in_full}
    traces = recorded[way](folder, n_steps, clock)
    drawn = Options(coreset=CORESET, restarts=1, draws=DRAWS)
    likely = Options(coreset=CORESET)
    for name, trace in zip(SPLITS, traces, strict=True):  # so that fits can be made again
        write_trace(folder / f"{way} {name}.parquet", trace)
    kept: dict[str, np.ndarray] = {}
    for method, seed in FITS:
        options = None if way == "in full" else likely if method == "hmm" else drawn
        with clock.stage(method):
            evidence = Evidence(*traces[:2], seed=seed)
            found = study_evidence(method, evidence, n_states=N_STATES, seed=seed, options=options)
        machines = {"": found.best} | ({LUMPED: found.lumped.machine} if found.lumped else {})
        for kind, machine in machines.items():
            kept[key_of(method, seed, kind)] = machine.predict(traces[2].sequences).argmax(axis=1)
            kept[key_of(method, seed, kind, "agreements")] = agreements(machine, traces[2])
        clock.rows[-1] |= {"n_states": found.chosen, "seed": seed}
        if found.lumped:
            clock.rows[-1]["n_joined"] = found.lumped.machine.n_states
    np.savez(folder / f"{way}.npz", **kept)
    rows = pd.DataFrame(clock.rows)
    width = traces[0].states.shape[1]
    rows.insert(0, "n_components", width)
    rows.insert(0, "steps", traces[0].n_steps)
    rows.insert(0, "way", way)
    return rows


def run(folder: Path, n_steps: int) -> None:
    """Measure each way in a process of its own, and write the table."""
    for way in WAYS:
        command = [sys.executable, __file__, "measure", str(folder), way, "--steps", str(n_steps)]
        subprocess.run(command, check=True)
    collect(folder)


def collect(folder: Path) -> None:
    """Write the table of all ways that were measured."""
    rows = pd.concat([pd.read_csv(folder / f"{way}.csv") for way in WAYS])
    beside = pd.concat([compare(folder, way) for way in WAYS])
    table = rows.merge(beside, how="left", on=["way", "stage", "seed"])
    table.to_csv(TABLE, index=False, float_format="%.5g")


def dimensions(folder: Path) -> None:
    """Write how far machines and the network itself agree in more and more coordinates."""
    from markovlens.activations.oracle import Oracle

    traces = [plain(folder, SAMPLE, seed) for seed in (0, 1, 5)]
    oracle = Oracle(network(folder), layer=LAYER)
    DIMENSIONS.unlink(missing_ok=True)
    for kind, seed in BASES:
        rows = pd.DataFrame(of_kind(kind, seed, traces, oracle))
        header = not DIMENSIONS.exists()
        rows.to_csv(DIMENSIONS, mode="a", header=header, index=False, float_format="%.5g")


def of_kind(kind: str, seed: int, traces: list, oracle) -> Iterator[dict[str, Any]]:
    """Yield a row for each number of coordinates of one kind, drawn with a seed."""
    from markovlens.abstractions.closeness import agreed
    from markovlens.abstractions.dimensions import choose_dimension
    from markovlens.abstractions.silencing import answers_in
    from markovlens.faithfulness.scores.dimensions import loss_between
    from markovlens.faithfulness.scores.fidelity import fidelity

    some, valid, test = traces
    asked = valid.select(np.arange(SQUEEZED))
    begun = time.process_time()
    basis = MAKE[kind](some, oracle, seed)
    made = time.process_time() - begun
    found = choose_dimension(some, valid, n_states=FEW_STATES, basis=basis, sizes=SIZES, seed=seed)
    for row in found.table.to_dict("records"):
        few = basis.first(row["n_components"])
        row = {"kind": kind, "seed": seed, "made_s": made} | row
        row["network"] = agreed(answers_in(oracle, asked, few), asked).mean()
        if row["chosen"]:
            lost = loss_between(found.study.best, found.reference.best, test)
            score = fidelity(found.study.best, test).agreement
            row |= {"lost": lost.value, "lost_high": lost.high}
            row |= {"test": score.value, "test_low": score.low, "test_high": score.high}
        yield row


def by_pod(some, oracle, seed: int):
    """Return the principal components."""
    from markovlens.embedding.pod import pod

    return pod(iter([some.states]), n_components=max(SIZES))


def by_chance(some, oracle, seed: int, *, kind: str):
    """Return random directions."""
    from markovlens.embedding.projections import random_projection

    return random_projection(some.states, n_components=max(SIZES), kind=kind, seed=seed)


def by_effect(some, oracle, seed: int):
    """Return the units whose silencing changes most."""
    from markovlens.abstractions.silencing import ranking_effects
    from markovlens.embedding.projections import unit_projection

    effects = ranking_effects(oracle, some, n_sequences=RANKED, seed=seed)
    return unit_projection(some.states, np.argsort(-effects, kind="stable")[: max(SIZES)])


def any_units(some, oracle, seed: int):
    """Return units drawn at random."""
    from markovlens.embedding.projections import unit_projection

    drawn = np.random.default_rng(seed).permutation(some.states.shape[1])
    return unit_projection(some.states, drawn[: max(SIZES)])


MAKE: dict[str, Callable] = {
    "pod": by_pod,
    "units": by_effect,
    "any units": any_units,
    "gaussian": partial(by_chance, kind="gaussian"),
    "sparse": partial(by_chance, kind="sparse"),
    "hadamard": partial(by_chance, kind="hadamard"),
}
FIXED = ("pod", "units")  # nothing in them is drawn but the sequences that units are ranked on
BASES = [(kind, seed) for kind in MAKE for seed in range(1 if kind in FIXED else 2)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "what", choices=["train", "run", "measure", "collect", "dimensions", "draw"]
    )
    parser.add_argument("folder", type=Path, nargs="?", default=Path())
    parser.add_argument("way", nargs="?")
    parser.add_argument("--steps", type=lambda text: int(float(text)), default=500_000)
    arguments = parser.parse_args()
    if arguments.what == "measure":
        rows = measure(arguments.folder, arguments.way, arguments.steps)
        rows.to_csv(arguments.folder / f"{arguments.way}.csv", index=False)
    elif arguments.what == "run":
        run(arguments.folder, arguments.steps)
    elif arguments.what == "draw":
        from large_models_page import write_page

        write_page()
    else:
        {"train": train, "collect": collect, "dimensions": dimensions}[arguments.what](
            arguments.folder
        )


if __name__ == "__main__":
    main()
