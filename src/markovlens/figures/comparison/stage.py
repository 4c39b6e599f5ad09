"""The figures stage on the comparison of all networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from markovlens.figures.comparison.budget import draw_budget
from markovlens.figures.comparison.clusters import draw_clusters
from markovlens.figures.comparison.comparison import draw_comparison
from markovlens.figures.comparison.differences import draw_differences
from markovlens.figures.comparison.gap import draw_gap
from markovlens.figures.comparison.gates import draw_gates
from markovlens.figures.comparison.intervention import draw_intervention
from markovlens.figures.comparison.pareto import draw_pareto
from markovlens.figures.comparison.robustness import draw_robustness
from markovlens.figures.save import save_figure
from markovlens.figures.tables import LEVEL
from markovlens.files.whole import read_table


def draw_benchmark(
    tables: Mapping[str, str], outputs: Mapping[str, str], *, level: float = LEVEL
) -> None:
    """Draw the comparison of all networks.

    Args:
        tables: where to read `comparison`, `networks` (with the accuracy gate of each task),
            `differences` between methods and `clusters` needed.
        outputs: where to write `comparison`, `gap`, `budget`, `accuracy`, `gates`, `pareto`,
            `intervention`, `differences` and `clusters`.
        level: coverage of the tables' intervals.
    """
    comparison = read_table(tables["comparison"])
    gates = _gates(read_table(tables["networks"]))
    drawings: dict[str, Callable[..., Figure]] = {
        "comparison": draw_comparison,
        "gap": draw_gap,
        "budget": draw_budget,
        "accuracy": partial(draw_budget, score="accuracy"),
        "gates": partial(draw_gates, gates=gates),
        "pareto": draw_pareto,
        "intervention": draw_intervention,
    }
    for name, draw in drawings.items():
        save_figure(outputs[name], draw(comparison, level=level))
    drawn = draw_differences(read_table(tables["differences"]), level=level)
    save_figure(outputs["differences"], drawn)
    save_figure(outputs["clusters"], draw_clusters(read_table(tables["clusters"])))


def draw_withstanding(table: str | Path, output: str | Path, *, level: float = LEVEL) -> None:
    """Draw the robustness table."""
    save_figure(output, draw_robustness(read_table(table), level=level))


def _gates(networks: pd.DataFrame) -> dict[str, float]:
    thresholds = networks.groupby("task")["gate_threshold"].max().dropna()
    return {str(task): float(threshold) for task, threshold in thresholds.items()}
