"""Two tasks whose dynamics are published: a memory of three bits, and decisions by context.

`flip_flop` (Sussillo & Barak 2013, "Opening the black box", section 4): three channels are mostly
0; a pulse of 1 or -1 on one of them sets its bit. Asked after every step is which of the eight
memories holds, a class each. The first row has a pulse on every channel, so that all bits are set.
Expected of a trained network: a stable fixed point for each memory, and saddles between them.

`context_integration` (Mante et al. 2013, "Context-dependent computation by recurrent dynamics in
prefrontal cortex"): two channels of noisy evidence, motion and colour, and two that say which of
them counts. Asked after every step is the sign of the sum so far of the channel that counts.
Expected: a line of slow points for each context, along which the evidence is summed; and a
selection vector there that the other evidence does not move along.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np

from markovlens.channels import Channel
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators

FAMILY = "attractors"
BITS = 3
PULSE = 0.15  # share of steps with a pulse, on each channel
FLIP_FLOP_GATE = 0.99
CONTEXTS = ("motion", "colour")
# Mean of a row of evidence; its noise has a standard deviation of 1.
COHERENCES = (-0.5, -0.25, -0.12, 0.12, 0.25, 0.5)
CONTEXT_GATE = 0.9
PULSES = tuple(Channel(f"pulse_{bit + 1}") for bit in range(BITS))
EVIDENCE = (
    *(Channel(name) for name in CONTEXTS),
    *(Channel(f"attend_{name}") for name in CONTEXTS),
)
MEMORIES = tuple("".join(bits) for bits in product("-+", repeat=BITS))
SIDES = ("left", "right")


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return one of the two tasks; every sequence is as long as `sizes["length"]` says.

    The truth of `flip_flop` is the memory; `context_integration` sums real numbers, so that no
    finite machine is its truth.
    """
    drawn, channels, classes, gate = {
        "flip_flop": (_flip_flop, PULSES, MEMORIES, FLIP_FLOP_GATE),
        "context_integration": (_evidence, EVIDENCE, SIDES, CONTEXT_GATE),
    }[name]
    splits = {
        split: drawn(sizes[f"n_{split}"], sizes["length"], rng)
        for split, rng in split_generators(seeds).items()
    }
    return Task(name, FAMILY, (), classes, splits, gate, channels=channels)


def memories(pulses: np.ndarray) -> np.ndarray:
    """Return the memory, int (S, T), 0 to 7, after each row of pulses (S, T, 3).

    The last bit counts 1, the one before 2, and so on, as the classes are ordered; a bit that no
    pulse has set yet is 0.
    """
    held = np.zeros(pulses.shape[::2], dtype=np.int64)
    found = np.empty(pulses.shape[:2], dtype=np.int32)
    for step in range(pulses.shape[1]):
        now = pulses[:, step]
        held = np.where(now == 0, held, now > 0)
        found[:, step] = held @ 2 ** np.arange(BITS)[::-1]
    return found


def summed(rows: np.ndarray) -> np.ndarray:
    """Return the sum so far (S, T) of the evidence that counts, in rows (S, T, 4) of evidence."""
    n_contexts = len(CONTEXTS)
    return np.asarray((rows[..., :n_contexts] * rows[..., n_contexts:]).sum(axis=2).cumsum(axis=1))


def _flip_flop(n: int, length: int, rng: np.random.Generator) -> Split:
    shape = (n, length, BITS)
    pulses = rng.choice([-1.0, 1.0], size=shape)
    silent = rng.random(shape) >= PULSE
    silent[:, 0] = False
    pulses[silent] = 0.0
    held = memories(pulses).ravel()
    return Split(_sequences(pulses, PULSES), held, held)


def _evidence(n: int, length: int, rng: np.random.Generator) -> Split:
    n_contexts = len(CONTEXTS)
    means = rng.choice(COHERENCES, size=(n, 1, n_contexts))
    evidence = means + rng.standard_normal((n, length, n_contexts))
    cue = np.eye(n_contexts)[rng.integers(n_contexts, size=n)]
    rows = np.concatenate([evidence, np.repeat(cue[:, None], length, axis=1)], axis=2)
    right = (summed(rows) > 0).astype(np.int32).ravel()
    return Split(_sequences(rows, EVIDENCE), right, no_targets(len(right)))


def _sequences(rows: np.ndarray, channels: tuple[Channel, ...]) -> Sequences:
    return Sequences(rows.reshape(-1, len(channels)), np.full(len(rows), rows.shape[1]), channels)
