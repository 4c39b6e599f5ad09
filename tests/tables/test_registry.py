"""Every table is defined once, and the dictionary of columns says so."""

from dataclasses import replace
from pathlib import Path

import pytest

from markovlens.faithfulness.claims.claims import claims_table
from markovlens.faithfulness.scores.tally import FOR_MERGING
from markovlens.tables import docs
from markovlens.tables.claims import CLAIMS
from markovlens.tables.dynamics import NUMBERS_RUN
from markovlens.tables.fits import WORDS
from markovlens.tables.registry import TABLES, table_of
from markovlens.tables.scores import MERGING
from markovlens.tables.verdicts import VERDICTS

README = Path(__file__).resolve().parents[2] / "results" / "README.md"
EVERY = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.files[0])


@EVERY
def test_a_table_has_each_column_once_and_says_what_it_is(table):
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert all(column.meaning for column in table.columns)
    assert table.row


def test_no_file_has_two_definitions():
    files = [file for table in TABLES for file in table.files]
    assert len(set(files)) == len(files)


def test_a_table_is_found_by_its_file():
    assert table_of("claims.csv") is CLAIMS
    assert table_of("tables/verdicts.csv") is VERDICTS
    assert table_of("figures/gap.svg") is None
    assert table_of("figures/parity/gru/machine.csv") is WORDS
    assert table_of("figures/gru/machine.csv") is None
    assert table_of("runs/parity/gru/seed-12/dynamics/beliefs.parquet") is NUMBERS_RUN


def test_no_two_tables_have_one_anchor():
    assert len({table.anchor for table in TABLES}) == len(TABLES)


def test_words_of_definitions_are_those_of_the_code():
    assert [column.name for column in CLAIMS.columns] == list(claims_table([]).columns)
    assert tuple(column.name for column in MERGING) == FOR_MERGING


def test_the_readme_has_the_dictionary():
    text = README.read_text(encoding="utf-8")
    assert docs.PART.put(text, docs.dictionary()) == text


def test_check_fails_on_another_dictionary_and_write_mends_it(tmp_path, capsys):
    copy = tmp_path / "README.md"
    copy.write_text(README.read_text(encoding="utf-8").replace("| `p_holm` |", "| `p` |"))
    with pytest.raises(SystemExit) as caught:
        docs.main(["--check", str(copy)])
    assert caught.value.code == 1
    assert "dictionary of columns" in capsys.readouterr().err
    docs.main(["--write", str(copy)])
    assert docs.main(["--check", str(copy)]) == 0
    assert copy.read_text(encoding="utf-8") == README.read_text(encoding="utf-8")


def test_a_bar_in_a_meaning_does_not_end_the_cell(monkeypatch):
    table = replace(CLAIMS, columns=(replace(CLAIMS.columns[0], meaning="a | b"),))
    monkeypatch.setattr(docs, "TABLES", (table,))
    assert r"a \| b |" in docs.dictionary()
