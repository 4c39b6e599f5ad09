"""Networks from the wild: the table of all, and what each does when nothing happens.

    python benchmarks/wild.py results resources --table docs/wild.csv --rest docs/wild_rest.csv

`results` is a run of `config/wild.yaml`, `resources` the folder it fetched into. Networks whose run
is not finished are left out. To forget is measured so: two copies that have read different test
sequences read the same 100 inputs; how far apart are they then, of what they were?
"""

import argparse
import logging
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from markovlens.adapters.contract import Stepwise, as_rows, one_by_one
from markovlens.config.wild import WILD, WildSpec
from markovlens.dynamics.resting import resting
from markovlens.files.whole import read_json
from markovlens.networks.pretrained import pretrained
from markovlens.tasks.base import Task
from markovlens.tasks.resources import RESOURCES, resource_path
from markovlens.tasks.store import load_task

SAME_INPUTS = 100
N_CONSTANTS = 3
N_STEPS = 2000
SECONDS = {"silero": 0.032, "sleepecg": 30.0}  # of a step, where it has a unit
FLOORS = ("ngram", "majority")
log = logging.getLogger("wild")


def row_of(name: str, spec: WildSpec, run: Path, model: Stepwise, task: Task) -> dict[str, object]:
    """Return a row of the table: the network, its verdict, its floors."""
    card = read_json(run / "network" / "card.json")
    verdict = read_json(run / "faithfulness" / "verdict.json")["verdict"]
    scores = pd.read_parquet(run / "faithfulness" / "scores.parquet")
    closed = scores[scores["chosen"] & (scores["mode"] == "closed")]
    fidelity = closed[closed["score"] == "balanced_fidelity_step"].set_index("method")["value"]
    whole = card.get("whole", {})
    return {
        "network": name,
        "task": spec.task,
        "licence": RESOURCES[spec.weights].licence,
        "numbers_in_state": as_rows(model.initial(1)).shape[1],
        "accuracy": card["scores"]["test"]["accuracy"],
        "agreement_with_whole": whole.get("agreement"),
        "left_after_100_same_inputs": left_over(model, task),
        "method": verdict["method"],
        "n_states": verdict["n_states_judged"],
        "fidelity": verdict["fidelity"],
        "low": verdict["fidelity_low"],
        "high": verdict["fidelity_high"],
        "floor": float(fidelity[fidelity.index.isin(FLOORS)].max()),
        "fidelity_on_longer": verdict["fidelity_long"],
        "verdict": verdict["verdict"],
    }


@torch.no_grad()
def left_over(model: Stepwise, task: Task) -> float:
    """Return the distance of two states after the same inputs, over that before them."""
    test = [*task.splits["test"].inputs]
    length = min(map(len, test[:2]))
    begun = torch.stack([as_read(each[:length]) for each in test[:2]])
    same = as_read(np.concatenate([*task.splits["train"].inputs])[:SAME_INPUTS])
    state, _ = one_by_one(model, model.initial(2), begun)
    after, _ = one_by_one(model, state, torch.stack([same, same]))
    before, left = (np.linalg.norm(np.subtract(*as_rows(each))) for each in (state, after))
    return float(left / before) if before else np.nan


def as_read(values: np.ndarray) -> Tensor:
    """Return inputs as a network reads them."""
    kind = np.float32 if values.ndim == 2 else np.int64
    return torch.from_numpy(np.ascontiguousarray(values, dtype=kind))


def constants(spec: WildSpec, task: Task, resources: Path) -> dict[str, np.ndarray]:
    """Return inputs that stay the same: the network's own silence, or the commonest symbols."""
    module = import_module(spec.module)
    if hasattr(module, "still"):
        found: dict[str, np.ndarray] = module.still(resource_path(spec.weights, resources))
        return found
    values = task.splits["train"].inputs.values
    if task.channels:
        return {"mean of the training rows": values.mean(axis=0)}
    commonest = np.bincount(values).argsort(kind="stable")[::-1][:N_CONSTANTS]
    return {task.symbols[symbol]: symbol for symbol in commonest}


def rest_of(name: str, model: Stepwise, inputs: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Return a row of what the network does under each of some inputs."""
    read = torch.as_tensor(np.stack([*inputs.values()]))
    second = SECONDS.get(name.removesuffix("_backward"), np.nan)
    return [
        {
            "network": name,
            "input": what,
            "becomes": str(found.kind),
            "slowest_mode_steps": found.slowest,
            "slowest_mode_seconds": found.slowest * second,
            "state_settles_steps": found.state_settles,
            "answer_settles_steps": found.answer_settles,
            "period_steps": found.period,
            "drift": found.drift,
        }
        for what, found in zip(inputs, resting(model, read, n_steps=N_STEPS), strict=True)
    ]


def main() -> None:
    """Write both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("resources", type=Path)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--rest", type=Path, required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    table, rest = [], []
    for name, spec in WILD.items():
        run = options.results / "runs" / spec.task / name / "seed-0"
        if not (run / "faithfulness" / "verdict.json").exists():
            log.warning("%s: its run is not finished", name)
            continue
        model = pretrained(name).load(resource_path(spec.weights, options.resources))
        task = load_task(options.results / "tasks" / spec.task)
        table.append(row_of(name, spec, run, model, task))
        rest += rest_of(name, model, constants(spec, task, options.resources))
    pd.DataFrame(table).to_csv(options.table, index=False, float_format="%.4g")
    pd.DataFrame(rest).to_csv(options.rest, index=False, float_format="%.4g")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    main()
