"""Figures of pages that benchmarks draw are those of the tables that lie beside them."""

import shutil
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

from markovlens.figures.save import save_figure

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


@pytest.fixture
def benchmark(monkeypatch):
    """Return a function that imports a module of the benchmarks which writes into a folder."""
    monkeypatch.syspath_prepend(ROOT / "benchmarks")

    def imported(name, place, folder):
        module = import_module(name)
        monkeypatch.setattr(module, place, folder)
        return module

    return imported


def draw_durations(module, folder):
    figure = module.draw_durations(pd.read_csv(DOCS / "durations.csv"))
    save_figure(folder / "durations.svg", figure)


def draw_recurrences(module, folder):
    shutil.copy(DOCS / "recurrences.csv", folder)
    module.main()


@pytest.mark.parametrize(
    ("name", "place", "drawn", "draw"),
    [
        ("durations", "FOLDER", "durations.svg", draw_durations),
        ("recurrences_figure", "DOCS", "recurrences.svg", draw_recurrences),
    ],
)
def test_a_figure_is_that_of_its_table_byte_for_byte(benchmark, tmp_path, name, place, drawn, draw):
    """Matplotlib is pinned, and its own fonts are drawn as paths."""
    draw(benchmark(name, place, tmp_path), tmp_path)
    made, kept = (tmp_path / drawn).read_bytes(), (DOCS / drawn).read_bytes()
    assert made == kept, f"docs/{drawn} is not of docs/{name}.csv: draw it anew"
