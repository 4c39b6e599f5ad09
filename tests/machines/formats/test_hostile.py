"""Broken files of every format, all harmless: one clear error, soon, and in little memory."""

import contextlib
import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import markovlens as ml
from markovlens.errors import DataError
from markovlens.machines.formats import registry
from markovlens.machines.machine import automaton

READ = [each for each in registry.FORMATS.values() if each.reader]
PATIENCE_S = 20
GROWTH = 300 * 2**10  # KiB by which the process may grow
CHAIN = "dtmc\nmodule m\n  s : [0..2] init 0;\n  [] true -> {};\nendmodule\n"
ONE = 'label "one" = s=1;\n'
BODY = "<structure><type>{}</type><automaton>{}</automaton></structure>"
STATE = '<state id="{}" name="q{}">{}</state>'
ARROW = "<transition><from>{}</from><to>{}</to><read>{}</read></transition>"
Q0 = STATE.format(0, 0, "<initial/>")


def chain(updates="(s'=1)", before="", after=""):
    return before + CHAIN.format(updates) + after


def dot(*lines):
    return "digraph g {\n" + "\n".join(lines) + '\n__start0 [label=""];\n__start0 -> s0;\n}\n'


def jff(*inside, kind="fa"):
    return BODY.format(kind, "".join(inside))


CASES = {
    "prism: no model": (".prism", "", "expected a module with a variable and a command"),
    "prism: kind": (".prism", "ctmc\n", "expected a PRISM model of kind dtmc or mdp"),
    "prism: sum": (".prism", chain("0.5:(s'=1) + 0.4:(s'=2)", after=ONE), "that sum to 1"),
    "prism: negative": (".prism", chain("-0.5:(s'=1) + 1.5:(s'=2)"), "expected probabilities"),
    "prism: infinite": (".prism", chain("1e999:(s'=1)"), "expected a finite number"),
    "prism: by zero": (".prism", chain("1/0:(s'=1)"), "a number to divide by, got 0"),
    "prism: bounds": (".prism", chain("(s'=s+5)"), "expected 's' within its bounds, got 5"),
    "prism: unknown": (".prism", chain("(s'=x)"), "names that are declared, got 'x'"),
    "prism: circle": (
        ".prism", chain("(s'=a)", "formula a = b;\nformula b = a;\n"), "a circle through 'a'"
    ),
    "prism: twice": (".prism", chain(before="const int s = 1;\n"), "each name once, got 's'"),
    "prism: open": (".prism", chain(before="const int N;\n"), "a value of the constant 'N'"),
    "prism: brackets": (".prism", chain(f"{'(' * 99}1{')' * 99}:(s'=1)"), "at most 40 brackets"),
    "prism: power": (".prism", chain("pow(2, 999):(s'=1)"), "expected a power of at most 64"),
    "prism: two modules": (
        ".prism", chain(after="module n\n t : bool;\nendmodule\n"), "expected one module"
    ),
    "prism: no answer": (".prism", chain(after='label "a" = s=1;\nlabel "b" = s=1;\n'), "label"),
    "prism: choice": (
        ".prism",
        "mdp\nmodule m\n s : [0..1];\n [a] true -> true;\n [a] true -> (s'=1);\nendmodule\n",
        "what is left to choose is no machine",
    ),
    "prism: signs": (".prism", "dtmc @", "line 1: expected the PRISM language, got '@'"),
    "dot: no graph": (".dot", "graph g {}", "expected `digraph`"),
    "dot: no start": (".dot", "digraph g { s0 [label=a]; }", "expected one edge from '__start0'"),
    "dot: no label": (".dot", dot("s0 [shape=circle];"), "expected a label of every node"),
    "dot: subgraph": (".dot", dot("subgraph x { }"), "expected a graph without subgraphs"),
    "dot: choice": (
        ".dot",
        dot("s0 [label=s0, shape=doublecircle];", 's0 -> s0 [label="a"];', 's0 -> s0 [label="a"];'),
        "expected one edge from 's0' for 'a', got another",
    ),
    "dot: stranger": (
        ".dot",
        dot("s0 [label=s0, shape=doublecircle];", 's0 -> s9 [label="a"];'),
        "expected moves between known states, got one to 's9'",
    ),
    "dot: mealy": (
        ".dot", dot("s0 [label=s0];", 's0 -> s0 [label="a/x"];'), "make a Moore machine of it"
    ),
    "dot: sum": (
        ".dot", dot('s0 [label="x"];', 's0 -> s0 [label="a:0.5"];'), "probabilities that sum to 1"
    ),
    "dot: hole": (
        ".dot",
        dot('s0 [label="s0|x"];', 's1 [label="s1|y"];', 's0 -> s1 [label="a"];'),
        "expected a move from every state for every symbol, got none from 's1'",
    ),
    "jflap: no xml": (".jff", "hello", "expected XML"),
    "jflap: other": (".jff", "<html/>", "expected a finite automaton"),
    "jflap: pushdown": (".jff", jff(kind="pda"), "expected a finite automaton"),
    "jflap: no start": (".jff", jff(STATE.format(0, 0, "")), "expected one initial state, got 0"),
    "jflap: entity": (
        ".jff", '<!DOCTYPE s [<!ENTITY a "b">]>' + jff(Q0), "refused, since it has a document type"
    ),
    "jflap: lambda": (".jff", jff(Q0, ARROW.format(0, 0, "")), "that reads nothing"),
    "jflap: choice": (
        ".jff",
        jff(Q0, ARROW.format(0, 0, "a"), STATE.format(1, 1, ""), ARROW.format(0, 1, "a")),
        "expected one transition for each state and symbol",
    ),
    "jflap: stranger": (".jff", jff(Q0, ARROW.format(0, 7, "a")), "got one to '7'"),
    "jflap: deep": (".jff", "<a>" * 99 + "</a>" * 99, "nested at most 64 deep"),
    "jflap: encoding": (".jff", '<?xml version="1.0" encoding="none"?>' + jff(Q0), "expected XML"),
    "json: list": (".json", "[]", "expected a machine as `write_machine` writes it"),
    "json: nan": (".json", '{"initial": [[NaN]]}', "expected a machine"),
    "json: version": (".json", '{"schema_version": 2}', "expected a machine"),
    "json: deep": (".json", "[" * 10**5, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_broken_file_is_one_sentence_that_names_it(name, tmp_path):
    suffix, text, message = CASES[name]
    path = tmp_path / f"broken{suffix}"
    path.write_text(text)
    with pytest.raises(DataError, match=message) as caught:
        ml.read_machine(path)
    assert f"broken{suffix}: " in str(caught.value)
    assert "\n" not in str(caught.value)


def a_million_states(suffix):
    if suffix == ".prism":
        return "dtmc\nmodule m\n s : [0..1000000];\n [] s<1000000 -> (s'=s+1);\nendmodule\n"
    if suffix == ".dot":
        return dot(*(f"s{k} [label=x];" for k in range(10**5)))
    return jff(Q0, *(f'<state id="{k}"/>' for k in range(1, 10**5)))


@pytest.mark.parametrize("suffix", [".prism", ".dot", ".jff"])
def test_too_many_states_are_refused_soon_and_in_little_memory(suffix, tmp_path):
    path = tmp_path / f"large{suffix}"
    path.write_text(a_million_states(suffix))
    begun, size = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DataError, match="expected at most 4096 states"):
        ml.read_machine(path)
    assert time.process_time() - begun < PATIENCE_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - size < GROWTH


def test_a_vocabulary_that_would_fill_the_memory_is_refused(tmp_path):
    path = tmp_path / "large.json"
    states = 400
    row = "[" + ",".join(["1"] + ["0"] * (states - 1)) + "]"
    text = ",".join([row] * 1000)
    fallback = ",".join([row] * states)
    path.write_text(
        f'{{"initial": [{text}], "fallback": [{fallback}], "rows": [], "seen": "",'
        ' "readout": [[1]], "symbols": [], "classes": ["x"]}'
    )
    with pytest.raises(DataError, match="134217728 moves, got a machine of 1000 and"):
        ml.read_machine(path)


def test_a_file_is_never_read_beyond_its_limit(tmp_path, monkeypatch):
    path = tmp_path / "large.dot"
    path.write_text("digraph g {}" + " " * 1000)
    small = registry.Format("dot", (".dot",), "", "unused", largest=100)
    monkeypatch.setitem(registry.FORMATS, "dot", small)
    with pytest.raises(DataError, match="expected a file of at most 100 bytes"):
        ml.read_machine(path)


@pytest.mark.parametrize("chosen", READ, ids=lambda each: each.name)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_a_damaged_file_is_refused_or_is_a_machine(chosen, data, tmp_path_factory):
    path = tmp_path_factory.mktemp("damaged") / f"machine{chosen.suffixes[0]}"
    machine = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("a", "b"))
    ml.write_machine(path, machine)
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    put = data.draw(st.binary(max_size=3))
    skip = data.draw(st.integers(0, 5))
    path.write_bytes(content[:cut] + put + content[cut + skip :])
    with contextlib.suppress(DataError):
        assert isinstance(ml.read_machine(path), ml.Machine)


@pytest.mark.parametrize("chosen", READ, ids=lambda each: each.name)
def test_a_file_that_ends_too_early_is_refused(chosen, tmp_path):
    path = tmp_path / f"machine{chosen.suffixes[0]}"
    machine = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("a", "b"))
    ml.write_machine(path, machine)
    content = path.read_text()
    path.write_text(content[: content.find("endmodule") if chosen.name == "prism" else -4])
    with pytest.raises(DataError, match="machine"):
        ml.read_machine(path)


@pytest.mark.parametrize("content", [b"\xff\xfe\x00d", "ä".encode("latin-1"), b"\x00" * 50])
@pytest.mark.parametrize("chosen", READ, ids=lambda each: each.name)
def test_another_encoding_is_refused(chosen, content, tmp_path):
    path = tmp_path / f"machine{chosen.suffixes[0]}"
    path.write_bytes(content)
    with pytest.raises(DataError, match="machine"):
        ml.read_machine(path)
