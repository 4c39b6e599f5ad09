"""What a codebook knows of its channels, and what is said of rows that are unlike those."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from helpers.machines import random_machine
from markovlens.channels import Channel
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_at, quantile_cuts
from markovlens.codebooks.known import Known, with_known
from markovlens.codebooks.storage import codebook_from_dict, codebook_to_dict
from markovlens.errors import DataError, EvidenceWarning
from markovlens.machines.formats.registry import read_machine, write_machine
from markovlens.machines.machine import Machine
from markovlens.machines.running import Runner
from markovlens.sequences import Sequences

CHANNELS = (Channel("pulse", "/min"), Channel("SpO2", "%"))
LENGTHS = np.full(20, 10)


def vitals(seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(80, 10, 200), rng.normal(95, 1.5, 200)])


def sequences(rows):
    return Sequences(rows, np.full(len(rows) // 10, 10), CHANNELS)


def book_of(kind="quantile", rows=None):
    inputs = sequences(vitals() if rows is None else rows)
    if kind == "quantile":
        book = quantile_cuts(inputs, 4, context=Context())
    else:
        book = nearest_centres(inputs, 4, context=Context(), rng=np.random.default_rng(0))
    return with_known(book, inputs)


def machine_on(book):
    made = random_machine(3, len(book.names), 2, symbols=book.names)
    return Machine(
        made.initial, made.transition, made.readout, made.symbols, made.classes, made.seen, book
    )


def silently(machine, rows):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return machine.predict(sequences(rows))


def test_the_range_of_each_channel_is_kept_and_survives_a_file():
    rows = vitals()
    rows[3, 1] = np.nan
    for kind in ("quantile", "kmeans"):
        book = book_of(kind, rows)
        low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
        said = tuple(replace(each, population=None) for each in book.known)
        assert said == (Known(low[0], high[0], False), Known(low[1], high[1], True))
        assert codebook_from_dict(codebook_to_dict(book)).known == book.known


def test_a_machine_in_a_file_still_knows(tmp_path):
    write_machine(tmp_path / "machine.json", machine_on(book_of()))
    with pytest.warns(EvidenceWarning, match="pulse lies far outside"):
        read_machine(tmp_path / "machine.json").predict(sequences(vitals() / [60, 1]))


def test_a_codebook_that_knows_already_learns_nothing_more():
    book = book_of()
    assert with_known(book, sequences(vitals() * 2)) is book


@pytest.mark.parametrize("seed", range(5))
def test_other_rows_of_the_same_law_are_nothing_new(seed):
    assert len(silently(machine_on(book_of()), vitals(seed + 1))) == 200


def test_a_few_odd_rows_are_nothing_new_and_many_are():
    rows = vitals(1)
    rows[:6, 0] = 1.3
    silently(machine_on(book_of()), rows)
    rows[:20, 0] = 1.3
    with pytest.warns(EvidenceWarning, match=r"pulse lies far outside .* in 1\d% of the rows"):
        machine_on(book_of()).predict(sequences(rows))


def test_a_rate_in_hertz_is_said_with_both_ranges():
    told = (
        r"pulse lies far outside what the codebook was made on in 100% of the rows "
        r"\(seen 0\.9\d* to 1\.\d+ /min, known 5\d\.\d+ to 10\d\.?\d* /min\).*units and the order"
    )
    with pytest.warns(EvidenceWarning, match=told) as caught:
        machine_on(book_of()).predict(sequences(vitals() / [60, 1]))
    assert caught[0].filename == __file__


def test_channels_in_another_order_are_seen_by_their_values():
    with pytest.warns(EvidenceWarning, match="SpO2 lies far outside"):
        machine_on(book_of()).predict([vitals()[:, ::-1]])


def test_columns_with_names_are_compared():
    table = pd.DataFrame(vitals(), columns=["pulse", "SpO2"])
    machine = machine_on(book_of())
    np.testing.assert_array_equal(machine.predict([table]), machine.predict([vitals()]))
    with pytest.raises(DataError, match="columns of the channels pulse, SpO2, in this order, got"):
        machine.predict([table[["SpO2", "pulse"]]])


def test_a_value_that_was_never_missing_or_always_was():
    rows = vitals(1)
    rows[:50, 1] = np.nan
    with pytest.warns(EvidenceWarning, match="SpO2 is missing in 25% of the rows, and never was"):
        machine_on(book_of()).predict(sequences(rows))
    absent = vitals()
    absent[:, 1] = np.nan
    with pytest.warns(EvidenceWarning, match="SpO2 lies far .* it was always missing"):
        machine_on(book_of(rows=absent)).predict(sequences(vitals()))
    silently(machine_on(book_of(rows=absent)), absent)


def test_a_constant_channel_has_a_range_too():
    flat = vitals()
    flat[:, 1] = 100
    silently(machine_on(book_of(rows=flat)), vitals() * [1, 0] + [0, 101])
    with pytest.warns(EvidenceWarning, match="SpO2 lies far outside"):
        machine_on(book_of(rows=flat)).predict(sequences(flat / [1, 100]))


def test_cuts_by_hand_know_nothing_until_they_are_told():
    book = cut_at(CHANNELS, {"pulse": 80})
    silently(machine_on(book), vitals() / 60)
    with pytest.warns(EvidenceWarning, match="pulse lies far outside"):
        machine_on(with_known(book, sequences(vitals()))).predict(sequences(vitals() / [60, 1]))


def test_a_runner_says_it_once_a_channel():
    runner = Runner(machine_on(book_of()))
    with pytest.warns(EvidenceWarning, match=r"pulse lies far .* in a row \(seen 1.3 /min"):
        runner.step([1.3, 95])
    with pytest.warns(EvidenceWarning, match="SpO2 is missing in a row, and never was"):
        runner.step([1.3, np.nan])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runner.reset()
        runner.step([1.2, np.nan])


def test_a_machine_that_ignores_its_inputs_still_reads_its_channels():
    book = book_of()
    one = np.ones((1, 1))
    seen = np.ones((1, 1), bool)
    machine = Machine(one, one[None], np.array([[0.3, 0.7]]), (), ("a", "b"), seen, book)
    assert len(machine.predict(sequences(vitals()))) == 200
    with pytest.raises(DataError, match="got symbols"):
        machine.predict(Sequences(np.array([0, 1]), np.array([2])))
