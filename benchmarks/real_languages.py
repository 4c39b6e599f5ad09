"""Are the automaton and the boundary of real-valued languages found in networks that read rows?

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/real_languages.py \
        --networks networks --rows docs/real_languages.csv

Networks are those of `config/real_languages.yaml`; one that is in the folder is not trained again,
and one that has its rows is not read again. The codebook is chosen on training and validation
sequences as everywhere, nothing is told of the boundary, and nothing was tuned on these networks.
`python docs/rendering.py write` makes `docs/real_languages.md` of the rows.
"""

import argparse
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import real_boundary as bounds
import torch
from torch import nn

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.coding import Coding, coding_of
from markovlens.abstractions.lumped import LUMPABLE
from markovlens.abstractions.study import study_evidence
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.activations.stage import sample
from markovlens.embedding.pod import embed, pod
from markovlens.faithfulness.scores.exactness import EXACT, exactness, over_codes, purely_read
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.machines.machine import Machine
from markovlens.networks.architectures import make_network
from markovlens.networks.store import load_network, save_network
from markovlens.seeding import integer, seed_for
from markovlens.tasks import TASKS, make_task
from markovlens.tasks.base import Task
from markovlens.tasks.formal import AUTOMATA
from markovlens.tasks.real_formal import BOUNDARIES, Boundary, boundary_of, language_of
from markovlens.trace import Trace

CELLS, SEEDS, SEED = ("gru", "lstm"), (0, 1, 2), 0
SIZES = {"n_train": 2000, "n_valid": 1000, "n_test": 1000, "length_train": 20, "length_test": 40}
TRAINING = {"steps": 3000, "batch": 128, "learning_rate": 0.005}
N_RECORDED, N_COMPONENTS, N_STATES = 300, 8, (2, 3, 4, 5, 6, 8, 10, 12)
KEYS = ["task", "cell", "seed"]
METHODS = ("merging", "lstar", "overcluster", "lisor_k", "kmeans")
LASTING = ("parity", "tomita_5", "tomita_6")  # they never forget an error


def names() -> list[str]:
    """Return the tasks, those with a margin behind those without."""
    return [name for name in TASKS if name.partition("_")[0] in BOUNDARIES]


def network_of(folder: Path, task: Task, cell: str, seed: int) -> nn.Module:
    """Return a network out of the folder, trained into it when it is not there."""
    place = folder / task.name / cell / f"seed-{seed}"
    if not (place / "card.json").exists():
        spec = {"cell": cell, "hidden": 32}
        save_network(place, make_network(spec, task, training=TRAINING, seed=seed))
    return load_network(place)


def rows_of(task: Task, model: nn.Module, cell: str, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each method on one network."""
    place = (task.name, cell, seed)
    boundary = boundary_of(task.name)
    evidence, test = evidence_of(task, model, place)
    coding = coding_of(evidence, Options())
    truth = over_codes(task.machine, evidence.train, coding.codebook)
    bit_of = (truth.initial == task.machine.initial[1]).all(axis=1).astype(int)
    rng = np.random.default_rng(seed_for(SEED, *place, "boundary"))
    automaton, oracle, network = AUTOMATA[language_of(task.name)], evidence.network, {}
    crossings = bounds.of_network(oracle, automaton, boundary, task.splits["test"], rng)
    common = _network(task, test, crossings, boundary)
    common |= _coding(coding, truth, bit_of, boundary)
    if "threshold_error" in common:
        common["from_own"] = common["threshold_error"] - common["network_error"]
    pure = purely_read(task.machine, evidence.train, coding.codebook, test)
    common["code_purity"] = float(pure.mean())
    if language_of(task.name) in LASTING:
        common["steps_best"] = bounds.best_steps(oracle, automaton, boundary, rng)
        strings = bounds.long_strings(boundary, rng)
        network = {"inputs": strings, "answers": oracle.outputs(strings).argmax(axis=1)}
    for method in METHODS:
        child = seed_for(SEED, *place, method)
        found = study_evidence(method, evidence, n_states=N_STATES, seed=child, options=Options())
        row = dict(zip(KEYS, place, strict=True)) | {"method": method} | common
        if found.chosen is not None:
            lumped = method in LUMPABLE and found.lumped is not None
            machine = found.lumped.machine if lumped else found.best
            row |= {"n_states": found.chosen} | _machine(machine, truth, test, network)
        yield row


def evidence_of(
    task: Task, model: nn.Module, place: tuple[str, str, int]
) -> tuple[Evidence, Trace]:
    """Return what methods see, as in the workflow, and the network on test strings."""
    rng = np.random.default_rng(seed_for(SEED, *place, "activations"))
    split = sample(task.splits["train"], N_RECORDED, rng)
    parts = (split, task.splits["valid"], task.splits["test"])
    traces = [record(model, part, classes=task.classes) for part in parts]
    basis = pod(traces[0].states, n_components=N_COMPONENTS)
    train, valid, test = (embed(trace, basis) for trace in traces)
    oracle = Oracle(model, layer="rnn.l0", basis=basis, like=split.inputs)
    return Evidence(train, valid, oracle, integer(seed_for(SEED, *place, "abstractions"))), test


def _network(
    task: Task, test: Trace, crossings: bounds.Crossings, boundary: Boundary
) -> dict[str, float]:
    """Return how well a network does its task, where its boundary is and how sharp."""
    return {
        "gate": task.gate,
        "accuracy": float((test.decisions == test.targets).mean()),
        "network_error": float((crossings.along - boundary.threshold).mean()),
        "network_spread": bounds.spread(crossings),
    }


def _coding(
    coding: Coding, truth: Machine, bit_of: np.ndarray, boundary: Boundary
) -> dict[str, Any]:
    """Return which codebook was chosen and how far its boundary is from the true one."""
    chosen = coding.table[coding.table["chosen"]].iloc[0]
    row = {key: chosen[key] for key in ("kind", "context", "n_codes", "n_terms", "asked")}
    row["rules"] = "; ".join(coding.codebook.names)
    if len(set(bit_of)) < 2:
        return row
    reads = bounds.of_machine(truth, bit_of, boundary)
    width = len(boundary.channels) - 1
    here = bounds.bisected(reads, boundary, np.zeros((1, width)))[0]
    row["threshold_error"] = here - boundary.threshold
    if width:
        low, high = bounds.bisected(reads, boundary, np.array([[-1.0], [1.0]]))
        row["angle"] = np.degrees(np.arctan((high - low) / 2))
    return row


def _machine(
    machine: Machine, truth: Machine, test: Trace, network: dict[str, Any]
) -> dict[str, float]:
    """Return whether a machine is the automaton, and how faithful it is."""
    exact = exactness(machine, truth)
    score = fidelity(machine, test).balanced_agreement
    right = machine.predict(test.sequences).argmax(axis=1) == test.targets
    row = {"exact": exact[EXACT], "minimal_states": exact["minimal_states"]}
    row |= {"fidelity": score.value, "low": score.low, "high": score.high}
    row["machine_accuracy"] = float(right.mean())
    if network:
        answers = machine.predict(network["inputs"]).argmax(axis=1)
        differs = (answers != network["answers"]).reshape(bounds.N_LONG, -1)
        row |= bounds.steps_until(differs)
    return row


def run_all(networks: Path, path: Path, tasks: list[str], seeds: list[int]) -> pd.DataFrame:
    """Return the rows of all networks; those that `path` has are not made again."""
    known = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=KEYS)
    done = set(known[KEYS].itertuples(index=False, name=None))
    for seed, name, cell in product(seeds, tasks, CELLS):
        if (name, cell, seed) not in done:
            task = make_task(name, sizes=SIZES, seed=SEED)
            model = network_of(networks, task, cell, seed)
            rows = pd.DataFrame(rows_of(task, model, cell, seed))
            known = pd.concat([known, rows], ignore_index=True)
            known.to_csv(path, index=False, float_format="%.5g")
            print(name, cell, seed, "done", flush=True)
    return known


def main() -> None:
    """Train, read and write the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", type=Path, required=True)
    parser.add_argument("--rows", type=Path, required=True)
    parser.add_argument("--tasks", nargs="+", default=names())
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    run_all(chosen.networks, chosen.rows, chosen.tasks, chosen.seeds)


if __name__ == "__main__":
    main()
