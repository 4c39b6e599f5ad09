"""Numbers of README and site: kept from finished runs, and written into pages from templates.

python docs/numbers.py keep results default    # what docs/numbers/default/ has of a run
python docs/numbers.py write                   # docs/templates/ -> README.md, docs/*.md
python docs/numbers.py check                   # fails where a page is not what its template says
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from markovlens.running.benchmarks import read_benchmarks

DOCS = Path(__file__).resolve().parent
KEPT, TEMPLATES = DOCS / "numbers", DOCS / "templates"
DIGITS = 4
# Tables of a run that pages quote, and the rows of those that are long.
TABLES = {
    "tables/comparison.csv": "selection == 'chosen' and mode != 'open'",
    "tables/verdicts.csv": "scope == 'network' or scope == 'seed'",
    "tables/dynamics.csv": "level.isna() and unit.isna() and step.isna() and status == 'ok'",
    "tables/embedding_modes.csv": "",
    "tables/forecasts.csv": "",
    "tables/seq2seq_clusters.csv": "",
    "claims.csv": "",
}


def keep(results: Path, name: str) -> None:
    """Write what pages quote of a finished run into `docs/numbers/NAME/`, and what made it."""
    target = KEPT / name
    target.mkdir(parents=True, exist_ok=True)
    for file, rows in TABLES.items():
        if (results / file).exists():
            table = pd.read_csv(results / file, low_memory=False)
            table = table.query(rows) if rows else table
            table.round(DIGITS).to_csv(target / Path(file).name, index=False)
    main = (results / "tables" / "comparison.md").read_text(encoding="utf-8")
    (target / "comparison.md").write_text(main, encoding="utf-8")
    (target / "run.json").write_text(json.dumps(_made_by(results), indent=2) + "\n")


def _made_by(results: Path) -> dict[str, object]:
    """Return commit, config, processor, versions, and what the run cost."""
    made = json.loads((results / "provenance" / "versions.json").read_text())
    config = (results / "provenance" / "config.resolved.yaml").read_bytes()
    costs = read_benchmarks(results / "benchmarks").values()
    return {
        **{key: made[key] for key in ("commit", "processor", "python", "packages")},
        "config": hashlib.sha256(config).hexdigest()[:16],
        "jobs": sum(cost.jobs for cost in costs),
        "processor_minutes": round(sum(cost.seconds for cost in costs) / 60, 1),
    }


@dataclass(frozen=True, slots=True)
class Run:
    """The kept numbers of one run, as templates ask for them."""

    folder: Path

    def made(self, key: str) -> str:
        """Return what made the run: `commit`, `processor`, `jobs`, `processor_minutes`."""
        return str(json.loads((self.folder / "run.json").read_text())[key])

    def table(self, name: str) -> pd.DataFrame:
        """Return a kept table."""
        return pd.read_csv(self.folder / f"{name}.csv", low_memory=False)

    def row(self, name: str, **wanted: object) -> pd.Series:
        """Return the only row of a table that has these values."""
        table = self.table(name)
        for column, value in wanted.items():
            table = table[table[column] == value]
        if len(table) != 1:
            raise LookupError(f"expected one row of {name} with {wanted}, got {len(table)}")
        return table.iloc[0]

    def score(self, task: str, model: str, method: str, score: str, mode: str = "closed") -> str:
        """Return a score with its interval: "1.000 [0.981, 1.000]"."""
        wanted = {"task": task, "model": model, "method": method, "score": score, "mode": mode}
        return interval(self.row("comparison", **wanted))

    def claim(self, name: str) -> str:
        """Return effect, interval and verdict of a claim: "0.26 [0.24, 0.28], supported"."""
        row = self.row("claims", claim=name)
        return f"{row['effect']:.2f} [{row['low']:.2f}, {row['high']:.2f}], {row['verdict']}"

    def main_table(self, *methods: str) -> str:
        """Return the main table with some of its methods, without their intervals."""
        text = (self.folder / "comparison.md").read_text(encoding="utf-8")
        lines = [line for line in text.splitlines() if line.startswith("|")]
        cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
        places = [
            place
            for place, head in enumerate(cells[0])
            if head in ("task", "model", "accuracy", "verdict", *methods)
        ]
        shown = [[re.sub(r" \[[^]]*\]", "", row[place]) for place in places] for row in cells]
        return "\n".join("| " + " | ".join(row) + " |" for row in shown)


def interval(row: pd.Series, digits: int = 3) -> str:
    """Return the value of a row with its interval."""
    value, low, high = (f"{row[name]:.{digits}f}" for name in ("value", "low", "high"))
    return f"{value} [{low}, {high}]"


def pages() -> dict[Path, str]:
    """Return the text of every page that has a template."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    runs = {folder.name: Run(folder) for folder in sorted(KEPT.iterdir()) if folder.is_dir()}
    return {
        _target(template): environment.get_template(template.name).render(**runs)
        for template in sorted(TEMPLATES.glob("*.md"))
    }


def _target(template: Path) -> Path:
    return (DOCS.parent if template.name == "README.md" else DOCS) / template.name


def main(arguments: list[str]) -> None:
    """Do what the first argument says."""
    match arguments:
        case ["keep", results, name]:
            keep(Path(results), name)
        case ["write"]:
            for path, text in pages().items():
                path.write_text(text, encoding="utf-8")
        case ["check"]:
            stale = [path.name for path, text in pages().items() if path.read_text() != text]
            if stale:
                sys.exit(f"expected pages as their templates say, got others: {', '.join(stale)};"
                         " run `python docs/numbers.py write`")  # fmt: skip
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
