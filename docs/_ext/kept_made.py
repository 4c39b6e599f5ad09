"""Tables that are made of finished runs: of recordings, of a published protocol, of noise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from kept_protocol import AGREES, EXACT, RIGHT
from kept_protocol import METHODS as READ_OFF

from markovlens.codebooks.base import Codebook
from markovlens.codebooks.storage import codebook_from_dict
from markovlens.codebooks.tree import Tree
from markovlens.faithfulness.scores.digest import accuracy_of, measure_of
from markovlens.files.whole import read_json
from markovlens.tasks.store import load_task

COLUMNS = [
    "task", "model", "method", "mode", "score", "value", "low", "high", "n_sequences", "n_seeds",
    "n_states_low", "n_states_high", "carries",
]  # fmt: skip
OF_SEED = [
    "task", "model", "seed", "method", "mode", "score", "n_states", "value", "low", "high",
    "carries",
]  # fmt: skip
METHOD = ["task", "model", "seed", "method"]
RUN_ALONE, NO_MACHINE = "closed", "-"
READER = "kmeans"  # any method that reads rows: its files hold the codebook of all


def scores_of_real(results: Path) -> pd.DataFrame:
    """Return what chosen machines are worth by the measure of each network, over seeds."""
    rows = pd.read_csv(results / "tables/comparison.csv", low_memory=False)
    rows = rows[(rows["selection"] == "chosen") & (rows["mode"] != "lumped")]
    return _by_network(rows)[COLUMNS]


def seeds_of_real(results: Path) -> pd.DataFrame:
    """Return the same of each seed, machines run alone and floors."""
    rows = pd.read_parquet(results / "tables/scores.parquet")
    rows = rows[rows["chosen"] & rows["mode"].isin([RUN_ALONE, NO_MACHINE])]
    return _by_network(rows)[OF_SEED]


def refusals_of_real(results: Path) -> pd.DataFrame:
    """Return why a method gave no machine of a seed, by its reason at most sizes."""
    rows = pd.read_parquet(results / "tables/scores.parquet")
    fits = rows[rows["score"] == "fit"]
    fitted = pd.MultiIndex.from_frame(rows.loc[rows["chosen"], METHOD])
    refused = fits[~pd.MultiIndex.from_frame(fits[METHOD]).isin(fitted)]
    reasons = refused.groupby(METHOD, sort=False)["reason"]
    return reasons.agg(lambda said: said.mode().iloc[0]).reset_index()


def _by_network(rows: pd.DataFrame) -> pd.DataFrame:
    networks = rows.groupby(["task", "model"], sort=False)
    return pd.concat([_judged(mine) for _, mine in networks])


def _judged(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of what one network is judged by, and of how well it does its task."""
    scores = set(rows["score"])
    return rows[rows["score"].isin([measure_of(scores), accuracy_of(scores)])]


def splits_of(results: Path) -> pd.DataFrame:
    """Return sequences and steps of each split, and what is asked: a row a task and split.

    `answer` is right most often, on the share `commonest` of what is asked; of values none is.
    """
    return pd.DataFrame(_splits(results))


def _splits(results: Path) -> Iterator[dict[str, object]]:
    for folder in sorted((results / "tasks").iterdir()):
        task = load_task(folder)
        for split, part in task.splits.items():
            decides = part.targets.ndim == 1
            asked = part.targets >= 0 if decides else ~np.isnan(part.targets).any(axis=1)
            yield {
                "task": task.name,
                "split": split,
                "sequences": len(part.inputs.lengths),
                "steps": len(part.inputs.values),
                "asked": int(asked.sum()),
                **(_commonest(part.targets[asked], task.classes) if decides else {}),
            }


def _commonest(targets: np.ndarray, classes: Sequence[str]) -> dict[str, object]:
    counts = np.bincount(targets)
    return {"answer": classes[counts.argmax()], "commonest": counts.max() / len(targets)}


def missing_of(results: Path) -> pd.DataFrame:
    """Return at how many steps of a task a channel has no value: a row for each that lacks some."""
    return pd.DataFrame(_missing(results))


def _missing(results: Path) -> Iterator[dict[str, object]]:
    for folder in sorted((results / "tasks").iterdir()):
        task = load_task(folder)
        values = np.concatenate([part.inputs.values for part in task.splits.values()])
        for channel, count in zip(task.channels, np.isnan(values).sum(axis=0), strict=True):
            if count:
                yield {"task": task.name, "channel": channel.name, "missing": int(count)}


def codebooks_of(results: Path) -> pd.DataFrame:
    """Return which codebook reads each network, and how many terms its longest sum has.

    All methods read a network by the same; `terms` is 1 where it cuts single channels alone.
    """
    return pd.DataFrame(_codebooks(results))


def _codebooks(results: Path) -> Iterator[dict[str, object]]:
    for path in sorted((results / "runs").glob(f"*/*/seed-*/abstractions/{READER}/machines.json")):
        task, model, seed = path.parts[-6:-3]
        plain = read_json(path)
        book = codebook_from_dict(plain["codebook"])
        yield {
            "task": task, "model": model, "seed": int(seed.removeprefix("seed-")),
            "kind": plain["codebook"]["kind"], "context": plain["codebook"]["context"],
            "codes": len(book.names), "terms": _terms(book),
        }  # fmt: skip


def _terms(book: Codebook) -> int:
    if not isinstance(book, Tree):
        return 1
    further = book.feature - len(book.met_missing)
    sums = book.directions[np.unique(further[further >= 0])]
    return max([1, *np.count_nonzero(sums, axis=1)])


def strings_of_protocol(results: Path) -> pd.DataFrame:
    """Return the share of strings decided as each network does, and whether exactly, by method."""
    rows = pd.read_parquet(results / "tables/scores.parquet")
    rows = rows[rows["chosen"] & rows["mode"].isin([RUN_ALONE, NO_MACHINE])]
    rows = rows[rows["score"].isin([AGREES, EXACT, RIGHT])]
    rows = rows[rows["method"].isin([*READ_OFF, "network"])]
    return rows[["task", "model", "seed", "method", "score", "n_states", "value"]]


def machines_in_noise(results: Path) -> pd.DataFrame:
    """Return what each machine is worth that was learned from disturbed activations."""
    found = sorted((results / "runs").glob("*/*/seed-*/faithfulness/robustness.parquet"))
    rows = pd.concat([pd.read_parquet(path) for path in found])
    return rows[["task", "model", "seed", "noise", "n_train", "method", "n_states", "value"]]
