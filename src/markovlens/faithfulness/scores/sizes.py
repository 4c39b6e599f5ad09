"""How sure the sizes are that methods chose, from their sweeps and the agreement of seeds."""

from __future__ import annotations

import pandas as pd

from markovlens.faithfulness.scores.evaluate import FLOORS, LUMPED
from markovlens.status import Status
from markovlens.tables.sizes import SIZES

MACHINE = ["task", "model", "seed", "layer", "method"]
LEFT = (Status.OK, Status.NOT_CONVERGED)  # fits that ran to their end
NAMES = {"open": "stability_seeds", LUMPED: "stability_lumped"}  # by mode of the score


def size_table(sweep: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each network, seed and method that chose a size; floors have none.

    Args:
        sweep: the fits of all networks.
        scores: the scores of all networks, seed by seed, of which those called `stability` count.
    """
    fits = sweep[sweep["chosen"] & sweep["status"].isin(LEFT) & ~sweep["method"].isin(FLOORS)]
    rows = fits.groupby(MACHINE, sort=False).agg(
        n_states=("n_states", "first"),
        n_states_low=("n_states_low", "first"),
        n_states_high=("n_states_high", "first"),
        n_lumped=("n_lumped", "first"),
        stability_restarts=("stability_restarts", "mean"),
        n_restarts=("n_states", "size"),
    )
    stable = scores[scores["score"] == "stability"]
    for mode, name in NAMES.items():
        mine = stable[stable["mode"] == mode].set_index(MACHINE)
        for column in ("value", "low", "high"):
            rows[name if column == "value" else f"{name}_{column}"] = mine[column].astype(float)
    rows["n_sequences"] = stable.groupby(MACHINE)["n_sequences"].max()
    return rows.reset_index().fillna({"n_sequences": 0})[SIZES.names]
