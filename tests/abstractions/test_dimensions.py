import numpy as np
import pytest

from markovlens.abstractions.dimensions import choose_dimension
from markovlens.embedding.projections import unit_projection
from markovlens.errors import ConfigError, DataError
from markovlens.faithfulness.scores.dimensions import loss_between
from markovlens.trace import Trace

N_UNITS, N_SEQUENCES, LENGTH = 12, 40, 15


def planted(seed: int) -> Trace:
    """Two bits that two symbols turn, far apart along one direction and near along another.

    The network answers whether they differ, so that two coordinates are needed and no more.
    """
    rng = np.random.default_rng(seed)
    turns = rng.integers(3, size=(N_SEQUENCES, LENGTH))
    bits = np.stack([(turns == bit).cumsum(axis=1) % 2 for bit in (0, 1)], axis=-1).reshape(-1, 2)
    directions = np.linalg.qr(np.random.default_rng(9).normal(size=(N_UNITS, N_UNITS)))[0]
    states = bits * [6.0, 2.0] @ directions[:2] + 0.05 * rng.normal(size=(len(bits), N_UNITS))
    differ = bits[:, 0] ^ bits[:, 1]
    nothing = np.full(len(bits), -1)
    return Trace(
        states,
        turns.reshape(-1),
        np.eye(2)[differ],
        nothing,
        nothing,
        np.full(N_SEQUENCES, LENGTH),
        ("a", "b", "c"),
        ("same", "other"),
    )


@pytest.fixture(scope="module")
def traces() -> dict[str, Trace]:
    return {name: planted(seed) for seed, name in enumerate(("train", "valid", "test"))}


@pytest.mark.parametrize("method", ["kmeans", "hmm"])
def test_the_planted_number_of_coordinates_is_chosen(traces, method):
    found = choose_dimension(
        traces["train"], traces["valid"], n_states=[2, 4], sizes=[1, 2, 4, 8], method=method
    )
    assert found.n_components == 2
    assert found.study.best.n_states == 4
    table = found.table.set_index("n_components")
    assert table.loc[1, "agreement"] < 0.8
    assert (table.loc[[2, 4, 8], "agreement"] > 0.999).all()
    assert table["chosen"].tolist() == [False, True, False, False]
    assert (table["low"] <= table["agreement"]).all()
    assert (table["agreement"] <= table["high"]).all()
    assert repr(found).startswith("Dimensions: 2 of 1, 2, 4, 8; agreement 1.0000")


@pytest.mark.parametrize("basis", ["gaussian", "sparse", "hadamard"])
def test_random_directions_need_no_fewer_and_come_from_the_seed(traces, basis):
    found, again = (
        choose_dimension(
            traces["train"], traces["valid"], n_states=[4], basis=basis, sizes=[1, 2, 8], seed=3
        )
        for _ in range(2)
    )
    assert found.basis.kind == basis
    assert found.table["agreement"].max() > 0.95
    np.testing.assert_array_equal(found.basis.components, again.basis.components)
    assert found.table.equals(again.table)


def test_the_first_of_given_units_may_do(traces):
    states = traces["train"].states
    order = np.argsort(-states.var(axis=0))
    basis = unit_projection(states, order)
    found = choose_dimension(traces["train"], traces["valid"], n_states=[4], basis=basis)
    assert found.table["n_components"].tolist() == [1, 2, 4, 8, 12]
    np.testing.assert_array_equal(found.basis.components, basis.components[: found.n_components])


def test_what_is_lost_on_held_out_sequences_is_bounded(traces):
    one, two, many = (
        choose_dimension(traces["train"], traces["valid"], n_states=[4], sizes=[size]).study.best
        for size in (1, 2, 8)
    )
    none = loss_between(two, many, traces["test"])
    assert none.value == 0
    assert 0 < none.high < 0.1  # 40 sequences without a loss do not prove that there is none
    much = loss_between(one, many, traces["test"])
    assert much.low > 0.2
    assert much.low < much.value < much.high
    assert loss_between(many, one, traces["test"]).value < 0.05  # gains are no losses


def test_what_cannot_be_chosen_among_is_refused_in_words(traces):
    train, valid = traces["train"], traces["valid"]
    with pytest.raises(ConfigError, match="basis: .*pod, gaussian, sparse, hadamard"):
        choose_dimension(train, valid, n_states=[2], basis="umap")
    with pytest.raises(DataError, match="sizes: expected at most 12 coordinates, got 16"):
        choose_dimension(train, valid, n_states=[2], sizes=[16])
    with pytest.raises(ConfigError, match="sizes"):
        choose_dimension(train, valid, n_states=[2], sizes=[])
    with pytest.raises(DataError, match="train: expected Trace, got ndarray"):
        choose_dimension(train.states, valid, n_states=[2])
    with pytest.raises(DataError, match="every fit of kmeans failed"):
        choose_dimension(train.select([0]), valid, n_states=[50], sizes=[1])
    study = choose_dimension(train, valid, n_states=[2], sizes=[1]).study
    with pytest.raises(DataError, match="few: expected Machine, got Study"):
        loss_between(study, study.best, valid)
