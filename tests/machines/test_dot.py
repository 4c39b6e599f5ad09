import shutil
import subprocess

import numpy as np
import pytest

from markovlens.machines.dot import machine_to_dot
from markovlens.machines.machine import Machine, automaton


def test_parallel_edges_are_one_and_accepting_states_double():
    machine = automaton([[0, 0, 1], [1, 1, 1]], [False, True], start=0, symbols=("a", "b", "c"))
    text = machine_to_dot(machine)
    assert '0 -> 0 [label="a\\nb"];' in text
    assert '0 -> 1 [label="c"];' in text
    assert 'start -> 0 [label="a\\nb"];' in text
    assert '1 [shape=doublecircle, label="1\\naccept"];' in text
    assert "0 [shape=circle" in text


def test_unseen_moves_are_dashed_and_chances_shown():
    row = np.array([[0.25, 0.75]])
    seen = np.array([[True, False]])
    machine = Machine(row, row[None].repeat(2, 1), np.eye(2), ("a",), ("no", "yes"), seen)
    text = machine_to_dot(machine)
    assert '0 -> 1 [label="a: 0.75"];' in text
    assert '1 -> 1 [label="a: 0.75", style=dashed];' in text


def test_many_symbols_are_counted_and_quotes_escaped():
    names = ('"', "\\", *map(str, range(8)))
    machine = automaton([[0] * 10], [True], start=0, symbols=names)
    text = machine_to_dot(machine, most_symbols=2, name='my "own"')
    assert '\\"\\n\\\\\\n+8 more' in text
    assert text.startswith('digraph "my \\"own\\"" {')


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz is not installed")
def test_graphviz_reads_it():
    machine = automaton([[0, 1], [1, 0]], [True, False], start=0, symbols=('"', "b"))
    done = subprocess.run(
        ["dot", "-Tplain"], input=machine_to_dot(machine), text=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
