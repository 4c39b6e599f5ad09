"""Whole predictions of some held-out sequences: those of which network and machine differ first."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from markovlens.errors import EvidenceWarning
from markovlens.explaining.evidence import decimals_of, rise
from markovlens.explaining.explanation import Explanation
from markovlens.explaining.prediction import Prediction, lines_of
from markovlens.explorer.choosing import Held
from markovlens.machines.edits import DELETE, INSERT, SUBSTITUTE

MOST = 24
MOST_STEPS = 400  # of a sequence: the search for the smallest change takes longer with each
MOST_EVIDENCE = 8
AROUND = 2  # steps of rows on either side of a change
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
        rows = not explanation.trace.reads_symbols
        return [_plain(number, explanation.of(number), rows=rows) for number in chosen]


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


def _plain(number: int, prediction: Prediction, *, rows: bool) -> dict[str, Any]:
    trust, change, cohort = prediction.trust, prediction.change, prediction.cohort
    return {
        "sequence": number,
        "about": prediction.about,
        "network": prediction.answer,
        "machine": prediction.machine_answer,
        "lines": lines_of(prediction),
        "turned": prediction.turned,
        "turns": prediction.decides,
        "agree": trust.agree,
        "usual": trust.usual,
        "by_network": answers_throughout(prediction),
        "evidence": evidence_of(prediction),
        "since": since_of(prediction),
        "change": None
        if change is None
        else {"said": str(change), "around": around_of(prediction, rows=rows)},
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


def around_of(prediction: Prediction, *, rows: bool) -> list[dict[str, Any]]:
    """Return a sequence beside itself after the smallest change, place by place.

    Of rows the places that changed, with some on either side; in place of others how many they are.
    """
    pairs = list(_paired(prediction))
    changed = np.flatnonzero([pair["changed"] for pair in pairs])
    if not rows:
        return pairs
    near = [np.abs(changed - place).min() <= AROUND for place in range(len(pairs))]
    found: list[dict[str, Any]] = []
    for is_near, group in groupby(zip(near, pairs, strict=True), key=lambda each: each[0]):
        members = [pair for _, pair in group]
        found += members if is_near else [{"skipped": len(members)}]
    return found


def _paired(prediction: Prediction) -> Iterator[dict[str, Any]]:
    """Yield what was read at each place and what is read there after the smallest change."""
    change, steps = prediction.change, prediction.steps
    if change is None:
        return
    after = iter(change.inputs)
    for place in range(len(steps) + 1):
        kinds = [edit.kind for edit in change.edits if edit.place == place]
        for _ in range(kinds.count(INSERT)):
            yield {"step": f"before {place + 1}", "was": "", "now": next(after), "changed": True}
        if place < len(steps):
            changed = SUBSTITUTE in kinds or DELETE in kinds
            now = "" if DELETE in kinds else next(after)
            was = steps[place].input
            yield {"step": str(place + 1), "was": was, "now": now, "changed": changed}


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
    order = np.argsort(-np.abs(moved), kind="stable")[:MOST_EVIDENCE].tolist()
    decimals = decimals_of(prediction.scale)
    return [
        {
            "step": place,
            "input": steps[place].input,
            "state": steps[place].state,
            "moved": float(moved[place]),
            "said": rise(moved[place], decimals),
            "machine": rise(steps[place].by_machine, decimals),
        }
        for place in order
        if rise(moved[place], decimals) != rise(0.0, decimals)
    ]
