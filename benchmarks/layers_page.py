"""The tables of `docs/layers.md`, made of what the study of `config/layers.yaml` gave.

python benchmarks/layers_page.py keep RESULTS   # takes tables and figure of a finished run
python benchmarks/layers_page.py                # prints the tables of the page
"""

import shutil
import sys
from pathlib import Path

import pandas as pd

from markovlens.faithfulness.scores.digest import to_markdown
from markovlens.figures.style import MODEL_NAMES

DOCS = Path(__file__).resolve().parents[1] / "docs"
KEPT = {
    "tables/layers.csv": "layers.csv",
    "tables/layers_claims.csv": "layers_claims.csv",
    "figures/layers.svg": "layers.svg",
}
WITH_ENDS = {"probe": "read", "iia": "used"}
ALONE = {
    "probe_control": "control", "probe_untrained": "untrained", "iia_random": "random move",
    "iia_up_to": "with all below", "iia_from": "with all above",
    "iia_probe": "probe's directions", "iia_probe_random": "random ones",
}  # fmt: skip
CELL = ["task", "cell", "n_layers", "depth", "counted"]


def layers_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each layer: what is read, what is used, and their controls."""
    return pd.DataFrame([_layer(key, mine) for key, mine in rows.groupby(CELL, sort=False)])


def _layer(key: tuple, rows: pd.DataFrame) -> dict[str, str]:
    task, cell, n_layers, depth, counted = key
    scores = rows.set_index("score")
    least = f"{scores['accuracy'].iloc[0]:.2f}"
    found = {
        "task": str(task),
        "network": MODEL_NAMES[cell] + ("" if counted else f" (right at {least})"),
        "layer": f"{depth} of {n_layers}",
        "networks": str(scores["n_seeds"].max()),
    }
    for score, name in WITH_ENDS.items():
        row = scores.loc[score]
        found[name] = f"{row['value']:.2f} [{row['low']:.2f}, {row['high']:.2f}]"
    return found | {name: f"{scores.loc[score, 'value']:.2f}" for score, name in ALONE.items()}


def claims_table(claims: pd.DataFrame) -> pd.DataFrame:
    """Return the claims as the page has them."""
    effect = [f"{r.effect:.2f} [{r.low:.2f}, {r.high:.2f}]" for r in claims.itertuples()]
    shown = claims[["claim", "n", "n_clusters"]].astype(str)
    shown.insert(1, "effect", effect)
    return shown.assign(p=[f"{p:.4f}" for p in claims["p"]], verdict=claims["verdict"])


def main() -> None:
    """Do what the command line asks for."""
    if sys.argv[1:2] == ["keep"]:
        for source, name in KEPT.items():
            shutil.copy(Path(sys.argv[2]) / source, DOCS / name)
    print(to_markdown(layers_table(pd.read_csv(DOCS / "layers.csv"))), end="\n\n")
    print(to_markdown(claims_table(pd.read_csv(DOCS / "layers_claims.csv"))))


if __name__ == "__main__":
    main()
