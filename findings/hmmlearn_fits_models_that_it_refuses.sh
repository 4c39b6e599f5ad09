#!/bin/sh
# Where a state is never left, because sequences end in it, hmmlearn's fit returns a model whose
# transitions from there are a row of zeros (it logs so), and every use of that model raises: score,
# predict, predict_proba, decode, on the very data it was fitted to.
# Guessed: a row as it was, or an error of fit.
# For users: Look at the rows of transmat_ after a fit, before anything is scored.
#
# Versions: hmmlearn 0.3.3, numpy 2.4.6, scikit-learn 1.9.1, scipy 1.17.1
# Output seen:
#   sums of rows after the fit: [0.0, 1.0]
#   score: transmat_ rows must sum to 1 (got row sums of [0. 1.])
#   predict: transmat_ rows must sum to 1 (got row sums of [0. 1.])
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet hmmlearn==0.3.3 numpy==2.4.6 scikit-learn==1.9.1 scipy==1.17.1
"$folder/venv/bin/python" -W ignore - <<'PYTHON' 2>"$folder/log"
import numpy as np
from hmmlearn.hmm import GaussianHMM

rng = np.random.default_rng(0)
one = [np.concatenate([rng.normal(size=(5, 2)), [[50.0, 50.0]]]) for _ in range(40)]
X, lengths = np.concatenate(one), [6] * 40
model = GaussianHMM(2, n_iter=20, random_state=0).fit(X, lengths)
sums = sorted(model.transmat_.sum(axis=1).round(6).tolist())
print("sums of rows after the fit:", sums)
words = {}
for name in ("score", "predict"):
    try:
        words[name] = str(getattr(model, name)(X, lengths))
    except ValueError as error:
        words[name] = str(error)
    print(f"{name}: {words[name]}")
assert sums == [0.0, 1.0]
assert all(said.startswith("transmat_ rows must sum to 1") for said in words.values())
PYTHON
