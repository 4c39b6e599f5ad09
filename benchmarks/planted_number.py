"""How often each criterion finds the number of states that was planted.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/planted_number.py \
        --seeds 10 --results results --out docs

Chains, hidden Markov sources and regular languages are seen through random projections with noise,
beliefs of sources without and with noise, and all that a run has through its networks
(`planted_data.py`). Every data set is fitted once, as the workflow does it, with `SIZES` and three
restarts, and every criterion reads its number off that table. Where inputs are known, the states
of the machine that it chose are joined, too (`lump_states`), and counted again. Rows are written as
they come; what is there already is not made again. `planted_number.csv` has a row for each data
set and criterion, `planted_summary.csv` the shares found with an interval over sources, and
`planted_number.svg` shows them.
"""

import argparse
import csv
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from planted_data import DataSet, planned
from planted_figure import draw_shares, summarise

from markovlens.abstractions import METHODS
from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.lumped import lump_states
from markovlens.figures.save import save_figure
from markovlens.hmm.criteria import CRITERIA, choose

SIZES = range(1, 13)
OPTIONS = Options(restarts=3)
KEYS = ["source", "seen", "noise", "seed", "method"]
COLUMNS = (
    "source",
    "n_true",
    "seen",
    "noise",
    "seed",
    "method",
    "criterion",
    "n_states",
    "n_lumped",
)


def choices(data: DataSet) -> Iterator[dict[str, Any]]:
    """Yield a row for each criterion: the number it chooses, and what is left when states join."""
    train, valid = data.make()
    evidence = Evidence(train, valid, seed=data.seed)
    rng = np.random.default_rng(data.seed)
    fitted = METHODS[data.method](evidence, n_states=SIZES, rng=rng, options=OPTIONS)
    fits = {size: fit for size, fit in fitted.items() if isinstance(fit, Fitted)}
    table = pd.DataFrame([_lead(fit) for fit in fits.values()])
    chosen = {
        name: int(table["n_states"].iloc[choose(table, name, n_steps=train.n_steps)])
        for name in CRITERIA
    }
    lumped: dict[int, int | None] = dict.fromkeys(chosen.values())
    if data.has_inputs:
        lumped = {
            size: lump_states(evidence, fits[size], OPTIONS).machine.n_states for size in lumped
        }
    place = dict(zip(KEYS, data.key, strict=True))
    for name, size in chosen.items():
        row = {"n_true": data.n_true, "criterion": name, "n_states": size, "n_lumped": lumped[size]}
        yield place | row


def _lead(fit: Fitted) -> dict[str, Any]:
    """Return the row of the fit whose machine is kept; those that were dropped have no ICL."""
    return next(row for row in fit.rows if not np.isnan(row["icl"]))


def study(data_sets: Iterator[DataSet], path: Path) -> None:
    """Append the rows of all data sets that `path` lacks."""
    known = _known(path)
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if not known:
            writer.writeheader()
        for data in data_sets:
            if data.key not in known:
                writer.writerows(choices(data))
                file.flush()


def _known(path: Path) -> set[tuple[Any, ...]]:
    """Return the keys of the data sets that have rows."""
    if not path.exists():
        return set()
    return set(pd.read_csv(path)[KEYS].itertuples(index=False, name=None))


def main() -> None:
    """Run the study, then summarise and draw it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--results", type=Path, help="folder of a run, for its networks")
    parser.add_argument("--out", type=Path, default=Path("docs"))
    arguments = parser.parse_args()
    path, began = arguments.out / "planted_number.csv", time.process_time()
    study(planned(range(arguments.seeds), arguments.results), path)
    rows = pd.read_csv(path).sort_values([*KEYS, "criterion"], ignore_index=True)
    rows["n_lumped"] = rows["n_lumped"].astype("Int64")
    rows.to_csv(path, index=False)
    summary = summarise(rows)
    summary.to_csv(arguments.out / "planted_summary.csv", index=False, float_format="%.4f")
    save_figure(arguments.out / "planted_number.svg", draw_shares(summary, rows))
    print(f"{len(rows)} rows, {time.process_time() - began:.0f} s of CPU")


if __name__ == "__main__":
    main()
