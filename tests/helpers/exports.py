"""Machines of every kind that can be written in other languages, and what they read."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from helpers.machines import random_machine
from markovlens.channels import Channel
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_at, quantile_cuts
from markovlens.codebooks.tree import Tree
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.outputs import Output
from markovlens.reliance.exporting.running import why_not
from markovlens.sequences import Sequences

LANGUAGES = tuple(
    pytest.param(each, marks=pytest.mark.skipif(bool(why_not(each)), reason=why_not(each)))
    for each in ("c", "python", "onnx", "rust")
)
CHANNELS = (Channel("pulse", "/min"), Channel("SpO2", "%"), Channel("drug", levels=("no", "A")))
LEAF = -1


def symbols_of(n_symbols, *, seed=0, n_sequences=15, longest=20):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, n_sequences)
    return Sequences(rng.integers(n_symbols, size=lengths.sum()), lengths)


def rows_of(*, seed=0, n_sequences=15, longest=20):
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, longest + 1, n_sequences)
    rows = rng.normal(size=(lengths.sum(), len(CHANNELS)))
    rows[:, 2] = rng.integers(2, size=len(rows))
    rows[rng.random(rows.shape) < 0.1] = np.nan
    return Sequences(rows, lengths, CHANNELS)


def on_codebook(book, *, n_states=4, certain=True, seed=1):
    """Return a machine of random moves that reads rows by a codebook."""
    made = random_machine(n_states, len(book.names), 3, seed=seed, symbols=book.names)
    return replace(harden(made) if certain else made, codebook=book)


def tree_of_sums():
    """Return a tree that cuts a sum of two channels, and sends missing values to the left."""
    directions = np.array([[0.5, -2.0, 0.0]])
    return Tree(
        CHANNELS, Context(), directions,
        np.array([3, LEAF, 0, LEAF, LEAF]), np.array([0.1, 0, np.inf, 0, 0]),
        np.array([1, LEAF, 3, LEAF, LEAF]), np.array([2, LEAF, 4, LEAF, LEAF]),
        np.array([True, False, False, False, False]), np.array([True, False, False]),
    )  # fmt: skip


def codebooks():
    """Return codebooks of every kind and context, by name."""
    found = {}
    for context in ("row", "change", "window_3"):
        made = {"context": Context.named(context)}
        found[f"tree, {context}"] = quantile_cuts(rows_of(seed=3), 8, **made)
        rng = np.random.default_rng(0)
        found[f"centres, {context}"] = nearest_centres(rows_of(seed=3), 5, rng=rng, **made)
    found["sums"] = tree_of_sums()
    found["levels"] = cut_at(CHANNELS, {"drug": 0.5, "pulse": 0.25})
    return found


def with_answers(machine, output, n_columns, *, seed=2):
    """Return a machine with answers of another kind."""
    rng = np.random.default_rng(seed)
    readout = {
        Output.LABELS: rng.random((machine.n_states, n_columns)),
        Output.VALUES: rng.normal(size=(machine.n_states, n_columns)),
        Output.RISK: rng.random((machine.n_states, 1)),
    }[output]
    names = tuple(f"column {place}" for place in range(readout.shape[1]))
    return replace(machine, readout=readout, classes=names, output=output)


@st.composite
def symbol_machines(draw):
    """Draw a machine that reads symbols, of a state or a belief, and sequences that it reads."""
    n_states, n_symbols, n_classes = (draw(st.integers(1, most)) for most in (7, 5, 4))
    seed = draw(st.integers(0, 2**32 - 1))
    made = random_machine(n_states, n_symbols, n_classes, seed=seed)
    made = harden(made) if draw(st.booleans()) else made
    return made, symbols_of(n_symbols, seed=seed)


def mixed(machine: Machine, names) -> Machine:
    """Return a machine whose every name is one of `names`, as many as it needs."""
    sizes = (machine.n_symbols, len(machine.classes), machine.n_states)
    assert len(names) >= max(sizes)
    symbols, classes, states = (tuple(names[:size]) for size in sizes)
    return replace(machine, symbols=symbols, classes=classes, states=states)
