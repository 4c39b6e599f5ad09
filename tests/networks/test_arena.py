"""Networks of the arena: small ones, and real ones where MARKOVLENS_ARENA names a folder."""

import os

import numpy as np
import pytest

from helpers.arena import END, write_network, write_words
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.config.arena import PREFIX, files_of, tasks_in
from markovlens.errors import DataError
from markovlens.networks.architectures import make_network
from markovlens.networks.arena import answers, load_arena
from markovlens.networks.resources import weight_files
from markovlens.networks.store import load_network, save_network
from markovlens.sequences import Sequences
from markovlens.tasks import make_task
from markovlens.tasks.arena import read_description, read_words

SHAPES = [("srn", 2), ("gru", 1), ("gru", 2), ("lstm", 1), ("lstm", 2)]
SIZES = {"n_train": 12, "n_valid": 6, "n_test": 8}
SPEC = {"pretrained": "arena"}
REAL = os.environ.get("MARKOVLENS_ARENA", "")


def load(folder, name):
    files = files_of(folder, PREFIX + name)
    return load_arena(files.description, files.weights, files.words), files


@pytest.mark.parametrize("kind", ["binary", "language_model"])
@pytest.mark.parametrize(("cell", "layers"), SHAPES)
def test_it_answers_as_the_equations_say(tmp_path, cell, layers, kind):
    by_hand = write_network(tmp_path, "made", cell=cell, layers=layers, kind=kind)
    model, files = load(tmp_path, "made")
    words = read_words(files.words, read_description(files.description)).inputs
    wanted = np.concatenate([by_hand.outputs(word) for word in words])
    if kind == "binary":  # asked after the end symbol only
        wanted[words.values != END] = np.nan
    np.testing.assert_allclose(record(model, words).outputs, wanted, rtol=1e-4)
    states = np.concatenate([by_hand.states(word) for word in words])
    if cell == "lstm":  # the last half is c, which is recorded as arcsinh(c)
        half = states.shape[1] // 2
        states = np.hstack([states[:, :half], np.arcsinh(states[:, half:])])
        alone = record(model, words, state="h").states
        np.testing.assert_allclose(alone, states[:, :half], atol=1e-5)
    np.testing.assert_allclose(record(model, words).states, states, atol=1e-5)


@pytest.mark.parametrize(("cell", "layers"), SHAPES)
def test_it_can_be_asked_at_any_state(tmp_path, cell, layers):
    write_network(tmp_path, "made", cell=cell, layers=layers, kind="language_model")
    model, files = load(tmp_path, "made")
    words = read_words(files.words, read_description(files.description)).inputs
    trace, oracle = record(model, words), Oracle(model)
    np.testing.assert_allclose(oracle.outputs(words), trace.outputs, atol=1e-6)
    np.testing.assert_allclose(oracle.read_out(trace.states), trace.outputs, atol=1e-6)
    last = np.cumsum(words.lengths) - 1
    after = oracle.states_after(words)
    np.testing.assert_allclose(oracle.observe(after), trace.states[last], atol=1e-6)
    heads, tails = zip(*((word[:1], word[1:]) for word in words), strict=True)
    resumed = oracle.resume(
        oracle.states_after(Sequences.from_list(heads)), Sequences.from_list(tails)
    )
    np.testing.assert_allclose(resumed, np.delete(trace.outputs, words.starts, axis=0), atol=1e-6)


def test_it_is_kept_and_loaded_again(tmp_path):
    write_network(tmp_path, "made", cell="lstm", layers=2, kind="binary")
    task = make_task("arena_made", sizes=SIZES, seed=0, arena=tmp_path)
    trained = make_network(SPEC, task, training={}, seed=0, arena=tmp_path)
    assert trained.card["gate"] == {"threshold": 1.0, "value": 1.0, "passed": True}
    save_network(tmp_path / "kept", trained)
    words = task.splits["test"].inputs
    kept = record(load_network(tmp_path / "kept"), words)
    np.testing.assert_array_equal(kept.outputs, record(trained.model, words).outputs)


def test_its_files_depend_on_the_task():
    found = weight_files(SPEC, "down", task="arena_made", arena="there")
    names = ["made.json", "made.safetensors", "made.words.npz"]
    assert [path.as_posix() for path in found] == [f"there/{name}" for name in names]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layer_0.weight_hh": np.zeros((3, 4))}, r"shape: layer_0.weight_hh: \(3, 4\) instead of"),
        ({"layer_0.bias_ih": None}, "missing: layer_0.bias_ih"),
        ({"layer_7.bias_ih": np.zeros(3)}, "unexpected: layer_7.bias_ih"),
        ({"dense_0.bias": np.full(5, np.nan)}, "NaN or infinity: dense_0.bias"),
        ({"dense_1.weight": np.zeros((9, 5))}, "expected 2 dense layers, the last with 2 rows"),
        ({"dense_1.weight": None}, "expected 2 dense layers"),
    ],
)
def test_weights_that_do_not_fit_are_named(tmp_path, change, message):
    write_network(tmp_path, "made", cell="gru", layers=1, kind="binary", change=change)
    with pytest.raises(DataError, match=rf"made.safetensors.*{message}"):
        load(tmp_path, "made")


@pytest.mark.parametrize("kind", ["binary", "language_model"])
def test_a_network_that_answers_otherwise_than_the_original_is_refused(tmp_path, kind):
    by_hand = write_network(tmp_path, "made", cell="gru", layers=1, kind=kind)
    wrong = 1 - by_hand.reference if kind == "binary" else by_hand.reference * 1.01
    write_words(tmp_path, "made", by_hand.words, wrong)
    with pytest.raises(DataError, match=r"made.words.npz: expected the network to repeat"):
        load(tmp_path, "made")


@pytest.mark.skipif(not REAL, reason="MARKOVLENS_ARENA names no folder with networks")
def test_every_reference_answer_of_real_networks_is_repeated():
    tasks = tasks_in(REAL)
    assert tasks
    for task in tasks:
        model, files = load(REAL, task.removeprefix(PREFIX))
        description = read_description(files.description)
        words = read_words(files.words, description)
        asked = np.flatnonzero(~np.isnan(words.reference))
        wanted = words.reference[asked]
        got = answers(model, description, words.inputs.select(asked))
        if description.task == "binary":
            np.testing.assert_array_equal(got, wanted)
        else:
            np.testing.assert_allclose(got, wanted, rtol=4e-6, atol=1e-30)
