"""The figures stage on the comparison of all networks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from markovlens.errors import DataError
from markovlens.figures.comparison.budget import draw_budget
from markovlens.figures.comparison.clusters import draw_clusters
from markovlens.figures.comparison.comparison import draw_comparison
from markovlens.figures.comparison.differences import draw_differences
from markovlens.figures.comparison.gap import draw_gap
from markovlens.figures.comparison.intervention import draw_intervention
from markovlens.figures.comparison.pareto import draw_pareto
from markovlens.figures.comparison.robustness import draw_robustness
from markovlens.figures.comparison.task import draw_task
from markovlens.figures.save import save_figure
from markovlens.figures.tables import LEVEL
from markovlens.files.whole import read_table


def draw_benchmark(
    tables: Mapping[str, str], outputs: Mapping[str, str], *, level: float = LEVEL
) -> None:
    """Draw the comparison of all networks.

    Args:
        tables: where to read `comparison`, `verdicts`, `differences` between methods and
            `clusters` needed.
        outputs: where to write `comparison`, `gap`, `budget`, `pareto`, `intervention`,
            `differences` and `clusters`.
        level: coverage of the tables' intervals.
    """
    comparison = read_table(tables["comparison"])
    figure = draw_comparison(comparison, read_table(tables["verdicts"]), level=level)
    save_figure(outputs["comparison"], figure)
    for name, draw in {
        "gap": draw_gap,
        "budget": draw_budget,
        "pareto": draw_pareto,
        "intervention": draw_intervention,
    }.items():
        save_figure(outputs[name], draw(comparison, level=level))
    drawn = draw_differences(read_table(tables["differences"]), level=level)
    save_figure(outputs["differences"], drawn)
    save_figure(outputs["clusters"], draw_clusters(read_table(tables["clusters"])))


def draw_one_task(
    table: str | Path, output: str | Path, *, task: str, level: float = LEVEL
) -> None:
    """Draw the scores of every method on the networks of one task.

    Raises:
        DataError: the table of the comparison has no row of this task.
    """
    comparison = read_table(table)
    rows = comparison[comparison["task"] == task]
    if rows.empty:
        known = ", ".join(comparison["task"].unique())
        raise DataError(
            f"{table}: expected rows of the task {task}, found those of {known}",
            page="made-for-another-version",
        )
    save_figure(output, draw_task(rows, level=level))


def draw_withstanding(table: str | Path, output: str | Path, *, level: float = LEVEL) -> None:
    """Draw the robustness table."""
    save_figure(output, draw_robustness(read_table(table), level=level))
