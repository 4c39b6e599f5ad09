"""The codebook is chosen on validation sequences, with the fewest codes that do."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.rows import COUNT, PARITY, trace_of
from markovlens import Options, choose_codebook
from markovlens.abstractions.coded import coded
from markovlens.channels import Channel
from markovlens.errors import ConfigError, DataError

PULSE = (Channel("heart rate", "/min"),)


def pair(successor, bits_of, *, n_channels=1, channels=()):
    """Return a training and a validation trace, of rows whose bits a function says."""
    traces = []
    for seed, n_steps in ((0, 3000), (1, 1200)):
        rows = np.random.default_rng(seed).normal(size=(n_steps, n_channels))
        bits = bits_of(rows).astype(int)
        traces.append(trace_of(rows, bits, successor, channels=channels, seed=seed)[0])
    return traces


@pytest.mark.parametrize("successor", [PARITY, COUNT])
def test_a_planted_threshold_is_all_there_is(successor):
    train, valid = pair(successor, lambda rows: rows[:, 0] > 0.3, channels=PULSE)
    coding = choose_codebook(train, valid)
    assert coding.codebook.names == ("heart rate <= 0.3 /min", "heart rate > 0.3 /min")
    chosen = coding.table[coding.table["chosen"]].iloc[0]
    assert (chosen["kind"], chosen["context"], chosen["n_codes"]) == ("tree", "row", 2)
    assert chosen["closeness"] == 1
    assert "heart rate > 0.3 /min" in repr(coding)


def test_an_oblique_cut_is_chosen_where_no_channel_alone_will_do():
    train, valid = pair(COUNT, lambda rows: rows[:, 0] > rows[:, 1], n_channels=2)
    chosen = choose_codebook(train, valid).table.query("chosen").iloc[0]
    assert (chosen["kind"], chosen["n_codes"]) == ("oblique", 2)


def test_an_oblique_cut_of_many_channels_names_those_that_matter():
    train, valid = pair(COUNT, lambda rows: rows[:, 0] > rows[:, 3], n_channels=6)
    coding = choose_codebook(train, valid, options=Options(contexts=("row",)))
    chosen = coding.table.query("chosen").iloc[0]
    assert (chosen["kind"], chosen["n_codes"], chosen["n_terms"]) == ("oblique", 2, 2)
    assert coding.codebook.names[1].startswith("x1 - ")


def test_each_codebook_that_is_tried_is_told(caplog):
    train, valid = pair(PARITY, lambda rows: rows[:, 0] > 0.3)
    options = Options(codes=("tree", "quantile"), n_codes=(2, 3), contexts=("row",))
    with caplog.at_level("INFO", logger="markovlens.abstractions"):
        coding = choose_codebook(train, valid, options=options)
    told = [record.getMessage() for record in caplog.records if "closeness" in record.getMessage()]
    assert len(told) == len(coding.table)
    assert told[0].startswith("tree of 2 codes, context row: closeness 1.0000")


def test_two_thresholds_need_three_codes():
    train, valid = pair(PARITY, lambda rows: np.abs(rows[:, 0]) > 0.8)
    coding = choose_codebook(train, valid)
    assert len(coding.codebook.names) == 3
    codes = coded(valid, coding.codebook).inputs
    assert np.mean((codes == 1) == (np.abs(valid.inputs[:, 0]) <= 0.8)) > 0.995


def test_only_what_is_asked_for_is_tried_and_seeds_repeat():
    train, valid = pair(PARITY, lambda rows: rows[:, 0] > 0.3)
    options = Options(codes=("kmeans",), n_codes=(2, 3), contexts=("window_2",))
    once, again = (choose_codebook(train, valid, seed=4, options=options) for _ in range(2))
    assert set(once.table["kind"]) == {"kmeans"}
    assert set(once.table["context"]) == {"window_2"}
    assert once.table.equals(again.table)


def test_long_traces_are_looked_at_in_part(monkeypatch):
    monkeypatch.setattr("markovlens.abstractions.coding.MOST_STEPS", 600)
    train, valid = pair(PARITY, lambda rows: rows[:, 0] > 0.3)
    assert choose_codebook(train, valid).codebook.names[0].startswith("x1 <= 0.")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"channels": (Channel("pulse"),)},
            "expected rows of x1, .* got pulse",
        ),
        ({"outputs": np.full((1200, 2), np.nan)}, "valid: expected outputs, got none"),
    ],
)
def test_traces_that_do_not_belong_together_are_refused(change, message):
    train, valid = pair(PARITY, lambda rows: rows[:, 0] > 0.3)
    with pytest.raises(DataError, match=message):
        choose_codebook(train, replace(valid, **change))


@pytest.mark.parametrize(
    "settings",
    [
        {"codes": ("trees",)},
        {"codes": "tree"},
        {"codes": ()},
        {"contexts": ("rows",)},
        {"contexts": ("row", "row")},
        {"n_codes": ()},
        {"n_codes": (0,)},
    ],
)
def test_settings_that_are_none_are_refused(settings):
    with pytest.raises(ConfigError, match=next(iter(settings)).removesuffix("s")):
        Options(**settings)


def test_what_moves_the_state_without_any_consequence_is_not_cut():
    def smooth(trace):
        """Let the state follow the input, too, as the gates of a network do."""
        follows = 12 * np.tanh(trace.inputs[:, :1]) * [1.0, -1.0]
        return replace(trace, states=np.hstack([trace.states, follows]))

    traces = [smooth(trace) for trace in pair(COUNT, lambda rows: rows[:, 0] > 0.3)]
    coding = choose_codebook(*traces, options=Options(codes=("tree",), contexts=("row",)))
    assert coding.codebook.names == ("x1 <= 0.3", "x1 > 0.3")


def test_what_is_no_trace_is_refused_in_words():
    train, valid = pair(PARITY, lambda rows: rows[:, 0] > 0.3)
    with pytest.raises(DataError, match="train: expected Trace, got Sequences"):
        choose_codebook(train.sequences, valid)
    with pytest.raises(DataError, match="valid: expected Trace, got NoneType"):
        choose_codebook(train, None)
