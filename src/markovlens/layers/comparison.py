"""What was found of each layer of a network: a table, its text and its figure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True, repr=False)
class LayerComparison:
    """What was found.

    Attributes:
        table: a row for each layer and score, with `value`, `low`, `high`, `n_sequences` and
            `reason`; `depth` counts layers from 1, the lowest, and `n_directions` is how many
            directions of the layer its probe looks at.
    """

    table: pd.DataFrame

    def __repr__(self) -> str:
        """Return the values as a table, a row a layer, and why scores are not in it."""
        wide = self.table.pivot_table(index="layer", columns="score", values="value", sort=False)
        shown = wide.to_string(float_format="{:.3f}".format)
        return "\n".join([f"LayerComparison:\n{shown}", *self._left_out()])

    def _left_out(self) -> list[str]:
        """Return a line for each reason for which a score has no value: the scores, and why."""
        without = self.table[self.table["value"].isna()]
        return [
            f"without a value: {', '.join(dict.fromkeys(rows['score']))} ({reason}); give more "
            "sequences"
            for reason, rows in without.groupby("reason", sort=False)
        ]

    def draw(self, path: str | Path | None = None) -> Figure:
        """Return what is read and what is used of each layer, with intervals.

        Args:
            path: where to write it as well; ends in .svg or .png.

        Raises:
            ConfigError: another ending of `path`.
            DataError: `path` is no path.
        """
        from markovlens.figures.save import drawn
        from markovlens.layers.drawing import draw_layers

        return drawn(partial(draw_layers, self.table.assign(task="", cell="network")), path)
