#!/bin/sh
# hmmlearn calls a fit converged that ran out of iterations, and decode(algorithm="map") returns the
# sum of the posteriors of the chosen states, 0 to N, where "viterbi" returns a log-probability.
# Guessed: converged only within tol; a log-probability from both. A table of fits must count
# iterations, and scores of the two algorithms must not be compared.
# For users: Count iterations, and compare no scores of the two algorithms.
#
# Versions: hmmlearn 0.3.3, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1
# Output seen:
#   converged after 3 of 3 iterations with tol 1e-12: True, last gain above 0.01: True
#   viterbi below 0: True, map equals the sum of posteriors: True
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hmmlearn==0.3.3 numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from hmmlearn.hmm import GaussianHMM

X = np.random.default_rng(0).normal(size=(200, 2))
model = GaussianHMM(3, n_iter=3, tol=1e-12, random_state=0).fit(X)
history = list(model.monitor_.history)
early = model.monitor_.converged, history[-1] - history[-2] > 0.01
print("converged after", model.monitor_.iter, "of 3 iterations with tol 1e-12:", end=" ")
print(f"{early[0]}, last gain above 0.01: {early[1]}")
by_map, states = model.decode(X, algorithm="map")
posteriors = model.predict_proba(X)
same = bool(np.isclose(by_map, posteriors[np.arange(200), states].sum()))
best = model.decode(X, algorithm="viterbi")[0]
print(f"viterbi below 0: {best < 0}, map equals the sum of posteriors: {same}")
assert early == (True, True) and best < 0 and same
PYTHON
