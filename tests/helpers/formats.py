"""Random machines for formats: of any alphabet, with and without chance."""

import numpy as np
from hypothesis import strategies as st

from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import Sequences

NASTY = ['"', "", " ", "a b", "a_b", "true", "dtmc", "->", "<a&b>", "label", "é", "\n", "0"]
NASTY += [
    "{x}",
    "a|b",
    "a:b",
    "a/b",
    "\\",
    "\\n",
    "__start0",
    "<eps>",
    "\x00",
    "\r",
    "--",
    "]]>",
    "🙂",
    "*",
]
NASTY += [
    "007",
    "7",
    "²",
    "٧",
    "init",
    "s",
    "S0",
    "s0",
    "no_answer",
    "read_0",
    "class_1",
    "λ",
    "ab",
    "x",
    "value_x",
    "chance_x",
    "value_",
    "says_x",
]
NAMES = st.sampled_from(NASTY) | st.text(st.characters(codec="utf-8"), max_size=6)


def names(least, most):
    return st.lists(NAMES, min_size=least, max_size=most, unique=True).map(tuple)


@st.composite
def machines(draw, *, certain=None, decided=None, named=True, outputs=(Output.DISTRIBUTION,)):
    """Draw a machine; `certain` moves have no chance, `decided` answers are of one class."""
    output = draw(st.sampled_from(outputs))
    certain = draw(st.booleans()) if certain is None else certain
    decided = draw(st.booleans()) if decided is None else decided
    symbols, classes = draw(names(0, 4)), draw(names(1, 1 if output == Output.RISK else 4))
    n_states, n_symbols = draw(st.integers(1, 5)), max(len(symbols), 1)
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    states = ()
    if named and draw(st.booleans()):
        given = draw(st.lists(NAMES.map(str.strip), min_size=n_states, max_size=n_states))
        states = given if len(set(filter(None, given))) == len(list(filter(None, given))) else ()
    return Machine(
        distributions(rng, (n_symbols, n_states), certain),
        distributions(rng, (n_symbols, n_states, n_states), certain),
        answers(rng, (n_states, len(classes)), decided, output),
        symbols,
        classes,
        rng.random((n_symbols, n_states)) < 0.8,
        output=output,
        states=tuple(states),
    )


def answers(rng, shape, decided, output):
    """Draw answers of a kind, of which some look like those of another."""
    rows = distributions(rng, shape, decided)
    if output == Output.VALUES and rng.random() < 0.5:
        return rng.normal(size=shape) * 10.0 ** rng.integers(-8, 8)
    return rng.random(shape) if output == Output.LABELS and rng.random() < 0.5 else rows


def distributions(rng, shape, certain):
    if certain:
        return np.eye(shape[-1])[rng.integers(shape[-1], size=shape[:-1])]
    rows = rng.dirichlet(np.ones(shape[-1]), shape[:-1]) * (rng.random(shape) < 0.6)
    rows[..., 0] += rows.sum(axis=-1) == 0
    return rows / rows.sum(axis=-1, keepdims=True)


def words(machine, *, n=20, seed=0):
    """Return random words of a machine's symbols."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 8, n)
    return Sequences(rng.integers(machine.n_symbols, size=lengths.sum()), lengths)


def assert_same(found, machine, *, within=2e-15):
    """Two machines are the same, names and all, probabilities to the digits of the file."""
    assert (found.symbols, found.classes) == (machine.symbols, machine.classes)
    assert (found.states, found.output) == (machine.states, machine.output)
    for name in ("initial", "transition", "readout", "seen"):
        np.testing.assert_allclose(
            getattr(found, name), getattr(machine, name), atol=within, rtol=0, err_msg=name
        )
