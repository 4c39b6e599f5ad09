"""The page on large networks: what it says in code runs, and its tables are those measured."""

import re
from pathlib import Path

import numpy as np
import torch

from markovlens.networks.model import build
from markovlens.sequences import Sequences

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "large.md"


def words(n_sequences: int, seed: int) -> Sequences:
    values = np.random.default_rng(seed).integers(2, size=8 * n_sequences)
    return Sequences(values, np.full(n_sequences, 8))


def test_the_code_of_the_page_runs_as_it_is_printed():
    torch.manual_seed(0)
    known = {
        "net": build({"cell": "lstm", "hidden": 6, "layers": 2}, n_symbols=2, n_classes=2),
        "sample": words(30, 0),
        "other_sample": words(30, 1),
        "many_words": words(60, 2),
        "other_words": words(30, 3),
    }
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    _given, code = blocks
    exec(code, known)
    assert known["train"].states.shape == (480, known["found"].n_components)
    assert known["hmm"].chosen is not None


def test_its_tables_are_those_that_were_measured(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    import large_models_page as page

    monkeypatch.chdir(ROOT)
    copy = tmp_path / "large.md"
    copy.write_bytes(PAGE.read_bytes())
    monkeypatch.setattr(page, "PAGE", copy)
    monkeypatch.setattr(page, "save_figure", lambda *_: None)
    page.write_page()
    assert copy.read_text(encoding="utf-8") == PAGE.read_text(encoding="utf-8")
