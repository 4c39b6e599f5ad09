"""Networks watched, on the files of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from markovlens.activations.outputs import LINK_OF
from markovlens.activations.recorder import record
from markovlens.activations.store import load_trace
from markovlens.faithfulness.verdict.judged import judged_machine
from markovlens.figures.save import save_figure
from markovlens.figures.style import message
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.machines.soft import plain
from markovlens.networks.store import load_network
from markovlens.reliance.watching.changes import CHANGES
from markovlens.reliance.watching.drawing import draw_paths
from markovlens.reliance.watching.strangers import told
from markovlens.reliance.watching.study import Found, Settings, Watched, enough, watch
from markovlens.seeding import seed_for
from markovlens.sequences import Sequences
from markovlens.tables.watching import STRANGERS, WATCHING
from markovlens.tables.writer import write_table
from markovlens.trace import Trace

NOISE = 1.0  # on weights, in standard deviations of those of the same tensor


def watch_runs(
    runs: Sequence[Run],
    files: Mapping[str, str],
    *,
    settings: Mapping[str, Any],
    bootstraps: int,
    level: float,
    seed: int,
) -> None:
    """Watch the networks of all seeds of one (task, model).

    Args:
        runs: of each seed, with verdicts, studies, activations and networks.
        files: where to write: `alarms` and `strangers`, tables, and `figure`, of the first seed.
        settings: fields of `Settings`.
        bootstraps, level: of intervals of the table of strangers.
        seed: the benchmark's.
    """
    asked = Settings(**settings)
    found = dict(_each(runs, asked, seed))
    rows = [_alarms(run, one) for run, one in found.items()]
    alarms = pd.concat(rows) if rows else pd.DataFrame(columns=WATCHING.names)
    write_table(files["alarms"], alarms, WATCHING)
    rng = np.random.default_rng(seed_for(seed, runs[0].task, runs[0].model, "strangers"))
    strangers = [
        {"task": runs[0].task, "model": runs[0].model, "change": change} | asdict(one)
        for change in CHANGES
        if found
        for one in told(
            [each.usual for each in found.values()],
            [each.strange[change] for each in found.values()],
            bootstraps=bootstraps, level=level, rng=rng,
        )
    ]  # fmt: skip
    table = pd.DataFrame(strangers, columns=None if strangers else STRANGERS.names)
    write_table(files["strangers"], table, STRANGERS)
    if not found:
        why = "it has no machine, or too few test sequences"
        save_figure(files["figure"], message("Not watched", foot="", why=why))
        return
    run, first = next(iter(found.items()))
    name = f"{run.model} on {run.task}, seed {run.seed}"
    save_figure(files["figure"], draw_paths(first, asked, name=name))


def compile_watching(tables: Mapping[str, Iterable[str]], paths: Mapping[str, str]) -> None:
    """Write the tables of all networks as one of each kind: `alarms` and `strangers`."""
    for kind, table in {"alarms": WATCHING, "strangers": STRANGERS}.items():
        write_table(paths[kind], pd.concat([read_table(path) for path in tables[kind]]), table)


def _alarms(run: Run, found: Found) -> pd.DataFrame:
    verdict = read_json(run.verdict)["verdict"]
    return pd.DataFrame(found.rows).assign(
        task=run.task, model=run.model, seed=run.seed,
        method=verdict["method"], n_states=int(verdict["n_states_judged"]),
    )  # fmt: skip


def _each(runs: Sequence[Run], settings: Settings, seed: int) -> Iterator[tuple[Run, Found]]:
    """Yield what came of each network that has a machine and enough test sequences."""
    for place, run in enumerate(runs):
        watched = _watched(run, runs[(place + 1) % len(runs)], seed)
        if watched is not None:
            own = seed_for(seed, run.task, run.model, run.seed, "watching")
            yield run, watch(watched, settings, own)


def _watched(run: Run, next_run: Run, seed: int) -> Watched | None:
    test = load_trace(run.trace("test"))
    machine = judged_machine(run, read_json(run.verdict)["verdict"], test.sequences)
    if machine is None or not enough(len(test)):
        return None
    rng = np.random.default_rng(seed_for(seed, run.task, "watching"))  # the same for all networks
    held_out, live = np.array_split(rng.permutation(len(test)), 2)
    other = load_trace(next_run.trace("test")).select(live).outputs
    sequences = test.select(live).sequences
    return Watched(
        plain(machine),
        load_trace(run.trace("train")),
        test.select(held_out),
        test.select(live),
        lambda inputs: _recorded(_network(run), run, test, inputs),
        None if np.array_equal(other, test.select(live).outputs, equal_nan=True) else other,
        _noisy(run, test, sequences, np.random.SeedSequence([seed, run.seed])),
    )


def _network(run: Run) -> nn.Module:
    return load_network(run.card.parent, own=run.own)


def _recorded(network: nn.Module, run: Run, like: Trace, inputs: Sequences) -> Trace:
    read: dict[str, Any] = {"classes": like.classes, "link": LINK_OF[like.output]}
    if like.reads_symbols:
        read["symbols"] = like.symbols
    return record(network, inputs, layers=run.layer, **read)


def _noisy(
    run: Run, like: Trace, inputs: Sequences, seed: np.random.SeedSequence
) -> np.ndarray | None:
    """Return the answers of a copy of the network whose weights have noise on them."""
    network = _network(run)
    weights = [part for part in network.parameters() if part.is_floating_point()]
    if not weights:
        return None
    noise = torch.Generator().manual_seed(int(seed.generate_state(1)[0]))
    with torch.no_grad():
        for part in weights:
            spread = part.std() if part.numel() > 1 else part.abs()
            added = torch.randn(part.shape, generator=noise, dtype=part.dtype)
            part.add_(NOISE * spread * added)
    return _recorded(network, run, like, inputs).outputs
