"""`markovlens explain` and `replay`: data as they are named, and what is said of mistakes."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.command import WHY, is_one_sentence, said
from markovlens.command.given import arguments_of

CUSTOM = Path(__file__).parents[2] / "config" / "custom"
NETWORK = """
import torch
from torch import nn

class Reader(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(2, 4)
        self.rnn = nn.GRU(4, 8, batch_first=True)
        self.head = nn.Linear(8, 2)

    def forward(self, symbols):
        return self.head(self.rnn(self.embedding(symbols))[0])

class Broken(Reader):
    def forward(self, symbols):
        raise KeyError("no such\\nthing")
"""
PLAIN = {
    "sequence": None, "step": None, "inputs": (), "symbols": None, "target": (),
    "output": "distribution", "horizon": 0, "levels": {}, "classes": (),
}  # fmt: skip
SIGNS = {**PLAIN, "sequence": "subject", "step": "minute", "inputs": ("heart_rate", "spo2")}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Be in a folder with a network of two symbols and texts that it reads."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NETWORK)
    rng = np.random.default_rng(0)
    lines = ["".join(map(str, rng.integers(2, size=rng.integers(3, 9)))) for _ in range(40)]
    text = "\n".join(lines) + "\n"
    (tmp_path / "codes.txt").write_text(text)
    (tmp_path / "letters.txt").write_text(text.translate(str.maketrans("01", "ba")))
    (tmp_path / "names.txt").write_text("b\na\n")
    (tmp_path / "hole.txt").write_text("01\n\n10\n")
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "part.onnx").write_bytes(b"\x08\x07")
    (tmp_path / "table.csv").write_text("who,x\nann,1\nann,2\n")
    return tmp_path


def test_rows_are_read_by_sequence_and_step_however_they_lie(tmp_path):
    table = pd.read_csv(CUSTOM / "vital_signs.csv")
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "shuffled.csv", index=False)
    columns = {**SIGNS, "target": ("state",), "levels": {"state": ("quiet", "alarm")}}
    found = arguments_of(tmp_path / "shuffled.csv", columns)
    np.testing.assert_array_equal(found["sequences"].values, table[["heart_rate", "spo2"]])
    assert found["sequences"].lengths.tolist() == table.groupby("subject").size().tolist()
    assert (found["targets"] == (table.state == "alarm")).all()
    assert found["classes"] == ["quiet", "alarm"]


def test_what_is_asked_for_lies_ahead_and_values_are_taken_as_they_are():
    table = pd.read_csv(CUSTOM / "outputs.csv")
    forecast = {**SIGNS, "target": ("spo2",), "output": "values", "horizon": 1}
    found = arguments_of(CUSTOM / "outputs.csv", forecast)
    after = table.groupby("subject").spo2.shift(-1)
    np.testing.assert_array_equal(found["targets"][:, 0], after)
    assert found["link"] == "identity"
    assert found["classes"] == ["next spo2"]


def test_without_a_target_nothing_is_right():
    found = arguments_of(CUSTOM / "vital_signs.csv", SIGNS)
    assert found.keys() == {"sequences", "link"}


@pytest.mark.parametrize(
    ("line", "symbols"), [("abba", ["a", "b", "b", "a"]), ("on  off on", ["on", "off", "on"])]
)
def test_a_line_is_a_sequence_of_words_or_letters(line, symbols, tmp_path):
    (tmp_path / "text.txt").write_text(f"{line}\n{line} \n")
    names = tuple(dict.fromkeys(reversed(symbols)))
    found = arguments_of(tmp_path / "text.txt", {**PLAIN, "levels": {"symbol": names}})
    assert [names[code] for code in found["sequences"].values] == symbols * 2
    assert found["symbols"] == list(names)


def test_a_network_is_explained_kept_and_replayed(here, capsys):
    options = ("--levels", "symbol=@names.txt")
    files = ("--page", "p.html", "--record", "r.json", "--export", "m.py")
    files += ("--unit", "letter", "--seed", "3")
    code, out, err = said(capsys, "explain", "net.py:Reader", "letters.txt", *options, *files)
    assert (code, err) == (0, "")
    assert out.startswith("Reader: ")
    assert " letters in all" in out
    assert "<html" in (here / "p.html").read_text()
    assert "sequences: test sequences of Reader" in " ".join((here / "m.py").read_text().split())
    record = json.loads((here / "r.json").read_text())
    assert (record["seed"], record["settings"]["symbols"]) == (3, ["b", "a"])
    again = ("replay", "r.json", "net.py:Reader", "letters.txt")
    assert said(capsys, *again, *options) == (0, "Replay: the same bytes\n", "")
    code, out, err = said(capsys, *again, "--levels", "symbol=a,b")
    assert (code, err) == (1, "")
    assert "inputs.sequences: another input" in out


MISTAKES = {
    "explain": (2, "expected NETWORK and DATA, or --example without them"),
    "explain net.py:Reader": (2, "expected NETWORK and DATA"),
    "explain net.py:Reader codes.txt --example": (2, "or --example without them"),
    "explain net.py:Reader codes.txt --export m.f90": (1, "m.f90: expected a file that ends in"),
    "explain net.py:Readr codes.txt": (1, "'net.py' has no 'Readr'"),
    "explain nte.py:Reader codes.txt": (1, "nte.py: no such file"),
    "explain net.onnx codes.txt": (1, "net.onnx: no such file"),
    "explain part.onnx codes.txt --weights net.py": (2, "--weights are of what a callable makes"),
    "explain net.py:Reader codes.txt --weights w.pt": (1, "w.pt"),
    "explain net.py:Reader nowhere.txt": (1, "nowhere.txt: no such file; look at"),
    "explain net.py:Reader codes.txt --weights names.txt": (1, "it is no file of torch's"),
    "explain net.py:Reader empty.txt": (1, "got an empty file"),
    "explain net.py:Reader hole.txt": (1, "hole.txt, line 2: expected a sequence"),
    "explain net.py:Reader letters.txt": (1, "--levels symbol=a,b or --levels symbol=@FILE"),
    "explain net.py:Reader letters.txt --levels symbol=a,c": (1, "expected one of a, c"),
    "explain net.py:Reader codes.txt --classes no,yes,maybe": (1, "each of the 3 classes, got 2"),
    "explain net.py:Reader table.csv --inputs x --target who --classes a,b": (
        2,
        "--levels who=a,b",
    ),
    "explain net.py:Reader letters.txt --levels a,b": (2, "expected COLUMN=NAME,NAME"),
    "explain net.py:Reader letters.txt --levels symbol=@no": (2, "no: expected a file of text"),
    "explain net.py:Reader letters.txt --levels symbols=a,b": (1, "got 'symbols'"),
    "explain net.py:Reader codes.txt --target x": (2, "--target names a column, and a text has"),
    "explain net.py:Reader codes.txt --layer lstm": (1, "no layer 'lstm'"),
    "explain net.py:Reader table.csv": (2, "--symbols (a column), got neither"),
    "explain net.py:Reader table.csv --symbols x --inputs x": (2, "(a column), got both"),
    "explain net.py:Reader table.csv --symbols y": (1, "expected a column 'y', got who, x"),
    "explain net.py:Reader table.csv --symbols x --target x": (1, "which the network reads, too"),
    "explain net.py:Reader table.csv --inputs x,": (2, "expected names of columns"),
    "explain net.py:Reader table.csv --inputs x --sequence who": (1, "it embeds symbols, and got"),
    "explain net.py:Broken codes.txt": (1, "net.py:Broken fails on codes.txt (KeyError"),
    "replay nowhere.json net.py:Reader codes.txt": (1, "nowhere.json: no such file"),
    "replay names.txt net.py:Reader codes.txt": (1, "names.txt"),
}

LONG = 300 * "n"
MISTAKES |= {
    "explain __main__:Reader codes.txt": (1, "'__main__' has no 'Reader'"),
    **dict.fromkeys(
        (f"explain {LONG}.py:Reader codes.txt", f"explain net.py:Reader {LONG}",
         f"explain net.py:Reader codes.txt --weights {LONG}", f"replay {LONG} net.py:R codes.txt"),
        (1, "nnn...: expected a path that this system takes"),
    ),
}  # fmt: skip

WITHOUT_TORCH = {
    "explain net.onnx codes.txt": "net.onnx: no such file; look at the path (it begins in ",
    "explain nte.py:Reader no.txt --weights w.pt": "nte.py, w.pt, no.txt: no such files; look at ",
    "explain net.py:Reader no.csv --inputs x": "no.csv: no such file",
    "explain table.csv codes.txt": "table.csv: expected a network in a file that ends in",
    "explain no_such.part:Reader codes.txt": "'no_such' is not installed; install it into",
    "explain net.py:Reader codes.txt --page no/p.html": "got no, which is missing; make it first",
    "explain net.py:Reader codes.txt --record no/r.json": "got no, which is missing; make it first",
    "replay no.json net.onnx codes.txt": "net.onnx, no.json: no such files",
    "show no": "got no folder",
    "bundle a/b --run no": "got no folder",
    "run no.yaml": "no.yaml: expected a file, or a config by its name",
}
BLOCKED = """
import sys
sys.modules["torch"] = None
from markovlens.command.app import main
for words in sys.argv[1:]:
    try:
        main(words.split())
    except SystemExit as ended:
        assert ended.code
"""


def test_what_is_not_there_is_told_before_torch_is_loaded(here):
    told = subprocess.run(
        [sys.executable, "-c", BLOCKED, *WITHOUT_TORCH], capture_output=True, text=True, check=True
    ).stderr
    lines = [line for line in told.splitlines() if not line.startswith(WHY)]
    for line, said_of_it in zip(lines, WITHOUT_TORCH.values(), strict=True):
        assert said_of_it in line


@pytest.mark.parametrize("words", MISTAKES)
def test_a_mistake_is_one_sentence_and_an_exit_code(words, here, capsys):
    code, sentence = MISTAKES[words]
    got, out, err = said(capsys, *words.split())
    assert sentence in err
    assert (got, out, is_one_sentence(err)) == (code, "", True)
    assert err.startswith("markovlens: ")


def test_the_example_is_explained(capsys):
    code, out, err = said(capsys, "explain", "--example")
    assert (code, err) == (0, "")
    assert out.startswith("reviews: finite-state; 6 states")


@pytest.mark.parametrize("said_so", ["no,yes", "@answers.txt"])
def test_answers_without_a_target_have_the_names_that_are_given(said_so, here, capsys):
    (here / "answers.txt").write_text("no\nyes\n")
    words = ["explain", "net.py:Reader", "codes.txt", "--classes", said_so, "--record", "r.json"]
    code, out, _ = said(capsys, *words)
    assert code == 0
    assert "*no*" in out or "*yes*" in out
    assert json.loads((here / "r.json").read_text())["settings"]["classes"] == ["no", "yes"]
