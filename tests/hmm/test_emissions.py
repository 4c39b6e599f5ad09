"""Densities and statistics of every kind against scipy and plain sums, few and many features."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from helpers.hmm import KINDS
from markovlens.hmm.emissions import MOST_LOOPED_FEATURES, TableDensity, gaussian_density

SIZES = [1, 2, 3, 8, MOST_LOOPED_FEATURES, MOST_LOOPED_FEATURES + 3]


def make(rng, kind, n_features, n_states=3):
    """Means, covariances in the kind's shape and in full."""
    roots = rng.normal(size=(n_states, n_features, n_features)) / np.sqrt(n_features)
    full = roots @ roots.transpose(0, 2, 1) + 0.5 * np.eye(n_features)
    means = rng.normal(size=(n_states, n_features))
    if kind == "full":
        return means, full, full
    if kind == "tied":
        return means, full[0], np.broadcast_to(full[0], full.shape)
    variances = np.diagonal(full, axis1=1, axis2=2)
    if kind == "diag":
        return means, variances, np.stack([np.diag(v) for v in variances])
    scales = variances.mean(axis=1)
    return means, scales, scales[:, None, None] * np.eye(n_features)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_features", SIZES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_log_density_equals_scipy(rng, kind, n_features, dtype):
    means, covariances, full = make(rng, kind, n_features)
    x = rng.normal(size=(n_features, 1300)).astype(dtype)
    density = gaussian_density(kind, means, covariances, dtype=np.dtype(dtype))
    out = np.full((3, 1300), np.nan, dtype=dtype)
    density.log_density(x, slice(0, 700), out)
    density.log_density(x, slice(700, 1300), out)
    columns = x.T.astype(float)
    expected = [multivariate_normal(m, c).logpdf(columns) for m, c in zip(means, full, strict=True)]
    tolerance = 1e-10 if dtype == np.float64 else 1e-4
    np.testing.assert_allclose(out, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("n_features", SIZES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_statistics_equal_plain_sums(rng, kind, n_features, dtype):
    means, covariances, _ = make(rng, kind, n_features)
    x = rng.normal(size=(n_features, 1300)).astype(dtype)
    gamma = rng.dirichlet(np.ones(3), 1300).T.astype(dtype)
    density = gaussian_density(kind, means, covariances, dtype=np.dtype(dtype))
    parts = [density.collect(x, part, gamma) for part in (slice(0, 700), slice(700, 1300))]
    moments = parts[0] + parts[1]
    sums, weights = x.astype(float), gamma.astype(float)
    second = {
        "spherical": weights @ (sums**2).T,
        "diag": weights @ (sums**2).T,
        "tied": sums @ sums.T,
        "full": np.einsum("kn,in,jn->kij", weights, sums, sums),
    }[kind]
    tolerance = 1e-10 if dtype == np.float64 else 2e-4
    np.testing.assert_allclose(moments.count, weights.sum(axis=1), rtol=tolerance)
    np.testing.assert_allclose(moments.first, weights @ sums.T, atol=tolerance * 1300)
    np.testing.assert_allclose(moments.second, second, atol=tolerance * 1300)


def test_table_density(rng):
    table = rng.dirichlet(np.ones(4), 3)
    codes = rng.integers(0, 4, (1, 50))
    out, gamma = np.empty((3, 50)), rng.random((3, 50))
    density = TableDensity(np.log(table))
    density.log_density(codes, slice(0, 50), out)
    np.testing.assert_allclose(out, np.log(table)[:, codes[0]])
    moments = density.collect(codes, slice(0, 50), gamma)
    np.testing.assert_allclose(moments.first, gamma @ np.eye(4)[codes[0]])
