"""Inputs of figures: machines, traces and tables of known content."""

import numpy as np
import pandas as pd
import pytest

from markovlens.machines.machine import Machine, automaton
from markovlens.sequences import Sequences
from markovlens.trace import Trace


def random_machine(n_states, n_symbols, n_classes, *, seed=0, symbols=None):
    rng = np.random.default_rng(seed)
    return Machine(
        rng.dirichlet(np.full(n_states, 0.2), n_symbols),
        rng.dirichlet(np.full(n_states, 0.2), (n_symbols, n_states)),
        rng.dirichlet(np.full(n_classes, 0.5), n_states),
        symbols or tuple(str(v) for v in range(n_symbols)),
        tuple(f"class {c}" for c in range(n_classes)),
        np.ones((n_symbols, n_states), dtype=bool),
    )


def trace_of(machine, *, n_sequences=20, longest=12, seed=0, at_end=False, knows_truth=True):
    """Return what a network that runs `machine` leaves behind."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, n_sequences)
    inputs = Sequences(rng.integers(machine.n_symbols, size=lengths.sum()), lengths)
    belief = machine.run(inputs)
    outputs = belief @ machine.readout
    if at_end:
        last = np.zeros(len(outputs), dtype=bool)
        last[np.cumsum(lengths) - 1] = True
        outputs[~last] = np.nan
    truth = belief.argmax(1)
    states = np.eye(machine.n_states)[truth] + 0.05 * rng.normal(size=belief.shape)
    return Trace(
        states=states,
        inputs=inputs.values,
        outputs=outputs,
        targets=np.full(len(truth), -1),
        truth=truth if knows_truth else np.full(len(truth), -1),
        lengths=lengths,
        symbols=machine.symbols,
        classes=machine.classes,
    )


def fit_row(n_states, *, bic, seed=0, restart=0, chosen=False, status="ok"):
    return {
        "method": "hmm", "covariance": "full", "transitions": "shared", "n_states": n_states,
        "start": "random", "restart": restart, "log_likelihood": -bic / 2, "bic": bic,
        "aic": bic - 3, "icl": bic, "heldout": -bic / 100, "iterations": 9, "status": status,
        "reason": "" if status == "ok" else "collapsed", "chosen": chosen, "seed": seed,
    }  # fmt: skip


def sweep_of(chosen, *, sizes=(2, 3, 4, 5)):
    """Return a sweep in which seed s chose `chosen[s]` states."""
    rows = [
        fit_row(k, bic=100.0 + 10 * abs(k - best) + r, seed=s, restart=r, chosen=k == best)
        for s, best in enumerate(chosen)
        for k in sizes
        for r in range(2)
    ]
    return pd.DataFrame(rows)


def score_row(task, model, method, value, **changes):
    row = {
        "task": task, "model": model, "layer": "rnn.l0", "method": method, "n_states": 4,
        "n_states_low": 4, "n_states_high": 4, "selection": "chosen", "mode": "closed",
        "score": "balanced_fidelity_string", "value": value, "low": value, "high": value,
        "n_sequences": 300, "n_seeds": 3, "gate": "passed", "n_missing": 0, "status": "ok",
        "reason": "", "carries": "state", "n_states_hard": 4, "error": None,
    }  # fmt: skip
    if value is not None:
        row |= {"low": value - 0.05, "high": min(1.0, value + 0.05), "error": 0.026}
    return row | changes


def network_rows(task, model, *, unit="string", sizes=(2, 3, 4, 6), level=0.9, **changes):
    """Return all rows of one network: floors, ceilings, two methods in both modes."""
    fidelity, accuracy = f"balanced_fidelity_{unit}", f"accuracy_{unit}"
    rows = []
    for selection in ("chosen", "fixed"):
        about = {"selection": selection, **changes}
        own = about | {"mode": "-", "n_states": 0}
        rows += [
            score_row(task, model, "majority", 0.5, score=fidelity, **about | {"n_states": 1}),
            score_row(task, model, "truth", 0.99, score=fidelity, **about),
            score_row(task, model, "network", 1.0, score=fidelity, **own),
            score_row(task, model, "network", 0.98, score=accuracy, **own),
        ]
        if unit != "step":
            rows.append(score_row(task, model, "network", 0.97, score="accuracy_step", **own))
        for k in sizes if selection == "fixed" else sizes[-2:-1]:
            at = about | {"n_states": k, "score": fidelity}
            rise = 0.2 * (1 - 2.0 ** (2 - k))
            rows.append(score_row(task, model, "ngram", 0.5 + rise / 2, **at))
            rows.append(score_row(task, model, "hmm", level - 0.15 + rise, **at))
            rows.append(score_row(task, model, "kmeans", level - 0.2 + rise, **at))
            for method in ("hmm", "kmeans"):
                rows.append(score_row(task, model, method, level, **at | {"mode": "open"}))
    return rows


def verdicts_of(comparison):
    """Return verdicts by which the first network is of four states and the others are refused."""
    networks = comparison[["task", "model"]].drop_duplicates().reset_index(drop=True)
    finite = networks.index == 0
    refused = "not finite-state at this budget"
    return networks.assign(
        scope="network",
        verdict=np.where(finite, "finite-state", refused),
        n_states=np.where(finite, 4.0, np.nan),
        counterexample_length=20.0,
    )


@pytest.fixture(scope="session")
def make_verdicts():
    return verdicts_of


@pytest.fixture(scope="session")
def comparison():
    rows = network_rows("parity", "srn", gate="under-trained") + network_rows("parity", "gru")
    rows += network_rows("mess3", "gru", unit="step", level=0.7)
    failed = score_row(
        "parity",
        "lstm",
        "hmm",
        None,
        score="fit",
        mode="-",
        status="failed",
        n_states=None,
        n_seeds=0,
        n_missing=3,
        reason="3 of 3 seeds failed: why",
    )
    return pd.DataFrame([*rows, failed])


@pytest.fixture(scope="session")
def parity():
    return automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1"))


@pytest.fixture(scope="session")
def make_machine():
    return random_machine


@pytest.fixture(scope="session")
def make_trace():
    return trace_of


@pytest.fixture(scope="session")
def make_sweep():
    return sweep_of


@pytest.fixture(scope="session")
def make_fit():
    return fit_row


@pytest.fixture(scope="session")
def make_score():
    return score_row


@pytest.fixture(scope="session")
def make_network():
    return network_rows
