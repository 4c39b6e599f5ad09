"""The figures of encoder-decoders, on the files of their runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from markovlens.activations.trajectories import Trajectories, load_trajectories
from markovlens.figures.save import save_figure
from markovlens.figures.seq2seq.cluster_map import draw_cluster_map
from markovlens.figures.seq2seq.correspondence import draw_correspondence
from markovlens.figures.seq2seq.embedding import draw_embedding
from markovlens.figures.seq2seq.energies import draw_energies
from markovlens.figures.seq2seq.horizons import draw_horizons
from markovlens.figures.seq2seq.optimality import draw_optimality
from markovlens.figures.seq2seq.skeletons import Movement, draw_skeletons
from markovlens.figures.seq2seq.swaps import draw_swaps
from markovlens.figures.style import message, model_name, styled
from markovlens.figures.tables import LEVEL
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.seeding import integer
from markovlens.seq2seq.optimality import optimality_table
from markovlens.seq2seq.separability import spread_windows
from markovlens.seq2seq.store import cluster_seed, load_chosen, snapshots_of
from markovlens.tasks.windows import Forecast
from markovlens.tasks.windows_store import load_forecast

METHOD = "hmm"
MOST_MOVEMENTS = 7  # windows of the stick-figure timeline


def draw_encoder_decoder(runs: Sequence[Run], outputs: Mapping[str, str], *, seed: int) -> None:
    """Draw one encoder-decoder: its first seed alone, but the training over all seeds.

    Args:
        runs: the seeds of one (task, model).
        outputs: where to write `embedding`, `clusters` and `training`.
        seed: of k-means.
    """
    first = runs[0]
    snapshots = snapshots_of(load_trajectories(first.trajectories("test")))
    both = f"{first.task}, {model_name(first.model)}"
    name = f"{both}, seed {first.seed}"
    number = integer(cluster_seed(first, seed=seed))
    save_figure(outputs["embedding"], draw_embedding(snapshots, network=name))
    save_figure(outputs["clusters"], draw_cluster_map(snapshots, seed=number, network=name))
    place = {"task": first.task, "model": first.model}
    progress = pd.concat(
        [read_table(run.embedding("progress")).assign(seed=run.seed, **place) for run in runs]
    )
    drawn = draw_optimality(progress, optimality_table(progress), network=both)
    save_figure(outputs["training"], drawn)


def draw_bodies(run: Run, task: str | Path, output: str | Path) -> None:
    """Draw windows of human movement with the states that an HMM of one network goes through.

    Args:
        run: the network.
        task: folder of its task, which has a skeleton.
        output: where to write the figure.
    """
    forecast = load_forecast(task)
    windows, chosen = load_chosen(run)
    name = f"{run.task}, {model_name(run.model)}, seed {run.seed}"
    states = chosen.get(f"joint:{METHOD}")
    if forecast.skeleton is None or states is None:
        save_figure(output, _nothing("no skeleton, or no HMM that could be fitted", name))
        return
    made = load_trajectories(run.trajectories("test"))
    movements = movements_of(forecast, made, windows, states)
    bones = forecast.skeleton.bones
    drawn = draw_skeletons(movements, bones, rate=forecast.rate, method=METHOD, network=name)
    save_figure(output, drawn)


def draw_encoder_decoders(
    tables: Mapping[str, str], outputs: Mapping[str, str], *, level: float = LEVEL
) -> None:
    """Draw the comparison of all encoder-decoders.

    Args:
        tables: where to read `energies`, `states`, `swaps` and `forecasts`.
        outputs: where to write `energies`, `correspondence`, `swaps` and `forecasts`.
        level: coverage of the tables' intervals.
    """
    save_figure(outputs["energies"], draw_energies(read_table(tables["energies"])))
    states = read_table(tables["states"])
    save_figure(outputs["correspondence"], draw_correspondence(states, level=level))
    save_figure(outputs["swaps"], draw_swaps(read_table(tables["swaps"]), level=level))
    save_figure(outputs["forecasts"], draw_horizons(read_table(tables["forecasts"])))


def movements_of(
    task: Forecast, made: Trajectories, windows: np.ndarray, states: np.ndarray
) -> list[Movement]:
    """Return windows of different movements as stick figures, with the state at each frame.

    Args:
        task: whose skeleton turns frames into joints.
        made: what was recorded on the test windows.
        windows: int (M,), the windows that `states` are of.
        states: int (M, T).
    """
    chosen = spread_windows(made.label[windows], min(MOST_MOVEMENTS, len(windows)))
    chosen = chosen[np.linspace(0, len(chosen) - 1, MOST_MOVEMENTS).round().astype(int)]
    movements = []
    for number in np.unique(chosen):
        window = windows[number]
        past, future, said = (
            task.stick_figures(part[window]) for part in (made.past, made.future, made.outputs)
        )
        movements.append(
            Movement(
                made.classes[made.label[window]],
                np.concatenate([past, said]),
                np.concatenate([past, future]),
                states[number],
                len(past),
            )
        )
    return movements


@styled()
def _nothing(why: str, network: str) -> Figure:
    return message("No body to draw", foot=network, why=why)
