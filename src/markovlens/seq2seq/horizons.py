"""How far ahead encoder-decoders forecast better than a movement that stops, or just goes on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import t_interval
from markovlens.tables.seq2seq import FORECASTS

BASELINES = ("zero_velocity", "constant_velocity")
SPLIT = "test"
MEASURES = ("error", *[f"{name}_ratio" for name in BASELINES])
WHOLE = "all"  # in place of a step: over all of them
NETWORK = ["task", "model"]


def horizon_rows(card: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each forecast frame of the test windows, and one for all of them.

    Args:
        card: of an encoder-decoder, see `forecasting.forecast_card`; of a network that does not
            forecast movements there is no row.
    """
    if "horizons" not in card:
        return
    score = card["scores"][SPLIT]
    place = {
        "gate": "passed" if card["gate"]["passed"] else "under-trained",
        "n_windows": score["n"],
    }
    for step, ahead in enumerate(card["horizons"]):
        values = {name: score[f"{name}_at"][step] for name in MEASURES}
        yield {"step": str(step + 1), "ahead": ahead} | values | place
    yield {"step": WHOLE, "ahead": np.nan} | {name: score[name] for name in MEASURES} | place


def horizon_table(cards: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the error at each horizon and its share of each baseline's, mean of the seeds.

    A ratio below 1: the network forecasts better than the baseline; missing where the baseline is
    right, as the zero velocity is where a loop closes. `_low` and `_high` are Student's interval
    over seeds, none for one seed.

    Args:
        cards: of the networks of all tasks, models and seeds, with `task`, `model` and `seed`.
    """
    rows = [
        {name: card[name] for name in (*NETWORK, "seed")} | row
        for card in cards
        for row in horizon_rows(card)
    ]
    columns = [*NETWORK, "seed", "step", "ahead", *MEASURES, "gate", "n_windows"]
    steps = pd.DataFrame(rows, columns=columns).groupby([*NETWORK, "step"], sort=False)
    merged = [dict(zip([*NETWORK, "step"], key, strict=True)) | _merged(f) for key, f in steps]
    return pd.DataFrame(merged, columns=FORECASTS.names)


def _merged(found: pd.DataFrame) -> dict[str, Any]:
    row: dict[str, Any] = {"ahead": found["ahead"].iloc[0]}
    for name in MEASURES:
        values = found[name].dropna().to_numpy(float)
        low, high = t_interval(values)
        row |= {
            name: float(values.mean()) if len(values) else np.nan,
            f"{name}_low": max(low, 0.0),
            f"{name}_high": high,
        }
    return row | {
        "n_windows": int(found["n_windows"].max()),
        "n_seeds": len(found),
        "n_passed": int((found["gate"] == "passed").sum()),
    }
