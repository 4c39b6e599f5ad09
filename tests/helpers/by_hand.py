"""Networks that read symbols, and states of recurrent cells worked out from their equations."""

from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from markovlens.sequences import Sequences

N_SYMBOLS, WIDTH, HIDDEN = 3, 4, 6


class Reader(nn.Module):
    """Embeds symbols, reads them with `rnn`, answers at every step."""

    def __init__(self, rnn, n_out=HIDDEN):
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, WIDTH)
        self.rnn = rnn
        self.head = nn.Linear(n_out, 2)

    def forward(self, symbols):
        return self.head(self.rnn(self.embedding(symbols))[0])


def ragged(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return Sequences(rng.integers(N_SYMBOLS, size=sum(lengths)), np.array(lengths))


def min_gru_by_hand(get, x, turn=1.0):
    hidden, states = torch.zeros(HIDDEN), []
    for step in x:
        a_z, a_h = (get["weight_ih"] @ step + get["bias"]).chunk(2)
        z = torch.sigmoid(a_z)
        hidden = (1 - turn * z) * hidden + z * a_h
        states.append(hidden)
    return torch.stack(states)


def lru_by_hand(get, x):
    size = torch.exp(-torch.exp(get["nu"]))
    angle = torch.exp(get["theta"])
    real, imaginary, states = torch.zeros(HIDDEN // 2), torch.zeros(HIDDEN // 2), []
    for step in x:
        given = torch.sqrt(1 - size**2).repeat(2) * (get["weight_ih"] @ step + get["bias"])
        turned = (
            size * (angle.cos() * real - angle.sin() * imaginary),
            size * (angle.sin() * real + angle.cos() * imaginary),
        )
        real, imaginary = (a + b for a, b in zip(turned, given.chunk(2), strict=True))
        states.append(torch.cat([real, imaginary]))
    return torch.stack(states)


LINEAR = {
    "min_gru": min_gru_by_hand,
    "signed_min_gru": partial(min_gru_by_hand, turn=2.0),
    "lru": lru_by_hand,
}


def by_hand(kind, parameters, x, layer=0, suffix=""):
    """Step through one direction of one layer with nothing but matrix products; return h and c."""
    hidden, cell, states, cells = torch.zeros(HIDDEN), torch.zeros(HIDDEN), [], []
    get = {name: value for name, value in parameters.items() if name.endswith(f"_l{layer}{suffix}")}
    get = {name.removesuffix(f"_l{layer}{suffix}"): value for name, value in get.items()}
    if kind in LINEAR:
        states = LINEAR[kind](get, x.tanh() if layer else x)
        return states, torch.zeros_like(states)
    for step in x:
        if kind == "mgu":
            w_fx, w_hx = get["weight_ih"].chunk(2)
            w_fh, w_hh = get["weight_hh"].chunk(2)
            b_f, b_h = get["bias"].chunk(2)
            f = torch.sigmoid(w_fx @ step + w_fh @ hidden + b_f)
            hidden = (1 - f) * hidden + f * torch.tanh(w_hx @ step + w_hh @ (f * hidden) + b_h)
            states.append(hidden)
            cells.append(cell)
            continue
        a = get["weight_ih"] @ step + get["bias_ih"]
        b = get["weight_hh"] @ hidden + get["bias_hh"]
        if kind == "srn":
            hidden = torch.tanh(a + b)
        elif kind == "relu":
            hidden = torch.relu(a + b)
        elif kind == "gru":
            (a_r, a_z, a_n), (b_r, b_z, b_n) = a.chunk(3), b.chunk(3)
            z = torch.sigmoid(a_z + b_z)
            hidden = (1 - z) * torch.tanh(a_n + torch.sigmoid(a_r + b_r) * b_n) + z * hidden
        else:
            i, f, g, o = (a + b).chunk(4)
            cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
            hidden = torch.sigmoid(o) * torch.tanh(cell)
        states.append(hidden)
        cells.append(cell)
    return torch.stack(states), torch.stack(cells)


def recorded(kind, hidden, cells):
    """Return what is recorded of the parts of a state."""
    return torch.cat([hidden, cells.asinh()], dim=1) if kind == "lstm" else hidden


class CellLoop(nn.Module):
    """Calls a cell once a step."""

    def __init__(self, cell):
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, WIDTH)
        self.cell = cell

    def forward(self, symbols):
        state = None
        for x in self.embedding(symbols).unbind(1):
            state = self.cell(x, state)


class PackedReader(Reader):
    """Packs its batch before reading, as code for ragged batches does."""

    def forward(self, symbols, lengths):
        packed = pack_padded_sequence(
            self.embedding(symbols), lengths, batch_first=True, enforce_sorted=False
        )
        states, _ = pad_packed_sequence(self.rnn(packed)[0], batch_first=True)
        return self.head(states)


WIDE = ("slstm", "mlstm", "mamba", "rwkv")  # their outputs are all parts of their state
