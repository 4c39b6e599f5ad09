"""Does joining states of one future leave the language's automaton, on languages not seen before?

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/lumping.py --rows docs/lumping.csv

What lumping tries, and in which order, was settled on the networks of the default config. These
are other languages, with networks trained for this study alone, at the default config's settings.
Rows are written as networks are done; a network that has its rows is not trained again.
`docs/rendering.py` makes the table of `docs/lumping.md` of them. A network counts if state merging
or L* reads it exactly: where nobody does, it is not known to be the automaton.
"""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.lumped import LUMPABLE
from markovlens.abstractions.study import Study, study_evidence
from markovlens.activations.oracle import ask
from markovlens.activations.recorder import record
from markovlens.activations.stage import sample
from markovlens.embedding.pod import embed, pod
from markovlens.faithfulness.scores.exactness import EXACT, exactness, minimal_states
from markovlens.machines.machine import Machine
from markovlens.networks.training import TrainingOptions, train
from markovlens.seeding import integer, seed_for
from markovlens.tasks import make_task
from markovlens.tasks.base import Task

LANGUAGES = (
    "tomita_1", "tomita_2", "tomita_3", "tomita_4", "tomita_5", "tomita_6", "dyck_1_bounded",
    "merrill_3", "merrill_6",
)  # fmt: skip
CELLS, SEEDS, SEED = ("gru", "lstm"), (0, 1, 2), 0
SIZES = {"n_train": 2000, "n_valid": 1000, "n_test": 1000, "length_train": 20, "length_test": 40}
N_RECORDED, N_COMPONENTS, N_STATES = 300, 8, (2, 3, 4, 5, 6, 8, 10, 12)
WITNESSES = ("merging", "lstar")
KEYS = ["task", "cell", "seed"]


def rows_of(task: Task, cell: str, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each method on one newly trained network."""
    place = (task.name, cell, seed)
    network = train(task, {"cell": cell, "hidden": 32}, training=TrainingOptions(), seed=seed)
    evidence = evidence_of(task, network.model, place)
    for method in (*WITNESSES, *LUMPABLE):
        child = seed_for(SEED, *place, method)
        found = study_evidence(method, evidence, n_states=N_STATES, seed=child, options=Options())
        yield dict(zip(KEYS, place, strict=True)) | {"method": method} | _row(found, task.machine)


def evidence_of(task: Task, model: Any, place: tuple[str, str, int]) -> Evidence:
    """Return what methods see: a sample of the training split, and the validation split."""
    rng = np.random.default_rng(seed_for(SEED, *place, "activations"))
    train_split = sample(task.splits["train"], N_RECORDED, rng)
    words = {"symbols": task.symbols, "classes": task.classes}
    traces = [record(model, split, **words) for split in (train_split, task.splits["valid"])]
    basis = pod(traces[0].states, n_components=N_COMPONENTS)
    oracle = ask(model, layer="rnn.l0", basis=basis)
    shared = integer(seed_for(SEED, *place, "abstractions"))
    return Evidence(*(embed(trace, basis) for trace in traces), oracle, shared)


def _row(found: Study, truth: Machine) -> dict[str, Any]:
    """Return the sizes of a study's machines, and whether they decide as the truth does."""
    if found.chosen is None:
        return {"states_chosen": None}
    row = {"states_chosen": found.chosen, "states_of_language": minimal_states(truth)}
    row |= _exact(found.best, truth, "as_chosen")
    if found.lumped is not None:
        row |= {"states_lumped": found.lumped.machine.n_states, "rule": found.lumped.rule}
        row |= _exact(found.lumped.machine, truth, "lumped")
    return row


def _exact(machine: Machine, truth: Machine, which: str) -> dict[str, float]:
    scores = exactness(machine, truth)
    return {f"exact_{which}": scores[EXACT], f"minimal_states_{which}": scores["minimal_states"]}


def run_all(path: Path, languages: list[str], seeds: list[int]) -> None:
    """Write the rows of all networks; those that `path` has are not made again."""
    known = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=KEYS)
    done = set(known[KEYS].itertuples(index=False, name=None))
    tasks = [make_task(name, sizes=SIZES, seed=SEED) for name in languages]
    for seed, task, cell in product(seeds, tasks, CELLS):
        if (task.name, cell, seed) not in done:
            rows = pd.DataFrame(rows_of(task, cell, seed))
            known = pd.concat([known, rows], ignore_index=True)
            known.to_csv(path, index=False)
            print(task.name, cell, seed, "done", flush=True)


def main() -> None:
    """Train and read what has no rows yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--languages", nargs="+", default=LANGUAGES)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    chosen = parser.parse_args()
    run_all(chosen.rows, chosen.languages, chosen.seeds)


if __name__ == "__main__":
    main()
