"""Networks that read rows, through every method: one path with those that read symbols."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.reader import CHANNELS, draw_rows, oracle, threshold, traces, truth_of
from markovlens.abstractions import METHODS, READING_ROWS
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.coded import coded
from markovlens.abstractions.coding import choose_codebook
from markovlens.abstractions.study import load_study, save_study, study, study_evidence
from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.faithfulness.scores.fidelity import fidelity
from markovlens.machines.formats.registry import read_machine, write_machine
from markovlens.machines.lumping import lump
from markovlens.machines.minimisation import harden, minimise

CODEBOOK = threshold()
OPTIONS = Options(restarts=2, max_iterations=30, queries=300)
ASKING = ("lstar", "predictive")
OF_ANY_NETWORK = [name for name in METHODS if name != "regions"]  # its units are not rectified
EXACT = ["kmeans", "lisor_k", "lisor_x", "overcluster", "merging", "lstar", "rpni", "predictive"]


def run(method, **changes):
    settings = {"n_states": [3], "seed": 0, "options": OPTIONS, "codebook": CODEBOOK}
    recorded = traces()
    settings |= {"network": oracle()} | changes
    return study(method, recorded["train"], recorded["valid"], **settings)


@pytest.fixture(scope="module")
def studies():
    return {method: run(method, n_states=[2, 3, 4]) for method in OF_ANY_NETWORK}


@pytest.mark.parametrize("method", OF_ANY_NETWORK)
def test_every_method_reads_rows(method, studies):
    """Machine, decoder and lumped machine take the rows themselves."""
    found, test = studies[method], traces()["test"]
    assert found.codebook.threshold is CODEBOOK.threshold
    assert found.codebook.known  # from the training rows
    assert found.best.symbols == CODEBOOK.names
    assert fidelity(found.best, test).value >= 0.5
    decode = found.fits[found.chosen].decode
    if decode is not None:
        assert decode(test).shape == (test.n_steps,)
    if found.lumped is not None:
        assert fidelity(found.lumped.machine, test).value == 1


@pytest.mark.parametrize("method", EXACT)
def test_the_planted_machine_comes_back_from_rows(method, studies):
    machine, test = studies[method].best, traces()["test"]
    assert machine.n_states == 3
    answers = machine.predict(test.sequences).argmax(axis=1)
    np.testing.assert_array_equal(answers, truth_of(test.sequences))


@pytest.mark.parametrize(
    "method",
    [name for name in OF_ANY_NETWORK if name not in (*ASKING, *READING_ROWS)],
)
def test_rows_give_the_machine_that_their_codes_give(method, studies):
    """One path: codes given as symbols lead to the same machine, number by number."""
    train, valid = (coded(traces()[split], CODEBOOK) for split in ("train", "valid"))
    evidence = Evidence(train, valid, oracle())
    of_codes = study_evidence(method, evidence, n_states=[2, 3, 4], seed=0, options=OPTIONS)
    assert of_codes.chosen == studies[method].chosen
    for name in ("initial", "transition", "readout", "seen"):
        np.testing.assert_array_equal(
            getattr(of_codes.best, name), getattr(studies[method].best, name)
        )


def test_a_machine_of_rows_keeps_its_codebook(studies):
    machine = studies["kmeans"].best
    for made in (harden(machine), minimise(harden(machine)), lump(machine).machine):
        assert made.codebook is machine.codebook


def test_a_machine_takes_one_sequence_of_rows(studies):
    machine = studies["kmeans"].best
    calm, alarm = np.array([[0.0, 2.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 2.0]])
    assert not machine.accepts(calm)
    assert machine.accepts(alarm)
    with pytest.raises(DataError, match="expected rows of .*, got symbols"):
        machine.accepts([1, 1])


def test_methods_that_share_evidence_code_the_rows_once():
    codebook = Counting()
    recorded = traces()
    evidence = Evidence(recorded["train"], recorded["valid"])
    for method in ("majority", "ngram"):
        study_evidence(method, evidence, n_states=[2], seed=0, codebook=codebook)
    assert codebook.calls == [recorded["train"].n_steps, recorded["valid"].n_steps]


class Counting:
    names, channels = CODEBOOK.names, CHANNELS

    def __init__(self):
        self.calls = []

    def encode(self, inputs):
        self.calls.append(inputs.n_steps)
        return CODEBOOK.encode(inputs)


def test_other_channels_in_validation_are_said_in_words():
    recorded = traces()
    others = (Channel("pressure", "kPa"), CHANNELS[1])
    valid = replace(recorded["valid"], channels=others)
    with pytest.raises(DataError, match=r"same channels.*pressure \[mmHg\] and pressure \[kPa\]"):
        study("kmeans", recorded["train"], valid, n_states=[2], seed=0, codebook=CODEBOOK)


def test_a_codebook_for_symbols_is_said_in_words():
    train, valid = (coded(traces()[split], CODEBOOK) for split in ("train", "valid"))
    with pytest.raises(DataError, match="codebook: expected none"):
        study("kmeans", train, valid, n_states=[2], seed=0, codebook=CODEBOOK)


def test_something_that_is_no_codebook_is_said_in_words():
    with pytest.raises(DataError, match="codebook: expected one with `names`.*got dict"):
        run("kmeans", codebook={"threshold": 1})


def test_rows_for_a_machine_without_a_codebook_are_said_in_words(studies):
    machine = replace(studies["kmeans"].best, codebook=None)
    with pytest.raises(DataError, match="no codebook"):
        machine.predict(draw_rows(3, 5, 0))


@pytest.mark.parametrize("method", ["kmeans", "lstar"])
def test_what_is_kept_reads_rows_again(method, studies, tmp_path):
    found, test = studies[method], traces()["test"]
    save_study(tmp_path, found, {"test": test})
    kept = load_study(tmp_path)
    write_machine(tmp_path / "machine.json", found.best)
    again = [kept.machines[kept.chosen], read_machine(tmp_path / "machine.json")]
    again += [] if kept.lumped is None else [kept.lumped.machine]
    assert (tmp_path / "machines.json").read_text().count('"threshold"') == 1
    for machine in again:
        np.testing.assert_array_equal(
            machine.predict(test.sequences).argmax(axis=1), truth_of(test.sequences)
        )
    assert all(machine.codebook is kept.codebook for machine in kept.machines.values())


def test_a_codebook_is_chosen_where_none_is_given(tmp_path):
    found = run("kmeans", codebook=None)
    save_study(tmp_path, found, {"test": traces()["test"]})
    tried = load_study(tmp_path).codebooks
    assert tried["chosen"].sum() == 1
    assert set(tried) == set(found.codebooks)
    assert found.codebook.names == found.best.symbols
    assert found.codebook.channels == CHANNELS
    assert fidelity(found.best, traces()["test"]).value > 0.97


def test_what_choosing_returns_is_taken_for_the_codebook_in_it():
    recorded = traces()
    options = replace(OPTIONS, codes=("tree",), n_codes=(2,), contexts=("row",))
    coding = choose_codebook(recorded["train"], recorded["valid"], options=options)
    settings = {"n_states": [3], "seed": 0, "options": options}
    found = study("kmeans", recorded["train"], recorded["valid"], codebook=coding, **settings)
    assert found.codebook is coding.codebook
    assert found.codebooks is coding.table
