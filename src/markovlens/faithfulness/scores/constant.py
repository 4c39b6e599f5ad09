"""A network that gives one answer alone, to which any machine that always gives it is faithful."""

from __future__ import annotations

import numpy as np

from markovlens.arrays import variances
from markovlens.outputs import HALF, Output
from markovlens.trace import Trace


def only_answer(judged: Trace) -> str | None:
    """Return the network's answer where it gives a single one at all steps that count."""
    if judged.output == Output.DISTRIBUTION:
        given = np.unique(judged.decisions[judged.has_output])
        return judged.classes[given[0]] if len(given) == 1 else None
    said = judged.outputs[judged.has_output].astype(np.float64)
    varying = said > HALF if judged.output == Output.LABELS else said
    if variances(varying.astype(np.float64)).any():
        return None
    return ", ".join(
        f"{name} {value:.4g}" for name, value in zip(judged.classes, said[0], strict=True)
    )


def of_one(answer: str) -> str:
    """Return what fidelity to such a network is worth, in words."""
    return (
        f"the network answers {answer!r} at every step that counts, so that a machine which always "
        "does agrees fully; give sequences on which it answers otherwise"
    )
