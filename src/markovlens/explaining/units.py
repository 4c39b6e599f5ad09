"""Which numbers of a network's state matter in a state of the machine: each is silenced in turn."""

from __future__ import annotations

import numpy as np

from markovlens.activations.oracle import Askable
from markovlens.explaining.cards import UnitEffect
from markovlens.explaining.walks import END, Walk
from markovlens.outputs import Output, is_answered
from markovlens.sequences import Sequences
from markovlens.trace import Trace

N_STEPS = 24  # steps of each state at which units are silenced
MOST_UNITS = 256  # those that vary most, of more
SHOWN = 5


def unit_effects(
    network: Askable, trace: Trace, walk: Walk, *, rng: np.random.Generator
) -> dict[int, tuple[UnitEffect, ...]]:
    """Return for each state the units with the largest effect when silenced.

    A unit is silenced by its mean over the steps that are looked at, of all states; the effect is
    what that does to the network's answer after one step more.
    """
    rows = {
        state: _drawn(np.flatnonzero((walk.states == state) & (walk.after != END)), rng)
        for state in np.unique(walk.states).tolist()
    }
    rows = {state: some for state, some in rows.items() if len(some)}
    whole = {state: network.states_after(_prefixes(trace, some)) for state, some in rows.items()}
    if not rows:
        return {}
    every = np.concatenate(list(whole.values()))
    mean = every.mean(axis=0)
    units = np.sort(np.argsort(-every.var(axis=0), kind="stable")[:MOST_UNITS])
    return {
        state: _effects(network, whole[state], trace, rows[state] + 1, (units, mean))
        for state in rows
    }


def _drawn(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    return np.sort(rng.permutation(rows)[:N_STEPS])


def _prefixes(trace: Trace, rows: np.ndarray) -> Sequences:
    """Return the sequences up to some steps, each included."""
    starts = trace.sequences.starts
    begins = starts[np.searchsorted(starts, rows, side="right") - 1]
    parts = [trace.inputs[begin : row + 1] for begin, row in zip(begins, rows, strict=True)]
    return Sequences.from_list(parts, trace.channels)


def _effects(
    network: Askable,
    states: np.ndarray,
    trace: Trace,
    rows: np.ndarray,
    silent: tuple[np.ndarray, np.ndarray],
) -> tuple[UnitEffect, ...]:
    """Return the effects of silencing units (U,) by their mean (F,) in states (M, F).

    After that the network reads the inputs at `rows` (M,).
    """
    units, mean = silent
    silenced = np.repeat(states[None], len(units), axis=0)
    silenced[np.arange(len(units)), :, units] = mean[units, None]
    every = np.concatenate([states[None], silenced])
    read = Sequences(
        np.concatenate([trace.inputs[rows]] * len(every)),
        np.ones(len(every) * len(rows), dtype=np.int64),
        trace.channels,
    )
    told = network.resume(every.reshape(len(read), -1), read).reshape(*every.shape[:2], -1)
    half = 2 if trace.output == Output.DISTRIBUTION else 1
    broken = np.isnan(told[1:]).any(axis=2) & is_answered(told[0])  # only once it is silenced
    changed = np.nan_to_num(np.abs(told[1:] - told[0]).sum(axis=2) / half)
    effect = changed.sum(axis=1) / np.maximum((~broken).sum(axis=1), 1).astype(changed.dtype)
    order = np.argsort(-effect, kind="stable")[:SHOWN]
    n_broken = broken.sum(axis=1)
    return tuple(
        UnitEffect(int(units[index]), float(effect[index]), int(n_broken[index])) for index in order
    )
