"""DOT that others wrote: which kind it is, and what it does not say is never guessed."""

import pytest

import markovlens as ml
from markovlens.errors import DataError

START = '__start0 [label=""];\n__start0 -> s0 [label=""];\n'
MDP = 's0 [label="x"]; s1 [label="y"];\n s1 -> s1 [label="a:1.0"];\n'
ACCEPTOR = 's0 [label="s0"]; s1 [label="s1", shape=doublecircle];\n'


def read(text, folder, *, suffix=".dot"):
    path = folder / f"theirs{suffix}"
    path.write_text("digraph g {\n" + text + START + "}\n" if suffix == ".dot" else text)
    return ml.read_machine(path)


@pytest.mark.parametrize("pair", [("-0.5", "1.5"), ("nan", "1.0"), ("inf", "0.0"), ("1e999", "0")])
@pytest.mark.parametrize("symbol", ["a:", "a: ", ""])
def test_a_probability_that_is_none_is_no_name_of_a_symbol(pair, symbol, tmp_path):
    edges = f's0 -> s0 [label="{symbol}{pair[0]}"];\n s0 -> s1 [label="{symbol}{pair[1]}"];\n'
    text = MDP.replace("a:", symbol) + edges
    with pytest.raises(DataError, match="expected probabilities that sum to 1 from 's0'"):
        read(text, tmp_path)


@pytest.mark.parametrize("label", ["a", "a:one", "0.5"])
def test_an_edge_without_a_probability_among_others_is_refused(label, tmp_path):
    with pytest.raises(DataError, match="expected a probability on each edge"):
        read(MDP + f's0 -> s1 [label="{label}"];\n', tmp_path)


def test_names_of_symbols_may_look_like_probabilities_in_an_acceptor(tmp_path):
    machine = read(ACCEPTOR + 's0 -> s1 [label="a:-1"];\n s1 -> s1 [label="nan"];\n', tmp_path)
    assert machine.symbols == ("a:-1", "nan")
    assert machine.predict([["a:-1", "nan"], ["nan"]])[:, 1].tolist() == [1, 1, 0]


def test_a_mealy_machine_of_chances_is_refused_as_any(tmp_path):
    text = 's0 [label="s0"];\n s0 -> s0 [label="a/x:0.5"];\n s0 -> s0 [label="a/y:0.5"];\n'
    with pytest.raises(DataError, match="make a Moore machine of it"):
        read(text, tmp_path)


@pytest.mark.parametrize(
    ("nodes", "accepting"),
    [
        ("node [shape=doublecircle]; s1 [label=s1]; node [shape=circle]; s0 [label=s0];", [1, 0]),
        ("node [shape=doublecircle]; s0 [label=s0]; node [shape=circle]; s1 [label=s1];", [0, 1]),
        ("s0 [label=s0]; node [shape=doublecircle]; s1 [label=s1]; s0 [color=red];", [1, 0]),
        ("s0 -> s1; node [shape=doublecircle]; s1 [label=s1]; s0 [label=s0];", [0, 0]),
    ],
)
def test_defaults_are_those_of_the_nodes_that_come_after(nodes, accepting, tmp_path):
    edges = 's0 -> s1 [label="a"]; s1 -> s0 [label="a"];\n'
    if nodes.startswith("s0 -> s1;"):  # an edge makes its nodes, too
        nodes, edges = f'edge [label="a"]; {nodes}', "s1 -> s0;\n"
    machine = read(nodes + "\n" + edges, tmp_path)
    assert machine.predict([["a", "a"]])[:, 1].tolist() == accepting


def test_moves_from_a_state_that_is_none_are_refused(tmp_path):
    with pytest.raises(DataError, match="known states, got one from 's7'; add it"):
        read(ACCEPTOR + 's0 -> s1 [label="a"];\n s7 -> s0 [label="ghost"];\n', tmp_path)
    jflap = (
        "<structure><type>fa</type><automaton>"
        '<state id="0" name="q0"><initial/><final/></state>'
        "<transition><from>0</from><to>0</to><read>a</read></transition>"
        "<transition><from>9</from><to>0</to><read>b</read></transition></automaton></structure>"
    )
    with pytest.raises(DataError, match="known states, got one from '9'; add it"):
        read(jflap, tmp_path, suffix=".jff")
