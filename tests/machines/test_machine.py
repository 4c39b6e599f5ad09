import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from markovlens.errors import DataError
from markovlens.machines.formats.registry import read_machine, write_machine
from markovlens.machines.machine import (
    Machine,
    automaton,
)
from markovlens.machines.matching import check_alphabet
from markovlens.sequences import Sequences


@pytest.fixture
def machine() -> Machine:
    rng = np.random.default_rng(0)
    seen = np.ones((4, 3), dtype=bool)
    seen[2:] = False
    transition = rng.dirichlet(np.ones(3), size=(4, 3))
    transition[2:] = transition[3]  # the rows of unseen symbols are all the same fallback
    return Machine(
        rng.dirichlet(np.ones(3), size=4),
        transition,
        rng.dirichlet(np.ones(2), size=3),
        ("a", "b", "c", "d"),
        ("no", "yes"),
        seen,
    )


def test_belief_is_the_sum_over_all_paths(machine):
    word = np.array([1, 0, 3, 1])
    expected = np.zeros(3)
    for path in itertools.product(range(3), repeat=len(word)):
        weight = machine.initial[word[0], path[0]]
        for symbol, before, after in zip(word[1:], path, path[1:], strict=False):
            weight *= machine.transition[symbol, before, after]
        expected[path[-1]] += weight
    belief = machine.run(Sequences(word, np.array([4])))
    np.testing.assert_allclose(belief[-1], expected, atol=1e-12)


def test_sequences_do_not_touch_each_other(machine):
    words = [np.array([0, 1, 2]), np.array([3]), np.array([1, 1])]
    together = machine.predict(Sequences.from_list(words))
    apart = [machine.predict(Sequences.from_list([word])) for word in words]
    np.testing.assert_allclose(together, np.concatenate(apart))


def test_relabelling_states_changes_no_answer(machine):
    order = np.array([2, 0, 1])
    renamed = Machine(
        machine.initial[:, order],
        machine.transition[:, order][:, :, order],
        machine.readout[order],
        machine.symbols,
        machine.classes,
        machine.seen[:, order],
    )
    word = Sequences(np.array([0, 1, 2, 3, 1]), np.array([3, 2]))
    np.testing.assert_allclose(renamed.predict(word), machine.predict(word))


def test_an_autonomous_machine_ignores_its_inputs():
    identity = np.ones((1, 1, 1))
    machine = Machine(np.ones((1, 1)), identity, np.ones((1, 1)), (), ("x",), np.ones((1, 1), bool))
    assert machine.predict(Sequences(np.array([7.5, 2.0]), np.array([2]))).tolist() == [[1], [1]]


def test_parity_automaton_counts_ones():
    machine = automaton([[0, 1], [1, 0]], [False, True], start=0, symbols=("0", "1"))
    words = np.random.default_rng(1).integers(2, size=50)
    answers = machine.predict(Sequences(words, np.array([50]))).argmax(axis=1)
    np.testing.assert_array_equal(answers, np.cumsum(words) % 2)
    assert machine.is_deterministic


def test_file_round_trip(machine, tmp_path):
    write_machine(tmp_path / "machine.json", machine)
    again = read_machine(tmp_path / "machine.json")
    for name in ("initial", "transition", "readout", "seen"):
        np.testing.assert_array_equal(getattr(again, name), getattr(machine, name))
    assert (again.symbols, again.classes) == (machine.symbols, machine.classes)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        *(
            (text, ".* expected a machine")
            for text in ('{"initial": [[1.0]]', "{}", "[1, 2]", None)
        ),
        ("\x00", "expected text in UTF-8, got a zero at character 0"),
    ],
)
def test_a_file_that_is_no_machine_is_named_and_never_to_be_deleted(tmp_path, text, said):
    path = tmp_path / "mine.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError, match=rf"mine\.json: {said}") as caught:
        read_machine(path)
    assert "delete" not in str(caught.value)


def test_unknown_symbol_is_refused(machine):
    with pytest.raises(DataError, match=r"symbols: expected codes 0\.\.3, got 4 first at"):
        machine.run(Sequences(np.array([4]), np.array([1])))


@pytest.mark.parametrize("value", [-0.1, 0.7, np.nan])
def test_rows_must_be_distributions(machine, value):
    transition = machine.transition.copy()
    transition[0, 0, 0] += value
    with pytest.raises(DataError, match="machine transition"):
        replace(machine, transition=transition)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"symbols": ()}, "machine symbols: expected 4 names, as initial has rows, got 0"),
        ({"symbols": "abcde"}, "expected 4 names, as initial has rows, got 5"),
        ({"symbols": "abca"}, "machine symbols: expected different names, got 'a' 2 times"),
        ({"classes": ("no", "no")}, "machine classes: expected different names, got 'no' 2 times"),
        ({"initial": [1.0, 0.0]}, r"machine initial: expected \(V, K\), got \(2,\)"),
        ({"seen": [[True], [True, False]]}, "machine seen: .*give rows of one length"),
    ],
)
def test_what_a_machine_is_made_of_must_fit_together(machine, change, message):
    with pytest.raises(DataError, match=message):
        replace(machine, **change)


def test_lists_and_tensors_make_the_same_machine(machine):
    again = replace(
        machine,
        initial=machine.initial.tolist(),
        transition=torch.tensor(machine.transition, requires_grad=True),
        symbols=list(machine.symbols),
    )
    word = Sequences(np.array([0, 1, 2, 3, 1]), np.array([3, 2]))
    np.testing.assert_array_equal(again.predict(word), machine.predict(word))
    assert again.symbols == machine.symbols


@pytest.mark.parametrize(
    ("symbols", "classes"),
    [("abcd", ("no", "yes")), ("0123", ("no", "yes")), ("abcd", ("0", "1"))],
)
def test_names_that_only_count_stand_for_any(machine, symbols, classes):
    check_alphabet(machine, tuple(symbols), classes)


@pytest.mark.parametrize(
    ("symbols", "classes", "message"),
    [
        ("abdc", ("no", "yes"), "expected symbols .* in one order"),
        ("abcd", ("yes", "no"), "expected classes .* in one order"),
        ("abc", ("no", "yes"), r"4 \(a, b, c, d\) of the machine and 3 \(a, b, c\) of the trace"),
        ("wxyz", ("no", "yes"), "give both the same `symbols`"),
        ("0abc", ("no", "yes"), "give both the same `symbols`"),
    ],
)
def test_another_alphabet_is_refused(machine, symbols, classes, message):
    with pytest.raises(DataError, match=message):
        check_alphabet(machine, tuple(symbols), classes)


def test_an_autonomous_machine_reads_any_alphabet():
    one = np.ones((1, 1))
    machine = Machine(one, one[None], one, (), ("x",), one > 0)
    check_alphabet(machine, ("a", "b"), ("x",))


@pytest.mark.parametrize(
    ("successor", "start", "accepting", "said"),
    [
        ([[0, 1], [1, 2], [2, 2, 0]], 0, [0, 1, 1], "automaton successor: expected an array"),
        ([[0, 1], [1, 2]], 0, [0, 1], "automaton successor: expected codes 0..1, got 2"),
        ([[0, 1], [1, 0]], 2, [0, 1], "automaton start"),
        ([[0, 1], [1, 0]], 0, [0, 2], "automaton accepting"),
        ([0, 1], 0, [0, 1], r"expected the number of the next state .* \(2,\)"),
    ],
)
def test_an_automaton_that_is_none_is_told(successor, start, accepting, said):
    with pytest.raises(DataError, match=said):
        automaton(successor, accepting, start=start, symbols=("a", "b"))
