"""Every method on two small networks: `docs/methods/measured.csv` and the pages beside it.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/methods.py docs/methods

`reviews` is the network of `ml.example`, which reads words; its right machine has six states.
`vital_signs` is that of `config/custom.yaml`, which reads two channels; its right machine has two
states and, by the rule of the alarm, three codes. Sizes are chosen on validation sequences, scores
are of test sequences, in closed loop. Processor time is of the sweep, compiled code in the cache.
`--as-measured` only writes the pages anew, from the table as it is.
"""

import argparse
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import pandas as pd
import yaml
from torch import nn

import markovlens as ml
from markovlens.abstractions import METHODS
from markovlens.activations.oracle import Oracle
from markovlens.networks.weights import load_weights
from markovlens.tasks import make_task

CONFIG = Path("config/custom.yaml")
SIZES = (2, 3, 4, 5, 6, 8, 10, 12)
N_COMPONENTS, SEED = 8, 0
MEASURE = "balanced_agreement"
MARKS = ("<!-- measured -->", "<!-- end -->")
WORDS = {
    "reviews": "reviews, 30 words, 6 states",
    "vital_signs": "vital signs, 2 channels, 2 states",
}


@dataclass(frozen=True, slots=True)
class Recorded:
    """A network and its traces by split, in principal components of the training states."""

    name: str
    oracle: Oracle
    traces: dict[str, ml.Trace]


def reviews() -> Recorded:
    e = ml.example()
    parts = {"train": range(360), "valid": range(360, 480), "test": range(480, 600)}
    whole = ml.record(e.network, e.sequences, symbols=e.symbols, classes=e.classes)
    return in_components("reviews", e.network, {k: whole.select(v) for k, v in parts.items()})


def vital_signs() -> Recorded:
    config = yaml.safe_load(CONFIG.read_text())
    task = make_task("custom_vital_signs", sizes=config["tasks"]["custom"]["vital_signs"], seed=0)
    model = config["networks"]["models"]["alarm"]
    made = runpy.run_path(str(CONFIG.with_name("custom") / "network.py"))["Alarm"]
    network = load_weights(made(**model["kwargs"]), model["weights"]).eval()
    traces = {
        name: ml.record(network, split.inputs, classes=task.classes)
        for name, split in task.splits.items()
    }
    return in_components("vital_signs", network, traces)


def in_components(name: str, network: nn.Module, traces: dict[str, ml.Trace]) -> Recorded:
    basis = ml.pod(traces["train"].states, n_components=N_COMPONENTS)
    like = traces["train"].sequences
    oracle = Oracle(network, basis=basis, like=like)
    return Recorded(name, oracle, {k: ml.embed(each, basis) for k, each in traces.items()})


def rows_of(recorded: Recorded) -> Iterator[dict[str, Any]]:
    """Yield what each method makes of a network."""
    train, valid, test = (recorded.traces[name] for name in ("train", "valid", "test"))
    codebook = None if train.reads_symbols else ml.choose_codebook(train, valid)
    for method in METHODS:
        begun = process_time()
        found = ml.study(
            method, train, valid, n_states=SIZES, seed=SEED, network=recorded.oracle,
            codebook=codebook,
        )  # fmt: skip
        seconds = round(process_time() - begun, 2)
        row = {"network": recorded.name, "method": method, "chosen": found.chosen}
        lumped = None if found.lumped is None else found.lumped.machine
        row |= {"n_lumped": None if lumped is None else lumped.n_states}
        best = None if found.chosen is None else found.best
        row |= scored(best, test, "") | scored(lumped, test, "_lumped")
        why = "" if found.chosen else next(iter(found.failures.values()))
        yield row | {"n_test": len(test), "seconds": seconds, "reason": why}


def scored(machine: ml.Machine | None, test: ml.Trace, ending: str) -> dict[str, float]:
    """Return the agreement of a machine with its 95 % interval."""
    names = [f"{name}{ending}" for name in ("agreement", "low", "high")]
    if machine is None:
        return dict.fromkeys(names, float("nan"))
    score = ml.fidelity(machine, test).scores[MEASURE]
    return dict(zip(names, (score.value, score.low, score.high), strict=True))


def with_tables(page: str, frame: pd.DataFrame) -> str:
    """Return a page with its table, between `MARKS`, as the rows of `frame` have it."""
    before, rest = page.split(MARKS[0])
    after = rest.split(MARKS[1])[1]
    return f"{before}{MARKS[0]}\n{table_of(frame)}\n{MARKS[1]}{after}"


def table_of(frame: pd.DataFrame) -> str:
    """Return rows of one method in Markdown."""
    head = ["network", "states", "agreement", "joined states", "agreement", "CPU s"]
    rows = [head, ["---"] * len(head), *map(cells, frame.itertuples(index=False))]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def cells(row: Any) -> list[str]:
    """Return what a row says; of a method that gave no machine, why."""
    if pd.isna(row.chosen):
        return [WORDS[row.network], "none", row.reason, "", "", f"{row.seconds:.1f}"]
    lumped = "" if pd.isna(row.n_lumped) else f"{row.n_lumped:.0f}"
    joined = score_in_words(row.agreement_lumped, row.low_lumped, row.high_lumped)
    score = score_in_words(row.agreement, row.low, row.high)
    return [WORDS[row.network], f"{row.chosen:.0f}", score, lumped, joined, f"{row.seconds:.1f}"]


def score_in_words(value: float, low: float, high: float) -> str:
    """Return `0.901 [0.873, 0.924]`, nothing of what is not known."""
    return "" if pd.isna(value) else f"{value:.3f} [{low:.3f}, {high:.3f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--as-measured", action="store_true")
    given = parser.parse_args()
    path = given.folder / "measured.csv"
    if not given.as_measured:
        rows = [row for make in (reviews, vital_signs) for row in rows_of(make())]
        whole = {"chosen": "Int64", "n_lumped": "Int64"}
        pd.DataFrame(rows).round(4).astype(whole).to_csv(path, index=False)
    for method, frame in pd.read_csv(path).groupby("method"):
        page = given.folder / f"{method}.md"
        page.write_text(with_tables(page.read_text(), frame))


if __name__ == "__main__":
    main()
