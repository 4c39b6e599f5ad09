"""Inputs of figures: machines, traces and tables of known content."""

import numpy as np
import pandas as pd
import pytest


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
        "reason": "", "carries": "state", "n_lumped": None, "error": None,
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
