import numpy as np
import pytest
import torch

from markovlens.abstractions.silencing import answers_in, choose_units, effects_of
from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.embedding.pod import pod
from markovlens.embedding.projections import unit_projection
from markovlens.errors import ConfigError, DataError
from markovlens.networks.model import build
from markovlens.sequences import Sequences

N_NOISE = 5


def words(n_sequences, seed=0, longest=9) -> Sequences:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, longest, size=n_sequences)
    return Sequences(rng.integers(2, size=lengths.sum()), lengths)


class Parity:
    """Its third unit is the parity of the ones it read; the others tell of nothing it answers."""

    def initial(self, batch):
        return {"h": torch.zeros(batch, N_NOISE + 1)}

    def step(self, state, inputs):
        odd = (state["h"][:, 2] > 0.5) ^ (inputs > 0)
        moved = 0.5 * state["h"] + inputs[:, None].float().cos()
        moved[:, 2] = odd.float()
        return {"h": moved}, 9 * torch.stack([~odd, odd], dim=1).float()


def network(cell="lstm", layers=1):
    torch.manual_seed(0)
    return build({"cell": cell, "hidden": 6, "layers": layers}, n_symbols=2, n_classes=2).eval()


def test_the_one_unit_that_matters_is_found():
    train, valid = (record(Parity(), words(40, seed)) for seed in (0, 1))
    found = choose_units(Oracle(Parity()), train, valid)
    assert found.effects[2] > 0.3
    assert np.delete(found.effects, 2).max() == 0
    np.testing.assert_array_equal(found.kept, [2])
    assert found.table["chosen"].tolist() == [True, False, False, False]
    assert found.table["n_units"].tolist() == [1, 2, 4, 6]
    np.testing.assert_array_equal(found.table["agreement"], 1)
    assert "1 of 6 kept" in repr(found)
    assert found.basis.kind == "units"


@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_with_nothing_silenced_it_answers_as_ever(cell):
    model, inputs = network(cell, layers=2), words(20)
    for layer in ("rnn.l0", "rnn.l1"):
        trace = record(model, inputs, layers=layer)
        whole = unit_projection(trace.states, np.arange(trace.states.shape[1]))
        said = answers_in(Oracle(model, layer=layer), trace, whole)
        np.testing.assert_allclose(said, trace.outputs, atol=1e-5)


@pytest.mark.parametrize("cell", ["srn", "gru", "lstm"])
def test_silencing_at_zero_is_cutting_all_ways_that_lead_out_of_a_unit(cell):
    model, inputs = network(cell), words(20)
    oracle = Oracle(model, state="h")
    trace = record(model, inputs, state="h")
    found = effects_of(oracle, trace, np.zeros(6))
    for unit in range(6):
        cut = network(cell)
        with torch.no_grad():
            cut.rnn.weight_hh_l0[:, unit] = 0
            cut.head.weight[:, unit] = 0
        off = np.abs(record(cut, inputs).outputs - trace.outputs).sum(axis=1) / 2
        by_sequence = [part.mean() for part in np.split(off, np.cumsum(inputs.lengths)[:-1])]
        assert found[unit] == pytest.approx(np.mean(by_sequence), abs=1e-6)
    assert found.max() > 1e-3


def test_units_that_are_kept_are_read_off_as_they_are():
    model = network()
    train, valid = record(model, words(40)), record(model, words(30, 1))
    found = choose_units(Oracle(model), train, valid, sizes=[3, 12], n_sequences=10)
    np.testing.assert_array_equal(found.order, np.argsort(-found.effects, kind="stable"))
    seen = found.basis.project(valid.states) + train.states.mean(axis=0)[found.kept]
    np.testing.assert_allclose(seen, valid.states[:, found.kept], atol=1e-6)
    assert found.table["n_units"].tolist() == [3, 12]


def test_what_cannot_be_ranked_is_refused_in_words():
    model = network()
    train = record(model, words(20))
    with pytest.raises(DataError, match="12 plain states, got one of 2 numbers in a basis"):
        choose_units(Oracle(model, basis=pod(train.states, n_components=2)), train, train)
    with pytest.raises(DataError, match="12 plain states, got one of 6 numbers; give"):
        choose_units(Oracle(model, state="h"), train, train)
    with pytest.raises(DataError, match="network: expected Oracle, got SequenceModel"):
        choose_units(model, train, train)
    with pytest.raises(DataError, match="sizes: expected at most 12, the units, got 13"):
        choose_units(Oracle(model), train, train, sizes=[13])
    with pytest.raises(ConfigError, match="n_sequences"):
        choose_units(Oracle(model), train, train, n_sequences=0)
