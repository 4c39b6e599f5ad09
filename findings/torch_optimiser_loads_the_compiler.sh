#!/bin/sh
# Making an optimiser loads torch's compiler (torch._dynamo) and with it sympy, though nothing is
# compiled: some hundreds of modules and about a second of processor time, once a process. So does
# torch.use_deterministic_algorithms(True). A short job that trains a small recurrent network pays it
# each time. Guessed: an optimiser makes a few tensors, the other sets a flag.
# For users: Count that second once a process, and not as training.
#
# Versions: torch 2.13.0 (CPU), numpy 2.4.6
# Output seen (seconds are of one machine):
#   optimiser: 823 modules more, sympy among them: True, 1.05 s
#   deterministic: 823 modules more, sympy among them: True, 1.05 s
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
for what in optimiser deterministic; do
  "$folder/venv/bin/python" -W ignore - "$what" <<'PYTHON'
import sys
import time

import torch

ACTIONS = {
    "optimiser": lambda: torch.optim.Adam(torch.nn.GRU(2, 3).parameters()),
    "deterministic": lambda: torch.use_deterministic_algorithms(True),
}
what = sys.argv[1]
before, start = set(sys.modules), time.process_time()
assert "torch._dynamo" not in before and "sympy" not in before
ACTIONS[what]()
spent, more = time.process_time() - start, set(sys.modules) - before
print(f"{what}: {len(more)} modules more, sympy among them: {'sympy' in more}, {spent:.2f} s")
assert len(more) > 300 and "sympy" in more and any(name.startswith("torch._") for name in more)
PYTHON
done
