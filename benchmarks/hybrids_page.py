"""The tables of `docs/hybrids.md`, from the run's `hybrids.csv` and `hybrids_claims.csv`.

python benchmarks/hybrids_page.py docs
"""

import argparse
import re
from pathlib import Path

import pandas as pd

from markovlens.faithfulness.scores.digest import to_markdown

FAITHFUL = {True: "explained_divergence", False: "balanced_agreement"}
NAMES = {
    ("lstm", "whole"): "LSTM",
    ("lstm", "machine"): "its machine, read off afterwards",
    ("hybrid_first", "whole"): "hybrid, HMM first",
    ("hybrid_first", "hmm_anew"): "its HMM, read anew",
    ("hybrid_first", "hmm"): "its HMM, own output layer",
    ("hybrid_joint", "whole"): "hybrid, trained together",
    ("hybrid_joint", "hmm_anew"): "its HMM, read anew",
    ("hybrid_joint", "hmm"): "its HMM, own output layer",
    ("hmm", "whole"): "HMM alone",
    ("bayes", "whole"): "exact filter",
}


def in_words(row: pd.Series) -> str:
    """Return `0.901 [0.873, 0.924]`."""
    return f"{row['value']:.3f} [{row['low']:.3f}, {row['high']:.3f}]"


def table_of(scores: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each model and part: nats, accuracy and how faithful it is."""
    rows = []
    for (task, variant, part), cell in scores.groupby(["task", "variant", "part"], sort=False):
        if (variant, part) not in NAMES:
            continue
        by = {row["measure"]: in_words(row) for _, row in cell.iterrows()}
        count = cell["n_parameters"].iloc[0]
        rows.append(
            {
                "task": task,
                "model or part": NAMES[variant, part],
                "parameters": f"{count:.0f}" if part == "whole" and pd.notna(count) else "",
                "nats an answer": by["loss"],
                "accuracy": by["accuracy"],
                "says of the whole": by.get(FAITHFUL[bool(cell["foretells"].iloc[0])], ""),
            }
        )
    return pd.DataFrame(rows)


def claims_of(claims: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each claim."""
    columns = {"claim": claims["claim"].map("`{}`".format)}
    columns |= {"effect": [f"{e:.3f} [{a:.3f}, {b:.3f}]" for e, a, b in zip(
        claims["effect"], claims["low"], claims["high"], strict=True)]}  # fmt: skip
    columns |= {name: claims[name] for name in ("n_clusters", "p", "verdict")}
    return pd.DataFrame(columns)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    page = folder / "hybrids.md"
    text = page.read_text()
    for name, made in (
        ("table", table_of(pd.read_csv(folder / "hybrids.csv"))),
        ("claims", claims_of(pd.read_csv(folder / "hybrids_claims.csv"))),
    ):
        block = f"<!-- {name} -->\n{to_markdown(made).strip()}\n<!-- end {name} -->"
        pattern = rf"<!-- {name} -->(.*?<!-- end {name} -->)?"
        text = re.sub(pattern, lambda _, block=block: block, text, count=1, flags=re.S)
    page.write_text(text)


if __name__ == "__main__":
    main()
