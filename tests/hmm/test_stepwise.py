"""Stepwise EM: what it has to do with full passes, and fits that are read in batches."""

import tracemalloc

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from helpers.hmm import PLAIN, set_parameters
from markovlens.hmm import GaussianHMM, fit_batches
from markovlens.hmm.em import expect_all, maximise, run_em
from markovlens.hmm.packing import pack
from markovlens.hmm.stepwise import batches, run_stepwise


def unequal_tiles(rng):
    """Three tiles of 1280, 768 and 512 steps, whose sequences visit the two states unequally."""
    lengths = np.repeat([5, 3, 2], 256)
    share = np.repeat([0.2, 0.5, 0.9], [1280, 768, 512])
    X = rng.normal(size=(len(share), 2)) + 4.0 * (rng.random(len(share)) < share)[:, None]
    packed = pack(X, lengths)
    assert sorted(tile.n_columns for tile in packed.tiles) == [512, 768, 1280]
    return X, packed


def fitted(model, X, packed, **settings):
    """The model, its prior, its start and the result of full passes."""
    set_parameters(model, X).set_params(**settings)
    model.means_ = np.linspace([-0.5, 0.5], [4.5, 3.5], model.n_components)
    prior, start = model.prior_for(packed), model.parameters()
    fit = run_em(packed, start, prior, model.settings(), rng=np.random.default_rng(0))
    return prior, start, fit


@pytest.mark.parametrize("kind", ["diag", "full"])
def test_one_tile_with_full_gain_is_full_em(rng, kind):
    X = rng.normal(size=(300, 2)) + 3 * rng.integers(0, 2, (300, 1))
    packed = pack(X, [10] * 30)
    model = GaussianHMM(3, kind, init_params="")
    prior, start, fit = fitted(model, X, packed, n_iter=7, tol=-np.inf)
    stepped = run_stepwise(packed, start, prior, epochs=7, rng=rng, decay=0.0)
    np.testing.assert_allclose(stepped.chain.transition, fit.parameters.chain.transition, rtol=1e-9)
    for name in ("means", "covariances"):
        ours, theirs = (getattr(p.emissions, name) for p in (stepped, fit.parameters))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_stepwise_limit_is_the_fixed_point_of_full_em(rng):
    X, packed = unequal_tiles(rng)
    model = GaussianHMM(2, "full", init_params="", **PLAIN)
    prior, _, fit = fitted(model, X, packed, n_iter=500, tol_per_step=1e-14)
    distances = []
    for epochs in (2, 20, 200):
        begin = fit.parameters  # the first tiles still throw it far off
        steps = run_stepwise(packed, begin, prior, epochs=epochs, rng=rng, decay=1.0)
        away = [
            np.abs(steps.chain.transition - fit.parameters.chain.transition).max(),
            np.abs(steps.emissions.means - fit.parameters.emissions.means).max(),
            np.abs(steps.emissions.covariances - fit.parameters.emissions.covariances).max(),
        ]
        distances.append(max(away))
    assert distances[1] < 0.3 * distances[0]
    assert distances[2] < 0.3 * distances[1]
    assert distances[2] < 1e-3


def test_statistics_of_tiles_add_up_to_those_of_all(rng):
    X, packed = unequal_tiles(rng)
    model = GaussianHMM(2, "full", init_params="", **PLAIN)
    prior, start, fit = fitted(model, X, packed, n_iter=1, tol=-np.inf)
    parts = [expect_all(start, part) for part in batches(packed, rng)]
    total = parts[0] + parts[1] + parts[2]
    once = maximise(start, total, packed, prior, params="stmc")
    np.testing.assert_allclose(
        once.emissions.covariances, fit.parameters.emissions.covariances, rtol=1e-12
    )


def peak_of(n_batches):
    """Peak of the allocations, in bytes, of a fit to so many batches made when they are read."""

    def read():
        for seed in range(n_batches):
            rng = np.random.default_rng(seed)
            yield rng.normal(size=(4000, 8)) + 3 * rng.integers(0, 3, (4000, 1)), [20] * 200

    model = GaussianHMM(3, "full", n_iter=3, tol=-np.inf)
    tracemalloc.start()
    fit_batches(model, read, rng=np.random.default_rng(0), start_rows=1000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_of_batches_does_not_grow_with_their_number():
    peak_of(2)  # what is compiled and cached is not counted
    few, many = peak_of(4), peak_of(16)
    batch = 4000 * 8 * 8
    assert many < few + 0.2 * batch
    assert many < 8 * batch


def test_row_groups_of_a_parquet_file_equal_memory(rng, tmp_path):
    X = rng.normal(size=(1200, 2)) + 3 * rng.integers(0, 3, (1200, 1))
    table = pa.table({"sequence": np.repeat(np.arange(60), 20), "h0": X[:, 0], "h1": X[:, 1]})
    pq.write_table(table, tmp_path / "activations.parquet", row_group_size=240)

    def read():
        with pq.ParquetFile(tmp_path / "activations.parquet") as file:
            for group in range(file.num_row_groups):
                part = file.read_row_group(group)
                features = np.column_stack([part["h0"].to_numpy(), part["h1"].to_numpy()])
                yield features, np.unique(part["sequence"].to_numpy(), return_counts=True)[1]

    whole, batched = (
        set_parameters(GaussianHMM(3, "full", init_params="", n_iter=5, tol=-np.inf), X)
        for _ in range(2)
    )
    whole.fit(X, [20] * 60)
    fit_batches(batched, read, rng=rng, stepwise_epochs=0)
    np.testing.assert_allclose(batched.monitor_.history, whole.monitor_.history, rtol=1e-10)
    np.testing.assert_allclose(batched.covars_, whole.covars_, rtol=1e-9)
