"""Figures of pages that benchmarks draw: they come out the same, of the tables that lie beside."""

import shutil
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest

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
    table = pd.read_csv(DOCS / "durations.csv")
    measured = table[~table["way"].isin(["law by BIC"]) & ~table["way"].str.endswith("less HMM")]
    seeds = folder / "seeds.csv"
    pd.concat([measured.assign(seed=seed) for seed in (0, 1)]).to_csv(seeds, index=False)
    module.draw(seeds)


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
def test_a_figure_has_the_same_bytes_each_time(benchmark, tmp_path, name, place, drawn, draw):
    bytes_of = []
    for attempt in ("first", "again"):
        (tmp_path / attempt).mkdir()
        draw(benchmark(name, place, tmp_path / attempt), tmp_path / attempt)
        bytes_of.append((tmp_path / attempt / drawn).read_bytes())
    assert bytes_of[0] == bytes_of[1]
    assert b"<dc:date>" not in bytes_of[0]
