"""Groups of one's own sequences: from a column of the data to a table and a part of the report."""

import pandas as pd
import pytest

from helpers.studies import N_SUBJECTS, OWN
from markovlens.tables.groups import GROUPS

pytestmark = [pytest.mark.workflow, pytest.mark.slow]


def test_what_differs_is_in_the_table_with_subjects_as_units(studies):
    table = pd.read_csv(studies.folder / "results/tables/groups.csv")
    assert table.columns.tolist() == GROUPS.names
    assert set(table["units"]) == {"subjects"}
    assert set(zip(table["group_a"], table["group_b"], strict=True)) == {("busy", "calm")}
    held_out = round(0.6 * N_SUBJECTS)
    assert (table["n_a"] + table["n_b"] == held_out).all()
    switching = table[table["measure"] == "switching"].iloc[0]
    assert switching["finding"] == "higher in busy"
    assert switching["value_a"] > switching["value_b"] + 0.1
    assert set(table["source"]) == {"activations"}


def test_the_report_shows_it(studies):
    page = (studies.folder / "results/report.html").read_text()
    assert "What differs between groups" in page
    assert (studies.folder / f"results/figures/{OWN}/small/groups.svg").stat().st_size > 1000
    assert "tables/groups.csv" in page
