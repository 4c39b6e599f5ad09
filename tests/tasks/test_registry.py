import subprocess
import sys

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.tasks import TASKS, make_task, spec_of
from markovlens.tasks.base import SPLITS, Split, Task, choose, no_targets
from markovlens.tasks.formal import AUTOMATA
from markovlens.tasks.markov import SOURCES
from markovlens.tasks.real_formal import BOUNDARIES, language_of
from markovlens.tasks.resources import RESOURCES

FORMAL = {"n_train": 4, "n_valid": 4, "n_test": 4, "length_train": 5, "length_test": 8}


def of_family(family):
    return {name for name, spec in TASKS.items() if spec.family == family}


def test_the_registry_lists_what_the_families_can_make():
    protocols = {f"merrill_{number}" for number in range(1, 8)}
    real = {name for name in TASKS if name.partition("_")[0] in BOUNDARIES}
    assert {language_of(name) for name in real} <= set(AUTOMATA)
    assert of_family("formal") == {*AUTOMATA, "dyck_1", "s3", "s5"} | protocols | real
    assert of_family("markov") == set(SOURCES)
    assert {name for spec in TASKS.values() for name in spec.resources} <= set(RESOURCES)


# Of many classes one is seldom the commonest.
LEAST_GATES = {"peptides": 0.05, "polyphones": 0.3, "polyphones_backward": 0.3, "voices": 0.4}
# Those of data of a fixed size have tests of their own.
SIZED = [name for name, spec in TASKS.items() if "n_train" in spec.sizes]


@pytest.mark.parametrize("name", SIZED)
def test_every_task_is_made_as_asked(small, name):
    task = small(name)
    assert (task.name, task.family) == (name, spec_of(name).family)
    assert [len(task.splits[split].inputs) for split in SPLITS] == [60, 40, 50]
    assert LEAST_GATES.get(name, 0.5) < task.gate <= 1
    assert len(set(task.symbols)) == len(task.symbols)
    assert len(set(task.classes)) == len(task.classes)
    for split in task.splits.values():
        read = np.float64 if task.channels else np.int32
        assert split.inputs.values.dtype == read
        assert split.targets.dtype == split.truth.dtype == np.int32
        assert (split.targets >= 0).any()


@pytest.mark.parametrize("name", ["tomita_5", "chain_3", "sentiment", "pronunciation"])
def test_the_seed_decides_everything(small, equal_splits, name):
    assert equal_splits(small(name, seed=3), small(name, seed=3))
    assert not equal_splits(small(name, seed=3), small(name, seed=4))


def test_two_tasks_never_share_their_random_numbers(small, equal_splits, monkeypatch):
    monkeypatch.setitem(TASKS, "twin", TASKS["parity"])
    monkeypatch.setitem(AUTOMATA, "twin", AUTOMATA["parity"])
    assert not equal_splits(small("parity"), small("twin"))


def test_a_split_does_not_depend_on_the_size_of_another(small):
    few, many = small("parity", n_train=10), small("parity", n_train=30)
    np.testing.assert_array_equal(
        few.splits["valid"].inputs.values, many.splits["valid"].inputs.values
    )


@pytest.mark.parametrize("name", ["parity", "mess3"])
def test_splits_draw_their_own_numbers(small, name):
    same = {"n_valid": 60, "n_test": 60}
    if name == "parity":
        same |= {"length_test": 12}
    splits = small(name, **same).splits
    first, second, third = (splits[split].inputs.values.tolist() for split in SPLITS)
    assert first != second
    assert second != third


def test_an_unknown_task_is_named_with_the_known_ones():
    with pytest.raises(DataError, match=r"'tomita_8'.*tomita_7.*pronunciation"):
        make_task("tomita_8", sizes=FORMAL, seed=0)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        (FORMAL | {"n_valid": 0}, "n_valid of at least 1, got 0"),
        ({"n_train": 5}, "expected the sizes n_train, n_valid.*got n_train"),
        (FORMAL | {"length": 5}, "expected the sizes"),
        (FORMAL | {"length_train": 3, "length_test": 3}, "no string of 1..3 symbols is accepted"),
    ],
)
def test_sizes_that_cannot_be_are_refused(sizes, message):
    with pytest.raises(DataError, match=message):
        make_task("contains_0110", sizes=sizes, seed=0)


def test_data_that_were_not_fetched_are_named():
    sizes = {"n_train": 1, "n_valid": 1, "n_test": 1}
    with pytest.raises(DataError, match=r"nowhere/cmudict/cmudict.dict: no such file; fetch"):
        make_task("pronunciation", sizes=sizes, seed=0, resources="nowhere")


def test_data_that_were_changed_are_refused(tmp_path):
    (tmp_path / "cmudict").mkdir()
    (tmp_path / "cmudict" / "cmudict.dict").write_text("a AH0\n")
    sizes = {"n_train": 1, "n_valid": 1, "n_test": 1}
    with pytest.raises(DataError, match=r"cmudict.dict: expected SHA-256 8191.*delete"):
        make_task("pronunciation", sizes=sizes, seed=0, resources=tmp_path)


def test_looking_up_names_loads_no_heavy_package():
    heavy = "{'torch', 'pandas', 'pyarrow', 'sklearn', 'scipy'}"
    code = f"import sys, markovlens.tasks; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_task_refuses_symbols_and_classes_without_a_name(small):
    task = small("parity")
    inputs = task.splits["train"].inputs
    wrong = Split(inputs, np.full(inputs.n_steps, 2), no_targets(inputs.n_steps))
    with pytest.raises(DataError, match=r"split valid: targets: expected codes -1..1, got 2 first"):
        Task("t", "formal", ("0", "1"), ("a", "b"), task.splits | {"valid": wrong}, gate=1.0)
    with pytest.raises(DataError, match=r"split train: symbols: expected codes 0..0"):
        Task("t", "formal", ("0",), ("a", "b"), task.splits, gate=1.0)


def test_choose_follows_the_weights_and_never_takes_a_zero():
    weights = np.array([0.0, 3.0, 0.0, 1.0, 0.0])
    drawn = choose(np.tile(weights, (40_000, 1)), np.random.default_rng(0))
    assert set(drawn) == {1, 3}
    assert np.isclose((drawn == 1).mean(), 0.75, atol=0.01)
