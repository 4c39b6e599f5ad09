"""What newcomers give in other forms or places: taken where its meaning is plain, else told."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.abstractions.study import Kept
from markovlens.activations.oracle import Oracle
from markovlens.errors import ConfigError, DataError, MissingError
from markovlens.explaining.explanation import Explanation
from markovlens.explaining.inputs import with_targets
from markovlens.keyed import Listing
from markovlens.listed import sequences_of
from markovlens.reliance.trust.stand import withstand

SYMBOLS = ("the", "film")
CODES = [[0, 1], [1, 0, 1]]


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.GRU(2, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, x):
        return self.head(self.rnn(x)[0])


NETWORK = Network()
ROWS = ml.Sequences(np.random.default_rng(0).normal(size=(80, 2)), np.full(8, 10))
TABLE = pd.DataFrame({"t": [0.0, 1, 0, 1, 2], "ward": [7, 7, 9, 9, 9], "x": [0.5, 1, 2, 3, 4]})
WORDS = pd.DataFrame({"id": [7, 7, 9, 9, 9], "word": ["the", "film", "film", "the", "film"]})
ANSWERED = pd.DataFrame(
    {
        "id": np.repeat([1, 2, 3], 4),
        "minute": [0, 5, 10, 15] * 3,
        "temp": np.linspace(36, 38, 12),
        "flow": np.linspace(4, 5, 12),
        "label": ["well"] * 8 + ["ill"] * 4,
    }
)


@pytest.mark.parametrize(
    "given",
    [
        pd.Series(["the film", "film the film"], index=[5, 9]),
        pd.Series([["the", "film"], ["film", "the", "film"]]),
        WORDS.groupby("id")["word"].apply(list),
        WORDS.groupby("id")["word"].apply(np.array),
        [part["word"] for _, part in WORDS.groupby("id")],
        [part["word"].astype("category") for _, part in WORDS.groupby("id")],
        [part["word"].to_numpy() for _, part in WORDS.groupby("id")],
    ],
)
def test_columns_of_text_are_what_lists_of_text_are(given):
    found = sequences_of(given, SYMBOLS)
    assert [each.tolist() for each in found] == CODES


def test_a_list_of_tables_is_rows_and_no_text():
    found = sequences_of([part[["t", "x"]] for _, part in TABLE.groupby("ward")])
    assert [str(each) for each in found.channels] == ["t", "x"]
    assert found.lengths.tolist() == [2, 3]


@pytest.mark.parametrize(
    "make",
    [
        sequences_of,
        ml.Sequences.from_list,
        lambda table: ml.Sequences.from_strings(table, SYMBOLS),
        lambda table: ml.record(NETWORK, table),
    ],
)
@pytest.mark.parametrize(
    ("table", "wanted"),
    [(TABLE, [[[0, 0.5], [1, 1]], [[0, 2], [1, 3], [2, 4]]]), (WORDS, CODES)],
)
def test_a_long_table_is_told_the_line_that_makes_sequences_of_it(make, table, wanted):
    with pytest.raises(DataError, match="expected a list of sequences, got a DataFrame") as caught:
        make(table)
    line = str(caught.value).split("`")[1]
    assert "groupby(" in line
    found = sequences_of(eval(line, {"table": table}), SYMBOLS)  # noqa: S307 - our own line
    assert [each.tolist() for each in found] == wanted


VITALS = pd.DataFrame({"pulse": [70, 71, 70, 72], "SpO2": [97.0, 96, 97, 95]})


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame(), r"0 rows, columns none; give one with rows"),
        (pd.DataFrame([[1, 2.0]], columns=["x", "x"]), "a column of its own name"),
        (pd.DataFrame({"id": [1, 2], "read": [["a"], ["b", "a"]]}), r"`list\(table\['read'\]\)`"),
        (WORDS[["word", "id"]], r"if 'id' says .* `\[list\(part\['word'\]\) .*groupby\('id',"),
        (TABLE.set_axis([0, 1, 2], axis=1), r"if 1 says .* `\[part\[\[0, 2\]\] .*groupby\(1,"),
        (VITALS, r"`\[table\[inputs\]\]` makes a single one .*groupby\(owner,"),
    ],
)
def test_a_table_is_told_no_column_that_cannot_say_whose_a_row_is(table, said):
    with pytest.raises(DataError, match=said):
        sequences_of(table)


def test_groups_of_a_table_and_a_single_column_are_told_what_they_are():
    with pytest.raises(DataError, match=r"got DataFrameGroupBy; `\[part\[columns\] for _, part"):
        sequences_of(TABLE.groupby("ward"))
    with pytest.raises(DataError, match=r"`\[table\['x'\]\]` is one sequence"):
        sequences_of(TABLE[["x"]])


@pytest.mark.parametrize("ask", [ml.record, ml.explain])
def test_names_of_symbols_beside_rows_are_refused(ask):
    with pytest.raises(DataError, match="symbols: .* got rows of x1, x2; leave them out"):
        ask(NETWORK, ROWS, symbols=SYMBOLS)


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda m, w: ml.check("never a", m), "machine: expected a machine, got a text"),
        (lambda m, w: ml.check(NETWORK, "never a"), "machine: .* got a network .Network."),
        (lambda m, w: ml.check(m, NETWORK), "properties: expected a text, got a network"),
        (lambda m, w: ml.check(m, "never a", network=m), "network: .*, got a machine"),
        (lambda m, w: ml.check(m, "never a", sequences=NETWORK), "sequences: .* got a network"),
        (lambda m, w: ml.repair(m, NETWORK, w), "network: expected a network, got a machine"),
        (lambda m, w: ml.repair(NETWORK, w, m), "specification: .*, got sequences"),
        (lambda m, w: withstand({"a": m}, w, m), "specification: .*, got sequences"),
        (lambda m, w: withstand(m, m, w), "subjects: expected networks and machines by name, got"),
        (lambda m, w: ml.compare_layers(NETWORK, m, w), "sequences: .*, got a machine"),
        (lambda m, w: ml.Monitor.calibrated(NETWORK, w, m), "machine: .*, got a network"),
        (lambda m, w: ml.explain(w, NETWORK), "network: .*, got sequences .Sequences."),
        (lambda m, w: ml.explain(NETWORK, w, machine=NETWORK), "machine: .*, got a network"),
        (lambda m, w: ml.record(w, NETWORK), "model: expected a network, got sequences"),
        (lambda m, w: ml.export("c", m), "machine: expected a machine, got a text"),
    ],
)
def test_arguments_in_each_others_places_are_told_which_is_which(ask, said, parity):
    words = ml.Sequences.from_list(CODES)
    with pytest.raises(DataError, match=f"{said}.*; give each in its place, `") as caught:
        ask(parity, words)
    assert caught.value.page == "wrong-kind"


@pytest.fixture
def parity():
    return ml.machines.machine.automaton(
        np.array([[0, 1], [1, 0]]), np.array([False, True]), start=0, symbols=SYMBOLS
    )


def test_a_place_of_a_listing_is_a_number():
    states = Listing("xy", "states")
    for name in ("a", None, 1.5):
        with pytest.raises(
            DataError, match="expected a number .* as states have no names"
        ) as caught:
            states[name]
        assert not isinstance(caught.value, LookupError)
    with pytest.raises(MissingError, match="a number of 0..1"):
        states[2]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "fits",
            r"no attribute 'fits'; `studies\[method\].machines\[n_states\]` are kept; fits are",
        ),
        ("machines", "`machine` is the one that explains"),
        ("best", "`machine` is the one that explains"),
    ],
)
def test_what_an_explanation_has_not_is_told_where_it_is(name, said):
    bare = object.__new__(Explanation)
    with pytest.raises(AttributeError, match=said):
        getattr(bare, name)
    assert not hasattr(bare, name)


def test_so_it_is_of_what_is_kept_of_a_study():
    kept = Kept({}, {}, None, {})
    with pytest.raises(AttributeError, match=r"'Kept' .*'fits'; `machines\[n_states\]` are kept"):
        kept.fits  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'fit'$"):
        kept.fit  # noqa: B018


def test_one_is_one_in_what_is_printed(parity):
    one = ml.machines.machine.automaton(
        np.array([[0, 0]]), np.array([False]), start=0, symbols=SYMBOLS
    )
    assert repr(one).startswith("Machine: 1 state, carries")
    assert repr(parity).startswith("Machine: 2 states, carries")
    trace = ml.record(NETWORK, [np.zeros((1, 2))])
    assert repr(trace).startswith("Trace: 1 sequence of 1 step in all, states of 4 numbers")
    assert ", answers 2 classes at 1 step, " in repr(trace)


@pytest.mark.parametrize("answer", ["label", "Targets", "class_name", "true outcome"])
def test_a_column_of_answers_is_nothing_to_read(answer):
    with pytest.raises(DataError, match=r"\[part\[\['temp', 'flow'\]\] .*groupby\('id',"):
        sequences_of(ANSWERED.rename(columns={"label": answer}))


def test_real_numbers_are_read_before_texts_and_answers_never():
    beside = ANSWERED.rename(columns={"label": "ward"})
    with pytest.raises(DataError, match=r"\[part\[\['temp', 'flow'\]\] "):
        sequences_of(beside)
    with pytest.raises(DataError, match=r"\[part\[inputs\] .*groupby\('id',"):
        sequences_of(ANSWERED[["id", "label"]])


def test_truth_values_are_told_as_they_were_given():
    with pytest.raises(DataError, match=r"got bool \(8,\); `targets.astype\(int\)`"):
        with_targets(ROWS, np.arange(8) > 3)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ml.pod(None), "states: expected an array .* got NoneType"),
        (lambda: ml.random_projection(None, n_components=1), "expected an array .* got NoneType"),
        (lambda: ml.unit_projection(3, [0]), "expected an array .* got int"),
        (lambda: ml.unit_projection(np.eye(3), [[0, 1], [1]]), "units: expected an array"),
        (lambda: ml.random_projection(np.eye(3), n_components=None), "at most 3, .* got None"),
        (lambda: ml.make_task([], sizes={}, seed=0), r"unknown task \[\]"),
        (lambda: Oracle(NETWORK, like=3), "like: expected Sequences, got int"),
    ],
)
def test_what_is_of_no_such_kind_is_told_in_words(call, said):
    with pytest.raises(DataError, match=said):
        call()


def test_a_network_as_it_is_cannot_be_asked_for_a_codebook():
    trace = ml.record(NETWORK, ROWS)
    with pytest.raises(DataError, match="network: expected an oracle, got Network"):
        ml.choose_codebook(trace[:4], trace[4:], network=NETWORK)


def test_a_list_of_methods_is_no_method():
    trace = ml.record(NETWORK, ROWS)
    with pytest.raises(ConfigError, match=r"unknown method \['kmeans'\]"):
        ml.study(["kmeans"], trace[:4], trace[4:], n_states=[2], seed=0)
