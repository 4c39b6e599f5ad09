"""A task of rows of values whose true state has neither a machine nor a source is scored."""

import numpy as np

from markovlens.abstractions.base import Options
from markovlens.abstractions.study import Kept, study
from markovlens.faithfulness.scores.evaluate import Scoring, evaluate
from markovlens.tasks import make_task
from markovlens.trace import Trace

SIZES = {"n_train": 30, "n_valid": 10, "n_test": 20, "length": 8}
N_MEMORIES = 8


def perfect(task, split):
    """Return the trace of a network that holds the memory at eight points, with a little noise."""
    noise = np.random.default_rng(0).normal(size=(split.inputs.n_steps, N_MEMORIES))
    points = np.eye(N_MEMORIES)[split.truth]
    return Trace(
        (points + 0.01 * noise).astype(np.float32), split.inputs.values, points, split.targets,
        split.truth, split.inputs.lengths, (), task.classes, task.channels,
    )  # fmt: skip


def test_states_are_held_against_the_memory_and_moves_against_nothing():
    task = make_task("flip_flop", sizes=SIZES, seed=0)
    traces = {name: perfect(task, split) for name, split in task.splits.items()}
    options = Options(restarts=2, questions=0)
    train, valid, test = traces["train"], traces["valid"], traces["test"]
    found = study("kmeans", train, valid, n_states=[N_MEMORIES], seed=0, options=options)
    fit = found.fits[N_MEMORIES]
    states = {"test": {N_MEMORIES: fit.decode(test)}}
    kept = Kept({N_MEMORIES: fit.machine}, {}, N_MEMORIES, states, codebook=found.codebook)
    rows = evaluate(task, train, test, {"kmeans": kept}, scoring=Scoring(20), seed=0)
    opened = rows[(rows["method"] == "kmeans") & (rows["mode"] == "open")].set_index("score")
    assert opened.loc["ari", "value"] > 0.99
    assert "transition_distance" not in set(rows["score"])
