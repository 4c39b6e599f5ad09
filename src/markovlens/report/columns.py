"""The tables of a run as the report reads them: which of their columns it shows, and as what.

Every cell is read as text, so that a counterexample like 0110 stays one and is no number.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from markovlens.errors import DataError
from markovlens.figures.style import CEILINGS, FLOORS
from markovlens.files.whole import naming
from markovlens.report.content import (
    NOTHING,
    Claim,
    Estimate,
    MethodScore,
    Network,
    SeedVerdict,
    shortest,
)
from markovlens.tables.table import Table

# What says how well a machine stands for a network: of one that predicts what comes next, the
# share of its divergence from the commonest prediction that the machine explains.
EXPLAINED, BALANCED = "explained_divergence", "balanced_fidelity"
MEASURES = {
    EXPLAINED: "explained divergence",
    "variance_explained": "variance explained",
    "concordance": "concordance",
    "balanced_agreement_label": "balanced agreement of labels",
    f"{BALANCED}_string": "balanced agreement per string",
    f"{BALANCED}_step": "balanced agreement per step",
}
NO_MODE = "-"  # of what is no machine, as a linear model of the inputs
LUMPED = "lumped"  # the mode of machines whose states with the same future are one
NETWORK = "network"  # the "method" under which the comparison has the network itself
MISSING = ("", "nan", "NaN", "<NA>")
ROLES = dict.fromkeys(FLOORS, "floor") | dict.fromkeys(CEILINGS, "ceiling")
ORDER = ("method", "floor", "ceiling")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table, which has all columns of the table's definition."""

    cells: Mapping[str, str]

    def text(self, name: str) -> str:
        """Return a cell; empty if there is nothing in it."""
        cell = self.cells[name]
        return "" if cell in MISSING else cell

    def number(self, name: str) -> float | None:
        """Return a cell as a number; None if it is empty or no number."""
        try:
            return float(self.text(name))
        except ValueError:
            return None

    def whole(self, name: str) -> int | None:
        """Return a cell as a whole number; None if it is empty or no number."""
        number = self.number(name)
        return None if number is None else round(number)

    def estimate(self, name: str, *, ends: Sequence[str] = ("low", "high")) -> Estimate:
        """Return a value with its interval, whose columns are named by `ends`."""
        return Estimate(self.number(name), *[self.number(end) for end in ends])


def read_rows(path: Path, table: Table) -> list[Row]:
    """Return the rows of a CSV table.

    Raises:
        DataError: the file is missing, is not text, lacks a column of the table's definition, or
            has rows of another length than its header.
    """
    with naming(path), open(path, encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file, strict=True)
        lacking = [name for name in table.names if name not in (reader.fieldnames or ())]
        if lacking:
            raise DataError(
                f"expected the columns of {table.name} as this version writes them, got none of "
                f"{', '.join(lacking)}; delete the file and run again",
                page="made-for-another-version",
            )
        rows = [Row(cells) for cells in reader]
    if any(None in row.cells or None in row.cells.values() for row in rows):
        raise DataError(
            f"{path}: a row is not as long as the header; delete the file and run again "
            f"(`snakemake {path}` makes just this file)",
            page="made-for-another-version",
        )
    return rows


def networks(
    comparison: Iterable[Row], verdicts: Iterable[Row], counterexamples: Iterable[Row]
) -> list[Network]:
    """Return every (task, model) of the comparison, in its order, without figures and links."""
    said, parted = (_grouped(rows, "task", "model") for rows in (verdicts, counterexamples))
    kept = (row for row in comparison if row.text("selection") == "chosen")
    chosen = _grouped(kept, "task", "model")
    return [_network(p, rows, said.get(p, ()), parted.get(p, ())) for p, rows in chosen.items()]


def _network(
    place: tuple[str, ...], rows: Sequence[Row], verdicts: Sequence[Row], parted: Sequence[Row]
) -> Network:
    task, model = place
    scores = {row.text("score") for row in rows}
    unit = "string" if f"{BALANCED}_string" in scores else "step"
    main = next((name for name in MEASURES if name in scores), f"{BALANCED}_{unit}")
    of_classes = main.startswith(BALANCED) or main == EXPLAINED
    right = f"accuracy_{unit}" if of_classes else f"target_{main}"
    by_method, strings = _grouped(rows, "method"), _grouped(parted, "method")
    by_seed = _grouped(parted, "seed")
    own = by_method.pop((NETWORK,), [])
    methods = [
        _method(*name, rows=mine, scores=(main, right), parted=strings.get(name, ()))
        for name, mine in by_method.items()
    ]
    return Network(
        task=task,
        model=model,
        accuracy=_score(own, right),
        gate=next((row.text("gate") for row in own), ""),
        unit=unit,
        measure=MEASURES[main],
        own="accuracy" if of_classes else MEASURES[main],
        seeds=tuple(
            _verdict(row, by_seed.get((row.text("seed"),), []))
            for row in verdicts
            if row.number("seed") is not None  # the others are of all seeds together
        ),
        methods=tuple(sorted(methods, key=lambda one: ORDER.index(one.role))),
    )


def _method(
    name: str, *, rows: Sequence[Row], scores: tuple[str, str], parted: Sequence[Row]
) -> MethodScore:
    main, accuracy = scores
    alone = "closed" if _find(rows, main, "closed") else NO_MODE
    scored = _find(rows, main, alone) or _find(rows, main, "open") or rows[0]
    lumped = _find(rows, main, LUMPED)
    return MethodScore(
        method=name,
        role=ROLES.get(name, "method"),
        n_states=_range(scored),
        kind=scored.text("carries"),
        deterministic_states=_deterministic(scored, rows),
        lumped_states="" if lumped is None else lumped.text("n_lumped"),
        fidelity=_score(rows, main, alone),
        lumped=_score(rows, main, LUMPED),
        steered=_score(rows, main, "open"),
        accuracy=_score(rows, accuracy, "closed"),
        bits=_score(rows, "description_bits", "closed"),
        counterexample=_shortest(parted),
        problem=_problem(scored),
    )


def _verdict(row: Row, parted: Sequence[Row]) -> SeedVerdict:
    fidelity = row.estimate("fidelity", ends=("fidelity_low", "fidelity_high"))
    stretched = row.estimate("fidelity_long", ends=("fidelity_long_low", "fidelity_long_high"))
    return SeedVerdict(
        seed=row.whole("seed"),
        verdict=row.text("verdict"),
        n_states=row.whole("n_states"),
        n_states_judged=row.whole("n_states_judged"),
        method=row.text("method"),
        fidelity=fidelity,
        stretched=stretched,
        parted_after=row.whole("tests_to_disagreement"),
        tried=any(other.whole("n_tests") for other in parted),
        counterexample=row.text("counterexample"),
        evidence=row.text("evidence"),
    )


def claims(rows: Iterable[Row]) -> list[Claim]:
    """Return the claims of the papers."""
    return [
        Claim(
            claim=row.text("claim"),
            system=row.text("system"),
            statement=row.text("statement"),
            measure=row.text("measure"),
            effect=row.estimate("effect"),
            n=row.whole("n"),
            n_clusters=row.whole("n_clusters"),
            p=row.number("p"),
            verdict=row.text("verdict"),
            power=row.text("power"),
        )
        for row in rows
    ]


def _deterministic(scored: Row, rows: Sequence[Row]) -> str:
    """Return the states of the smallest automaton that decides as the machine does."""
    own = scored.number("n_states_hard")
    count = own if own is not None else _score(rows, "minimal_states", "closed").value
    return "" if count is None else f"{count:g}"


def _range(row: Row) -> str:
    low, high = row.whole("n_states_low"), row.whole("n_states_high")
    if low is None or high is None or low == high:
        return row.text("n_states")
    return f"{low}–{high}"


def _problem(row: Row) -> str:
    """Return why a method has no number: nothing if it has one."""
    if row.number("value") is not None and row.text("score") != "fit":
        return ""
    return row.text("reason")


def _shortest(rows: Iterable[Row]) -> str:
    return shortest(row.text("counterexample") for row in rows)


def _score(rows: Iterable[Row], score: str, mode: str = NO_MODE) -> Estimate:
    row = _find(rows, score, mode)
    return NOTHING if row is None else row.estimate("value")


def _find(rows: Iterable[Row], score: str, mode: str) -> Row | None:
    found = (r for r in rows if r.text("score") == score and r.text("mode") == mode)
    return next(found, None)


def _grouped(rows: Iterable[Row], *columns: str) -> dict[tuple[str, ...], list[Row]]:
    """Return the rows by what they have in some columns, in the order met."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row.text(column) for column in columns), []).append(row)
    return groups
