"""What the names in a file mean to a trace: by name, by number, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

import markovlens as ml
from helpers.machines import random_machine, trace_of
from markovlens.abstractions.given import in_order
from markovlens.errors import DataError

ACCEPTOR = 's0 [label="s0"]; s1 [label="s1", shape=doublecircle];\n'
START = '__start0 [label=""];\n__start0 -> s0 [label=""];\n'
ONE_DOT = ACCEPTOR + 's0 -> s1 [label="{0}"];\n s1 -> s0 [label="{0}"];\n'
ONE_JFLAP = (
    "<structure><type>fa</type><automaton>"
    '<state id="0"><initial/></state><state id="1"><final/></state>'
    "<transition><from>0</from><to>1</to><read>{0}</read></transition>"
    "<transition><from>1</from><to>0</to><read>{0}</read></transition></automaton></structure>"
)
ONE_PRISM = (
    "mdp\nmodule m\n s : [0..1];\n [{0}] s=0 -> (s'=1);\n [{0}] s=1 -> (s'=0);\nendmodule\n"
    'label "no" = s=0;\nlabel "yes" = s=1;\n'
)


def read(text, path):
    path.write_text("digraph g {\n" + text + START + "}\n" if path.suffix == ".dot" else text)
    return ml.read_machine(path)


def trace(symbols, classes=("no", "yes")):
    machine = random_machine(2, len(symbols), len(classes), symbols=symbols)
    return trace_of(replace(machine, classes=classes))


@pytest.mark.parametrize(
    ("suffix", "text"), [(".dot", ONE_DOT), (".jff", ONE_JFLAP), (".prism", ONE_PRISM)]
)
@pytest.mark.parametrize("symbol", ["z", "a", "0"])
def test_a_machine_of_one_symbol_reads_no_other(suffix, text, symbol, tmp_path):
    text = text.replace("{0}", "zero" if (suffix, symbol) == (".prism", "0") else symbol)
    machine = read(text, tmp_path / f"one{suffix}")
    assert len(machine.symbols) == 1
    with pytest.raises(DataError, match="expected symbols that machine and trace have in common"):
        in_order(machine, trace(("a", "b")))
    with pytest.raises(DataError, match="expected symbols that machine and trace have in common"):
        ml.fidelity(replace(machine, classes=("no", "yes")), trace(("a", "b")))
    found = in_order(machine, trace(machine.symbols))
    assert (found.symbols, found.classes) == (machine.symbols, ("no", "yes"))


def test_a_machine_that_names_no_symbol_ignores_what_it_reads(tmp_path):
    text = (
        's0 [label="no"]; s1 [label="yes"];\n s0 -> s1 [label="1.0"];\n s1 -> s0 [label="1.0"];\n'
    )
    found = in_order(read(text, tmp_path / "chain.dot"), trace(("a", "b")))
    assert (found.symbols, found.n_symbols) == ((), 1)


LINES = ['s0 -> s1 [label="{0}"];', 's1 -> s1 [label="{0}"];']
OTHERS = ['s0 -> s0 [label="{1}"];', 's1 -> s0 [label="{1}"];']


def switch(first, second, *, turned, path):
    lines = OTHERS + LINES if turned else LINES + OTHERS
    return read(ACCEPTOR + "\n".join(lines).format(first, second), path)


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("symbols", [("a", "b"), ("0", "1")])
def test_numbers_in_a_file_mean_the_same_in_any_order_of_its_lines(symbols, turned, tmp_path):
    machine = switch("0", "1", turned=turned, path=tmp_path / "switch.dot")
    found = in_order(machine, trace(symbols))
    assert found.symbols == symbols
    np.testing.assert_array_equal(found.predict([np.array([0, 1, 1, 0])])[:, 1], [1, 0, 0, 1])


@pytest.mark.parametrize("turned", [False, True])
def test_symbols_that_only_the_file_names_are_refused(turned, tmp_path):
    machine = switch("a", "b", turned=turned, path=tmp_path / "switch.dot")
    with pytest.raises(DataError, match="which only count; record the network with `symbols=`"):
        in_order(machine, trace(("0", "1")))


@pytest.mark.parametrize("turned", [False, True])
def test_classes_that_only_the_file_names_are_refused(turned, tmp_path):
    nodes = ['s0 [label="s0|neg"];', 's1 [label="s1|pos"];']
    edges = (
        's0 -> s1 [label="a"]; s1 -> s0 [label="a"]; s0 -> s1 [label="b"]; s1 -> s0 [label="b"];'
    )
    text = "\n".join([*(nodes[::-1] if turned else nodes), edges]) + "\n"
    machine = read(text, tmp_path / "moore.dot")
    with pytest.raises(DataError, match="which only count; record the network with `classes=`"):
        in_order(machine, trace(("a", "b"), ("0", "1")))
    numbered = read(text.replace("neg", "0").replace("pos", "1"), tmp_path / "moore.dot")
    found = in_order(numbered, trace(("a", "b"), ("left", "right")))
    assert found.classes == ("left", "right")
    np.testing.assert_array_equal(found.predict([np.array([0, 1])])[:, 1], [1, 0])
