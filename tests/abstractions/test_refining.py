"""A network is asked where its codes begin and end, and codes within which it differs are split."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.rows import COUNT, PARITY
from markovlens.abstractions.asking import Asked, consistency_of
from markovlens.abstractions.base import Options
from markovlens.abstractions.coding import choose_codebook
from markovlens.abstractions.refining import refine
from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import cut_along, cut_at
from markovlens.codebooks.editing import weights_of
from markovlens.codebooks.growing import single_code
from markovlens.errors import DataError
from markovlens.sequences import Sequences, by_step
from markovlens.trace import Trace

PARAMS = [PARITY, COUNT]


class Planted:
    """A network that is an automaton over bits that a function reads off rows."""

    basis, n_features = None, 1

    def __init__(self, successor, bit_of):
        self.successor, self.bit_of = np.array(successor), bit_of

    def outputs(self, inputs):
        return self._read(None, inputs)[0]

    def states_after(self, inputs):
        return self._read(None, inputs)[1]

    def resume(self, states, inputs):
        return self._read(states, inputs)[0]

    def advance(self, states, rows):
        return self._read(states, Sequences(rows, np.ones(len(rows), dtype=int)))

    def _read(self, states, inputs):
        bits = self.bit_of(inputs.rows).astype(int)
        at = np.zeros(len(inputs), dtype=int) if states is None else states[:, 0].astype(int)
        said = np.zeros((inputs.n_steps, 2))
        for active, rows in by_step(inputs.lengths):
            at[active] = self.successor[at[active], bits[rows]]
            said[rows, (at[active] == 1).astype(int)] = 1
        return said, at[:, None].astype(float)


def planted(successor, bit_of, channels, *, seed=0, n_sequences=60, n_steps=20):
    """Return the network and what it leaves behind on rows of Gaussian channels."""
    rows = np.random.default_rng(seed).normal(size=(n_sequences * n_steps, len(channels)))
    inputs = Sequences(rows, np.full(n_sequences, n_steps), channels)
    network = Planted(successor, bit_of)
    outputs, truth = network.outputs(inputs), np.zeros(len(rows), dtype=int)
    at = np.zeros(n_sequences, dtype=int)
    for step in range(n_steps):
        mine = np.arange(n_sequences) * n_steps + step
        at = truth[mine] = network.successor[at, bit_of(rows[mine]).astype(int)]
    places = 2 * np.random.default_rng(1).normal(size=(4, 5))
    states = places[truth] + 0.1 * np.random.default_rng(2).normal(size=(len(rows), 5))
    nothing = np.full(len(rows), -1)
    trace = Trace(
        states, rows, outputs, nothing, truth, inputs.lengths, (), ("no", "yes"), inputs.channels
    )
    return network, trace


@pytest.mark.parametrize("successor", PARAMS)
def test_a_cut_goes_where_the_network_changes_its_answers(successor):
    network, trace = planted(successor, lambda rows: rows[:, 0] > 0.3, ("x", "noise"))
    found = refine(cut_at(trace.channels, {"x": 0.4}), trace, network)
    assert found.codebook.threshold[0] == pytest.approx(0.3, abs=1e-3)
    assert found.table["consistency"].tolist() == [1, 1]
    assert found.table["share"].sum() == pytest.approx(1)
    assert found.n_asked > 0
    assert "consistency 1.000" in repr(found)


@pytest.mark.parametrize("successor", PARAMS)
def test_a_code_in_which_the_network_differs_is_split_and_one_too_many_joined(successor):
    network, trace = planted(successor, lambda rows: np.abs(rows[:, 0]) > 0.8, ("x", "noise"))
    met = np.zeros(2, dtype=bool)
    for start in (
        single_code(trace.channels, Context(), met),
        cut_at(trace.channels, {"noise": 0}),
    ):
        found = refine(start, trace, network, oblique=False).codebook
        assert found.n_codes == 3
        cuts = np.sort(found.threshold[found.feature >= 0])
        np.testing.assert_allclose(cuts, [-0.8, 0.8], atol=2e-3)


@pytest.mark.parametrize("unit", [1.0, 1e6])
def test_an_oblique_boundary_is_found_from_a_cut_of_one_channel(unit):
    network, trace = planted(PARITY, lambda rows: rows[:, 0] > rows[:, 1] + 0.2, ("a", "b"))
    other = replace(trace, inputs=trace.inputs * [1.0, unit])
    network.bit_of = lambda rows: rows[:, 0] > rows[:, 1] / unit + 0.2
    found = refine(cut_at(trace.channels, {"a": 0.0}), other, network).codebook
    assert found.n_codes == 2
    weights = weights_of(found, 0) * [1.0, unit]
    length = np.linalg.norm(weights) * np.sign(weights[0])
    assert np.degrees(np.arctan2(*(weights / length)[::-1])) == pytest.approx(-45, abs=0.5)
    assert found.threshold[0] / length == pytest.approx(0.2 / np.sqrt(2), abs=0.01)


def test_an_axis_that_will_do_is_kept():
    network, trace = planted(COUNT, lambda rows: rows[:, 0] > 0.3, ("a", "b"))
    assert not len(refine(cut_at(trace.channels, {"a": 0.0}), trace, network).codebook.directions)


def test_what_is_missing_or_constant_or_a_category_is_no_hindrance():
    channels = (Channel("x"), Channel("flat"), Channel("drug", levels=("A", "B")))
    network, trace = planted(PARITY, lambda rows: rows[:, 0] > 0.3, channels[:2])
    rows = np.column_stack([trace.inputs[:, 0], np.ones(len(trace.inputs)), np.arange(1200) % 2])
    rows[::7, 0] = np.nan  # read as low
    network.bit_of = lambda rows: (rows[:, 0] > 0.3) & (rows[:, 2] == 1)
    changed = replace(trace, inputs=rows, channels=channels)
    found = refine(cut_at(channels, {"drug": 0.5}), changed, network)
    assert any("drug is B and x > 0.3" in name for name in found.codebook.names)
    assert (found.table["consistency"] == 1).all()


def test_as_many_words_and_codes_as_are_allowed():
    network, trace = planted(PARITY, lambda rows: np.sin(6 * rows[:, 0]) > 0, ("x",))
    start = cut_at(trace.channels, {"x": 0.0})
    assert refine(start, trace, network, most_codes=3).codebook.n_codes <= 3
    assert refine(start, trace, network, most_words=1).codebook.n_codes <= 2


@pytest.mark.parametrize("most_words", [1, 5_000, 60_000, 150_000])
def test_no_question_is_asked_that_would_take_more_words_than_are_allowed(most_words, monkeypatch):
    """Neither by moving a cut nor amid a split; what is asked at the end comes on top."""
    network, trace = planted(PARITY, lambda rows: np.sin(6 * rows[:, 0]) > 0, ("x",))
    asked = []
    finer = Asked.finer

    def watched(self, *given):
        for tree in finer(self, *given):
            asked.append(self.probe.n_asked)
            yield tree
        asked.append(self.probe.n_asked)

    monkeypatch.setattr(Asked, "finer", watched)
    start = cut_at(trace.channels, {"x": 0.0})
    found = refine(start, trace, network, most_words=most_words)
    assert max(asked) <= most_words
    assert found.n_asked > max(asked)
    assert (found.codebook.n_codes > 2) == (most_words >= 60_000)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        (replace(cut_at(("x",), {"x": 0.0}), context=Context("window", 1)), "single rows"),
        (cut_at((Channel("x", static=True),), {"x": 0.0}), "one of x"),
    ],
)
def test_codes_about_which_nobody_can_be_asked_are_said_in_words(tree, message):
    network, trace = planted(PARITY, lambda rows: rows[:, 0] > 0.3, ("x",))
    constant = replace(trace, inputs=np.zeros((1200, 1)), channels=tree.channels)
    with pytest.raises(DataError, match=message):
        refine(tree, constant, network)


def test_a_codebook_of_other_channels_is_said_in_words():
    network, trace = planted(PARITY, lambda rows: rows[:, 0] > 0.3, ("x",))
    with pytest.raises(DataError, match="got x"):
        refine(cut_along(("a", "b"), [1, -1], 0), trace, network)


def test_what_a_network_estimates_counts_whatever_its_units():
    network, trace = planted(PARITY, lambda rows: rows[:, 0] > 0.3, ("x",))
    scale = np.array([1.0, 1e6])
    outputs = np.column_stack([trace.truth, np.random.default_rng(0).normal(size=1200)]) * scale
    estimates = replace(trace, outputs=outputs, output="values", classes=("level", "count"))
    read, noise = network._read, np.random.default_rng(3)

    def estimated(states, inputs):
        said, after = read(states, inputs)
        return np.column_stack([said[:, 1], 0.1 * noise.normal(size=len(said))]) * scale, after

    network._read = estimated
    found = refine(cut_at(trace.channels, {"x": 0.0}), estimates, network, most_codes=4)
    assert found.codebook.n_codes == 2
    assert found.codebook.threshold[0] == pytest.approx(0.3, abs=0.01)
    assert (found.table["consistency"] > 0.8).all()


def test_consistency_is_one_where_codes_tell_all_and_counts_what_differs():
    said = np.eye(2)[np.array([[0, 0], [0, 0], [1, 0], [0, 0]])]  # 4 rows, the second tells nothing
    codes = np.array([0, 0, 1, 1])
    assert consistency_of(said, codes, decides=True) == {0: 1.0, 1: 0.5}
    assert consistency_of(said[:2], codes[:2], decides=True) == {0: 1.0}
    values = np.array([0.0, 2.0, 5.0, 5.0])[:, None, None]
    total = values.var()
    assert consistency_of(values, codes, decides=False) == {0: 1 - 1 / total, 1: 1.0}


def test_the_network_is_asked_where_a_codebook_is_chosen_unless_no_question_is_allowed():
    network, trace = planted(COUNT, lambda rows: rows[:, 0] > 0.3, ("x",))
    _, valid = planted(COUNT, lambda rows: rows[:, 0] > 0.3, ("x",), seed=1)
    few = Options(codes=("tree",), n_codes=(2,), contexts=("row",))
    asked = choose_codebook(trace, valid, options=few, network=network)
    assert asked.table["asked"].tolist().count(True) == 1
    assert asked.table.query("chosen")["asked"].all()
    assert asked.codebook.threshold[0] == pytest.approx(0.3, abs=1e-3)
    silent = choose_codebook(trace, valid, options=replace(few, questions=0), network=network)
    assert not silent.table["asked"].any()
