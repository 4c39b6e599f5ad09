"""What it looks like when a sequence is not what was recorded of it, and what to do about it."""

from __future__ import annotations

import numpy as np

from markovlens.activations.reruns import Part, Reruns, apart
from markovlens.errors import DataError, RecordingWarning, warn
from markovlens.outputs import has_target
from markovlens.spelling import count
from markovlens.tasks.base import Split


def explain_repeat(reruns: Reruns, index: int, *, other: int) -> None:
    """Say why a sequence is something else the second time, if it is; warn if it was put right.

    Args:
        reruns: the network and its recording.
        index: the sequence.
        other: another one, that is run before.

    Raises:
        DataError: it is something else even from the state in which the network was found.
    """
    reruns.alone(other)
    once = reruns.alone(index)
    kept = reruns.calls.snapshot.changed()
    if _differ(reruns, once, reruns.alone(index)):
        _explain_chance(reruns, index)
    reruns.alone(other)
    if _differ(reruns, once, reruns.alone(index, fresh=False)):
        warn(
            f"the network goes on where its last call ended (it changes {', '.join(kept[:5])}); "
            "each batch was begun in the state in which the network was found: reset it before "
            "you record, unless that is a fresh one",
            RecordingWarning,
        )


def _explain_chance(reruns: Reruns, index: int) -> None:
    seeded = _seeded(reruns, index)
    if not reruns.calls.has_drawn() or _differ(reruns, seeded, _seeded(reruns, index)):
        raise DataError(
            f"sequence {index} alone has other states each time: the network keeps something from "
            "one call to the next that cannot be put back, or draws its own random numbers; give "
            "a `forward` that resets it first",
            page="states-vary",
        )
    raise DataError(
        f"sequence {index} alone has other states each time: the network draws random numbers even "
        "in evaluation mode; switch them off, or give verify=False to record one draw, which "
        "`seed` chooses",
        page="states-vary",
    )


def explain_rows(reruns: Reruns, index: int, label: str) -> None:
    """Say why a sequence alone is not what was recorded of it in a batch.

    Raises:
        DataError: always.
    """
    alone, recorded = {label: reruns.alone(index)[label]}, reruns.recorded
    mates = recorded.mates(index)
    for other in mates[mates != index]:
        if not apart(alone, {label: recorded.of(int(other))[label]}, reruns.eps):
            raise DataError(
                f"{label}: what was recorded of sequence {other} is what sequence {index} gives "
                "alone: the network sorts or shuffles its batch inside; give batch_size=1, or name "
                "a layer where the rows are in the order of the input",
                page="depends-on-its-batch",
            )
    raise DataError(
        f"{label}: sequence {index} gives something else alone than in its batch of {len(mates)}: "
        "what it gives depends on the other sequences (normalised over the batch, or a module "
        "that takes the batch for time, such as nn.GRU without batch_first=True); give "
        "batch_size=1, or mend the network",
        page="depends-on-its-batch",
    )


def explain_delay(label: str, delay: int) -> None:
    """Say that states come late.

    Raises:
        DataError: always.
    """
    raise DataError(
        f"{label}: {count(delay, 'step')} late: a symbol that is changed never moves them at once, "
        "so that they are those before the symbol (the network shifts its input, or puts steps in "
        f"front and drops as many at the end); give steps_before={delay} and a `forward` that lets "
        "the layer run so many more, or steps_before larger by so many if it is given",
        page="steps-shifted",
    )


def explain_lead(label: str, ahead: int) -> None:
    """Say that steps were left out that did not stand in front.

    Raises:
        DataError: always.
    """
    raise DataError(
        f"{label}: {count(ahead, 'step')} early: what is recorded at a step moves with the symbol "
        f"after it, so that steps_before is larger by {ahead} than what the network puts in front; "
        "give `steps_after` for what it puts behind",
        page="steps-shifted",
    )


def warn_of_late_outputs(delay: int) -> None:
    """Warn that the network answers before it has read the symbol."""
    warn(
        f"outputs: {count(delay, 'step')} late: a symbol that is changed never moves the answer at "
        "its own step, so that answers stand beside the symbol after them; if they are not meant "
        "to, give a `forward` that moves them",
        RecordingWarning,
    )


def warn_of_outlook(labels: list[str]) -> None:
    """Warn that what is recorded at a step depends on later ones."""
    warn(
        f"{', '.join(labels)}: not causal: what is recorded at a step depends on later symbols, as "
        "in a bidirectional layer; no machine that reads forward can follow it fully",
        RecordingWarning,
    )


def warn_of_silence(outputs: np.ndarray, split: Split) -> None:
    """Warn of steps without an answer though the task asks for one, or answers stand elsewhere.

    Of a network that answers at the last steps alone, only these are looked at.
    """
    silent = np.isnan(outputs[:, 0])
    last = np.cumsum(split.inputs.lengths) - 1
    asked = np.ones(len(silent), dtype=bool)
    if has_target(split.targets).any():
        asked = has_target(split.targets)
    if np.delete(silent, last).all():
        asked[np.delete(np.arange(len(silent)), last)] = False
    count = int((silent & asked).sum())
    if count and not silent.all():
        warn(
            f"outputs: NaN at {count} of {asked.sum()} steps, which counts as no answer, and no "
            "score looks at them; if it is meant to answer there, look at its weights and inputs",
            RecordingWarning,
        )


def _differ(reruns: Reruns, first: Part, second: Part) -> bool:
    return bool(apart(first, second, reruns.eps))


def _seeded(reruns: Reruns, index: int) -> Part:
    reruns.calls.reseed()
    return reruns.alone(index)
