#!/bin/sh
# silero-vad ships two different networks under one version: the weights of its `.safetensors`, which
# its `tinygrad_model.py` reads, are not those of its `.jit`, which `load_silero_vad()` runs. Put into
# the `.jit`, whose layers are the same, they answer otherwise on half a minute of talk. Guessed: one
# network in several formats.
# For users: Name the file, not the version, beside a result.
#
# Versions: silero-vad 6.2.3, torch 2.13.0 (CPU), numpy 2.4.6, safetensors 0.8.0, talk of
#   pyannote.audio 3.3.2
# Output seen:
#   largest difference of a weight: 18.2 (of the spectrum's: 0.0)
#   chunks of 32 ms called speech (of 937): .jit 693, .safetensors 696; otherwise 3
#   largest difference of a probability: 0.37
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 numpy==2.4.6 safetensors==0.8.0
"$folder/venv/bin/pip" download --quiet --no-deps --dest "$folder" silero-vad==6.2.3 \
  pyannote.audio==3.3.2
"$folder/venv/bin/python" -W ignore - "$folder" <<'PYTHON'
import io
import sys
import wave
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load

torch.set_num_threads(1)
wheel = zipfile.ZipFile(next(Path(sys.argv[1]).glob("silero_vad*.whl")))
talk = zipfile.ZipFile(next(Path(sys.argv[1]).glob("pyannote*.whl")))
with wave.open(io.BytesIO(talk.read("pyannote/audio/sample/sample.wav"))) as file:
    sound = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 2**15
chunks = torch.tensor(sound[: len(sound) // 512 * 512], dtype=torch.float32).reshape(-1, 1, 512)
network = torch.jit.load(io.BytesIO(wheel.read("silero_vad/data/silero_vad.jit"))).eval()
other = load(wheel.read("silero_vad/data/silero_vad_16k.safetensors"))
own = [value for name, value in network.state_dict().items() if "8k" not in name]
layers = [f"conv{n}.{kind}" for n in (1, 2, 3, 4) for kind in ("weight", "bias")]
layers += [f"lstm_cell.{kind}_{way}" for kind in ("weight", "bias") for way in ("ih", "hh")]
names = ["stft_conv.weight", *layers, "final_conv.weight", "final_conv.bias"]
theirs = [other[name] for name in names]


@torch.no_grad()
def answers():
    network.reset_states()
    return np.array([float(network(chunk, 16000)) for chunk in chunks])


jit = answers()
apart = [float((a - b).abs().max()) for a, b in zip(own, theirs, strict=True)]
for mine, value in zip(own, theirs, strict=True):
    mine.copy_(value)
tensors = answers()
print(f"largest difference of a weight: {max(apart):.1f} (of the spectrum's: {apart[0]:.1f})")
print(f"chunks of 32 ms called speech (of {len(jit)}): .jit {(jit > .5).sum()}, .safetensors "
      f"{(tensors > .5).sum()}; otherwise {((jit > .5) != (tensors > .5)).sum()}")
print(f"largest difference of a probability: {abs(jit - tensors).max():.2f}")
assert apart[0] == 0 and max(apart) > 10 and abs(jit - tensors).max() > 0.2
PYTHON
