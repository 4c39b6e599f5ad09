"""Whole predictions of some held-out sequences: those of which network and machine differ first."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from markovlens.errors import EvidenceWarning
from markovlens.explaining.explanation import Explanation
from markovlens.explaining.prediction import Prediction, lines_of
from markovlens.explorer.choosing import Held

MOST = 24
MOST_STEPS = 400  # of a sequence: the search for the smallest change takes longer with each
MOST_EVIDENCE = 8
MOST_SINCE = 100  # sentences of one sequence
DISPUTED = 0.5  # share of them, at most, that the two answer otherwise


def predictions_of(
    explanation: Explanation, held: Held, *, differs: np.ndarray, most: int = MOST
) -> list[dict[str, Any]]:
    """Return the predictions of `most` test sequences, as plain values.

    Args:
        explanation: of the network.
        held: the sequences that are in the explorer.
        differs: bool (N,), at which recorded steps network and machine answer otherwise.
        most: how many.
    """
    chosen = _chosen(explanation, held, differs, most)
    with warnings.catch_warnings():  # a prediction says itself what was never met
        warnings.simplefilter("ignore", EvidenceWarning)
        return [_plain(number, explanation.of(number)) for number in chosen]


def _chosen(explanation: Explanation, held: Held, differs: np.ndarray, most: int) -> list[int]:
    lengths = explanation.trace.lengths
    ends = np.cumsum(lengths) - 1
    whole = held.numbers[held.lengths == lengths[held.numbers]]
    tested = [
        int(number)
        for number in explanation.splits["test"]
        if number in whole and lengths[number] <= MOST_STEPS
    ]
    disputed = [number for number in tested if differs[ends[number]]][: int(most * DISPUTED)]
    others = [number for number in tested if number not in disputed]
    return sorted([*disputed, *others[: most - len(disputed)]])


def _plain(number: int, prediction: Prediction) -> dict[str, Any]:
    trust, change, cohort = prediction.trust, prediction.change, prediction.cohort
    return {
        "sequence": number,
        "about": prediction.about,
        "network": prediction.answer,
        "machine": prediction.machine_answer,
        "lines": lines_of(prediction),
        "turned": prediction.turned,
        "agree": trust.agree,
        "usual": trust.usual,
        "by_network": answers_throughout(prediction),
        "evidence": evidence_of(prediction),
        "since": since_of(prediction),
        "change": None if change is None else {"said": str(change), "inputs": list(change.inputs)},
        "near": [
            {
                "sequence": each.sequence,
                "inputs": list(each.inputs),
                "network": each.network,
                "target": each.target,
            }
            for each in cohort.nearest
        ],
    }


def answers_throughout(prediction: Prediction) -> bool:
    """Return whether the network answers all along; else the machine's answers tell."""
    return bool(np.isfinite([each.by_network for each in prediction.steps]).all())


def since_of(prediction: Prediction) -> list[dict[str, Any]]:
    """Return why the answer moved since each step; of a long sequence since some of them."""
    length = len(prediction.steps)
    return [
        {"step": step, "said": prediction.since(step)}
        for step in range(0, length, -(-length // MOST_SINCE))
    ]


def evidence_of(prediction: Prediction) -> list[dict[str, Any]]:
    """Return the steps that moved the answer most, by how far the network's moved."""
    steps = prediction.steps
    known = answers_throughout(prediction)
    moved = np.array([each.by_network if known else each.by_machine for each in steps])
    order = np.argsort(-np.abs(moved), kind="stable")[:MOST_EVIDENCE]
    return [
        {
            "step": int(place),
            "input": steps[place].input,
            "state": steps[place].state,
            "moved": float(moved[place]),
            "machine": steps[place].by_machine,
        }
        for place in order
        if moved[place]
    ]
