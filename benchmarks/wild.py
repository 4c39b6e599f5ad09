"""Networks from the wild: the table of all, what each does when nothing happens, its drawing.

    python benchmarks/wild.py results docs

`results` is a run of `config/wild.yaml`. It writes `wild.csv`, `wild_rest.csv` and the drawings in
`wild/`; `python docs/rendering.py write` makes `docs/wild.md` of them. Networks whose run is not
finished are left out. To forget is measured so: two copies that have read
different test sequences read the same 100 inputs; how far apart are they then, of what they were?
"""

import argparse
import logging
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from markovlens.activations.oracle import Oracle
from markovlens.config.loading import layers_of
from markovlens.config.wild import WILD
from markovlens.files.runs import Run
from markovlens.files.whole import read_json
from markovlens.networks.store import load_network
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task
from markovlens.tasks.resources import RESOURCES
from markovlens.tasks.store import load_task

SAME_INPUTS = 100
SECONDS = {"silero": 0.032, "sleepecg": 30.0, "resemblyzer": 0.01, "beatnet": 0.02}  # of a step
FLOORS = ("ngram", "majority")
TASKS = {name: spec.task for name, spec in WILD.items()} | {"g2p_en": "pronunciation"}
WEIGHTS = {name: spec.weights for name, spec in WILD.items()} | {"g2p_en": "g2p_en"}
log = logging.getLogger("wild")


def row_of(name: str, run: Run, task: Task) -> dict[str, object]:
    """Return a row of the table: the network, its verdict, its floors."""
    card = read_json(run.card)
    verdict = read_json(run.verdict)["verdict"]
    scores = pd.read_parquet(run.scores)
    closed = scores[scores["chosen"] & (scores["mode"] == "closed")]
    fidelity = closed[closed["score"] == "balanced_fidelity_step"].set_index("method")["value"]
    oracle = Oracle(load_network(run.card.parent), layer=run.layer, like=task.splits["test"].inputs)
    return {
        "network": name,
        "task": run.task,
        "licence": RESOURCES[WEIGHTS[name]].licence,
        "numbers_in_state": oracle.n_features,
        "accuracy": card["scores"]["test"]["accuracy"],
        "agreement_with_whole": card.get("whole", {}).get("agreement"),
        "left_after_100_same_inputs": left_over(oracle, task),
        "method": verdict["method"],
        "n_states": verdict["n_states_judged"],
        "fidelity": verdict["fidelity"],
        "low": verdict["fidelity_low"],
        "high": verdict["fidelity_high"],
        "floor": float(fidelity[fidelity.index.isin(FLOORS)].max()),
        "fidelity_on_longer": verdict["fidelity_long"],
        "verdict": verdict["verdict"],
    }


def left_over(oracle: Oracle, task: Task) -> float:
    """Return the distance of two states after the same inputs, over that before them."""
    read = [*task.splits["test"].inputs][:2]
    begun = [each[: min(map(len, read))] for each in read]
    same = np.concatenate([*task.splits["train"].inputs])[:SAME_INPUTS]
    ways = [begun, [np.concatenate([each, same]) for each in begun]]
    before, left = (
        np.linalg.norm(np.subtract(*oracle.states_after(_sequences(way, task)))) for way in ways
    )
    return float(left / before) if before else np.nan


def _sequences(rows: list[np.ndarray], task: Task) -> Sequences:
    return Sequences(np.concatenate(rows), np.array([*map(len, rows)]), task.channels)


def rest_of(results: Path) -> pd.DataFrame:
    """Return what all do when nothing happens, in seconds where a step has some."""
    found = []
    for name, task in TASKS.items():
        path = results / "runs" / task / name / "seed-0" / "dynamics" / "rest.parquet"
        if path.exists():
            found.append(pd.read_parquet(path).assign(network=name))
    table = pd.concat(found, ignore_index=True)
    second = table["network"].str.removesuffix("_backward").map(SECONDS)
    for column in ("slowest_mode", "period"):
        table[f"{column}_seconds"] = table[column] * second
    columns = ["network", *table.columns.drop(["network", "status", "reason"])]
    return table[columns]


def main() -> None:
    """Write both tables, and copy the drawings of machines and of ways to rest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("docs", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    drawings = options.docs / "wild"
    drawings.mkdir(exist_ok=True)
    rows = []
    for name, task in TASKS.items():
        layer = layers_of({"pretrained": name})[-1]
        run = Run.at(options.results, task, name, 0, layer=layer)
        drawn = options.results / "figures" / task / name
        if not (run.verdict.exists() and (drawn / "rest.svg").exists()):
            log.warning("%s: its run is not finished", name)
            continue
        rows.append(row_of(name, run, load_task(options.results / "tasks" / task)))
        shutil.copyfile(drawn / "machine.svg", drawings / f"{name}.svg")
        shutil.copyfile(drawn / "rest.svg", drawings / f"{name}_rest.svg")
    table, rest = pd.DataFrame(rows), rest_of(options.results)
    table.to_csv(options.docs / "wild.csv", index=False, float_format="%.4g")
    rest.to_csv(options.docs / "wild_rest.csv", index=False, float_format="%.4g")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
