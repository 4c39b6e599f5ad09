"""The softmax HMM as a method for rows, and its machine: runs, files, numbers, pictures, words."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from markovlens.abstractions.numbering import permuted
from markovlens.abstractions.study import study
from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.errors import DataError, EvidenceWarning
from markovlens.faithfulness.scores.agreement import predict
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.machines.lumping import lump
from markovlens.machines.machine import Machine
from markovlens.machines.minimisation import harden
from markovlens.machines.running import Runner
from markovlens.machines.soft import SoftLaw, SoftMachine, features_of, row_features
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.sequences import Sequences
from markovlens.trace import Trace

CHANNELS = (
    Channel("pressure", "mmHg"),
    Channel("drug", levels=("none", "low", "high")),
)
LAW = SoftLaw(
    CHANNELS,
    np.array([90.0, 0.5, 0.3, 0.2]),
    np.array([10.0, 0.5, 0.46, 0.4]),
    np.array([[1.0, -1.0], [-0.5, 0.5]]),
    np.array([[[-1.5, 0, 0, 0.5], [1.5, 0, 0, -0.5]], [[-1, 0.3, 0, 0], [1, -0.3, 0, 0]]]),
    np.array([0.5, -0.5]),
    np.array([[-1.0, 0, 0, 0], [1.0, 0, 0, 0]]),
)


def draw_rows(rng, lengths):
    n = sum(lengths)
    values = np.column_stack([rng.normal(90, 10, n), rng.choice(3, n, p=[0.5, 0.3, 0.2])])
    return Sequences(values.astype(float), np.array(lengths), CHANNELS)


def draw_trace(rng, lengths):
    """States of a planted softmax law, seen through noise, and outputs that tell them."""
    inputs = draw_rows(rng, lengths)
    standard = LAW.standard(inputs)
    moves, starts = LAW.moves(standard), LAW.starts(standard)
    state = np.empty(inputs.n_steps, dtype=int)
    first = set(inputs.starts.tolist())
    for t in range(inputs.n_steps):
        chances = starts[t] if t in first else moves[t, state[t - 1]]
        state[t] = rng.choice(2, p=chances)
    states = np.array([[-2.0, 0.0], [2.0, 1.0]])[state] + 0.5 * rng.normal(size=(len(state), 2))
    outputs = np.array([[0.9, 0.1], [0.2, 0.8]])[state]
    none = np.full(len(state), -1)
    return Trace(
        states, inputs.values, outputs, none, state, inputs.lengths, (), ("calm", "alarm"), CHANNELS
    )


@pytest.fixture
def rng():
    return np.random.default_rng(11)


@pytest.fixture(scope="module")
def traces():
    rng = np.random.default_rng(3)
    return draw_trace(rng, [40] * 40), draw_trace(rng, [40] * 10)


@pytest.fixture(scope="module")
def found(traces):
    codebook = quantile_cuts(traces[0].sequences, 4, context=Context())
    return study("hmm_soft", *traces, n_states=[1, 2, 3], seed=0, codebook=codebook)


def machine_of_law(rng):
    return SoftMachine(
        rng.dirichlet(np.ones(2), 3), rng.dirichlet(np.ones(2), (3, 2)), np.eye(2),
        ("a", "b", "c"), ("calm", "alarm"), np.ones((3, 2), bool), law=LAW,
    )  # fmt: skip


def test_the_number_of_states_and_the_law_are_found(traces, found):
    assert found.chosen == 2
    valid = traces[1]
    states = found.fits[2].decode(valid)
    assert adjusted_rand_score(valid.truth, states) > 0.95
    rank = np.array([np.bincount(states[valid.truth == k], minlength=2).argmax() for k in (0, 1)])
    law, standard = found.best.law, LAW.standard(valid.sequences)
    moves = law.moves(law.standard(valid.sequences))[:, rank][:, :, rank]
    assert np.abs(moves - LAW.moves(standard)).mean() < 0.04
    truth = LAW.permuted(np.argsort(rank)).table()
    ours = law.table()
    assert np.corrcoef(ours["per_sd"], truth["per_sd"])[0, 1] > 0.9


def test_rows_say_more_than_codes(traces, found):
    """Run on rows alone, the law foretells the outputs better than its means over codes."""
    valid, machine = traces[1], found.best
    errors = [
        np.square(each.predict(valid.sequences) - valid.outputs).mean()
        for each in (machine, machine.plain)
    ]
    floor = np.square(traces[0].outputs.mean(axis=0) - valid.outputs).mean()
    assert errors[0] < errors[1] < floor


def test_a_belief_is_moved_by_the_matrix_of_each_row(rng):
    machine, inputs = machine_of_law(rng), draw_rows(rng, [4, 1, 3])
    belief, moves = machine.run(inputs), LAW.moves(LAW.standard(inputs))
    starts = LAW.starts(LAW.standard(inputs))
    for first, length in zip(inputs.starts, inputs.lengths, strict=True):
        expected = starts[first]
        np.testing.assert_allclose(belief[first], expected)
        for t in range(first + 1, first + length):
            expected = expected @ moves[t]
            np.testing.assert_allclose(belief[t], expected)
    begun = machine.run_from(np.eye(2)[[0, 1, 0]], inputs)
    np.testing.assert_allclose(begun[4], moves[4, 1])


def test_its_law_is_that_of_the_fitted_model(rng):
    """Both softmaxes, of the engine and of the machine, give one and the same matrix."""
    from markovlens.abstractions.hmm_soft import law_of
    from markovlens.hmm import GaussianHMM, InputOutputHMM

    trace = draw_trace(rng, [30] * 5)
    values = trace.inputs.copy()
    values[3, 0] = np.nan
    trace = replace(trace, inputs=values)
    features = row_features(trace.sequences)
    model = InputOutputHMM(GaussianHMM(2, random_state=0))
    model.fit(trace.states, trace.lengths, features)
    law = law_of(model, trace)
    standard = law.standard(trace.sequences)
    np.testing.assert_allclose(law.moves(standard), model.transition_matrices(features))
    np.testing.assert_allclose(law.starts(standard), model.start_probabilities(features))


def test_walks_make_the_likeliest_move(rng):
    machine, inputs = machine_of_law(rng), draw_rows(rng, [5])
    states, moves = machine.walk(inputs), LAW.moves(LAW.standard(inputs))
    assert states[0] == LAW.starts(LAW.standard(inputs))[0].argmax()
    for t in range(1, 5):
        assert states[t] == moves[t, states[t - 1]].argmax()


def test_codes_are_run_by_the_matrices(rng):
    machine, codes = machine_of_law(rng), Sequences(rng.integers(3, size=9), np.array([4, 5]))
    np.testing.assert_array_equal(machine.run(codes), machine.plain.run(codes))
    np.testing.assert_array_equal(machine.walk(codes), machine.plain.walk(codes))


def test_files_keep_the_law(rng, found, traces):
    again = machine_from_dict(machine_to_dict(found.best))
    assert isinstance(again, SoftMachine)
    inputs = traces[1].sequences
    np.testing.assert_array_equal(again.predict(inputs), found.best.predict(inputs))
    assert again.law.channels == CHANNELS


def test_numbers_of_states_change_nothing_else(rng):
    machine, inputs = machine_of_law(rng), draw_rows(rng, [6, 3])
    order = np.array([1, 0])
    other = permuted(machine, order)
    np.testing.assert_allclose(other.run(inputs), machine.run(inputs)[:, order])


def test_what_has_other_moves_has_no_law(rng):
    """Hardened or lumped machines read rows by codes: the law would not be theirs."""
    machine = machine_of_law(rng)
    for other in (harden(machine), lump(machine, tolerance=0.5).machine):
        assert type(other) is Machine


def test_it_is_drawn_with_the_rules_of_its_codes(found, tmp_path):
    found.best.draw(tmp_path / "machine.svg")
    assert (tmp_path / "machine.svg").stat().st_size > 1000


def test_effects_are_told_in_units():
    table = LAW.table().set_index(["state", "next", "feature"])
    row = table.loc[(0, 1, "pressure")]
    assert (row["unit"], row["per_sd"], row["per_unit"]) == ("mmHg", 3.0, pytest.approx(0.3))
    logs = np.log([LAW.moves(np.array([[z, 0, 0, 0]]))[0, 0] for z in (0.0, 1.0)])
    assert np.diff(logs[:, 1] - logs[:, 0])[0] == pytest.approx(row["per_sd"])
    (words,) = LAW.explained(1)
    assert words == (
        "state 0 to 1: one more mmHg of pressure multiplies the odds over staying by 1.35 "
        "(a standard deviation by 20.1)"
    )


def test_one_more_unit_of_each_channel_does_what_the_table_says(rng):
    """Three states, two channels of very different scales: odds at rows a unit apart."""
    channels = (Channel("pressure", "mmHg"), Channel("flow", "l/s"))
    coefficients, square = rng.normal(size=(3, 3, 2)), rng.normal(size=(3, 3))
    scale = np.array([25.0, 0.04])
    law = SoftLaw(
        channels, np.array([90.0, 1.2]), scale, square, coefficients, np.zeros(3), np.zeros((3, 2))
    )
    base = np.array([[95.0, 1.3], [96.0, 1.3], [95.0, 2.3]])
    moves = law.moves(law.standard(Sequences(base, np.array([3]), channels)))
    for row in law.table().itertuples():
        odds = np.log(moves[:, row.state, row.next] / moves[:, row.state, row.state])
        one_more = odds[1] if row.feature == "pressure" else odds[2]
        assert one_more - odds[0] == pytest.approx(row.per_unit)
        assert row.unit == {"pressure": "mmHg", "flow": "l/s"}[row.feature]
        assert row.odds_per_sd == pytest.approx(
            np.exp(row.per_unit * scale[int(row.feature == "flow")])
        )


def test_levels_are_features_of_their_own():
    inputs = Sequences(np.array([[80.0, 2], [np.nan, np.nan]]), np.array([2]), CHANNELS)
    names = [each.name for each in features_of(CHANNELS)]
    assert names == ["pressure", "drug = none", "drug = low", "drug = high"]
    np.testing.assert_array_equal(row_features(inputs), [[80, 0, 0, 1], [np.nan] * 4])
    np.testing.assert_array_equal(LAW.standard(inputs)[1], np.zeros(4))


def test_what_makes_no_sense_is_refused_in_words(rng, traces):
    machine = machine_of_law(rng)
    other = Sequences(rng.normal(size=(3, 2)), np.array([3]), ("pressure", "pulse"))
    with pytest.raises(DataError, match="expected rows of pressure .mmHg., drug, in this order"):
        machine.run(other)
    wider = {name: np.zeros((3,) * n) for name, n in (("intercept", 2), ("start_intercept", 1))}
    three = replace(
        LAW, **wider, coefficients=np.zeros((3, 3, 4)), start_coefficients=np.zeros((3, 4))
    )
    with pytest.raises(DataError, match="machine law: expected one of 2 states"):
        replace(machine, law=three)
    symbols = [
        replace(each, inputs=np.zeros(each.n_steps, int), symbols=("a",), channels=())
        for each in traces
    ]
    refused = study("hmm_soft", *symbols, n_states=[2], seed=0)
    assert refused.failures[2].startswith("hmm_soft reads rows of real values")


def test_scores_are_of_the_law_and_not_of_the_matrices_over_codes(traces, found):
    machine, test = found.best, traces[1]
    assert isinstance(machine, SoftMachine)
    said = predict(machine, test, mode="closed")
    np.testing.assert_array_equal(said, machine.predict(test.sequences))
    assert np.abs(said - machine.plain.predict(test.sequences)).max() > 0.01


def test_a_law_is_not_run_row_by_row_by_its_matrices(found):
    with pytest.raises(DataError, match="one that moves by a softmax of the row"):
        Runner(found.best)


def test_a_law_refuses_rows_in_other_units(found):
    inputs = draw_rows(np.random.default_rng(0), [5])
    other = Sequences(inputs.values, inputs.lengths, (Channel("pressure", "kPa"), CHANNELS[1]))
    with pytest.raises(DataError, match="these units"):
        found.best.predict(other)


def test_a_soft_machine_says_that_it_moves_by_rows_and_what_becomes_of_missing_values():
    train = draw_trace(np.random.default_rng(0), [20] * 20)
    machine = study("hmm_soft", train, train, n_states=[2], seed=0).best
    said = r"moves by a softmax of pressure \[mmHg\], drug \(drawn by codes \d"
    assert re.search(said, repr(machine))
    assert "softmax" not in repr(machine.plain)
    rows = train.inputs.copy()
    rows[:, 0] = np.nan
    holed = replace(train, inputs=rows)
    with pytest.warns(EvidenceWarning, match="a missing value counts as the mean") as caught:
        fidelity(machine, holed)
    assert len([each for each in caught if "pressure is missing" in str(each.message)]) == 1
    assert not any("codes of such rows" in str(each.message) for each in caught)
    at_mean = np.where(np.isnan(rows), machine.law.mean[0], rows)
    with pytest.warns(EvidenceWarning, match="counts as the mean"):
        found = machine.predict(holed.sequences)
    with pytest.warns(EvidenceWarning, match="spread otherwise"):  # so many are at the mean now
        filled = machine.predict(replace(train, inputs=at_mean).sequences)
    np.testing.assert_allclose(found, filled)
