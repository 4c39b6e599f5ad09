"""The three pictures of `docs/real.md`: machines that read real channels by cuts of single ones.

    python benchmarks/real_pictures.py results docs

`results` is a finished run of `config/real.yaml`. Its own codebooks may cut sums of many channels,
which nobody reads; here k-means of few states reads the GRU of seed 0 with rules on single channels
alone, chosen on training and validation sequences as everywhere. `real_*.svg` are the machines,
`real_pictures.csv` what they are worth on test sequences, closed loop, with 95 % intervals over
sequences: the balanced agreement with the network, of values the share of their variance.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

import markovlens as ml
from markovlens.embedding.storage import load_basis
from markovlens.tasks.base import SPLITS

MODEL, SEED, METHOD, CODES = "gru", 0, "kmeans", "tree"


@dataclass(frozen=True)
class Picture:
    """One machine that is drawn: its file, what its network reads, and the sizes that are tried."""

    name: str
    task: str
    n_states: tuple[int, ...]


PICTURES = (
    Picture("real_liver", "liver_disease", (2, 3, 4, 6)),
    Picture("real_volatility", "index_volatility", (2, 3, 4, 6)),
    Picture("real_log_volatility", "index_log_volatility", (2, 3, 4)),
)


def main() -> None:
    """Draw the machines, and write what they are worth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("results", type=Path)
    parser.add_argument("out", type=Path)
    asked = parser.parse_args()
    rows = [_drawn(picture, asked.results, asked.out) for picture in PICTURES]
    pd.DataFrame(rows).round(6).to_csv(asked.out / "real_pictures.csv", index=False)


def _drawn(picture: Picture, results: Path, out: Path) -> dict[str, object]:
    """Draw one machine and return what it is, and what it is worth on test sequences."""
    traces = _traces(results, picture.task)
    options = ml.Options(codes=(CODES,))
    found = ml.study(
        METHOD,
        traces["train"],
        traces["valid"],
        n_states=picture.n_states,
        seed=SEED,
        options=options,
    )
    found.best.draw(out / f"{picture.name}.svg")
    score = ml.fidelity(found.best, traces["test"])
    return {
        "picture": picture.name, "task": picture.task, "model": MODEL, "seed": SEED,
        "method": METHOD, "n_states_asked": max(picture.n_states),
        "n_states": found.best.n_states, "rules": "; ".join(found.best.symbols),
        "measure": score.measure, "value": score.value, "low": score.low, "high": score.high,
        "n_sequences": len(traces["test"].lengths),
    }  # fmt: skip


def _traces(results: Path, task: str) -> dict[str, ml.Trace]:
    """Return the traces of the network in the basis that its machines were found in."""
    run = ml.load_run(results, task, MODEL).runs[SEED]
    basis = load_basis(run.pod)
    return {split: ml.embed(ml.load_trace(run.trace(split)), basis) for split in SPLITS}


if __name__ == "__main__":
    main()
