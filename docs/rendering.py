"""Numbers of README and site: kept from finished runs, and written into pages from templates.

python docs/rendering.py keep results default    # what docs/numbers/default/ has of a run
python docs/rendering.py write                   # docs/templates/ -> README.md, docs/*.md
python docs/rendering.py check                   # fails where a page is not what its template says
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

sys.path.insert(0, str(Path(__file__).resolve().parent / "_ext"))

from kept_runs import Run, interval  # noqa: E402 (its folder is no package)

from markovlens.dynamics.claims import by_source  # noqa: E402
from markovlens.running.benchmarks import read_benchmarks  # noqa: E402

DOCS = Path(__file__).resolve().parent
KEPT, TEMPLATES = DOCS / "numbers", DOCS / "templates"
DIGITS = 4
SCORES = (
    "accuracy_string", "balanced_fidelity_step", "balanced_fidelity_string",
    "explained_divergence", "exact_language", "iia", "iia_random",
)  # fmt: skip
COLUMNS = (
    "task", "model", "method", "mode", "score", "value", "low", "high", "n_sequences", "n_seeds",
    "n_states_low", "n_states_high", "carries",
)  # fmt: skip
# What is kept whole of a run, and the pictures that pages show.
TABLES = (
    "claims.csv", "tables/verdicts.csv", "tables/embedding_modes.csv", "tables/forecasts.csv",
    "tables/networks.csv", "tables/seq2seq_clusters.csv", "tables/seq2seq_swaps.csv",
)  # fmt: skip
PICTURES = {  # by run
    "default": {
        "figures/comparison.svg": "comparison.svg",
        "figures/tomita_7/gru/machine.svg": "machine.svg",
    },
    "emulators": {
        "figures/bridge.svg": "bridge.svg",
        "figures/losses.svg": "emulators_losses.svg",
        "figures/sources.svg": "emulators_claims.svg",
    },
}
# Of networks that emulate sources: what pages quote, by analysis, measure and place.
EMULATION = (
    ("match", "transition_error", "common symbols"),
    ("match", "transition_error_floor", "common symbols"),
    ("match", "volatility_ratio", "all"),
    ("fixed_points", "n_roots", "all"),
    ("fixed_points", "collapsed", "end"),
    ("fixed_points", "factor_per_step", "late"),
    ("orbit", "sign_share", "run"),
    ("orbit", "turns_per_switch", "run"),
    ("emergence", "bifurcation", "critical"),
    ("emergence", "bifurcation", "switching"),
    ("silencing", "rate_ratio", "kick"),
    ("silencing", "rate_ratio", "matched"),
    ("bridge", "state_accuracy", "source"),
    ("bridge", "state_accuracy_ceiling", "all"),
    ("beliefs", "belief_r2", "network"),
    ("beliefs", "belief_r2", "posterior"),
)
NETWORK = ["task", "model", "loss", "seed", "gate"]


def keep(results: Path, name: str) -> None:
    """Write what pages quote of a finished run into `docs/numbers/NAME/`, and what made it."""
    target = KEPT / name
    target.mkdir(parents=True, exist_ok=True)
    if (results / "tables" / "comparison.csv").exists():
        scores = pd.read_csv(results / "tables" / "comparison.csv", low_memory=False)
        scores = scores[(scores["selection"] == "chosen") & scores["score"].isin(SCORES)]
        _write(target / "comparison.csv", scores[list(COLUMNS)])
        shutil.copy(results / "tables" / "comparison.md", target / "comparison.md")
    for table in TABLES:
        if (results / table).exists():
            _write(target / Path(table).name, pd.read_csv(results / table, low_memory=False))
    if (results / "tables" / "dynamics.csv").exists():
        numbers = pd.read_csv(results / "tables" / "dynamics.csv", low_memory=False)
        _write(target / "dynamics.csv", _quoted(numbers))
        _write(target / "effects.csv", _effects(numbers[numbers["gate"] == "passed"]))
    for source, picture in PICTURES.get(name, {}).items():
        shutil.copy(results / source, DOCS / picture)
    made = json.dumps(_made_by(results), indent=2)
    (target / "run.json").write_text(made + "\n", encoding="utf-8")


def _quoted(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return what pages quote of emulating networks: one row a network, measure and place.

    Silenced are all units of a group; of the pairs of symbols the mean is kept.
    """
    place = ["analysis", "measure", "where"]
    rows = numbers[pd.MultiIndex.from_frame(numbers[place]).isin(EMULATION)]
    largest = rows.groupby([*NETWORK, "analysis"], dropna=False)["level"].transform("max")
    rows = rows[rows["level"].isna() | (rows["level"] == largest)]
    by = [*NETWORK, *place, "n_states"]
    return rows.groupby(by, sort=False, dropna=False)["value"].mean().reset_index()


def _effects(numbers: pd.DataFrame) -> pd.DataFrame:
    """Return the effects of the claims by source: of all networks, each loss and each model."""
    kinds = {"all": numbers} | dict([*numbers.groupby("loss"), *numbers.groupby("model")])
    return pd.concat([by_source(mine).assign(of=name) for name, mine in kinds.items()])


def _write(path: Path, table: pd.DataFrame) -> None:
    table.round(DIGITS).to_csv(path, index=False)


def _made_by(results: Path) -> dict[str, object]:
    """Return commit, config, processor, versions, and what the run cost."""
    made = json.loads((results / "provenance" / "versions.json").read_text())
    config = (results / "provenance" / "config.resolved.yaml").read_bytes()
    costs = read_benchmarks(results / "benchmarks").values()
    return {
        **{key: made[key] for key in ("commit", "processor", "python")},
        "packages": {name: made["packages"][name] for name in ("markovlens", "numpy", "torch")},
        "config": hashlib.sha256(config).hexdigest()[:16],
        "jobs": sum(cost.jobs for cost in costs),
        "processor_minutes": round(sum(cost.seconds for cost in costs) / 60, 1),
        **_differences(results / "tables" / "differences.csv"),
    }


def _differences(path: Path) -> dict[str, int]:
    """Return how many differences between methods there are, and how many of them are shown."""
    if not path.exists():
        return {}
    rows = pd.read_csv(path, low_memory=False)
    methods = rows[rows["against"] == "method"]
    shown = int((methods["verdict"] != "no difference shown").sum())
    return {"differences": len(methods), "differences_shown": shown}


def pages() -> dict[Path, str]:
    """Return the text of every page that has a template."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 (Markdown)
    )
    runs = {folder.name: Run(folder) for folder in sorted(KEPT.iterdir()) if folder.is_dir()}
    known = {**runs, "csv": _row, "interval": interval}
    return {
        _target(template): environment.get_template(template.name).render(**known)
        for template in sorted(TEMPLATES.glob("*.md"))
    }


def _row(name: str, **wanted: object) -> pd.Series:
    """Return the only row of `docs/NAME.csv` that has these values."""
    return Run(DOCS).row(name, **wanted)


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
                sys.exit(
                    f"expected pages as their templates say, got others: {', '.join(stale)}; run "
                    "`python docs/rendering.py write`"
                )
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
