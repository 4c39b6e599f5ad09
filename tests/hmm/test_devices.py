"""Passes on a device of torch give what the compiled kernels give; see also `test_packing`."""

import subprocess
import sys
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.hmm import KINDS, random_model
from markovlens.errors import ConfigError, DataError
from markovlens.hmm import GaussianHMM, fit_batches, sweep, torch_expectation, torch_scans
from markovlens.hmm.em import expect_all
from markovlens.hmm.packing import pack, reweighted
from markovlens.hmm.torch_expectation import Placed
from markovlens.hmm.torch_tiles import product, whole_products

DIGITS = {"float64": 1e-10, "float32": 1e-5}
ON = [
    "cpu",
    pytest.param(
        "cuda",
        marks=pytest.mark.skipif(
            not torch.cuda.is_available(), reason="torch finds no CUDA device: GPUs are untested"
        ),
    ),
]


@pytest.fixture
def small_tiles(monkeypatch):
    """Several tiles on the device, and matrices gathered a few lanes at a time."""
    monkeypatch.setattr(torch_expectation, "COLUMNS_PER_TILE", 3000)
    monkeypatch.setattr(torch_scans, "GATHERED_NUMBERS", 100)


def numbers_of(statistics):
    """Every number of some statistics, by name."""
    moments = statistics.moments
    return {
        "start": statistics.start,
        "transition": statistics.transition,
        "count": moments.count,
        "first": moments.first,
        "second": moments.second,
        "log_likelihood": np.array(statistics.log_likelihood),
        "n_steps": np.array(statistics.n_steps),
    }


def assert_alike(found, expected, digits):
    """No number is further off than so much of the largest one of its kind, or of one."""
    found, expected = numbers_of(found), numbers_of(expected)
    for name, values in expected.items():
        size = max(1.0, np.abs(values).max())
        np.testing.assert_allclose(found[name], values, rtol=0, atol=digits * size, err_msg=name)


def ragged(rng, *, n_features=5, n_symbols=None, n_sequences=300):
    """Ragged sequences with missing rows far from the origin."""
    lengths = rng.integers(1, 60, n_sequences)
    X = 100.0 + 2.0 * rng.normal(size=(lengths.sum(), n_features))
    X[rng.random(len(X)) < 0.1] = np.nan
    symbols = None if n_symbols is None else rng.integers(0, n_symbols, len(X))
    return X, lengths, symbols


@pytest.mark.parametrize("device", ON)
@pytest.mark.parametrize("dtype", DIGITS)
@pytest.mark.parametrize("n_symbols", [None, 3])
@pytest.mark.parametrize("kind", KINDS)
def test_statistics_are_those_of_the_kernels(rng, small_tiles, kind, n_symbols, dtype, device):
    X, lengths, symbols = ragged(rng, n_symbols=n_symbols)
    packed = reweighted(pack(X, lengths, symbols, dtype=dtype), rng.integers(0, 3, len(lengths)))
    exact = reweighted(pack(X, lengths, symbols), packed_weights(packed))
    model = random_model(rng, kind=kind, n_states=4, n_features=5, n_symbols=n_symbols)
    model.means_ = model.means_ + 100.0
    parameters = model.parameters()
    placed = Placed.on(packed, device)
    found = placed.expect(parameters.chain, parameters.emissions)
    assert len(placed.source.tiles) > 1
    assert_alike(found, expect_all(parameters, exact), DIGITS[dtype])


def packed_weights(packed):
    """(n_sequences,) the weight of each sequence."""
    weights = np.empty(packed.n_sequences)
    for tile in packed.tiles:
        weights[tile.sequences] = tile.weights[: len(tile.sequences)]
    return weights


@settings(max_examples=30)
@given(
    lengths=st.lists(st.integers(1, 12), min_size=1, max_size=120),
    n_states=st.integers(1, 6),
    n_symbols=st.sampled_from([None, 1, 4]),
    seed=st.integers(0, 99),
)
def test_every_shape_of_data_gives_the_same(lengths, n_states, n_symbols, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(sum(lengths), 2))
    symbols = None if n_symbols is None else rng.integers(0, n_symbols, len(X))
    model = random_model(rng, n_states=n_states, n_symbols=n_symbols)
    packed, parameters = pack(X, lengths, symbols, n_symbols=n_symbols), model.parameters()
    found = Placed.on(packed, "cpu").expect(parameters.chain, parameters.emissions)
    assert_alike(found, expect_all(parameters, packed), 1e-10)


@pytest.mark.parametrize("dtype", DIGITS)
def test_sequences_that_underflow_are_left_to_the_kernels(rng, dtype):
    """A cyclic chain forbids the state that explains each step."""
    model = random_model(rng, kind="diag", n_states=3)
    model.startprob_, model.transmat_ = np.array([1.0, 0.0, 0.0]), np.roll(np.eye(3), 1, axis=1)
    model.means_ = np.array([[0.0, 0.0], [500.0, 0.0], [0.0, 500.0]])
    model.covars_ = np.ones((3, 2))
    hard, easy = model.means_[[0, 2, 1, 0]], model.means_
    X = np.concatenate([easy, hard, easy[:1], hard, easy])
    X = X + rng.normal(size=X.shape)
    X[4] = np.nan
    packed = reweighted(pack(X, [3, 4, 1, 4, 3], dtype=dtype), np.array([1, 2, 1, 3, 1]))
    parameters = model.parameters()
    found = Placed.on(packed, "cpu").expect(parameters.chain, parameters.emissions)
    expected = expect_all(parameters, packed)
    assert expected.log_likelihood < -1e4
    assert_alike(found, expected, DIGITS[dtype])


@pytest.mark.parametrize("device", ON)
@pytest.mark.parametrize("dtype", DIGITS)
@pytest.mark.parametrize("kind", KINDS)
def test_fits_take_the_same_path(rng, small_tiles, kind, dtype, device):
    X, lengths, symbols = ragged(rng, n_symbols=2)
    options = {"transitions": "input", "n_iter": 12, "tol": -np.inf, "random_state": 0}
    ours, theirs = (
        GaussianHMM(3, kind, device=name, dtype=dtype, **options).fit(X, lengths, symbols)
        for name in (device, None)
    )
    history = theirs.monitor_.history
    np.testing.assert_allclose(ours.monitor_.history, history, rtol=DIGITS[dtype])
    assert len(history) == 13
    if dtype == "float64":
        assert all(after >= before - 1e-6 for before, after in pairwise(ours.monitor_.history))
        np.testing.assert_allclose(ours.means_, theirs.means_, rtol=1e-8)


def test_data_that_stay_on_the_device_give_the_same(rng, small_tiles):
    X, lengths, symbols = ragged(rng, n_symbols=2)
    parameters = random_model(rng, n_features=5, n_symbols=2).parameters()
    passing = Placed.on(pack(X, lengths, symbols), "cpu")
    kept = replace(passing, kept=tuple(passing.tiles()))
    first, *others = (
        placed.expect(parameters.chain, parameters.emissions) for placed in (passing, kept, kept)
    )
    for other in others:
        assert_alike(other, first, 0.0)


@pytest.mark.parametrize("device", ON)
def test_batches_are_fitted_on_a_device(rng, device):
    X, lengths, _ = ragged(rng)
    cut = int(lengths[:150].sum())
    batches = [(X[:cut], lengths[:150]), (X[cut:], lengths[150:])]
    ours, theirs = (
        fit_batches(
            GaussianHMM(3, device=name, n_iter=10), lambda: batches, rng=np.random.default_rng(0)
        )
        for name in (device, None)
    )
    np.testing.assert_allclose(ours.monitor_.history, theirs.monitor_.history, rtol=1e-10)


def test_a_sweep_on_a_device_chooses_the_same(rng):
    X, lengths, _ = ragged(rng, n_features=2, n_sequences=60)
    ours, theirs = (
        sweep(X, lengths, n_states=[2, 3], restarts=2, rng=np.random.default_rng(0), device=name)
        for name in ("cpu", None)
    )
    assert ours.best.n_components == theirs.best.n_components
    np.testing.assert_allclose(ours.table["bic"], theirs.table["bic"], rtol=1e-9)


@pytest.mark.parametrize("name", ["gpu", "cuda:x", "", "meta", "mps", 0, True])
def test_unknown_devices_are_refused_in_words(rng, name):
    with pytest.raises(ConfigError, match="device: expected 'cuda', 'cuda:1'.* got"):
        GaussianHMM(2, device=name).fit(rng.normal(size=(20, 2)))


def test_a_device_that_is_not_here_is_refused_in_words(rng):
    with pytest.raises(ConfigError, match=r"device: expected one that torch finds here.*cuda:99"):
        GaussianHMM(2, device="cuda:99").fit(rng.normal(size=(20, 2)))


def test_too_little_memory_is_said_in_words(rng, monkeypatch):
    def full(*_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(torch_expectation, "run_forward", full)
    with pytest.raises(DataError, match="device: expected memory"):
        GaussianHMM(2, device="cpu").fit(rng.normal(size=(20, 2)))


def test_products_are_summed_in_float64_block_by_block(rng):
    a = torch.from_numpy(rng.random((4, 1_000_000), dtype=np.float32))
    exact = a.double() @ a.double().T
    np.testing.assert_allclose(product(a, a), exact, rtol=1e-8)
    assert product(a, a).dtype == torch.float64


@pytest.mark.parametrize("way", ["by name", "by backend"])
def test_no_digits_are_lost_to_fast_products_and_settings_come_back(way):
    matmul = torch.backends.cuda.matmul
    before = matmul.fp32_precision
    try:
        if way == "by name":
            torch.set_float32_matmul_precision("high")
        else:
            matmul.fp32_precision = "tf32"
        with whole_products():
            assert matmul.fp32_precision == torch.backends.mkldnn.matmul.fp32_precision == "ieee"
        assert matmul.fp32_precision == "tf32"
    finally:
        torch.set_float32_matmul_precision("highest")
        matmul.fp32_precision = before


def test_without_a_device_torch_is_not_imported():
    code = (
        "import sys, numpy as np; from markovlens.hmm import GaussianHMM;"
        "GaussianHMM(2).fit(np.random.default_rng(0).normal(size=(50, 2)));"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
