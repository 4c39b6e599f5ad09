"""Attention as a stage: networks that have it, their plain twins, and what explains either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.abstractions.base import Options
from markovlens.attention.claims import attention_claims
from markovlens.attention.curves import SHARES
from markovlens.attention.drawing import draw_attention
from markovlens.attention.explained import Fits
from markovlens.attention.study import ATTENTIVE, PLAIN, Judging, Result, studied
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.scores.seeds import numbers_in
from markovlens.figures.save import save_figure
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.networks.card import Trained
from markovlens.networks.model import ATTENTION
from markovlens.networks.store import load_network, save_network
from markovlens.networks.training import TrainingOptions, train
from markovlens.tables import attention as tables
from markovlens.tables.claims import CLAIMS
from markovlens.tables.writer import write_table
from markovlens.tasks.store import load_task

CELL = ["task", "model", "network", "explanation"]
GATES = {True: "passed", False: "under-trained"}
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Learning:
    """How a network with attention is made.

    Attributes:
        spec: of its plain twin.
        width: of the attention.
        training: the options.
    """

    spec: Mapping[str, Any]
    width: int
    training: TrainingOptions


@dataclass(frozen=True, slots=True)
class Settings:
    """How networks are made and explained, and explanations judged."""

    learning: Learning
    fits: Fits
    judging: Judging


def settings_of(
    section: Mapping[str, Any], scoring: Mapping[str, Any], *, spec: Mapping[str, Any],
    training: Mapping[str, Any], seed: int,
) -> Settings:  # fmt: skip
    """Return the settings of a config.

    Args:
        section: `attention`, but for its runs.
        scoring: `bootstraps` and `level`.
        spec: of the model.
        training: the options of the training.
        seed: the benchmark's.
    """
    names = ("n_sequences", "n_symbols", "n_draws", "gradients")
    return Settings(
        Learning(spec, section["width"], TrainingOptions(**training)),
        Fits(section["methods"], section["n_states"], Options(restarts=section["restarts"]), seed),
        Judging(**{name: section[name] for name in names}, **scoring, seed=seed),
    )


def attend_runs(runs: Sequence[Run], task: str | Path, settings: Settings) -> None:
    """Train networks with attention beside those of one (task, model), and judge explanations.

    Args:
        runs: of each seed, with its network.
        task: folder of the task.
        settings: what the config says.
    """
    loaded, learning = load_task(task), settings.learning
    for run in runs:
        plain = Trained(load_network(run.folder / "network"), read_json(run.card))
        spec = {**learning.spec, ATTENTION: learning.width}
        attentive = train(loaded, spec, training=learning.training, seed=run.seed)
        save_network(run.attention("network"), attentive)
        networks = {PLAIN: plain, ATTENTIVE: attentive}
        models: dict[str, Any] = {name: one.model for name, one in networks.items()}
        results = list(studied(models, loaded, settings.fits, settings.judging))
        place = {"task": run.task, "model": run.model, "seed": run.seed}
        gates = {name: GATES[one.card["gate"]["passed"]] for name, one in networks.items()}
        for file, rows, table in (
            ("scores.parquet", _scores(results), tables.ATTENTION_RUN),
            ("curves.parquet", _curves(results), tables.ATTENTION_CURVES_RUN),
        ):
            made = [place | {"gate": gates[row["network"]]} | row for row in rows]
            write_table(run.attention(file), pd.DataFrame(made), table)


def _scores(results: Iterable[Result]) -> Iterator[Row]:
    for one in results:
        machine = {
            "method": one.made.method,
            "n_states": one.made.machine.n_states,
            "agreement": one.made.agreement.balanced_agreement.value,
        }
        for measure, score in one.judged.scores.items():
            place = {"network": one.network, "explanation": one.explanation, "measure": measure}
            yield place | score.columns() | {"n_sequences": score.n_sequences} | machine


def _curves(results: Iterable[Result]) -> Iterator[Row]:
    """Yield the mean over sequences at each point of each curve."""
    for one in results:
        place = {"network": one.network, "explanation": one.explanation}
        for curve, values in one.judged.curves.items():
            for share, column in zip(SHARES, values.T, strict=True):
                yield place | {"curve": curve, "share": share, "value": float(column.mean())}


def compile_attention(
    runs: Sequence[Run], files: Mapping[str, str], *, level: float, seed: int
) -> None:
    """Merge the seeds of all networks, say what they say of the claims, and draw.

    Args:
        runs: of every network.
        files: where `scores`, `curves`, `claims` and `figure` go.
        level: coverage of the intervals.
        seed: of the claims' sign flips.
    """
    every, drawn = (
        pd.concat([read_table(run.attention(file)) for run in runs], ignore_index=True)
        for file in ("scores.parquet", "curves.parquet")
    )
    table, curves = merged(every, level=level), along(drawn)
    write_table(files["scores"], table, tables.ATTENTION)
    write_table(files["curves"], curves, tables.ATTENTION_CURVES)
    found = decide(attention_claims(every, seed=seed))
    write_table(files["claims"], claims_table(found), CLAIMS)
    save_figure(files["figure"], draw_attention(table, curves, level=level))


def merged(rows: pd.DataFrame, *, level: float) -> pd.DataFrame:
    """Return a row for each explanation and measure, seeds merged."""
    return pd.DataFrame(
        [
            dict(zip([*CELL, "measure"], key, strict=True))
            | numbers_in(cell, level=level)
            | {
                "gate": GATES[bool((cell["gate"] == "passed").all())],
                "n_sequences": int(cell["n_sequences"].max()),
                "n_seeds": len(cell),
                "methods": ", ".join(dict.fromkeys(cell["method"])),
                "n_states_low": int(cell["n_states"].min()),
                "n_states_high": int(cell["n_states"].max()),
                "agreement": float(cell["agreement"].mean()),
            }
            for key, cell in rows.groupby([*CELL, "measure"], sort=False)
        ]
    )


def along(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each point of each curve: the mean over seeds, the least and the most."""
    cells = rows.groupby([*CELL, "curve", "share"], sort=False)["value"]
    return cells.agg(value="mean", least="min", most="max", n_seeds="size").reset_index()
