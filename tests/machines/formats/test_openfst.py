"""OpenFst itself (pynini's pywrapfst) and kaldifst read what we wrote."""

from math import exp

import numpy as np
import pytest
from hypothesis import given, settings

import markovlens as ml
from helpers.formats import machines, words
from markovlens.machines.formats.naming import legend_in

SLOWER = settings(max_examples=40, deadline=None)


def written(machine, folder):
    path = folder / "machine.fst.txt"
    ml.write_machine(path, machine)
    return path, folder / "machine.isyms", folder / "machine.osyms"


@SLOWER
@given(machine=machines())
def test_openfst_gives_the_probability_of_answers(machine, tmp_path_factory):
    fst = pytest.importorskip("pywrapfst", reason="needs pynini: `make test-formats`")
    path, inputs, outputs = written(machine, tmp_path_factory.mktemp("fst"))
    tables = [fst.SymbolTable.read_text(str(each)) for each in (inputs, outputs)]
    legend = legend_in((path.parent / "machine.about.txt").read_text(encoding="utf-8"))
    assert names_in(tables[0]) == (list(legend.symbols) or ["step"])
    assert names_in(tables[1]) == list(legend.classes)
    compiler = fst.Compiler(isymbols=tables[0], osymbols=tables[1], arc_type="log")
    compiler.write(path.read_text(encoding="utf-8"))
    found = compiler.compile()
    assert found.start() == 0
    assert found.num_states() == machine.n_states + 1
    sequences = words(machine, n=5)
    for begin, length in zip(sequences.starts, sequences.lengths, strict=True):
        word = sequences.values[begin : begin + length]
        chances = forward(found, word, len(machine.classes))
        # OpenFst has weights of single precision.
        np.testing.assert_allclose(chances, machine.predict([word])[-1], atol=1e-5)


def names_in(table):
    return [table.find(number) for number in range(1, table.num_symbols())]


def forward(found, word, n_classes):
    """Return the probability of each answer to the last symbol of a word, by OpenFst's own arcs."""
    held = {found.start(): 1.0}
    for code in word:
        said, after = np.zeros(n_classes), {}
        for state, mass in held.items():
            for arc in found.arcs(state):
                if arc.ilabel == code + 1:
                    part = mass * exp(-float(str(arc.weight)))
                    said[arc.olabel - 1] += part
                    after[arc.nextstate] = after.get(arc.nextstate, 0) + part
        held = after
    return said


@SLOWER
@given(machine=machines(certain=True, decided=True))
def test_kaldifst_has_an_arc_for_each_move(machine, tmp_path_factory):
    kaldifst = pytest.importorskip("kaldifst", reason="needs kaldifst: `make test-formats`")
    path, inputs, outputs = written(machine, tmp_path_factory.mktemp("fst"))
    found = kaldifst.compile(
        path.read_text(encoding="utf-8"),
        acceptor=False,
        isymbols=kaldifst.SymbolTable.read_text(str(inputs)),
        osymbols=kaldifst.SymbolTable.read_text(str(outputs)),
    )
    successor = np.concatenate([machine.initial[:, None], machine.transition], axis=1).argmax(-1)
    says = machine.readout.argmax(axis=1)
    arcs = {
        (state, arc.ilabel - 1): (arc.nextstate - 1, arc.olabel - 1, arc.weight.value)
        for state in kaldifst.StateIterator(found)
        for arc in kaldifst.ArcIterator(found, state)
    }
    assert arcs == {
        (state, code): (successor[code, state], says[successor[code, state]], 0.0)
        for state in range(machine.n_states + 1)
        for code in range(machine.n_symbols)
    }
