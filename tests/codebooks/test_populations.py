"""Rows in another unit that stay within the range that was known, told by how they are spread."""

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.codebooks.known import warn_of_unknown, with_known
from markovlens.codebooks.storage import codebook_from_dict, codebook_to_dict
from markovlens.errors import EvidenceWarning
from markovlens.sequences import Sequences

CHANNELS = (
    Channel("temperature", "degC"),
    Channel("count", "1/ml"),
    Channel("systolic", "mmHg"),
    Channel("diastolic", "mmHg"),
    Channel("change", "%"),
)
DATA = Path(__file__).parents[2] / "config" / "custom"


def rows_of(seed, n_sequences=60, n_steps=20):
    """Return people who differ from each other more than their own steps do.

    One row of each is an outlier, as of a sensor that fell off, so that the range is wide.
    """
    rng = np.random.default_rng(seed)
    of_one = np.repeat(rng.normal(size=(n_sequences, 5)), n_steps, axis=0)
    z = 0.9 * of_one + 0.4 * rng.normal(size=of_one.shape)
    rows = np.column_stack(
        [37 + 0.7 * z[:, 0], np.exp(8 + z[:, 1]), 130 + 15 * z[:, 2], 80 + 9 * z[:, 3], z[:, 4]]
    )
    starts = np.arange(0, len(rows), n_steps)
    rows[starts, 0] = rng.uniform(0, 110, n_sequences)
    wide = rng.uniform([0.0, 0.0, 0.0, -60.0], [1e5, 220, 220, 60], (n_sequences, 4))
    rows[starts + 1, 1:] = wide
    return rows


def sequences(rows, n_steps=20, channels=CHANNELS):
    return Sequences(rows, np.full(len(rows) // n_steps, n_steps), channels)


def book_of(rows):
    return with_known(quantile_cuts(sequences(rows), 4, context=Context()), sequences(rows))


def said_of(book, inputs):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warn_of_unknown(book, inputs)
    return " ".join(str(each.message) for each in caught)


def fahrenheit(rows):
    rows[:, 0] = 1.8 * rows[:, 0] + 32


def thousandth(rows):
    rows[:, 1] /= 1000


def swapped(rows):
    rows[:, [2, 3]] = rows[:, [3, 2]]


def shifted(rows):
    rows[:, [0, 2, 3]] = rows[:, [3, 0, 2]]


def of_one(rows):
    rows[:, 4] /= 100


WRONG = {
    "Celsius and Fahrenheit": (fahrenheit, ["temperature"]),
    "a factor of 1000": (thousandth, ["count"]),
    "swapped columns": (swapped, ["systolic", "diastolic"]),
    "shifted columns": (shifted, ["temperature", "systolic", "diastolic"]),
    "a share in place of a percentage, about 0": (of_one, ["change"]),
}


@pytest.mark.parametrize("what", WRONG)
@pytest.mark.parametrize("n_sequences", [12, 200])
def test_units_within_the_known_range_are_told_with_both_ranges(what, n_sequences):
    spoil, names = WRONG[what]
    book, rows = book_of(rows_of(0)), rows_of(1, n_sequences)
    spoil(rows)
    said = said_of(book, sequences(rows))
    assert "lies far outside" not in said
    for name in names:
        assert f"{name} is spread otherwise" in said
    if what == "Celsius and Fahrenheit":
        assert "half of the values lie in 97" in said
        assert "there in 36" in said


def test_no_alarm_on_held_out_sequences_however_they_differ_from_each_other():
    told = 0
    for seed in range(150):
        rows = rows_of(seed, 20 + 3 * (seed % 40))
        half = len(rows) // 40 * 20
        told += bool(said_of(book_of(rows[:half]), sequences(rows[half:])))
    assert told == 0


@pytest.mark.parametrize(
    ("name", "columns"),
    [("vital_signs", ["heart_rate", "spo2"]), ("outputs", ["heart_rate", "spo2"])],
)
def test_no_alarm_on_held_out_people_of_the_examples(name, columns):
    table = pd.read_csv(DATA / f"{name}.csv")
    channels = tuple(map(Channel, columns))
    people = [each[columns].to_numpy(float) for _, each in table.groupby("subject")]
    told = 0
    for seed in range(60):
        order = np.random.default_rng(seed).permutation(len(people))
        train, test = (
            Sequences.from_list([people[one] for one in part], channels)
            for part in np.array_split(order, [len(people) * 3 // 5])
        )
        book = with_known(quantile_cuts(train, 4, context=Context()), train)
        told += "spread otherwise" in said_of(book, test)
    assert told == 0


def test_of_few_sequences_nothing_is_told():
    rows = rows_of(1, 5)
    thousandth(rows)
    assert said_of(book_of(rows_of(0)), sequences(rows)) == ""


def test_categories_and_constants_are_not_looked_at():
    channels = (Channel("ward", levels=("a", "b")), Channel("dose"))
    rows = np.column_stack([np.zeros(400), np.full(400, 100.0)])
    rows[::7, 0] = 1
    known = sequences(rows, channels=channels)
    book = with_known(quantile_cuts(known, 2, context=Context()), known)
    assert [each.population for each in book.known] == [None, None]
    others = np.column_stack([1 - rows[:, 0], rows[:, 1] + 1])
    assert said_of(book, sequences(others, channels=channels)) == ""


def test_missing_values_do_not_count():
    rows = rows_of(0)
    rows[::3, 2] = np.nan
    book, others = book_of(rows), rows_of(1)
    others[1::2, 2] = np.nan
    assert said_of(book, sequences(others)) == ""
    swapped(others)
    with pytest.warns(EvidenceWarning, match="systolic is spread otherwise"):
        warn_of_unknown(book, sequences(others))


def test_what_is_known_survives_a_file_and_older_files_are_read():
    book = book_of(rows_of(0))
    plain = json.loads(json.dumps(codebook_to_dict(book)))
    assert codebook_from_dict(plain).known == book.known
    for each in plain["known"]:
        del each["population"]
    rows = rows_of(1)
    thousandth(rows)
    assert said_of(codebook_from_dict(plain), sequences(rows)) == ""
