"""What newcomers give the package at first is met in words, or does what they mean."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.abstractions.study import study
from markovlens.errors import ConfigError, DataError
from markovlens.explaining.inputs import one_sequence, with_targets
from markovlens.files.whole import naming
from markovlens.listed import sequences_of

SYMBOLS = ("0", "1")


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.embedding = nn.Embedding(2, 4)
        self.rnn = nn.GRU(4, 6, num_layers=2, batch_first=True)
        self.head = nn.Linear(6, 2)

    def forward(self, x):
        return self.head(self.rnn(self.embedding(x))[0])


WORDS = ml.Sequences(np.random.default_rng(0).integers(2, size=80), np.full(8, 10))


@pytest.mark.parametrize(
    ("ask", "error", "said"),
    [
        (lambda: ml.Options(covariance="full"), ConfigError, r"covariance: .* give \['full'\]"),
        (lambda: ml.Options(covariance=["ful"]), ConfigError, "got 'ful'; did you mean full"),
        (lambda: ml.Options(n_codes=3), ConfigError, "n_codes: expected numbers of codes to try"),
        (lambda: ml.Options(restarts=-1), ConfigError, "restarts: .* got -1; give 1, or more"),
        (lambda: ml.Options(restarts=1.5), ConfigError, r"restarts: .* got 1.5; use int\(...\)"),
        (lambda: ml.Reading(verify="no"), ConfigError, "verify: expected True or False, got 'no'"),
        (lambda: ml.Channel(3), DataError, "channel name: expected text, got 3"),
        (lambda: ml.Channel("hr", None), DataError, "channel unit: expected text, got None"),
        (lambda: ml.Channel("hr", levels="ab"), DataError, r"levels, got 'ab'; give \['ab'\]"),
        (lambda: ml.Sequences(np.zeros((4, 1)), [4], "hr"), DataError, r"got 'hr'; give \['hr'\]"),
        (lambda: ml.Sequences([], []), DataError, "array of sequence lengths, got none"),
        (lambda: WORDS.select(3), DataError, r"places of the 8 sequences, got 3; one of them is"),
        (lambda: WORDS[3], DataError, r"sequences\[:100\], got 3; sequences.select"),
        (lambda: ml.read_trace("a.npz", 3), DataError, "columns: expected Mapping, got int"),
        (lambda: explained(units="no"), ConfigError, "units: expected True or False, got 'no'"),
        (lambda: explained(name=3), DataError, "name: expected str, got int"),
        (lambda: explained(options={}), DataError, "options: expected Options, got dict"),
        (lambda: ml.repair(Network(), None, WORDS, options={}), DataError, "RepairOptions, got"),
        (lambda: ml.record(Network(), WORDS, layers=1.5), DataError, "layers: .*, got 1.5; leave"),
        (lambda: ml.record(Network(), WORDS, layers=[]), DataError, r"layers: .*, got \[\]; leave"),
    ],
)  # fmt: skip
def test_what_is_none_of_what_is_wanted_is_told(ask, error, said):
    with pytest.raises(error, match=said):
        ask()


def explained(**given):
    return ml.explain(Network(), WORDS, symbols=SYMBOLS, **given)


def test_options_that_are_empty_are_none_either(trace):
    with pytest.raises(DataError, match="options: expected Options, got dict"):
        study("ngram", trace, trace, n_states=[2], seed=0, options={})


def test_a_tuple_of_layers_is_a_list_of_them():
    found = ml.record(Network(), WORDS, layers=("rnn.l0", np.int64(-1)))
    assert list(found) == ["rnn.l0", "rnn.l1"]
    with pytest.raises(DataError, match="the layers that there are, rnn.l0, rnn.l1, got 'rnn.l2'"):
        found["rnn.l2"]


def test_a_part_of_a_trace_is_a_slice_as_of_sequences(trace):
    assert trace[2:5].sequences.values.tolist() == trace.sequences[2:5].values.tolist()
    with pytest.raises(DataError, match=r"traces\[:100\], got 3; traces.select\(\[3, 7\]\)"):
        trace[3]
    with pytest.raises(DataError, match=f"at least one sequence, got none of {len(trace)}"):
        trace[len(trace) :]
    assert trace.select((0, 2)).lengths.tolist() == trace.lengths[[0, 2]].tolist()


def test_columns_of_a_table_are_lists():
    texts = pd.Series(["01", "110"], index=[7, 9])
    found = sequences_of(texts, SYMBOLS)
    assert (found.values.tolist(), found.lengths.tolist()) == ([0, 1, 1, 1, 0], [2, 3])
    said = pd.Series(["yes", "no"], dtype=object)
    assert with_targets(found, said, ("no", "yes")).targets.tolist() == [-1, 1, -1, -1, 0]


def test_several_sequences_are_not_one_to_explain(trace):
    for given in ([["0", "1"]], [[0, 1]], [np.array([0, 1])]):
        with pytest.raises(DataError, match="expected one sequence to explain, got 1"):
            one_sequence(trace, given)


def test_a_state_that_there_is_not_has_no_name(machine):
    for state in (machine.n_states, -1, "a", 1.0):
        for asked in (machine, machine.named({0: "first"})):
            with pytest.raises(DataError, match=r"expected one of the 2 states 0\.\.1, got"):
                asked.name_of(state)
    assert machine.named({0: "first"}).name_of(0) == "first"


def test_the_fidelity_wants_a_trace_to_train_on(machine, trace):
    with pytest.raises(DataError, match="train: expected Trace, got int"):
        ml.fidelity(machine, trace, train=3)


def test_a_folder_in_place_of_a_file_is_not_to_be_deleted(tmp_path):
    said = "expected a file, got a folder; give one that is in it"
    with pytest.raises(DataError, match=said), naming(tmp_path):
        tmp_path.read_text()


def test_a_misspelt_public_name_has_the_nearest_one_in_the_traceback():
    with pytest.raises(AttributeError, match="no attribute 'explian'") as caught:
        ml.explian  # noqa: B018
    assert (caught.value.name, caught.value.obj) == ("explian", ml)


def test_columns_of_several_types_of_numbers_are_rows():
    table = pd.DataFrame({"hr": pd.array([1, None, 3], dtype="Int64"), "on": [True, False, True]})
    found = sequences_of([table])
    np.testing.assert_array_equal(found.values, [[1, 1], [np.nan, 0], [3, 1]])
    assert [each.name for each in found.channels] == ["hr", "on"]
    with pytest.raises(DataError, match=r"with day \(datetime.*\), who \(.*\); leave out"):
        sequences_of([pd.DataFrame({"day": pd.to_datetime(["2020"]), "who": ["a"], "x": [1.0]})])


@pytest.mark.parametrize("value", [5.5, 0, "5", float("nan")])
def test_sizes_of_a_task_are_whole_numbers(value):
    names = ("n_train", "n_valid", "n_test", "length_train", "length_test")
    with pytest.raises(DataError, match="n_test of at least 1, got .*; give a whole number"):
        ml.make_task("parity", sizes=dict.fromkeys(names, 5) | {"n_test": value}, seed=0)


def test_one_sequence_of_rows_that_is_in_no_list_is_told():
    class OfRows(Network):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Linear(3, 4)

    rows = np.random.default_rng(0).normal(size=(20, 3))
    with pytest.raises(
        DataError, match=r"got 1 of 20; give one sequence alone in a list, \[rows\]"
    ):
        ml.record(OfRows(), rows)
    assert ml.record(OfRows(), [rows]).n_steps == 20


def test_targets_with_nan_are_told_what_stands_for_it():
    with pytest.raises(DataError, match=r"by `targets.astype\(int\)`, with -1 in place of NaN"):
        ml.explain(Network(), WORDS, targets=[np.full(10, np.nan)] * 8)
