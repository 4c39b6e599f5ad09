"""Does the comparison of groups keep its error rate, and what does it find?

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/groups.py --splits 200 \
        --runs results/runs/contains_000/gru/seed-0 results/runs/sentiment/gru_words/seed-0
    python docs/rendering.py write groups.md

Subjects have a chance of their own to leave the states of a machine of three; each gives a few
sequences of unequal length. `null`: both groups are drawn alike, once for each way in which units
may be told, and once for groups of unequal size, one of which is more spread. `power`: one group
leaves one state less often. `dwell`: what cut runs do to mean dwell times, by three estimators.
Each is a table of `docs/groups_*.csv`. `--only` makes one of them: of 200 splits `power` takes one
and a half minutes of processor time. With `--runs`, null splits of test sequences of networks of a
finished run, which their machine of k-means runs on.
"""

import argparse
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import binomtest

import markovlens as ml
from markovlens.abstractions.study import load_study
from markovlens.groups.counting import DWELL, OCCUPANCY, SWITCHING, count, quotient, ratios
from markovlens.groups.decoding import Decoded
from markovlens.machines.machine import Machine, automaton

METHOD = "kmeans"  # of machines of networks
LENGTHS = (30, 90)
SEQUENCES = 4  # of each subject
LEAVE = 0.2  # chance to leave a state at a step, the mean of subjects
ALIKE = 40.0  # of a beta law, from which each subject has its own; the larger, the more alike
SETTINGS = {"n_permutations": 999, "n_bootstraps": 200}


def machine() -> Machine:
    """Return three states in a ring: symbol 0 stays, 1 goes on, 2 goes back."""
    successor = np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])
    return automaton(successor, np.array([False, True, True]), start=0, symbols=("0", "1", "2"))


@dataclass(frozen=True)
class Group:
    """How many subjects there are, how they differ, and what sets the group apart.

    Attributes:
        n: subjects.
        longer: factor on the dwell time in state 0.
        alike: how alike subjects are, the mean chance being the same.
    """

    n: int
    longer: float = 1.0
    alike: float = ALIKE


def recorded(group: Group, rng: np.random.Generator) -> tuple[ml.Sequences, np.ndarray]:
    """Return the sequences of a group, and the subject of each."""
    own = rng.beta(LEAVE * group.alike, (1 - LEAVE) * group.alike, group.n)
    leave = np.repeat(own[:, None], 3, axis=1)
    leave[:, 0] /= group.longer
    subjects = np.repeat(np.arange(group.n), SEQUENCES)
    words = [walk(leave[subject], rng) for subject in subjects]
    return ml.Sequences.from_list(words), subjects


def walk(leave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the symbols of one sequence of a subject."""
    symbols, state = [], 0
    for draw, back in rng.random((rng.integers(*LENGTHS), 2)):
        symbol = 0 if draw >= leave[state] else (2 if back < 0.3 else 1)
        symbols.append(symbol)
        state = (state + symbol) % 3
    return np.array(symbols)


def compared(a: Group, b: Group, seed: int, *, by_subject: bool = True) -> pd.DataFrame:
    """Return the table of two groups that were drawn with a seed."""
    rng = np.random.default_rng([seed, a.n, b.n])
    drawn = {"a": recorded(a, rng), "b": recorded(b, rng)}
    groups = {name: sequences for name, (sequences, _) in drawn.items()}
    names = {name: [f"{name}{one}" for one in who] for name, (_, who) in drawn.items()}
    subjects = names if by_subject else None
    return ml.compare_groups(machine(), groups, subjects=subjects, seed=seed, **SETTINGS).frame()


def share(hits: Any) -> str:
    """Return a share with Wilson's interval."""
    hits = np.asarray(hits)
    ends = binomtest(int(hits.sum()), len(hits)).proportion_ci(method="wilson")
    return f"{hits.mean():.3f} [{ends.low:.3f}, {ends.high:.3f}]"


def rates(tables: list[pd.DataFrame]) -> dict[str, str]:
    """Return how often single tests, and any test of a table, are below .05."""
    p = pd.concat([table.assign(split=split) for split, table in enumerate(tables)])
    found = {}
    for name, measure, state in (("switching", SWITCHING, None), ("occupancy of 0", OCCUPANCY, 0),
                                 ("dwell in 0", DWELL, 0)):  # fmt: skip
        mine = p[
            (p["measure"] == measure) & (p["state"].isna() if state is None else p["state"] == 0)
        ]
        found[f"{name}: p < .05"] = share(mine["p"] < 0.05)
    tested = p.dropna(subset="p")
    found["all rows: p < .05"] = f"{(tested['p'] < 0.05).mean():.3f}"
    found["any row: Holm p < .05"] = share(p.groupby("split")["p_holm"].min() < 0.05)
    return found


def null_table(n_splits: int) -> pd.DataFrame:
    """Return how often groups that are drawn alike are called different."""
    designs = {
        "12 and 12 subjects": (Group(12), Group(12), True),
        "6 and 20 subjects": (Group(6), Group(20), True),
        "4 and 4 subjects": (Group(4), Group(4), True),
        "6 and 20, the 6 more spread": (Group(6, alike=ALIKE / 5), Group(20), True),
        "control: their sequences permuted": (Group(12), Group(12), False),
    }
    rows = []
    for name, (a, b, by_subject) in designs.items():
        tables = [compared(a, b, seed, by_subject=by_subject) for seed in range(n_splits)]
        rows.append({"groups": name, **rates(tables)})
    return pd.DataFrame(rows)


def power_table(n_splits: int) -> pd.DataFrame:
    """Return how often a dwell time that is longer in one group is found, and how large it is."""
    rows = []
    for n in (8, 16, 32):
        for longer in (1.0, 1.15, 1.3, 1.6, 2.0):
            tables = [compared(Group(n, longer), Group(n), seed) for seed in range(n_splits)]
            mine = pd.concat(
                [each[(each["measure"] == DWELL) & (each["state"] == 0)] for each in tables]
            )
            truth = mine["difference"].mean()
            held = (mine["difference_low"] <= truth) & (truth <= mine["difference_high"])
            rows.append({
                "subjects a group": n, "dwell time in 0": f"× {longer:g}",
                "effect": f"{mine['effect'].mean():.2f}",
                "found, p < .05": share(mine["p"] < 0.05),
                "found after Holm": share(mine["finding"] == "higher in a"),
                "interval holds the mean difference": share(held),
            })  # fmt: skip
    return pd.DataFrame(rows)


def dwell_table() -> pd.DataFrame:
    """Return mean dwell times by estimator, of runs that are as likely to end at each step."""
    rng = np.random.default_rng(0)
    rows = []
    for length in (10, 30, 100):
        paths = (rng.random((20_000 // length, length)) < LEAVE).cumsum(axis=1) % 2
        decoded = Decoded(paths.ravel(), np.full(len(paths), length))
        rates = ratios(count(decoded, np.arange(len(paths)), 2), [DWELL])
        runs = [[len(list(run)) for _, run in groupby(path)] for path in paths]
        seen, whole = np.concatenate(runs), np.concatenate([each[:-1] for each in runs])
        rows.append({
            "steps of a sequence": length, "truth": 1 / LEAVE,
            "ours": f"{quotient(rates.above.sum(axis=0), rates.below.sum(axis=0)).mean():.2f}",
            "cut runs as they are": f"{np.mean(seen):.2f}",
            "cut runs left out": f"{np.mean(whole):.2f}",
        })  # fmt: skip
    return pd.DataFrame(rows)


def of_run(run: Path, n_splits: int) -> dict[str, str]:
    """Return how often random halves of a network's test sequences are called different."""
    (file,) = run.glob("activations/*/test.parquet")
    trace = ml.load_trace(file)
    kept = load_study(run / "abstractions" / METHOD)
    found = kept.machines[kept.chosen]
    tables = []
    for seed in range(n_splits):
        order = np.random.default_rng(seed).permutation(len(trace))
        half = len(order) // 2
        groups = {"a": trace.select(order[:half]), "b": trace.select(order[half:])}
        tables.append(ml.compare_groups(found, groups, seed=seed, **SETTINGS).frame())
    return {
        "groups": f"halves of {'/'.join(run.parts[-3:])}, {found.n_states} states",
        **rates(tables),
    }


def null_tables(chosen: argparse.Namespace) -> pd.DataFrame:
    """Return how often planted groups, and halves of networks' sequences, are called different."""
    networks = [of_run(run, chosen.splits) for run in chosen.runs]
    return pd.concat([null_table(chosen.splits), pd.DataFrame(networks)])


TABLES = {
    "dwell": lambda chosen: dwell_table(),
    "null": null_tables,
    "power": lambda chosen: power_table(chosen.splits),
}


def main() -> None:
    """Write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--splits", type=int, default=200)
    parser.add_argument("--runs", type=Path, nargs="*", default=[])
    parser.add_argument("--only", choices=TABLES)
    parser.add_argument("--out", type=Path, default=Path("docs"))
    chosen = parser.parse_args()
    for name in [chosen.only] if chosen.only else TABLES:
        TABLES[name](chosen).to_csv(chosen.out / f"groups_{name}.csv", index=False)


if __name__ == "__main__":
    main()
