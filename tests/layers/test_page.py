"""The page on layers quotes the tables that are kept, row by row."""

import sys
from pathlib import Path

import pandas as pd
import pytest

from markovlens.faithfulness.scores.digest import to_markdown
from markovlens.layers.claims import LEARNED
from markovlens.tables.claims import CLAIMS
from markovlens.tables.layers import LAYERS

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"


@pytest.fixture
def page(monkeypatch):
    monkeypatch.setattr(sys, "path", [str(ROOT / "benchmarks"), *sys.path])
    return __import__("layers_page")


def test_the_tables_of_the_page_are_those_that_are_kept(page):
    text = (DOCS / "layers.md").read_text(encoding="utf-8")
    layers, claims = (pd.read_csv(DOCS / name) for name in ("layers.csv", "layers_claims.csv"))
    assert layers.columns.tolist() == LAYERS.names
    assert set(claims.columns) <= set(CLAIMS.names)
    assert to_markdown(page.layers_table(layers)) in text
    assert to_markdown(page.claims_table(claims)) in text


def test_networks_count_by_what_they_are_right_at():
    layers = pd.read_csv(DOCS / "layers.csv")
    assert (layers["counted"] == (layers["accuracy"] >= LEARNED)).all()
    assert (layers["low"] <= layers["value"]).all()
    assert (layers["value"] <= layers["high"]).all()
