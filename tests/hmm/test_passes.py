"""The E-step in one compiled call a tile says what the one in several steps says."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.hmm import GaussianHMM, kernels
from markovlens.hmm.em import engine_of
from markovlens.hmm.expectation import tile_statistics
from markovlens.hmm.lattices import Limits
from markovlens.hmm.packing import pack, reweighted
from markovlens.hmm.passes import CompiledPass, expect

DIGITS = {"float64": 1e-10, "float32": 2e-5}


def made(rng, kind, n_symbols, dtype):
    """An engine and data of two tiles, with missing rows and sequences of one step."""
    lengths = np.concatenate([rng.integers(1, 60, 300), [1, 1]])
    X = rng.normal(size=(lengths.sum(), 5))
    X[rng.random(len(X)) < 0.05] = np.nan
    inputs = rng.integers(0, n_symbols, len(X)) if n_symbols > 1 else None
    packed = pack(X, lengths, inputs, dtype=dtype)
    several = {"transitions": "input"} if n_symbols > 1 else {}
    model = GaussianHMM(3, kind, random_state=0, n_iter=1, dtype=dtype, **several)
    model.fit(X, lengths, **({"inputs": inputs} if n_symbols > 1 else {}))
    return packed, engine_of(model.parameters(), packed)


def by_steps(packed, engine):
    """The statistics of all tiles, each in several steps."""
    first, *others = (tile_statistics(tile, engine) for tile in packed.tiles)
    return sum(others, start=first)


def numbers_of(statistics):
    """All numbers of the statistics."""
    moments = statistics.moments
    return {
        "start": statistics.start,
        "transition": statistics.transition,
        "count": moments.count,
        "first": moments.first,
        "second": moments.second,
        "log_likelihood": statistics.log_likelihood,
        "n_steps": statistics.n_steps,
    }


def assert_alike(found, wanted, digits):
    for name, value in numbers_of(wanted).items():
        scale = np.abs(value).max()
        shown = numbers_of(found)[name]
        np.testing.assert_allclose(shown, value, rtol=digits, atol=digits * scale, err_msg=name)


@pytest.mark.parametrize("kind", ["spherical", "diag", "full"])
@pytest.mark.parametrize("n_symbols", [1, 3])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_one_call_says_what_several_say(rng, kind, n_symbols, dtype):
    packed, engine = made(rng, kind, n_symbols, dtype)
    assert len(packed.tiles) > 1
    assert CompiledPass.of(packed, engine) is not None
    assert_alike(expect(packed, engine), by_steps(packed, engine), DIGITS[dtype])


@pytest.mark.parametrize("n_symbols", [1, 3])
def test_a_tile_that_underflows_is_done_in_steps(rng, n_symbols):
    """Far from all states in one step; a forbidden move makes the lane's scale vanish."""
    X = np.array([[0.0], [1000.0], [0.0], [0.0], [1000.0], [1000.0]])
    inputs = np.arange(6) % n_symbols if n_symbols > 1 else None
    packed = pack(X, [3, 3], inputs)
    several = {"transitions": "input", "n_symbols": 3} if n_symbols > 1 else {}
    model = GaussianHMM(2, "diag", init_params="", **several)
    start, moves = np.array([1.0, 0.0]), np.eye(2)
    shape = (n_symbols, 1) if n_symbols > 1 else (1,)
    model.startprob_ = np.tile(start, shape) if n_symbols > 1 else start
    model.transmat_ = np.tile(moves, (*shape, 1)) if n_symbols > 1 else moves
    model.means_, model.covars_ = np.array([[0.0], [1000.0]]), np.ones((2, 1))
    engine = engine_of(model.parameters(), packed)
    numbers, left = CompiledPass.of(packed, engine).over(packed)
    assert (np.abs(numbers).max(), len(left)) == (0.0, 1)
    found = expect(packed, engine)
    assert np.isfinite(found.log_likelihood)
    assert_alike(found, by_steps(packed, engine), 1e-12)


@pytest.mark.parametrize("n_symbols", [1, 3])
def test_threads_change_no_digit(rng, n_symbols):
    packed, engine = made(rng, "full", n_symbols, "float64")
    alone = numbers_of(expect(packed, engine))
    for name, value in numbers_of(expect(packed, replace(engine, n_threads=2))).items():
        np.testing.assert_array_equal(value, alone[name], err_msg=name)


def test_counted_sequences_and_shared_covariances_go_in_steps(rng):
    packed, engine = made(rng, "tied", 1, "float64")
    assert CompiledPass.of(packed, engine) is None
    packed, engine = made(rng, "diag", 1, "float64")
    twice = reweighted(packed, np.full(packed.n_sequences, 2.0))
    assert CompiledPass.of(twice, engine) is None
    once = numbers_of(expect(packed, engine))
    for name, value in numbers_of(expect(twice, engine)).items():
        np.testing.assert_allclose(value, 2 * once[name], rtol=1e-10, atol=1e-9, err_msg=name)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("size", [0, 1, 3, 4, 1001])
@pytest.mark.parametrize("highest", [0.0, 0.999])
def test_sums_of_logs_are_those_of_the_values(rng, dtype, size, highest):
    """Also of the smallest scales that are trusted, of which three make a denormal product."""
    smallest = np.log(Limits.of(np.dtype(dtype)).least)
    values = np.exp(rng.uniform(smallest, highest * smallest, size)).astype(dtype)
    wanted = np.log(values.astype(np.float64)).sum()
    assert kernels.sum_of_logs(values) == pytest.approx(wanted, rel=1e-12, abs=1e-12)
    assert kernels.sum_of(values) == pytest.approx(values.astype(np.float64).sum(), rel=1e-12)
