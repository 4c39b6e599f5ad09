#!/bin/sh
# After a fit with spherical covariances and D features hmmlearn's covars_ holds K * D matrices, each
# state's D times over, and sample() takes the one at the state's number: with two features state 1
# is drawn with the variance of state 0. Scores and paths are right.
# Guessed: (K, D, D), as of every other type, and samples with the variances that were fitted.
# For users: Draw samples from a diagonal model with the same variances.
#
# Versions: hmmlearn 0.3.3, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1
# Output seen:
#   shape of covars_ for 2 states, 2 features: (4, 2, 2)
#   state 0: variance 1.0 of its data, 1.0 of its samples
#   state 1: variance 103.2 of its data, 1.0 of its samples
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hmmlearn==0.3.3 numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from hmmlearn.hmm import GaussianHMM

rng = np.random.default_rng(0)
wide = np.repeat([False, True, False, True], 500)
X = np.where(wide[:, None], 100 + 10 * rng.normal(size=(2000, 2)), rng.normal(size=(2000, 2)))
model = GaussianHMM(2, "spherical", n_iter=20, random_state=0).fit(X)
print("shape of covars_ for 2 states, 2 features:", model.covars_.shape)
path = model.predict(X)
drawn, states = model.sample(4000, random_state=1)
seen = []
for state in np.argsort(model.means_[:, 0]):
    seen.append((X[path == state].var(axis=0).mean(), drawn[states == state].var(axis=0).mean()))
    print(f"state {len(seen) - 1}: variance {seen[-1][0]:.1f} of its data,", end=" ")
    print(f"{seen[-1][1]:.1f} of its samples")
assert model.covars_.shape == (4, 2, 2)
assert seen[1][0] > 90 and seen[1][1] < 2
PYTHON
