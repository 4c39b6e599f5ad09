"""What is kept of a finished run, by the study that it is of."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pandas as pd
from kept_made import (
    codebooks_of,
    machines_in_noise,
    missing_of,
    refusals_of_real,
    scores_of_real,
    seeds_of_real,
    splits_of,
    strings_of_protocol,
)
from kept_repairs import repairs_of

from markovlens.dynamics.claims import by_source
from markovlens.running.benchmarks import read_benchmarks

DIGITS = 6  # pages show two to four of them: more, so that none is rounded twice
SCORES = (
    "accuracy_string", "balanced_fidelity_step", "balanced_fidelity_string",
    "explained_divergence", "exact_language", "iia", "iia_random",
)  # fmt: skip
COLUMNS = [
    "task", "model", "method", "mode", "score", "value", "low", "high", "n_sequences", "n_seeds",
    "n_states_low", "n_states_high", "carries",
]  # fmt: skip
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
EDITED = ("verdict", "kmeans", "decisions", "hmm", "ngram")
SOURCES, COMPARED = ("mess3", "chain_2"), ("hmm", "hmm_input", "kmeans")
REGIONAL = [
    "task", "model", "loss", "seed", "measure", "where", "symbol", "rank", "step", "value", "low",
    "high", "n",
]  # fmt: skip
NETWORK = ["task", "model", "loss", "seed", "gate"]


@dataclass(frozen=True)
class Study:
    """What pages quote of a run.

    Attributes:
        tables: kept whole, by their place in the results.
        made: tables that are made of the results, by the name under which they are kept.
        pictures: shown by pages: the place in the results, and the name in `docs/`.
    """

    tables: tuple[str, ...]
    made: Mapping[str, Callable[[Path], pd.DataFrame]] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)


def keep(results: Path, study: Study, target: Path) -> None:
    """Write what a study keeps of a finished run into a folder, with what made the run."""
    target.mkdir(parents=True, exist_ok=True)
    for table in study.tables:
        _write(target / Path(table).name, _read(results / table))
    for name, make in study.made.items():
        _write(target / f"{name}.csv", make(results))
    for source, picture in study.pictures.items():
        shutil.copy(results / source, target.parents[1] / picture)
    made = json.dumps(_made_by(results), indent=2)
    (target / "run.json").write_text(made + "\n", encoding="utf-8")


def _read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, low_memory=False)


def _write(path: Path, table: pd.DataFrame) -> None:
    table.round(DIGITS).to_csv(path, index=False)


def _chosen_scores(results: Path) -> pd.DataFrame:
    """Return the scores of chosen machines that pages quote."""
    scores = _read(results / "tables/comparison.csv")
    scores = scores[(scores["selection"] == "chosen") & scores["score"].isin(SCORES)]
    return scores[COLUMNS]


def _of_each_seed(results: Path) -> pd.DataFrame:
    """Return how faithful chosen machines of each network are, run alone, and their states."""
    scores = pd.read_parquet(results / "tables/scores.parquet")
    scores = scores[scores["chosen"] & scores["mode"].isin(["closed", "lumped"])]
    scores = scores[scores["score"].isin(["balanced_fidelity_string", "exact_language"])]
    return scores[["task", "model", "seed", "method", "mode", "score", "n_states", "value"]]


def _quoted(results: Path) -> pd.DataFrame:
    """Return what pages quote of emulating networks: one row a network, measure and place.

    Silenced are all units of a group; of the pairs of symbols the mean is kept.
    """
    numbers = _read(results / "tables/dynamics.csv")
    place = ["analysis", "measure", "where"]
    rows = numbers[pd.MultiIndex.from_frame(numbers[place]).isin(EMULATION)]
    largest = rows.groupby([*NETWORK, "analysis"], dropna=False)["level"].transform("max")
    rows = rows[rows["level"].isna() | (rows["level"] == largest)]
    by = [*NETWORK, *place, "n_states"]
    return rows.groupby(by, sort=False, dropna=False)["value"].mean().reset_index()


def _regions(results: Path) -> pd.DataFrame:
    """Return what linear regions and basins come to on networks that passed their gate."""
    rows = _read(results / "tables/dynamics_regions.csv")
    return rows.loc[rows["gate"] == "passed", REGIONAL]


def _effects(results: Path) -> pd.DataFrame:
    """Return the effects of the claims by source: of all networks, each loss and each model."""
    numbers = _read(results / "tables/dynamics.csv")
    numbers = numbers[numbers["gate"] == "passed"]
    kinds = {"all": numbers} | dict([*numbers.groupby("loss"), *numbers.groupby("model")])
    return pd.concat([by_source(mine).assign(of=name) for name, mine in kinds.items()])


def _counterfactuals(results: Path, *, task: str = "sentiment") -> pd.DataFrame:
    """Return how often networks of a task confirm the edits that turn their machine."""
    rows = _read(results / "tables/counterfactuals.csv")
    rows = rows[(rows["task"] == task) & rows["method"].isin(EDITED)]
    return rows[[
        "task", "model", "method", "n_states", "score", "value", "low", "high", "n_sequences"
    ]]  # fmt: skip


def _divergence(results: Path) -> pd.DataFrame:
    """Return how far machines of sources are from their network, at every size, in nats a step."""
    rows = _read(results / "tables/comparison.csv")
    rows = rows[rows["task"].isin(SOURCES) & rows["method"].isin(COMPARED)]
    rows = rows[(rows["score"] == "divergence") & (rows["mode"] == "closed")]
    return rows[[*COLUMNS, "n_states", "selection"]]


def _stability(results: Path) -> pd.DataFrame:
    """Return how far the states of HMMs of two seeds agree, as chosen and joined."""
    rows = _read(results / "tables/sizes.csv").query("method == 'hmm'")
    rows = rows[rows["stability_lumped"].notna()]
    kinds = [f"stability_{kind}" for kind in ("seeds", "lumped")]
    return rows[["task", "model", "seed", "n_states", "n_lumped", *kinds]]


def _layers_of_networks(results: Path) -> pd.DataFrame:
    """Return the scores of every layer of every network by itself."""
    found = sorted((results / "runs").glob("**/layers/layers.parquet"))
    rows = pd.concat([pd.read_parquet(path) for path in found])
    return rows[[
        "task", "model", "seed", "cell", "n_layers", "depth", "score", "value", "accuracy"
    ]]  # fmt: skip


def _made_by(results: Path) -> dict[str, object]:
    """Return commit, config, processor, versions, and what the run cost."""
    made = json.loads((results / "provenance" / "versions.json").read_text())
    config = (results / "provenance" / "config.resolved.yaml").read_bytes()
    costs = read_benchmarks(results / "benchmarks").values()
    kept = ("commit", "uncommitted_changes", "processor", "python")
    return {
        **{key: made[key] for key in kept if key in made},
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
    rows = _read(path)
    methods = rows[rows["against"] == "method"]
    shown = int((methods["verdict"] != "no difference shown").sum())
    return {"differences": len(methods), "differences_shown": shown}


def _costs(results: Path) -> pd.DataFrame:
    """Return jobs and processor minutes of every rule for the tasks of the run, dearest first."""
    tasks = {"", *_read(results / "tables/verdicts.csv")["task"]}
    costs = read_benchmarks(results / "benchmarks")
    mine = [(place.rule, cost) for place, cost in costs.items() if place.task in tasks]
    rows = [(rule, cost.jobs, cost.seconds / 60) for rule, cost in mine]
    table = pd.DataFrame(rows, columns=["rule", "jobs", "minutes"])
    return table.groupby("rule").sum().sort_values("minutes", ascending=False).reset_index()


EMULATORS = {"dynamics": _quoted, "effects": _effects}
STUDIES = {
    "default": Study(
        (
            "claims.csv", "tables/claims_differences.csv", "tables/verdicts.csv",
            "tables/embedding_modes.csv", "tables/forecasts.csv", "tables/networks.csv",
            "tables/seq2seq_clusters.csv", "tables/seq2seq_swaps.csv", "tables/robustness.csv",
        ),
        {
            "comparison": _chosen_scores, **EMULATORS,
            "counterfactuals": _counterfactuals, "divergence": _divergence, "stability": _stability,
        },
        {
            "tables/comparison.md": "numbers/default/comparison.md",
            "figures/comparison.svg": "comparison.svg",
            "figures/tomita_7/gru/machine.svg": "machine.svg",
        },
    ),
    # The default config on another kind of processor.
    "elsewhere": Study(
        ("claims.csv", "tables/verdicts.csv"),
        {"comparison": _chosen_scores},
        {"tables/comparison.md": "numbers/elsewhere/comparison.md"},
    ),
    "emulators": Study(
        ("claims.csv",),
        {**EMULATORS, "dynamics_regions": _regions},
        {
            "figures/bridge.svg": "bridge.svg",
            "figures/losses.svg": "emulators_losses.svg",
            "figures/sources.svg": "emulators_claims.svg",
        },
    ),
    "alternatives": Study(
        (
            "tables/attention.csv", "tables/attention_curves.csv", "tables/attention_claims.csv",
            "tables/hybrids.csv", "tables/hybrids_claims.csv",
        ),
        pictures={"figures/attention.svg": "attention.svg", "figures/hybrids.svg": "hybrids.svg"},
    ),
    "layers": Study(
        ("tables/layers.csv", "tables/layers_claims.csv"),
        {"networks": _layers_of_networks},
        {"figures/layers.svg": "layers.svg"},
    ),
    "training": Study(
        ("tables/formation.csv", "tables/formation_claims.csv"),
        pictures={
            "figures/parity/gru/formation.svg": "formation.svg",
            "figures/chain_3/energy_10/formation.svg": "formation_noise.svg",
        },
    ),
    "attractors": Study(
        ("tables/attractors.csv", "tables/attractors_claims.csv", "tables/verdicts.csv"),
        pictures={"figures/flip_flop/srn/attractors.png": "attractors.png"},
    ),
    "paper_languages": Study(
        ("tables/verdicts.csv",),
        {"comparison": _chosen_scores, "costs": _costs},
        {"tables/comparison.md": "numbers/paper_languages/comparison.md"},
    ),
    "regions": Study((), {"networks": _of_each_seed}),
    "real": Study(
        ("tables/verdicts.csv",),
        {
            "comparison": scores_of_real, "seeds": seeds_of_real, "splits": splits_of,
            "missing": missing_of, "codebooks": codebooks_of,
            "refusals": refusals_of_real,
            "counterfactuals": partial(_counterfactuals, task="talk"),
        },
        {"figures/talk/silero/machine.svg": "real_talk.svg"},
    ),
    "reliance": Study(
        ("tables/watching.csv", "tables/strangers.csv", "tables/repair.csv", "tables/trust.csv"),
        {"repairs": repairs_of},
    ),
    "merrill": Study((), {"strings": strings_of_protocol}),
    "custom": Study(
        ("tables/verdicts.csv", "tables/networks.csv"),
        pictures={"figures/custom_vital_signs/gru/machine.svg": "vital_signs.svg"},
    ),
    "noise": Study(
        ("claims.csv", "tables/robustness.csv"),
        {"machines": machines_in_noise},
        {"figures/robustness.svg": "robustness.svg"},
    ),
}  # fmt: skip
