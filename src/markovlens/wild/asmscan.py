"""asmscan-bilstm 1.0.0: is there an amyloid signalling motif in 40 residues? Six networks.

The package (GPL-3.0) asks six networks of one architecture, trained with six splits:
an embedding, a bidirectional LSTM of 8 units, and one of 4 that reads what both directions say.
Only the forward direction can be read as it comes: what the backward one says is held at its mean
over sample fragments (mean ablation), which only changes a bias; how often the answer is that of
the whole network, the card says. The package asks after the 40th residue, as is done here.
Fragments are made up: residues as common as in proteins, in half of them a motif with a few
replaced. The motif is no known one: it was found by replacing residues at random as long as the six
networks together answered more surely. What is asked is what all of the network says, the right
answer being unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.config.wild import FAMILY
from markovlens.recurrence.halves import half
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task, split_generators
from markovlens.tasks.labelled import at_end, commonest_share
from markovlens.wild.layered import Against, State
from markovlens.wild.reading import from_keras_lstm, from_tar, keras_h5
from markovlens.wild.unirep import SHARES

# In the order of the package's own tokenizer, which numbers them from 1; 0 fills up.
LETTERS = "LASEVGKIDTRPNQFYHMCW"
MOTIF = "VQGGDVQVQGDIHNNIN"
REPLACED = 0.1  # share of the motif's residues
SYMBOLS = ("none", *LETTERS)
CLASSES = ("none", "motif")
WIDTH, UNITS, UPPER, LENGTH = 8, 8, 4, 40
SAMPLES = 500


class Motifs(nn.Module):
    """Two LSTMs, the upper one narrower; parts of the state are h and c of both, each (B, 12)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(SYMBOLS), WIDTH)
        self.lower, self.upper = nn.LSTMCell(WIDTH, UNITS), nn.LSTMCell(UNITS, UPPER)
        self.head = nn.Sequential(nn.Linear(UPPER, 1), Against())

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        zeros = self.embedding.weight.new_zeros(batch, UNITS + UPPER)
        return {"h": zeros, "c": zeros.clone()}

    def step(self, state: State, residues: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more residue (B,), and the logits (B, 2)."""
        sizes = (UNITS, UPPER)
        below, above = zip(*(state[part].split(sizes, dim=1) for part in "hc"), strict=True)
        below = self.lower(self.embedding(residues), below)
        above = self.upper(below[0], above)
        pairs = zip("hc", below, above, strict=True)
        return {part: torch.cat(both, dim=1) for part, *both in pairs}, self.head(above[0])

    def forward(self, residues: Tensor) -> Tensor:
        """Return the logits (B, T, 2) after each of the residues (B, T)."""
        state, said = self.initial(len(residues)), []
        for each in residues.unbind(1):
            state, logits = self.step(state, each)
            said.append(logits)
        return torch.stack(said, dim=1)


def empty(*, member: int = 1) -> Motifs:
    """Return the forward direction of a network without its weights."""
    return Motifs()


def load(path: str | Path, *, member: int = 1) -> Motifs:
    """Return the forward direction of one of the six networks, from 1 on."""
    embedding, both, upper, head = _whole(path, member)
    rng = np.random.default_rng(0)
    samples = torch.from_numpy(np.stack([fragment(rng) for _ in range(SAMPLES)]).astype(np.int64))
    with torch.no_grad():
        counted = torch.ones(samples.shape, dtype=torch.bool)
        lower, mean = half(both, embedding(samples), counted, backward=False)
    state, model = upper.state_dict(), empty()
    weight, bias = state["weight_ih_l0"], state["bias_ih_l0"]
    state |= {
        "weight_ih_l0": weight[:, :UNITS],
        "bias_ih_l0": bias + weight[:, UNITS:] @ mean,
    }
    for cell, found in ((model.lower, lower.state_dict()), (model.upper, state)):
        cell.load_state_dict({key.removesuffix("_l0"): value for key, value in found.items()})
    model.embedding.load_state_dict(embedding.state_dict())
    model.head.load_state_dict(head.state_dict())
    return model.eval()


def whole(path: str | Path, inputs: Sequences, *, member: int = 1) -> np.ndarray:
    """Return the class (N,) that all of a network gives each residue, in the order of `inputs`."""
    embedding, both, upper, head = _whole(path, member)
    read = torch.from_numpy(np.stack([*inputs]).astype(np.int64))
    with torch.no_grad():
        said = head(upper(both(embedding(read))[0])[0])
    return said.argmax(dim=-1).flatten().numpy()


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, asmscan: Path
) -> Task:
    """Return the task: has the fragment a motif, as all of the network has it?"""
    member, splits = int(name.rpartition("_")[2]), {}
    for split, rng in split_generators(seeds).items():
        rows = [fragment(rng) for _ in range(sizes[f"n_{split}"])]
        inputs = Sequences.from_list(rows)
        said = whole(asmscan, inputs, member=member).reshape(-1, LENGTH)[:, -1]
        splits[split] = at_end(inputs, said.astype(np.int32))
    return Task(name, FAMILY, SYMBOLS, CLASSES, splits, commonest_share(splits))


def fragment(rng: np.random.Generator) -> np.ndarray:
    """Return a made-up fragment (40,) as numbers of residues, in half of them a motif."""
    shares = np.array([SHARES[letter] for letter in LETTERS])
    drawn = rng.choice(len(LETTERS), LENGTH, p=shares / shares.sum()) + 1
    if rng.random() < 0.5:
        motif = np.array([SYMBOLS.index(letter) for letter in MOTIF])
        at = int(rng.integers(0, LENGTH - len(motif) + 1))
        kept = rng.random(len(motif)) >= REPLACED
        drawn[at : at + len(motif)][kept] = motif[kept]
    return drawn.astype(np.int32)


def _whole(path: str | Path, member: int) -> tuple[nn.Embedding, nn.LSTM, nn.LSTM, nn.Sequential]:
    arrays = keras_h5(from_tar(path)[f"bass-model{member}.h5"], path)
    embedding = nn.Embedding(len(SYMBOLS), WIDTH)
    rows = torch.tensor(arrays["embedding/embeddings"][: len(SYMBOLS)])
    embedding.load_state_dict({"weight": rows})
    both = nn.LSTM(WIDTH, UNITS, batch_first=True, bidirectional=True)
    # The first of the six calls its layers otherwise than the rest.
    ways = {"": "forward", "_reverse": "backward"}
    cells = {
        suffix: next(key.rpartition("/")[0] for key in arrays if f"/{way}_lstm" in key)
        for suffix, way in ways.items()
    }
    both.load_state_dict(
        from_keras_lstm(arrays, cells[""])
        | from_keras_lstm(arrays, cells["_reverse"], suffix="_l0_reverse")
    )
    upper = nn.LSTM(2 * UNITS, UPPER, batch_first=True)
    upper.load_state_dict(from_keras_lstm(arrays, "lstm/lstm_cell"))
    head = nn.Sequential(nn.Linear(UPPER, 1), Against())
    weight, bias = (torch.tensor(arrays[f"classif/{name}"]) for name in ("kernel", "bias"))
    head.load_state_dict({"0.weight": weight.T, "0.bias": bias})
    return embedding.eval(), both.eval(), upper.eval(), head
