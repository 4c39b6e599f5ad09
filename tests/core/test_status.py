"""The status of a row: a short closed vocabulary, with the words apart."""

import pandas as pd
import pytest

from markovlens.errors import DataError
from markovlens.files.whole import read_table
from markovlens.status import Status, of_seeds
from markovlens.tables.common import SIZE, STATUS
from markovlens.tables.table import Table
from markovlens.tables.writer import write_table

VOCABULARY = {"ok", "partial", "not_converged", "dropped", "duplicate", "failed", "skipped"}


SWEEP = Table(("tables/sweep.csv",), "a fit", (SIZE, STATUS))


def table_of(*statuses):
    return pd.DataFrame({"n_states": range(len(statuses)), "status": statuses})


def test_the_vocabulary_is_short():
    assert set(Status) == VOCABULARY


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_status_is_written_and_read_as_its_word(tmp_path, kind):
    write_table(tmp_path / f"some.{kind}", table_of(*Status), SWEEP)
    assert set(read_table(tmp_path / f"some.{kind}")["status"]) == VOCABULARY


@pytest.mark.parametrize(
    "other",
    ["failed: too few steps", "1 of 3 seeds failed", "OK", "converged", "", None, float("nan")],
)
def test_any_other_status_is_refused_with_the_words_that_may_stand_there(tmp_path, other):
    with pytest.raises(DataError, match=r"sweep\.csv: column status: expected `ok`, .*, got"):
        write_table(tmp_path / "sweep.csv", table_of("ok", other), SWEEP)
    assert not (tmp_path / "sweep.csv").exists()


@pytest.mark.parametrize(
    ("n_missing", "expected"),
    [(0, ("ok", "")), (2, ("partial", "2 of 3 seeds failed: why")),
     (3, ("failed", "3 of 3 seeds failed: why"))],
)  # fmt: skip
def test_merged_over_seeds_a_row_counts_them_all(n_missing, expected):
    found = of_seeds([("failed", "why")] * n_missing, 3)
    assert (found["status"], found["reason"]) == expected


def test_every_reason_is_named_with_the_seeds_that_have_it():
    missing = [("skipped", "no machine"), ("failed", "too few"), ("failed", "too few")]
    told = "1 of {n} seeds skipped: no machine; 2 of {n} seeds failed: too few"
    assert of_seeds(missing, 4) == {"status": "partial", "reason": told.format(n=4)}
    assert of_seeds(missing, 3) == {"status": "failed", "reason": told.format(n=3)}
