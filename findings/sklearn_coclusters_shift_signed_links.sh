#!/bin/sh
# SpectralCoclustering of scikit-learn takes a dense matrix with negative entries without a word, and
# shifts it until its least entry is 0: the strongest negative links then count as none, and rows come
# into the cluster of the columns that they have nothing to do with. A row of zeros, a vertex without
# links, fails with a message about infinities that are not in the matrix. Guessed: links count by
# their size, or negative ones are refused, as sparse ones are; what has no link is put anywhere.
# For users: Cluster sizes of links, or give rows an end for each sign; leave out what has no link.
#
# Versions: scikit-learn 1.9.1, numpy 2.4.6
# Output seen:
#   signed: rows [1, 1, 1, 1, 0, 0, 0, 0], columns [0, 0, 0, 1, 1, 1]
#   their sizes: rows [1, 1, 1, 1, 0, 0, 0, 0], columns [1, 1, 1, 0, 0, 0]
#   a row of zeros: ValueError: array must not contain infs or NaNs
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet scikit-learn==1.9.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np
from sklearn.cluster import SpectralCoclustering


def clusters(links):
    model = SpectralCoclustering(2, random_state=0).fit(links)
    return model.row_labels_.tolist(), model.column_labels_.tolist()


# Rows 0 to 3 are linked to columns 0 to 2, negatively; rows 4 to 7 to columns 3 to 5.
links = np.kron(np.diag([-1.0, 1.0]), np.ones((4, 3)))
links += 0.01 * np.random.default_rng(0).normal(size=links.shape)
with warnings.catch_warnings():
    warnings.simplefilter("error")  # nothing is said
    signed, sizes = clusters(links), clusters(np.abs(links))
for name, (rows, columns) in {"signed": signed, "their sizes": sizes}.items():
    print(f"{name}: rows {rows}, columns {columns}")
assert signed[0][0] != signed[1][0] and signed[0][0] == signed[1][3]
assert sizes[0][0] == sizes[1][0] and sizes[0][4] == sizes[1][3]
alone = np.abs(links)
alone[0] = 0
said = "nothing"
try:
    with np.errstate(all="ignore"):
        clusters(alone)
except ValueError as error:
    said = f"ValueError: {error}"
print(f"a row of zeros: {said}")
assert "infs or NaNs" in said and np.isfinite(alone).all()
PYTHON
