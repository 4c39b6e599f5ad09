"""Properties of the networks of one (task, model), on the files of its runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from markovlens.activations.oracle import ask
from markovlens.activations.store import load_trace
from markovlens.errors import DataError, reason_of
from markovlens.explaining.asking import Network
from markovlens.faithfulness.verdict.judged import judged_machine
from markovlens.files.runs import Run
from markovlens.files.whole import read_json, read_table
from markovlens.machines.machine import Machine
from markovlens.networks.store import load_network
from markovlens.reliance.properties.check import read
from markovlens.reliance.properties.checked import Checked
from markovlens.reliance.properties.deciding import Asking, checked
from markovlens.reliance.properties.inputs import ANY, PAIRS, inputs_of
from markovlens.reliance.properties.network import Asked, asked_in_symbols
from markovlens.reliance.properties.replaying import Budget
from markovlens.reliance.properties.witness import spelt
from markovlens.seeding import integer, seed_for
from markovlens.tables.properties import PROPERTIES
from markovlens.tables.writer import write_table
from markovlens.trace import Trace

TABLE = "properties.parquet"
NONE = "no machine could be fitted"


def check_runs(runs: Sequence[Run], properties: Sequence[str], *, level: float, seed: int) -> None:
    """Check the machine of each seed's verdict, try its network, and write what is said.

    Words may be any, where a probability is asked those of pairs as frequent as in test sequences.

    Args:
        runs: of each seed, with verdicts, studies and activations.
        properties: in plain words.
        level: confidence of bounds.
        seed: the benchmark's.
    """
    budget = Budget(delta=1 - level)
    for run in runs:
        test = load_trace(run.trace("test"))
        verdict = read_json(run.verdict)["verdict"]
        machine = judged_machine(run, verdict, test.sequences)
        child = integer(seed_for(seed, run.task, run.model, run.seed, "properties"))
        rows = [
            {"task": run.task, "model": run.model, "seed": run.seed, "property": text}
            | _row(machine, text, run, test, budget=budget, seed=child)
            for text in properties
        ]
        write_table(run.reliance(TABLE), pd.DataFrame(rows), PROPERTIES)


def compile_properties(runs: Iterable[Run], path: str | Path) -> None:
    """Write what is said of the properties of all networks as one table."""
    write_table(path, pd.concat([read_table(run.reliance(TABLE)) for run in runs]), PROPERTIES)


def _row(
    machine: Machine | None, text: str, run: Run, test: Trace, *, budget: Budget, seed: int
) -> dict[str, Any]:
    if machine is None:
        return {"reason": NONE}
    try:
        asked = _asked(machine, run, test, seed)
        stated = read(text)
        kind = PAIRS if stated.asks else ANY
        inputs = inputs_of(machine, kind, asked.trace.sequences, asked.answered)
        asking = Asking(asked, budget)
        found = checked(machine, stated, inputs, asking, np.random.default_rng(seed))
    except DataError as error:
        return {"n_states": machine.n_states, "reason": reason_of(error)}
    return row_of(found)


def _asked(machine: Machine, run: Run, test: Trace, seed: int) -> Asked:
    model = load_network(run.card.parent, own=run.own)
    like = None if test.reads_symbols else test.sequences
    oracle = ask(model, layer=run.layer, output=test.output, like=like)
    if oracle is None:
        raise DataError("network: it cannot be asked step by step", page="cannot-be-asked")
    network = Network(model, oracle)
    return asked_in_symbols(machine, network, test, load_trace(run.trace("train")), seed)


def row_of(found: Checked) -> dict[str, Any]:
    """Return what is said of a property as a row of the table."""
    replay, kept = found.replay, found.kept
    least, most = found.probability or (None, None)
    heard = found.measured[0] if found.stated.asks and found.measured else None
    low, high = (None, None) if heard is None else heard.interval
    word = found.replay.counterexample if replay is not None and found.replay else None
    spurious = () if replay is None else replay.spurious
    agreement = None if replay is None else replay.agreement
    return {
        "inputs": found.inputs.kind,
        "finding": str(found.finding),
        "on_machine": None if found.on_machine is None else bool(found.on_machine),
        "n_states": found.machine.n_states,
        "least": least,
        "most": most,
        "word": found.word or None,
        "word_length": None if word is None else len(word),
        "n_spurious": len(spurious),
        "spurious": spelt(spurious[0], found.machine) if spurious else None,
        "n_states_refined": found.refined.n_states,
        "n_asked": None if replay is None else replay.n_asked,
        "agreement": None if agreement is None else 1 - agreement.epsilon,
        "agreement_tests": None if agreement is None else agreement.n_tests,
        "kept": None if kept is None else 1 - kept.epsilon,
        "n_sequences": None if kept is None else kept.n_tests,
        "n_breached": None if kept is None else kept.n_failed,
        "network": None if heard is None else heard.share,
        "network_low": low,
        "network_high": high,
        "reason": "" if replay is None else replay.reason,
    }
