"""Which recurrence can hold which machine? Trained on short strings, judged on long ones.

    OMP_NUM_THREADS=1 python benchmarks/recurrences.py train --networks networks --seeds 0
    OMP_NUM_THREADS=1 python benchmarks/recurrences.py machines --networks networks --seeds 0
    python benchmarks/recurrences.py claims

Networks, tasks and training are those of `config/recurrences.yaml`. `train` writes how right each
network is at each length to `docs/recurrences.csv`, `machines` what is extracted from it to
`docs/recurrences_machines.csv`; what is there already is not made again. `claims` writes
`docs/recurrences_claims.csv` of what `train` wrote. `recurrences_figure.py` draws the accuracies;
`docs/rendering.py` fills the page from these tables.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import yaml
from scipy.stats import binomtest
from torch import nn

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.study import study_evidence
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.activations.stage import sample
from markovlens.embedding.pod import embed, pod
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.claims.recurrences import recurrence_claims
from markovlens.faithfulness.scores.exactness import exactness
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.networks.architectures import make_network
from markovlens.networks.store import load_network, save_network
from markovlens.seeding import integer, seed_for
from markovlens.tasks import make_task
from markovlens.tasks.base import Split, Task
from markovlens.tasks.lengths import exam

ROOT = Path(__file__).resolve().parents[1]
CONFIG = yaml.safe_load((ROOT / "config" / "recurrences.yaml").read_text())
RUNS = CONFIG["runs"][0]
LENGTHS, N_STRINGS = (20, 40, 100, 250), 300
KEYS = ["task", "cell", "seed"]
SIZES = {"s3": [2, 3, 4, 6, 8, 12], "s5": [12, 60, 120]}
METHODS = ("lstar", "overcluster")
LONG = 100  # symbols at which a machine is compared with its network, and with the truth

Place = tuple[str, str, int]
Rows = Iterator[dict[str, Any]]


def task_of(name: str) -> Task:
    """Return a task of the config."""
    return make_task(name, sizes=CONFIG["tasks"]["formal"], seed=CONFIG["seed"])


def folder_of(networks: Path, place: Place) -> Path:
    """Return where a network is kept."""
    task, cell, seed = place
    return networks / task / cell / f"seed-{seed}"


def judged(networks: Path, place: Place) -> Rows:
    """Train a network, keep it, and yield how right it is at each length."""
    name, cell, seed = place
    task, begun = task_of(name), time.process_time()
    spec, training = CONFIG["networks"]["models"][cell], CONFIG["networks"]["training"]["default"]
    trained = make_network(spec, task, training=training, seed=seed)
    took = time.process_time() - begun
    save_network(folder_of(networks, place), trained)
    (attempt,) = trained.card["attempts"]
    for length in LENGTHS:
        right = answers(trained.model, exam_of(name, length)) == last_of(exam_of(name, length))
        ends = binomtest(int(right.sum()), len(right)).proportion_ci(method="wilson")
        yield dict(zip(KEYS, place, strict=True)) | {
            "length": length,
            "accuracy": right.mean(),
            "low": ends.low,
            "high": ends.high,
            "n": len(right),
            "valid_accuracy": attempt["valid_accuracy"],
            "learned": attempt["passed"],
            "steps": attempt["steps"],
            "seconds": took,
        }


def exam_of(name: str, length: int) -> Split:
    """Return the strings of one length, the same for every network of a task."""
    rng = np.random.default_rng(seed_for(CONFIG["seed"], name, "exam", length))
    return exam(name, length=length, n=N_STRINGS, rng=rng)


def last_of(split: Split) -> np.ndarray:
    """Return the right answers after the last symbols."""
    return split.targets[split.inputs.starts + split.inputs.lengths - 1]


@torch.no_grad()
def answers(model: nn.Module, split: Split) -> np.ndarray:
    """Return what a network answers after the last symbols of strings of one length."""
    symbols = torch.from_numpy(split.inputs.values.reshape(len(split.inputs), -1)).long()
    return torch.cat([model(part)[:, -1].argmax(-1) for part in symbols.split(100)]).numpy()


def extracted(networks: Path, place: Place) -> Rows:
    """Yield the machine that each method finds in a network, and how far it is to be trusted."""
    name, cell, seed = place
    task, model = task_of(name), load_network(folder_of(networks, place))
    rng = np.random.default_rng(seed_for(CONFIG["seed"], *place, "activations"))
    split = sample(task.splits["train"], CONFIG["activations"]["n_train"], rng)
    parts = (split, task.splits["valid"], task.splits["test"])
    traces = [record(model, part, classes=task.classes) for part in parts]
    basis = pod(traces[0].states, n_components=CONFIG["embedding"]["n_components"])
    train, valid, test = (embed(trace, basis) for trace in traces)
    layer = f"rnn.l{model.rnn.num_layers - 1}"
    oracle = Oracle(model, layer=layer, basis=basis, like=split.inputs)
    seeds = seed_for(CONFIG["seed"], *place, "abstractions")
    evidence, long = Evidence(train, valid, oracle, integer(seeds)), exam_of(name, LONG)
    own = answers(model, long)
    for method in METHODS:
        sizes = SIZES.get(name, CONFIG["abstractions"]["n_states"])
        options = Options(restarts=CONFIG["abstractions"]["restarts"])
        child = seed_for(CONFIG["seed"], *place, method)
        found = study_evidence(method, evidence, n_states=sizes, seed=child, options=options)
        row = dict(zip(KEYS, place, strict=True)) | {"method": method}
        if found.chosen is None:
            yield row | {"reason": next(iter(found.failures.values()), "")[:120]}
            continue
        machine, score = found.best, fidelity(found.best, test).balanced_agreement
        said = machine.predict(long.inputs).argmax(1)[long.inputs.starts + long.inputs.lengths - 1]
        row |= {"n_states": found.chosen, **exactness(machine, task.machine)}
        row |= {"fidelity": score.value, "low": score.low, "high": score.high}
        row |= {"fidelity_long": (said == own).mean()}
        yield row | {"machine_accuracy_long": (said == last_of(long)).mean()}


def run_all(
    make: Callable[[Path, Place], Rows], path: Path, networks: Path, places: list[Place]
) -> None:
    """Append the rows of each place to a table; those that it has are not made again."""
    known = pd.read_csv(path) if path.exists() else pd.DataFrame(columns=KEYS)
    done = set(known[KEYS].itertuples(index=False, name=None))
    for place in places:
        if place in done:
            continue
        known = pd.concat([known, pd.DataFrame(make(networks, place))], ignore_index=True)
        known.to_csv(path, index=False, float_format="%.5g")
        print(*place, "done", flush=True)


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=["train", "machines", "claims"])
    parser.add_argument("--networks", type=Path, default=Path("networks"))
    parser.add_argument("--tables", type=Path, default=ROOT / "docs")
    parser.add_argument("--tasks", nargs="+", default=RUNS["tasks"])
    parser.add_argument("--cells", nargs="+", default=RUNS["models"])
    parser.add_argument("--seeds", nargs="+", type=int, default=CONFIG["seeds"])
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    lengths = chosen.tables / "recurrences.csv"
    if chosen.what == "claims":
        claims = recurrence_claims(pd.read_csv(lengths), seed=CONFIG["seed"])
        table = claims_table(decide(claims)).drop(columns="groups")
        table.to_csv(chosen.tables / "recurrences_claims.csv", index=False, float_format="%.5g")
        return
    order = product(chosen.seeds, chosen.tasks, chosen.cells)
    places = [(task, cell, seed) for seed, task, cell in order]
    if chosen.what == "train":
        run_all(judged, lengths, chosen.networks, places)
    else:
        known = [place for place in places if folder_of(chosen.networks, place).exists()]
        run_all(extracted, chosen.tables / "recurrences_machines.csv", chosen.networks, known)


if __name__ == "__main__":
    main()
