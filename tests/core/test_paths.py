"""A path that is none is refused in words by all that writes or reads a user's file."""

import ast
import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from torch import nn

import markovlens as ml
from markovlens.activations.store import write_trace
from markovlens.errors import ConfigError, DataError, StorageError
from markovlens.explaining.page import write_page
from markovlens.figures.save import drawn
from markovlens.hmm.storage import load_model, save_model
from markovlens.machines.drawing import write_drawing
from markovlens.machines.machine import automaton
from markovlens.networks.weights import write_weights

SOURCE = Path(ml.__file__).parent
PARITY = automaton(
    np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0, symbols=("0", "1")
)  # fmt: skip
NO_PATHS = [3, True, 1.5, b"a.svg", ["a.svg"], object()]
FOLDERS = f"{'y' * 100}/" * 40  # 4,040 bytes
NO_NAMES = ["a\0.svg", "\ud800.svg", "x" * 300 + ".svg", f"{FOLDERS}{'x' * 60}.svg"]
REFUSED = (DataError, ConfigError, StorageError)
EXPLAINED = object.__new__(ml.Explanation)  # of which nothing is looked at before the path


@cache
def compared():
    words = {"a": [[0, 1, 1]] * 4 + [[1, 1, 1]], "b": [[0, 0, 1]] * 4}
    return ml.compare_groups(PARITY, words, seed=0, n_permutations=999, n_bootstraps=100)


WRITES = {
    "Machine.draw": PARITY.draw,
    "Machine.export": lambda path: PARITY.export("python", path),
    "Exported.write": ml.export(PARITY, "c").write,
    "GroupComparison.draw": lambda path: compared().draw(path),
    "write_drawing": lambda path: write_drawing(path, Figure()),
    "drawn": lambda path: drawn(Figure, path),
    "write_machine": lambda path: ml.write_machine(path, PARITY),
    "write_explorer": lambda path: ml.write_explorer(path, EXPLAINED),
    "write_page": lambda path: write_page(path, EXPLAINED),
    "Explanation.save": EXPLAINED.save,
    "save_model": lambda path: save_model(ml.GaussianHMM(), path),
}
OTHERS = {  # which look at results before the path, or make folders, as runs do
    "GroupComparison.write": lambda path: compared().write(path),
    "write_record": lambda path: ml.write_record(path, compared()),
    "write_trace": lambda path: write_trace(path, []),
    "write_weights": lambda path: write_weights(path, nn.Linear(1, 1)),
}
READS = {
    "read_machine": ml.read_machine,
    "read_record": ml.read_record,
    "read_trace": lambda path: ml.read_trace(path, {"states": "h"}),
    "load_trace": ml.load_trace,
    "load_run": lambda path: ml.load_run(path, "task", "model"),
    "load_machine": lambda path: ml.load_machine(path, "task", "model"),
    "load_explanation": lambda path: ml.load_explanation(path, "task", "model"),
    "load_model": load_model,
    "adapt": ml.adapt,
    "replay": ml.replay,
}
TAKES_MORE = {ml.adapt: "expected a network of", ml.replay: "expected a record of"}  # than paths


@pytest.mark.parametrize("path", NO_PATHS + NO_NAMES, ids=lambda path: repr(path)[:12])
@pytest.mark.parametrize("call", (WRITES | READS).values(), ids=WRITES | READS)
def test_what_is_no_path_is_refused_in_words(call, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = "path: expected" if isinstance(path, str) else TAKES_MORE.get(call, "path: expected")
    with pytest.raises(DataError, match=said):
        call(path)
    assert not any(tmp_path.iterdir())


ENDINGS = {
    "Machine.draw": ".svg or .pdf or .png",
    "Machine.export": ".py",
    "Exported.write": ".c",
    "GroupComparison.draw": ".svg or .pdf or .png",
    "GroupComparison.write": ".csv or .parquet",
    "write_drawing": ".svg or .pdf or .png",
    "drawn": ".svg or .png",
    "write_explorer": ".html or .htm",
    "write_page": ".html or .htm",
    "Explanation.save": ".html or .htm",
    "write_record": ".json",
    "save_model": ".npz or .safetensors",
    "write_trace": ".parquet or .pq",
    "write_weights": ".safetensors",
}


@pytest.mark.parametrize("path", ["made.txt", "made"])
@pytest.mark.parametrize("name", ENDINGS)
def test_a_file_of_another_ending_is_not_written(name, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = f"{path}: expected a name that ends in {ENDINGS[name]}; name it so"
    with pytest.raises(ConfigError, match=re.escape(said)) as caught:
        (WRITES | OTHERS)[name](path)
    assert caught.value.page == "unknown-file-kind"
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ENDINGS)
def test_an_ending_alone_is_no_name(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ending = ENDINGS[name].split(" or ")[0]
    with pytest.raises(ConfigError, match=f"^{re.escape(ending)}: .*; put a name before it"):
        (WRITES | OTHERS)[name](ending)
    assert not any(tmp_path.iterdir())


def test_endings_in_capitals_are_the_same(tmp_path):
    for name in ("a.SVG", "a.PNG"):
        PARITY.draw(tmp_path / name)
        drawn(Figure, tmp_path / f"other-{name}")
    save_model(ml.GaussianHMM(2), tmp_path / "a.NPZ")
    assert load_model(tmp_path / "a.NPZ").n_components == 2


def test_a_machine_is_not_written_under_the_ending_of_another_format(tmp_path):
    with pytest.raises(ConfigError, match=r"ends in \.dot or \.gv; name it so"):
        ml.write_machine(tmp_path / "a.json", PARITY, format="dot")
    ml.write_machine(tmp_path / "a.txt", PARITY, format="dot")  # says nothing
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


# A few bytes more, of a temporary name or of a folder within, and no system takes the last two.
NEARLY = [f"{FOLDERS}{'x' * size}.svg" for size in (47, 51)]


@pytest.mark.parametrize("path", ["", ".", *NEARLY], ids=len)
@pytest.mark.parametrize("call", (WRITES | READS).values(), ids=WRITES | READS)
def test_a_folder_and_a_folder_that_is_missing_are_no_file(call, path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(REFUSED):
        call(path)


def test_a_name_that_leaves_no_room_for_a_temporary_one_is_told(tmp_path):
    with pytest.raises(DataError, match="names of at most 255 bytes, got .*; give a shorter one"):
        PARITY.draw(tmp_path / f"{'x' * 245}.svg")


def test_whatever_draws_writes_by_one_of_two_functions():
    """Both look at the path before they look into it."""
    drawers = {
        path: ast.unparse(node)
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
        and node.name == "draw"
        and "path" in {each.arg for each in node.args.args}
    }
    assert len(drawers) > 4
    assert all("write_drawing(path" in text or "drawn(" in text for text in drawers.values())
