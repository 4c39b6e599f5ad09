"""How often decisions follow a network that is steered, along its training.

    python benchmarks/steering_along_training.py [--task contains_0110] > steering.csv

GRUs of 32 units are trained anew for each number of steps, from the same seed, so that a shorter
training is the beginning of a longer one (one whose accuracy passes the gate settles for up to 300
steps more). They are steered along the transitions of the task's true automaton, whose state at
each step is known from the input, so that nothing is fitted. One row a training and score, with its
95 % interval over test sequences. About half a minute.
"""

import argparse
from collections.abc import Iterator

import numpy as np
import torch

from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.faithfulness.causes.continuing import draw_points
from markovlens.faithfulness.causes.steering import Steered, steer
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.networks.training import TrainingOptions, train
from markovlens.tasks import make_task
from markovlens.tasks.base import Task

SIZES = {"n_train": 2000, "n_valid": 1000, "n_test": 1000, "length_train": 20, "length_test": 40}
STEPS = (25, 50, 100, 200, 400, 800)
SEEDS = (0, 1, 2)
LAYER, N_TAUGHT, N_POINTS = "rnn.l0", 300, 200


def steered_lines(task: Task, steps: int, seed: int) -> Iterator[str]:
    """Yield the rows of one training."""
    options = TrainingOptions(steps=steps, attempts=1)
    network = train(task, {"cell": "gru", "hidden": 32}, training=options, seed=seed).model
    names = {"symbols": task.symbols, "classes": task.classes}
    taught, test = task.splits["train"].inputs, task.splits["test"].inputs
    traces = [
        record(network, inputs, layers=LAYER, **names)
        for inputs in (test, taught.select(np.arange(N_TAUGHT)))
    ]
    truth = [task.machine.walk(trace.sequences) for trace in traces]
    right = task.machine.readout.argmax(axis=1)[truth[0]] == traces[0].outputs.argmax(axis=1)
    place = f"{task.name},{steps},{seed},{right.mean():.4f}"
    oracle, rng = Oracle(network, layer=LAYER), np.random.default_rng(0)
    points = draw_points(traces[0], oracle, n_points=N_POINTS, rng=rng)
    assert points is not None, "test sequences have more than one step"
    bootstrap = Bootstrap.draw(len(test), n_resamples=500, rng=rng)
    known = {"truth": Steered(task.machine, *truth)}
    found = steer(known, *traces, oracle, points, bootstrap=bootstrap, rng=rng)["truth"]
    if isinstance(found, str):
        yield f"{place},,,,,{found}"
        return
    for name, score in found.items():
        ends = f"{score.low:.4f},{score.high:.4f},{score.n_sequences}"
        yield f"{place},{name},{score.value:.4f},{ends}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--task", default="contains_0110")
    torch.set_num_threads(1)
    task = make_task(parser.parse_args().task, sizes=SIZES, seed=0)
    print("task,steps,seed,accuracy,score,value,low,high,n_sequences")
    for steps in STEPS:
        for seed in SEEDS:
            for line in steered_lines(task, steps, seed):
                print(line, flush=True)


if __name__ == "__main__":
    main()
