"""Networks from the wild: the table of all, what each does when nothing happens, its drawing.

    python benchmarks/wild.py results --table docs/wild.csv --rest docs/wild_rest.csv \
        --drawings docs/wild

`results` is a run of `config/wild.yaml`. Networks whose run is not finished are left out. To forget
is measured so: two copies that have read different test sequences read the same 100 inputs; how far
apart are they then, of what they were?
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
    """Return the table of what all do when nothing happens, in seconds where a step has some."""
    table = pd.read_csv(results / "tables" / "rest.csv")
    second = table["model"].str.removesuffix("_backward").map(SECONDS)
    for column in ("slowest_mode", "period"):
        table[f"{column}_seconds"] = table[column] * second
    return table.drop(columns=["seed", "status", "reason"])


def main() -> None:
    """Write both tables, and copy the drawings of machines and of ways to rest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--rest", type=Path, required=True)
    parser.add_argument("--drawings", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    options.drawings.mkdir(parents=True, exist_ok=True)
    table = []
    for name, task in TASKS.items():
        layer = layers_of({"pretrained": name})[-1]
        run = Run.at(options.results, task, name, 0, layer=layer)
        if not run.verdict.exists():
            log.warning("%s: its run is not finished", name)
            continue
        table.append(row_of(name, run, load_task(options.results / "tasks" / task)))
        for figure, copied in (("machine", name), ("rest", f"{name}_rest")):
            drawn = options.results / "figures" / task / name / f"{figure}.svg"
            shutil.copyfile(drawn, options.drawings / f"{copied}.svg")
    pd.DataFrame(table).to_csv(options.table, index=False, float_format="%.4g")
    rest_of(options.results).to_csv(options.rest, index=False, float_format="%.4g")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
