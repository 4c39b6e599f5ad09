"""Rows as people have them: missing, constant, of one answer, alone, in odd units; and mix-ups."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.reader import CHANNELS, Reader, oracle, threshold, traces
from markovlens.abstractions.base import Options
from markovlens.abstractions.coded import coded
from markovlens.abstractions.study import study
from markovlens.activations.oracle import Oracle
from markovlens.channels import Channel
from markovlens.codebooks.cuts import cut_at
from markovlens.errors import DataError, EvidenceWarning
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.sequences import Sequences

OPTIONS = Options(restarts=2, max_iterations=30, queries=200)
METHODS = ["kmeans", "hmm_input", "ngram"]
QUICK = replace(OPTIONS, codes=("tree",), n_codes=(2, 3), contexts=("row",))


def run(method="kmeans", change=lambda trace: trace, **settings):
    recorded = {split: change(trace) for split, trace in traces().items()}
    given = {"n_states": [2, 3, 4], "seed": 0, "options": QUICK} | settings
    return study(method, recorded["train"], recorded["valid"], **given), recorded["test"]


def reading(found):
    """Return the machine that is read: over states with different futures, where there is one."""
    return found.best if found.lumped is None else found.lumped.machine


def with_rows(trace, rows, channels=CHANNELS):
    return replace(trace, inputs=rows, channels=channels)


def holed(trace):
    rng = np.random.default_rng(0)
    rows = trace.inputs.copy()
    rows[rng.random(len(rows)) < 0.1, 1] = np.nan
    rows[rng.random(len(rows)) < 0.01] = np.nan
    return with_rows(trace, rows)


@pytest.mark.parametrize("method", METHODS)
def test_missing_values_are_read(method):
    found, test = run(method, holed)
    assert fidelity(reading(found), test).value > 0.8


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_channel_does_no_harm(method):
    def flat(trace):
        return with_rows(trace, np.column_stack([trace.inputs[:, 0], np.full(trace.n_steps, 7.0)]))

    found, test = run(method, flat)
    assert fidelity(reading(found), test).value > 0.9
    assert not any("noise" in rule for rule in found.codebook.names)


def test_all_channels_constant_leave_one_code():
    found, test = run(change=lambda trace: with_rows(trace, np.ones((trace.n_steps, 2))))
    assert len(found.codebook.names) == 1
    assert fidelity(found.best, test).value == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("method", METHODS)
def test_units_do_not_matter(method):
    """A million times finer units of one channel: the same machine, the same answers."""
    units = (Channel("pressure", "nHg"), CHANNELS[1])

    def scaled(trace):
        return with_rows(trace, trace.inputs * np.array([1e6, 1.0]), units)

    (plain, test), (found, fine) = run(method), run(method, scaled)
    np.testing.assert_allclose(
        found.best.predict(fine.sequences), plain.best.predict(test.sequences), atol=1e-6
    )


@pytest.mark.parametrize("method", METHODS)
def test_one_answer_only(method):
    def silent(trace):
        return replace(trace, outputs=np.tile([0.9, 0.1], (trace.n_steps, 1)))

    found, test = run(method, silent)
    with pytest.warns(EvidenceWarning, match="answers 'calm' at every step"):
        assert fidelity(found.best, test).value == 1


@pytest.mark.parametrize("method", METHODS)
def test_one_sequence_only(method):
    longest = int(np.argmax(traces()["train"].lengths))
    one = traces()["train"].select(np.array([longest]))
    with pytest.warns(EvidenceWarning, match="one and the same sequence"):
        found = study(method, one, one, n_states=[2], seed=0, options=QUICK)
    assert found.best.n_states <= 2
    assert found.best.predict(one.sequences).shape == (one.n_steps, 2)


def test_other_channels_in_a_test_than_in_training_are_said_in_words():
    found, test = run(codebook=threshold())
    others = with_rows(test, test.inputs, (Channel("pressure", "kPa"), CHANNELS[1]))
    with pytest.raises(DataError, match=r"pressure \[mmHg\].* got pressure \[kPa\]"):
        fidelity(found.best, others)
    fewer = with_rows(test, test.inputs[:, :1], CHANNELS[:1])
    with pytest.raises(DataError, match=r"rows of pressure \[mmHg\], noise"):
        found.best.predict(fewer.sequences)


def test_another_unit_under_the_same_name_is_warned_of():
    """A codebook of one's own learns from the training trace what its channels hold."""
    found, test = run(codebook=threshold())
    kilo = with_rows(test, test.inputs + np.array([100.0, 0.0]))
    with pytest.warns(EvidenceWarning, match=r"pressure lies far outside .* in 100% of the rows"):
        found.best.predict(kilo.sequences)
    chosen, _ = run()
    with pytest.warns(EvidenceWarning, match=r"pressure lies far outside .* in 100% of the rows"):
        chosen.best.predict(kilo.sequences)


def test_symbols_for_a_machine_of_rows_are_said_in_words():
    found, test = run(codebook=threshold())
    codes = Sequences(threshold().encode(test.sequences), test.lengths)
    with pytest.raises(DataError, match=r"expected rows of pressure \[mmHg\], noise, got symbols"):
        found.best.predict(codes)
    with pytest.raises(DataError, match=r"expected rows of pressure \[mmHg\], noise, got text"):
        found.best.predict("01")


def test_infinite_rows_are_said_in_words():
    trace = traces()["train"]
    rows = trace.inputs.copy()
    rows[3, 0] = np.inf
    with pytest.raises(DataError, match="channel pressure: expected numbers.*first at row 3"):
        with_rows(trace, rows)


def test_another_network_than_the_recorded_one_is_said_in_words():
    other = Oracle(Reader(), layer="rnn.l0", like=traces()["train"].sequences)
    with pytest.raises(DataError, match="network: expected the one that the traces were recorded"):
        run("lstar", network=other, codebook=threshold())


def test_a_network_without_the_basis_of_the_traces_is_said_in_words():
    def halved(trace):
        return replace(trace, states=trace.states[:, :3])

    with pytest.raises(DataError, match="states as the traces hold them.* 8 columns in place of 3"):
        run("lstar", halved, network=oracle(), codebook=threshold())


def test_a_network_of_rows_for_traces_of_symbols_is_said_in_words():
    with pytest.raises(DataError, match="network: expected one that reads 2 symbols"):
        run("lstar", lambda trace: coded(trace, threshold()), network=oracle())


def test_codes_that_only_validation_has_are_warned_of():
    """Training sequences without a row above the threshold do not tell what such a row does."""
    codes = threshold().encode(traces()["train"].sequences)
    sums = np.add.reduceat(codes, traces()["train"].sequences.starts)
    low = traces()["train"].select(np.flatnonzero(sums == 0))
    unread = pytest.warns(
        EvidenceWarning, match=r"1 symbol that no training .*'pressure > 0.3 mmHg'"
    )
    with unread, pytest.warns(EvidenceWarning, match="pressure lies far outside"):
        study(
            "ngram", low, traces()["valid"], n_states=[2], seed=0, options=OPTIONS,
            codebook=threshold(),
        )  # fmt: skip


def test_codes_that_only_a_test_has_are_warned_of():
    codes = threshold().encode(traces()["train"].sequences)
    sums = np.add.reduceat(codes, traces()["train"].sequences.starts)
    low = traces()["train"].select(np.flatnonzero(sums == 0))
    with pytest.warns(EvidenceWarning, match="1 of the 2 codes are of no row"):
        found = study(
            "kmeans", low, low, n_states=[1], seed=0, options=OPTIONS, codebook=threshold()
        ).best
    unread = pytest.warns(EvidenceWarning, match="steps? read 1 symbol .*'pressure > 0.3 mmHg'")
    with unread, pytest.warns(EvidenceWarning, match="pressure lies far outside"):
        fidelity(found, traces()["test"])


def test_a_cut_outside_all_rows_is_told():
    name = CHANNELS[0].name
    with pytest.warns(EvidenceWarning, match=rf"1 of the 2 codes are of no row .*{name} > 50000"):
        run(codebook=cut_at(CHANNELS, {name: 50_000}))


@pytest.mark.parametrize("threshold", [["8"], [True], "8", True, [8, False], [None], [1j]])
def test_a_threshold_is_a_number(threshold):
    with pytest.raises(DataError, match="expected finite thresholds"):
        cut_at(CHANNELS, {CHANNELS[0].name: threshold})


def test_two_single_sequences_are_not_one():
    one = traces()["train"].select([0])
    other = traces()["train"].select([1])
    with pytest.warns(EvidenceWarning) as caught:
        study("ngram", one, other, n_states=[1], seed=0, options=QUICK)
    assert not any("same sequence" in str(each.message) for each in caught)
