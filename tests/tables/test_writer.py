"""The writer holds a table to its definition, and writes it or nothing."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from markovlens.errors import ConfigError, DataError
from markovlens.files.whole import read_table
from markovlens.tables.column import NUMBER, TEXT, WHOLE, Column, count
from markovlens.tables.table import Table
from markovlens.tables.writer import write_table, write_tables

NAME = Column("name", TEXT, "what it is called", nullable=True)
VALUE = Column("value", NUMBER, "how large", nullable=True)
SIZE = Column("size", WHOLE, "how many", nullable=True)
EXTRA = Column("extra", NUMBER, "not always there", optional=True, nullable=True)
STATE = Column("k<n>", pa.int16(), "a state", optional=True)
TABLE = Table(("tables/some.csv",), "a thing", (NAME, VALUE, SIZE, EXTRA, STATE))
KINDS = pytest.mark.parametrize("suffix", ["csv", "parquet"])


def rows(**changes):
    plain = {"name": ["a", "b"], "value": [0.5, 2.0], "size": [3, 4]}
    return pd.DataFrame(plain | changes)


@KINDS
def test_what_is_written_is_read(tmp_path, suffix):
    path = tmp_path / f"some.{suffix}"
    write_table(path, rows(), TABLE)
    pd.testing.assert_frame_equal(read_table(path), rows(), check_dtype=False)


@KINDS
def test_columns_are_in_the_order_of_the_definition_whatever_the_rows_had(tmp_path, suffix):
    path = tmp_path / f"some.{suffix}"
    mixed = rows(k12=[1, 2], extra=[0.1, 0.2], k2=[0, 1])
    write_table(path, mixed[["k12", "extra", "size", "k2", "value", "name"]], TABLE)
    assert list(read_table(path)) == ["name", "value", "size", "extra", "k12", "k2"]


@KINDS
@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (rows(other=[1, 2]), "expected no column but name, value, size, got other"),
        (rows().drop(columns="value"), "got no value"),
        (rows().rename(columns={"value": "size"}), "got size twice"),
        (rows(size=[2.5, 1.0]), "column size: expected whole number, or empty, got 2.5"),
        (rows(value=["1.5", "2"]), "column value: expected number, or empty, got string"),
        (rows(k2=[0, None]), "column k2: expected whole number in every row, got 1 empty"),
        (pd.DataFrame(columns=["nothing"]), "got nothing"),
    ],
)
def test_another_table_is_refused_and_nothing_is_written(tmp_path, suffix, frame, why):
    with pytest.raises(DataError) as caught:
        write_table(tmp_path / f"some.{suffix}", frame, TABLE)
    assert str(caught.value).startswith(f"some.{suffix}: ")
    assert why in str(caught.value)
    assert "definition of some" in str(caught.value)
    assert not list(tmp_path.iterdir())


@KINDS
def test_without_rows_a_table_has_its_columns_and_can_be_read(tmp_path, suffix):
    path = tmp_path / f"some.{suffix}"
    write_table(path, pd.DataFrame([]), TABLE)
    assert list(read_table(path)) == TABLE.names
    assert read_table(path).empty


def test_types_in_parquet_do_not_hang_on_what_the_rows_happen_to_hold(tmp_path):
    frames = {
        "full": rows(),
        "empty": rows(name=[None, None], value=[np.nan, None], size=[None, None]),
        "whole": rows(value=[1, 2], size=[3.0, np.nan]),
        "none": pd.DataFrame([]),
    }
    for name, frame in frames.items():
        write_table(tmp_path / f"{name}.parquet", frame, TABLE)
    schemas = {name: pq.read_schema(tmp_path / f"{name}.parquet") for name in frames}
    for schema in schemas.values():
        assert schema.types == [TEXT, NUMBER, WHOLE]


def test_large_whole_numbers_beside_empty_cells_keep_all_digits(tmp_path):
    write_table(tmp_path / "some.csv", rows(size=[123456789, None]), TABLE)
    assert "123456789" in (tmp_path / "some.csv").read_text()


def test_tables_are_written_under_their_own_names(tmp_path):
    other = Table(("tables/other.parquet",), "a number", (count("n", "how many"),))
    write_tables(tmp_path, {TABLE: rows(), other: pd.DataFrame({"n": [1]})})
    assert {path.name for path in tmp_path.iterdir()} == {"some.csv", "other.parquet"}


@pytest.mark.parametrize("name", ["some.xlsx", "some", "some.csv.gz"])
def test_a_file_of_another_kind_is_refused(tmp_path, name):
    with pytest.raises(ConfigError, match=r"expected a name that ends in \.csv or \.parquet"):
        write_table(tmp_path / name, rows(), TABLE)
    assert not list(tmp_path.iterdir())
