"""What is asked of encoder-decoders, on the files of one run, and the tables of all runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.activations.trajectories import (
    Trajectories,
    iter_trajectories,
    load_trajectories,
)
from markovlens.faithfulness.claims.claims import claims_table, decide
from markovlens.faithfulness.scores.seeds import merge_seeds
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.files.runs import STUDY_TABLES, Run
from markovlens.files.whole import read_json, read_table, replacing
from markovlens.networks.restarting import decoder_of, ends_of
from markovlens.networks.seq2seq import Seq2Seq
from markovlens.networks.store import load_network
from markovlens.seeding import seed_for
from markovlens.seq2seq.claims import seq2seq_claims
from markovlens.seq2seq.horizons import horizon_table
from markovlens.seq2seq.optimality import optimality_table
from markovlens.seq2seq.progress import progress_row, usual_gap
from markovlens.seq2seq.snapshots import bases, energy_rows, modes_rows
from markovlens.seq2seq.store import cluster_seed, snapshots_of
from markovlens.seq2seq.study import (
    Settings,
    cluster_table,
    draw_windows,
    recordings_resampled,
    segment_table,
    state_table,
)
from markovlens.seq2seq.swaps import Ready, return_ratio, return_row, swap_rows
from markovlens.status import Status
from markovlens.tables import seq2seq as merged
from markovlens.tables.claims import CLAIMS
from markovlens.tables.seq2seq_runs import STUDIES, SWAPS_RUN
from markovlens.tables.writer import write_table, write_tables
from markovlens.tasks.base import SPLITS

KEYS = {
    "clusters": ["task", "model", "method", "space", "unit", "score", "resampled"],
    "swaps": ["task", "model", "condition", "of", "score", "resampled"],
    "states": ["task", "model", "part", "method", "reference", "score", "resampled"],
}
PLACE = ("task", "model", "seed")
TIMED = ("motion", "watch")  # families of recordings
TOLERANCE = 8  # of a boundary: the steps of a window over this


def rate_of(task: str | Path) -> float:
    """Return the frames a second of a task's folder; NaN where its steps are no time."""
    card = read_json(Path(task, "task.json"))
    return float(card["rate"]) if card["family"] in TIMED else np.nan


def study_run(run: Run, settings: Settings, *, rate: float, seed: int) -> None:
    """Study one encoder-decoder's recorded states and keep a table of each kind.

    Swaps need a network whose decoder can be started by hand; of others their table is empty.

    Args:
        run: with `trajectories` of all splits and of the checkpoints.
        settings: of fits and intervals.
        rate: frames a second; NaN where time has no unit.
        seed: of the config.
    """
    recorded = {split: load_trajectories(run.trajectories(split)) for split in SPLITS}
    splits = {split: snapshots_of(made) for split, made in recorded.items()}
    test = recorded["test"]
    # As everywhere, all networks of a task share the resamples of its test windows.
    rng = np.random.default_rng(seed_for(seed, run.task, "windows"))
    bootstrap = draw_windows(test.group, test.label, n_resamples=settings.bootstraps, rng=rng)
    children = seed_for(seed, run.task, run.model, run.seed, "embedding").spawn(3)
    found = bases(splits["test"])
    states = state_table(splits, frames_of(test), bootstrap, settings, seed=children[0])
    n_steps = test.decoder.shape[1]
    segments = segment_table(
        splits["test"], rate=rate, tolerance=max(1, n_steps // TOLERANCE), seed=children[1]
    )
    clusters = cluster_table(
        splits["train"], splits["test"], bootstrap, seed=cluster_seed(run, seed=seed)
    )
    tables = {
        "energies": pd.DataFrame(energy_rows(found)),
        "modes": pd.DataFrame(modes_rows(found)).assign(gap=usual_gap(splits["test"])),
        "progress": _progress(run),
        "clusters": pd.concat([clusters, segments], ignore_index=True),
        "states": states.table,
        "swaps": _swaps(run, test, bootstrap, np.random.default_rng(children[2])),
    }
    unit = "recordings" if recordings_resampled(test.group, test.label) else "windows"
    for name, table in tables.items():
        write_table(run.embedding(name), table.assign(resampled=unit), STUDIES[name])
    with replacing(run.embedding("chosen").with_suffix(".npz")) as path, open(path, "wb") as file:
        chosen = {f"{part}:{method}": each for (part, method), each in states.chosen.items()}
        np.savez(file, windows=states.windows, **chosen)  # type: ignore[arg-type]


def frames_of(made: Trajectories) -> np.ndarray:
    """Return what the windows show (N, Te + Td, F); of what is put out where it is of another kind.

    A speller reads letters and says phones: then letters and phones have channels of their own.
    """
    past, future = made.past, made.future
    if past.shape[2] == future.shape[2]:
        return np.concatenate([past, future], axis=1)
    wide = past.shape[2] + future.shape[2]
    frames = np.zeros((len(past), past.shape[1] + future.shape[1], wide), dtype=np.float32)
    frames[:, : past.shape[1], : past.shape[2]] = past
    frames[:, past.shape[1] :, past.shape[2] :] = future
    return frames


def compile_seq2seq(runs: Iterable[Run], folder: str | Path, *, level: float, seed: int) -> None:
    """Write the tables of all encoder-decoders, and what they say of the claims.

    `embedding.csv` has the energies of every mode and network, `embedding_modes.csv` how many hold
    how much, `separability.csv` what was followed along training, `separability_correlation.csv`
    its rank correlations with the loss, `seq2seq_clusters.csv`, `seq2seq_states.csv` and
    `seq2seq_swaps.csv` the scores with seeds merged, `forecasts.csv` the errors at each horizon.
    `seq2seq_claims.csv` counts networks that passed their gate, a pretrained one once, and its
    verdicts hold at 5 % for the claims of this table together.

    Args:
        runs: all networks.
        folder: where the tables go.
        level: coverage of the intervals.
        seed: of the claims' tests.
    """
    runs = list(runs)
    tables = {name: _collect(runs, name) for name in STUDY_TABLES}
    cards = [read_json(run.card) | _place(run) for run in runs]
    made = {
        merged.EMBEDDING: tables["energies"],
        merged.EMBEDDING_MODES: tables["modes"],
        merged.SEPARABILITY: tables["progress"],
        merged.SEPARABILITY_CORRELATION: optimality_table(tables["progress"]),
        merged.SEQ2SEQ_CLUSTERS: merge_seeds(tables["clusters"], KEYS["clusters"], level=level),
        merged.SEQ2SEQ_SWAPS: merge_seeds(tables["swaps"], KEYS["swaps"], level=level),
        merged.SEQ2SEQ_STATES: _merge_states(tables["states"], level),
        merged.FORECASTS: horizon_table(cards),
    }
    write_tables(folder, made)
    counted = [
        table.merge(_counted(cards))
        for table in (tables[name] for name in ("modes", "progress", "clusters", "swaps"))
    ]
    claims = seq2seq_claims(*counted, seed=seed)
    write_table(Path(folder, "seq2seq_claims.csv"), claims_table(decide(claims)), CLAIMS)


def _merge_states(states: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the chosen size of every seed merged, then each size by itself; failures left out."""
    worked = states[states["status"] == Status.OK]
    chosen = merge_seeds(worked[worked["chosen"].astype(bool)], KEYS["states"], level=level)
    fixed = merge_seeds(worked, [*KEYS["states"], "n_states"], level=level)
    parts = [chosen.assign(selection="chosen"), fixed.assign(selection="fixed")]
    return pd.concat(parts, ignore_index=True).drop(columns="n_states")


def _collect(runs: Sequence[Run], name: str) -> pd.DataFrame:
    """Return one kind of table of all runs, with what network each row is of."""
    parts = []
    for run in runs:
        place = _place(run)
        gate = "passed" if read_json(run.card)["gate"]["passed"] else "under-trained"
        table = read_table(run.embedding(name)).assign(**place, gate=gate)
        parts.append(table[[*place, *[c for c in table.columns if c not in place]]])
    return pd.concat(parts, ignore_index=True)


def _counted(cards: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return the networks (task, model, seed) that claims rest on: only those that passed.

    A pretrained network is the same whatever the seed, so that it is one network and not several.
    """
    passed = pd.DataFrame(
        [
            {name: card[name] for name in PLACE}
            | {"pretrained": "pretrained" in card["architecture"]}
            for card in cards
            if card["gate"]["passed"]
        ],
        columns=[*PLACE, "pretrained"],
    )
    again = passed["pretrained"] & passed.duplicated(["task", "model"])
    return passed.loc[~again, list(PLACE)]


def _place(run: Run) -> dict[str, Any]:
    return {"task": run.task, "model": run.model, "seed": run.seed}


def _progress(run: Run) -> pd.DataFrame:
    rows = []
    for step, made in iter_trajectories(run.trajectories("checkpoints")):
        loss = float(np.square(made.outputs.astype(np.float64) - made.future).mean())
        rows.append(progress_row(step, snapshots_of(made), loss=loss))
    return pd.DataFrame(rows)


def _swaps(
    run: Run, test: Trajectories, bootstrap: Bootstrap, rng: np.random.Generator
) -> pd.DataFrame:
    model = load_network(run.card.parent)
    if not isinstance(model, Seq2Seq) or len(np.unique(test.label)) < 2:
        return pd.DataFrame(columns=SWAPS_RUN.names)
    ready = Ready(*ends_of(model, test.past), test.label)
    decode = decoder_of(model, n_steps=test.decoder.shape[1])
    rows = swap_rows(decode, ready, bootstrap, rng=rng)
    rows.append(return_row(return_ratio(decode, ready, rng=rng), bootstrap))
    return pd.DataFrame(rows).assign(n_windows=len(test))
