"""What an explorer knows of each step: state, input, both answers, coordinates, surprise."""

from __future__ import annotations

from typing import Any

import numpy as np

from markovlens.explaining.explanation import Explanation
from markovlens.explorer.choosing import Held
from markovlens.explorer.packing import exact, packed, scaled
from markovlens.faithfulness.causes.editing import answers_of
from markovlens.outputs import Output
from markovlens.spelling import significant

MOST_COLUMNS = 3  # of the output, that are drawn along time
MOST_CHANNELS = 6  # of rows
LEAST_SHARE = 0.05  # of what a column spans, that an axis shows at least
NOISE = 1e-3  # of a value, below which a change of it is none
SCALED, EXACT, CODE = 2, 4, 4  # bytes; codes are counted as the largest that they may be


def bytes_a_step(explanation: Explanation) -> int:
    """Return how many bytes a step takes at most, before they are written in base64."""
    columns, channels = len(columns_of(explanation)), len(channels_of(explanation))
    return CODE + 7 * SCALED + 2 + 2 * SCALED * (1 + columns) + EXACT * channels


def steps_of(explanation: Explanation, held: Held, differs: np.ndarray) -> dict[str, Any]:
    """Return what is known of the held steps, each array packed.

    Args:
        explanation: of the network.
        held: which steps.
        differs: bool (N,), from `differing`.
    """
    trace, walk, rows = explanation.trace, explanation.walk, held.rows
    machine, network = _answers(explanation)
    surprise = explanation.familiarity.by_step(walk)
    coordinates = trace.states[:, :2].astype(np.float64)
    return {
        "states": packed(walk.states[rows]),
        "symbols": packed(walk.symbols[rows]),
        "x": scaled(coordinates[rows, 0]),
        "y": scaled(coordinates[rows, -1] if coordinates.shape[1] > 1 else np.zeros(len(rows))),
        "surprise": scaled(surprise[rows]),
        "differs": packed(differs[rows]),
        "answered": packed(trace.has_output[rows]),
        "columns": [
            {
                "name": trace.classes[column],
                "machine": scaled(machine[rows, column]),
                "network": scaled(network[rows, column]),
                "axis": axis_of(
                    np.stack([machine[rows, column], network[rows, column]]),
                    chances=trace.output in (Output.DISTRIBUTION, Output.LABELS),
                ),
            }
            for column in columns_of(explanation)
        ],
        "decisions": _decisions(explanation, machine[rows], network[rows]),
        "channels": [
            {
                "name": str(trace.channels[column]),
                "short": trace.channels[column].name,
                "unit": trace.channels[column].unit,
                "levels": list(trace.channels[column].levels),
                "values": exact(trace.inputs[rows, column]),
                "axis": axis_of(trace.inputs[rows, column], chances=False),
            }
            for column in channels_of(explanation)
        ],
    }


def axis_of(values: np.ndarray, *, chances: bool) -> dict[str, float]:
    """Return what an axis must span at least, so that noise does not fill it, and its ends.

    It is a part of what all values of the column span, of probabilities of 0 to 1; and more than
    single precision makes of a value that never changes.

    Args:
        values: of the column at all held steps; what is not finite is left out.
        chances: whether they are probabilities.
    """
    known = values[np.isfinite(values)].astype(np.float64)
    if chances or not known.size:
        return {"low": 0.0, "high": 1.0, "least": LEAST_SHARE}
    low, high = float(known.min()), float(known.max())
    noise = NOISE * max(abs(low), abs(high))
    return {"low": low, "high": high, "least": max(LEAST_SHARE * (high - low), noise)}


def columns_of(explanation: Explanation) -> list[int]:
    """Return the columns of the output that are drawn: of many classes the most frequent answers.

    Of two classes the second says all.
    """
    trace = explanation.trace
    count = len(trace.classes)
    decides = trace.output == Output.DISTRIBUTION
    if not decides or count <= MOST_COLUMNS:
        return list(range(int(decides and count == 2), min(count, MOST_COLUMNS)))
    answers = explanation.machine.readout[explanation.walk.states].argmax(axis=1)
    given = np.bincount(answers, minlength=count)
    return sorted(np.argsort(-given, kind="stable")[:MOST_COLUMNS].tolist())


def channels_of(explanation: Explanation) -> list[int]:
    """Return the channels of rows that are drawn: first those that the machine's rules name."""
    if explanation.trace.reads_symbols:
        return []
    channels = explanation.trace.channels
    rules = " ".join(explanation.machine.symbols)

    def is_unnamed(place: int) -> bool:
        return channels[place].name not in rules

    return sorted(sorted(range(len(channels)), key=is_unnamed)[:MOST_CHANNELS])


def _answers(explanation: Explanation) -> tuple[np.ndarray, np.ndarray]:
    trace = explanation.trace
    machine = explanation.machine.predict(trace.sequences)
    return machine, trace.outputs.astype(np.float64)


def differing(explanation: Explanation) -> np.ndarray:
    """Return at which steps (N,) both answer otherwise; of a risk no step alone says so."""
    machine, network = _answers(explanation)
    known = explanation.trace.has_output
    differs = np.zeros(len(known), dtype=bool)
    if explanation.machine.output != Output.RISK and known.any():
        said = [answers_of(explanation.machine, each[known]) for each in (machine, network)]
        differs[known] = said[0] != said[1]
    return differs


def differing_in_words(explanation: Explanation) -> str:
    """Return what `differing` means by "otherwise", "" where it cannot be told of a step."""
    machine, first = explanation.machine, explanation.trace.classes[0]
    if machine.output == Output.RISK:
        return ""
    if machine.output != Output.VALUES:
        return "they differ"
    low, high = float(machine.readout[:, 0].min()), float(machine.readout[:, 0].max())
    return f"one has {first} above {significant((low + high) / 2)}, the other does not"


def _decisions(
    explanation: Explanation, machine: np.ndarray, network: np.ndarray
) -> dict[str, Any] | None:
    """Return the class that each decides for at each step, one more than there are for none."""
    if explanation.machine.output != Output.DISTRIBUTION:
        return None
    none = machine.shape[1]
    silent = np.isnan(network).any(axis=1)
    decided = np.where(silent, none, np.nan_to_num(network).argmax(axis=1))
    answers = {"machine": packed(machine.argmax(axis=1)), "network": packed(decided)}
    if none <= MOST_COLUMNS:
        return answers
    # Of many classes few columns are here, so that how likely the decided one is goes with it.
    sure = {"machine": scaled(machine.max(axis=1)), "network": scaled(network.max(axis=1))}
    return {**answers, "sure": sure}
