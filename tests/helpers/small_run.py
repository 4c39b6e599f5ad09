"""Results of the real stages, as small as they can be: GRUs that a few seconds train."""

from pathlib import Path

from markovlens.abstractions.base import Options
from markovlens.abstractions.stage import abstract_run
from markovlens.activations.stage import record_run
from markovlens.embedding.stage import embed_run
from markovlens.faithfulness.causes.stage import probe_runs
from markovlens.faithfulness.scores.evaluate import Scoring
from markovlens.faithfulness.stage import score_run
from markovlens.files.runs import Run
from markovlens.networks.store import save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.tasks import make_task
from markovlens.tasks.store import load_task, save_task

SIZES = {"n_train": 500, "n_valid": 100, "n_test": 150, "length_train": 14, "length_test": 20}
SCORING = Scoring(bootstraps=50, interventions=60, tests=150)
METHODS = ("kmeans", "majority")
LAYER = "rnn.l0"


def add_network(results: Path, task: str, *, seeds=(0, 1), steps=400, n_states=(2, 8)) -> None:
    """Train, record, abstract and judge a GRU on a formal task, as the workflow would."""
    folder = results / "tasks" / task
    save_task(folder, make_task(task, sizes=SIZES, seed=0))
    training = TrainingOptions(steps=steps, batch=64, learning_rate=0.01, attempts=1)
    runs = [Run.at(results, task, "gru", seed, layer=LAYER) for seed in seeds]
    for run in runs:
        spec = {"cell": "gru", "hidden": 16}
        save_network(
            run.card.parent, train(load_task(folder), spec, training=training, seed=run.seed)
        )
        record_run(run, folder, n_train=100, length_train=None, seed=0)
        embed_run(run, n_components=8)
        abstract_run(run, methods=METHODS, n_states=n_states, options=Options(restarts=2), seed=0)
        score_run(run, folder, methods=METHODS, scoring=SCORING, seed=0)
    probe_runs(runs, folder, methods=METHODS, scoring=SCORING, seed=0)
