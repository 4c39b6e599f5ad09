"""The activations stage on the files of one run."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from markovlens.activations.outputs import LINK_OF
from markovlens.activations.recorder import record_to_parquet
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.networks.store import load_network
from markovlens.seeding import seed_for
from markovlens.tasks.base import Split
from markovlens.tasks.store import load_task


def record_run(
    run: Run, task_folder: str | Path, *, n_train: int, length_train: int | None, seed: int
) -> None:
    """Record one network on all splits; of the training split a sample, see `sample`.

    Raises:
        DataError: the network cannot be loaded or recorded; the message begins with its folder.
    """
    task = load_task(task_folder)
    network = run.card.parent
    model = load_network(network, own=run.own)
    rng = np.random.default_rng(seed_for(seed, run.task, run.model, run.seed, "activations"))
    metadata = {"task": run.task, "model": run.model, "seed": run.seed}
    for name, split in task.splits.items():
        try:
            record_to_parquet(
                model,
                sample(split, n_train, rng, length=length_train) if name == "train" else split,
                run.trace(name),
                layer=run.layer,
                metadata=metadata | {"split": name},
                symbols=task.symbols,
                classes=task.classes,
                link=LINK_OF[task.output],
            )
        except DataError as error:
            raise DataError(f"{network}: {error}", page=error.page) from error


def sample(
    split: Split, n_sequences: int, rng: np.random.Generator, *, length: int | None = None
) -> Split:
    """Return up to `n_sequences` sequences of a split, drawn without replacement, in order.

    With a `length`, they are the first so many steps of sequences that are at least as long.

    Raises:
        DataError: no sequence is that long.
    """
    longest = int(split.inputs.lengths.max())
    fitting = np.flatnonzero(split.inputs.lengths >= (length or 1))
    if not fitting.size:
        raise DataError(
            f"activations.length_train: got {length}, expected at most {longest}, the steps of the "
            "longest training sequence",
            page="out-of-range",
        )
    chosen = rng.choice(fitting, size=min(n_sequences, fitting.size), replace=False)
    return split.select(np.sort(chosen)).head(length or longest)
