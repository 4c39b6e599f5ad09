import json

import numpy as np
import pytest

from helpers.arena import END, START, write_network, write_words
from markovlens.config.arena import expand, tasks_in
from markovlens.errors import ConfigError, DataError
from markovlens.tasks import make_task
from markovlens.tasks.base import SPLITS

SIZES = {"n_train": 12, "n_valid": 6, "n_test": 8}


def made(folder, kind, sizes=SIZES, seed=0, **network):
    by_hand = write_network(folder, "made", cell="gru", layers=1, kind=kind, **network)
    return make_task("arena_made", sizes=sizes, seed=seed, arena=folder), by_hand


def words_of(split):
    return [word.tobytes() for word in split.inputs]


@pytest.mark.parametrize("kind", ["binary", "language_model"])
def test_no_word_is_in_two_splits_or_twice_in_one(tmp_path, kind):
    task, _ = made(tmp_path, kind, n_words=400, sizes={"n_train": 90, "n_valid": 40, "n_test": 60})
    words = [word for split in SPLITS for word in words_of(task.splits[split])]
    assert len(set(words)) == len(words) == 190


def test_a_classifier_is_asked_after_the_end_symbol(tmp_path):
    task, by_hand = made(tmp_path, "binary")
    answered = zip(by_hand.words, by_hand.reference, strict=True)
    answers = {word.astype(np.int32).tobytes(): answer for word, answer in answered}
    assert task.classes == ("0", "1")
    for split in task.splits.values():
        last = np.cumsum(split.inputs.lengths) - 1
        assert set(split.inputs.values[last]) == {END}
        assert split.targets[last].tolist() == [answers[word] for word in words_of(split)]
        assert (np.delete(split.targets, last) == -1).all()


def test_a_language_model_is_asked_for_the_next_symbol(tmp_path):
    task, _ = made(tmp_path, "language_model")
    assert task.classes == task.symbols
    assert (task.symbols[START], task.symbols[END]) == ("<s>", "</s>")
    for split in task.splits.values():
        last = np.cumsum(split.inputs.lengths) - 1
        assert END not in split.inputs.values
        assert set(split.targets[last]) == {END}
        inner = np.delete(split.targets, last)
        np.testing.assert_array_equal(inner, np.delete(split.inputs.values, split.inputs.starts))


def test_few_words_are_split_in_proportion(tmp_path):
    task, _ = made(tmp_path, "binary", sizes={"n_train": 2000, "n_valid": 500, "n_test": 1500})
    sizes = [len(task.splits[split].inputs) for split in SPLITS]
    assert sizes[0] > sizes[2] > sizes[1] > 0
    assert 30 < sum(sizes) <= 40


def test_the_seed_decides_the_splits(tmp_path, equal_splits):
    first, _ = made(tmp_path, "binary")
    assert equal_splits(first, made(tmp_path, "binary")[0])
    assert not equal_splits(first, made(tmp_path, "binary", seed=1)[0])


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("cell", "mgu", "cell: expected srn or gru or lstm, got mgu"),
        ("task", 3, "task: expected binary or language_model"),
        ("hidden", 10**9, "hidden: expected a whole number 1..4096"),
        ("layers", 1.0, "layers: expected a whole number"),
        ("end", 6, "end: expected a whole number 0..5, got 6"),
        ("alphabet", None, "lacks alphabet"),
    ],
)
def test_a_description_that_cannot_be_is_refused(tmp_path, field, value, message):
    write_network(tmp_path, "made", cell="gru", layers=1, kind="binary")
    path = tmp_path / "made.json"
    content = json.loads(path.read_text()) | {field: value}
    path.write_text(json.dumps({k: v for k, v in content.items() if v is not None}))
    with pytest.raises(DataError, match=rf"made.json: .*{message}"):
        make_task("arena_made", sizes=SIZES, seed=0, arena=tmp_path)


def test_words_that_cannot_be_are_refused(tmp_path):
    by_hand = write_network(tmp_path, "made", cell="gru", layers=1, kind="binary")
    path = tmp_path / "made.words.npz"
    np.savez(path, symbols=np.array([{}], dtype=object), lengths=np.ones(1, int))
    with pytest.raises(DataError, match=r"made.words.npz: .*allow_pickle"):
        make_task("arena_made", sizes=SIZES, seed=0, arena=tmp_path)
    write_words(tmp_path, "made", [np.array([START, 99, END])], np.zeros(1))
    with pytest.raises(DataError, match="symbols: expected whole numbers 0..5"):
        make_task("arena_made", sizes=SIZES, seed=0, arena=tmp_path)
    write_words(tmp_path, "made", [np.array([1, END])], np.zeros(1))
    with pytest.raises(DataError, match="from the start symbol to the end symbol"):
        make_task("arena_made", sizes=SIZES, seed=0, arena=tmp_path)
    write_words(tmp_path, "made", by_hand.words, np.full(40, np.nan))
    with pytest.raises(DataError, match="expected reference answers in every split"):
        make_task("arena_made", sizes=SIZES, seed=0, arena=tmp_path)


# --- what `runs` gets of a folder --------------------------------------------------------------


def config(folder, *tasks):
    runs = [{"tasks": list(tasks), "models": ["m"]}, {"tasks": ["parity"], "models": ["gru"]}]
    return {"runs": runs, "tasks": {"arena": {"folder": folder}}}


def test_the_arena_stands_for_all_whole_networks_of_the_folder(tmp_path):
    for name in ("b", "a", "half"):
        write_network(tmp_path, name, cell="gru", layers=1, kind="binary")
    (tmp_path / "half.safetensors").unlink()
    (tmp_path / "not a name.json").write_text("{}")
    assert tasks_in(tmp_path) == ["arena_a", "arena_b"]
    found, notes = expand(config(str(tmp_path), "arena"))
    assert [run["tasks"] for run in found["runs"]] == [["arena_a", "arena_b"], ["parity"]]
    assert notes == []
    assert expand(config(str(tmp_path), "arena_b"))[0]["runs"][0]["tasks"] == ["arena_b"]


@pytest.mark.parametrize("tasks", [["arena"], ["arena_a"]])
def test_without_a_folder_the_arena_is_skipped_and_said_so(tmp_path, tasks):
    for folder, reason in (
        (None, "names no folder"),
        (str(tmp_path / "nowhere"), "nowhere of tasks.arena.folder is not there"),
        (str(tmp_path), "holds no network"),
    ):
        found, notes = expand(config(folder, *tasks))
        assert [run["tasks"] for run in found["runs"]] == [["parity"]]
        assert len(notes) == 1
        assert reason in notes[0]


def test_a_config_without_the_arena_is_left_alone():
    plain = config(None)
    assert expand(plain) == (plain, [])


def test_a_task_of_the_arena_needs_a_folder():
    with pytest.raises(ConfigError, match="arena_a: expected a folder"):
        make_task("arena_a", sizes=SIZES, seed=0)
