#!/bin/sh
# BeatNet's network keeps the state of its LSTMs as an attribute that is set once, when it is made:
# nothing puts it back between two pieces, and `BeatNet.process` makes no new network. The same piece
# asked about twice gets other probabilities, and so does any piece after another.
# Guessed: each piece begins anew, as the `online` mode reads a whole file.
# For users: Make a new network for each piece; `ml.record` begins every sequence anew.
#
# Versions: BeatNet 1.1.3 (its `model.py` and `models/model_1_weights.pt` alone), torch 2.13.0
# Output seen:
#   the same spectrum, asked twice: probabilities differ by up to 0.16
#   with the state put back: by 0.00
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6
# Its other modules need a sound card's library and madmom; the network does not.
"$folder/venv/bin/pip" download --quiet --no-deps --dest "$folder" BeatNet==1.1.3
"$folder/venv/bin/python" -m zipfile --extract "$folder"/BeatNet-*.whl "$folder/package"
cd "$folder/package/BeatNet"
"$folder/venv/bin/python" - <<'PYTHON'
import torch
from model import BDA

network = BDA(272, 150, 2, torch.device("cpu"))
weights = torch.load("models/model_1_weights.pt", weights_only=True)
network.load_state_dict(weights, strict=False)
network.eval()
spectrum = torch.rand(1, 100, 272, generator=torch.Generator().manual_seed(0))


@torch.no_grad()
def asked():
    return network.final_pred(network(spectrum)[0])


first, second = asked(), asked()
network.hidden, network.cell = torch.zeros(2, 1, 150), torch.zeros(2, 1, 150)
again = asked()
apart, anew = ((each - first).abs().max().item() for each in (second, again))
print(f"the same spectrum, asked twice: probabilities differ by up to {apart:.2f}")
print(f"with the state put back: by {anew:.2f}")
assert apart > 0.05 and anew < 1e-6
PYTHON
