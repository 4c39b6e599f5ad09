"""Whether what was recorded belongs to the sequences and steps that it is written to.

A few sequences are run again, each alone: they must be what was recorded of them. With a symbol
changed, states before it must stay and the state at it must move. And all sequences that begin
alike must be alike there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from markovlens.activations.calling import OUTPUTS
from markovlens.activations.mismatch import (
    explain_delay,
    explain_lead,
    explain_repeat,
    explain_rows,
    warn_of_late_outputs,
    warn_of_outlook,
)
from markovlens.activations.reruns import (
    Part,
    Reruns,
    UnrunnableError,
    gaps_of,
)
from markovlens.errors import RecordingWarning, warn
from markovlens.sequences import Sequences

LARGE = 100_000  # steps from which on the check must be cheap beside the recording
SMALL_BUDGET = 1000  # steps that are run again in smaller recordings
SHARE = 2000  # one step in so many is run again in larger ones
FEWEST, MOST = 2, 16  # sequences
SHORTEST = 16  # steps of a sequence that are run again
CALL = 50  # steps that take as long as what else there is to a call
CHANGES = 3  # places in a sequence where a symbol is changed, and symbols that are tried there
POOL = 1000  # steps whose symbols are tried
BEGINNINGS = 2  # steps at which sequences that begin alike are compared
GOLDEN = (5**0.5 - 1) / 2  # its multiples are spread evenly, and in step with no batch


class Response(NamedTuple):
    """How many steps after a changed symbol something moved; before it if negative."""

    label: str
    place: int
    delay: int


def verify(reruns: Reruns, chosen: list[int]) -> None:
    """Check a recording; see `plan` for the arguments.

    Raises:
        DataError: rows or steps are not where they belong; the message says what it looks like
            and what to pass.
    """
    try:
        outlook = _check_rows(reruns, chosen)
        outlook |= _check_beginnings(reruns, outlook)
        _check_steps(reruns, chosen, outlook)
    except UnrunnableError as error:
        warn(
            f"the recording could not be verified: run on one sequence alone, the network fails "
            f"with {error}",
            RecordingWarning,
        )


def plan(lengths: np.ndarray) -> tuple[list[int], int]:
    """Return which sequences to run again, and how many steps of each at most."""
    n_steps = int(lengths.sum())
    budget = SMALL_BUDGET if n_steps < LARGE else n_steps // SHARE
    count = int(np.clip(budget // (lengths.mean() + CALL), FEWEST, MOST))
    places = (np.arange(1, count + 1) * GOLDEN % 1 * len(lengths)).astype(int)
    order = np.argsort(lengths, kind="stable")
    longest = max(SHORTEST, budget // (count + CHANGES + 1))
    return list(dict.fromkeys(order[places].tolist())), longest


def _check_rows(reruns: Reruns, chosen: list[int]) -> set[str]:
    """Compare sequences alone with what was recorded; return what depends on later steps."""
    outlook: set[str] = set()
    for index in chosen:
        outlook |= _check_row(reruns, index, other=chosen[-1])
    if reruns.calls.snapshot.changed():
        explain_repeat(reruns, chosen[0], other=chosen[-1])
    return outlook


def _check_row(reruns: Reruns, index: int, *, other: int) -> set[str]:
    """Return what is recorded when a sequence is run to its end only, not in its first steps."""
    found = reruns.parted(index)
    if not found:
        return found
    longest, reruns.longest = reruns.longest, None
    stays = reruns.parted(index)
    reruns.longest = longest
    if stays:
        explain_repeat(reruns, index, other=other)
        explain_rows(reruns, index, sorted(stays)[0])
    return found


def _check_beginnings(reruns: Reruns, outlook: set[str]) -> set[str]:
    """Compare sequences that begin alike; return what is not alike for all that follows."""
    recorded = reruns.recorded
    found = set()
    for label, values in recorded.labelled.items():
        pair = None if label in outlook | {OUTPUTS} else _unlike(recorded.inputs, values, reruns)
        if pair is not None:
            for index in pair:
                _check_row(reruns, index, other=pair[0])
            found.add(label)
    return found


def _unlike(inputs: Sequences, values: np.ndarray, reruns: Reruns) -> tuple[int, int] | None:
    """Return two sequences that begin with the same symbols and different states, if any do."""
    if not np.issubdtype(inputs.values.dtype, np.integer) or inputs.values.ndim > 1:
        return None
    n_sequences = len(inputs)
    few = n_sequences if inputs.n_steps < LARGE else max(500, inputs.n_steps // 400)
    chosen = np.unique(np.linspace(0, n_sequences - 1, min(few, n_sequences)).astype(int))
    beginning, n_symbols = np.zeros(len(chosen), dtype=np.int64), int(inputs.values.max()) + 1
    for step in range(BEGINNINGS):
        alive = inputs.lengths[chosen] > step
        chosen, beginning = chosen[alive], beginning[alive]
        if not len(chosen):
            return None
        rows = reruns.recorded.starts[chosen] + step
        joint = beginning * (n_symbols) + inputs.values[rows]
        _, first, beginning = np.unique(joint, return_index=True, return_inverse=True)
        states = values[rows]
        gaps = gaps_of(states, states[first[beginning]])
        if gaps.max() > reruns.eps**0.5:
            worst = int(gaps.argmax())
            return int(chosen[worst]), int(chosen[first[beginning[worst]]])
    return None


def _check_steps(reruns: Reruns, chosen: list[int], outlook: set[str]) -> None:
    """Change symbols and look where states move; warn of what depends on later steps."""
    longest = max(chosen, key=lambda index: len(reruns.values(index)))
    quick = _by_label(_responses_together(reruns, longest))
    if len(quick) < len(reruns.recorded.labelled) and reruns.is_cut(longest):
        reruns.longest = None  # what comes later than the steps that were run would pass unseen
        quick = _by_label(_responses_together(reruns, longest))
    if any(_is_odd(responses) for responses in quick.values()):
        several = [longest, *(index for index in chosen if index != longest)][:CHANGES]
        slow = _by_label(each for index in several for each in _responses_alone(reruns, index))
        outlook |= _judge(slow, reruns.calls.steps_before)
    if outlook:
        warn_of_outlook(sorted(outlook))


def _by_label(responses: Iterable[Response]) -> dict[str, list[Response]]:
    found: dict[str, list[Response]] = {}
    for each in responses:
        found.setdefault(each.label, []).append(each)
    return found


def _is_odd(responses: list[Response]) -> bool:
    """Return whether anything moved before the symbol that was changed, or nothing at once."""
    return min(each.delay for each in responses) != 0


def _judge(responses: dict[str, list[Response]], steps_before: int) -> set[str]:
    """Return what moves before the symbol that was changed; raise where all comes late."""
    outlook = set()
    for label, found in responses.items():
        delay = min(each.delay for each in found)
        if delay > 0:
            explain = warn_of_late_outputs if label == OUTPUTS else partial(explain_delay, label)
            explain(delay)
        # By so many steps in all places, as far as there are any before: steps that were dropped.
        if delay < 0 and steps_before and all(r.delay == max(delay, -r.place) for r in found):
            explain_lead(label, -delay)
        if delay < 0:
            outlook.add(label)
    return outlook


def _responses_together(reruns: Reruns, index: int) -> Iterator[Response]:
    """Yield what a few changes do, all of them in one batch: quick, if rows stay in their order."""
    changes = [
        (place, others[number % len(others)])
        for number, place in enumerate(_places(len(reruns.values(index))))
        if len(others := _others(reruns, index, place))
    ]
    if changes:
        plain, *runs = reruns.together(index, changes)
        for (place, _), run in zip(changes, runs, strict=True):
            yield from _responses_of(plain, run, place, reruns.eps)


def _responses_alone(reruns: Reruns, index: int) -> Iterator[Response]:
    """Yield what changes do, each in a run of its own."""
    plain = reruns.alone(index)
    for place in _places(len(reruns.values(index))):
        for other in _others(reruns, index, place)[:CHANGES]:
            yield from _responses_of(plain, reruns.changed(index, place, other), place, reruns.eps)


def _responses_of(plain: Part, run: Part, place: int, eps: float) -> Iterator[Response]:
    for label, values in plain.items():
        if np.isnan(values[place]).all():  # no answer, which cannot move
            continue
        gaps = gaps_of(run[label], values)
        # What moves early, or late, must do so clearly; at its own step the least is enough.
        clear = np.flatnonzero(gaps > eps**0.5)
        stays, early = gaps[place] <= 32 * eps, bool((clear[:1] < place).any())
        moved = clear[:1] if stays or early else np.array([place])
        if moved.size:
            yield Response(label, place, int(moved[0]) - place)


def _places(n_steps: int) -> list[int]:
    return sorted({0, n_steps // 3, n_steps // 2})


def _others(reruns: Reruns, index: int, place: int) -> np.ndarray:
    """Return symbols (M,), or rows of signals (M, ...), of the data that differ from one step's."""
    values, now = reruns.recorded.inputs.values, reruns.values(index)[place]
    pool = np.unique(values[:POOL], axis=0)
    if len(pool) == 1 and len(values) > POOL:
        pool = np.unique(values, axis=0)
    far = np.abs(pool.astype(float) - now).reshape(len(pool), -1).sum(axis=1)
    order = np.argsort(-far, kind="stable") if values.dtype.kind == "f" else np.arange(len(pool))
    return pool[order][far[order] > 0]
