#!/bin/sh
# covars_prior of full and tied covariances is added to every entry, not to the diagonal, where it is
# one number, as its default is: it makes independent features correlated and keeps nothing definite,
# so that a feature that is there twice gives a singular covariance. min_covar, "floor on the
# diagonal", is added to where a fit begins and bounds nothing that it finds.
# Guessed: a number times the identity, so that every eigenvalue is above 0; no variance below
# min_covar. A matrix, covars_prior=0.01 * np.eye(D), does what the number was taken to do.
# For users: Give a matrix as covars_prior, and put a floor under variances yourself.
#
# Versions: hmmlearn 0.3.3, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1
# Output seen:
#   independent features, covars_prior=1000: correlation 0.33; 1000 * eye: -0.01
#   a feature twice, least eigenvalue below 1e-12: True with the default, False with 0.01 * eye
#   min_covar=1: least variance found 9.8e-07
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hmmlearn==0.3.3 numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from hmmlearn.hmm import GaussianHMM

rng = np.random.default_rng(0)
X = rng.normal(size=(2000, 3))


def correlation(prior):
    covariance = GaussianHMM(1, "full", covars_prior=prior, n_iter=2).fit(X).covars_[0]
    return covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1])


number, matrix = correlation(1000.0), correlation(1000.0 * np.eye(3))
print(f"independent features, covars_prior=1000: correlation {number:.2f};", end=" ")
print(f"1000 * eye: {matrix:.2f}")
twice = np.column_stack([X, X[:, 0]])
least = [
    np.linalg.eigvalsh(GaussianHMM(1, "full", **options).fit(twice).covars_)[0, 0]
    for options in ({}, {"covars_prior": 0.01 * np.eye(4)})
]
singular = [bool(value < 1e-12) for value in least]
print(f"a feature twice, least eigenvalue below 1e-12: {singular[0]} with the default,", end=" ")
print(f"{singular[1]} with 0.01 * eye")
points = np.repeat([0.0, 5.0], 100)[:, None] + 0.001 * rng.normal(size=(200, 1))
options = {"min_covar": 1.0, "covars_prior": 0.0, "covars_weight": 0.0}
found = GaussianHMM(2, "diag", n_iter=20, random_state=0, **options).fit(points)
print(f"min_covar=1: least variance found {found.covars_.min():.1e}")
assert number > 0.2 and abs(matrix) < 0.1
assert singular == [True, False]
assert found.covars_.min() < 1e-4
PYTHON
