"""Networks that other people trained: g2p-en, which turns the spelling of English into sounds.

Source: Park & Kim, g2pE 2.1.0 (2019), an encoder-decoder of two GRUs with 256 units.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from markovlens.config.wild import WILD
from markovlens.errors import ConfigError, DataError
from markovlens.files.whole import naming, read_arrays
from markovlens.networks.arena import ArenaNetwork, load_arena
from markovlens.recurrence.base import Recurrent
from markovlens.sequences import Sequences
from markovlens.tasks.pronunciation import LETTERS, PHONES

UNITS = 256
MOST_PHONES = 20  # after which the package's own decoder gives up
END_OF_LETTERS = LETTERS.index("letters </s>")
UNKNOWN_LETTER = LETTERS.index("letters <unk>")
START, END = PHONES.index("phones <s>"), PHONES.index("phones </s>")
ENCODER, DECODER = 0, 1


class SwitchedGRU(Recurrent):
    """Several GRUs that move one hidden state by turns; each step says which of them does.

    For the cell c of a step, with the equations and gate order of `nn.GRU`::

        r  = sigmoid(W_ir[c] x + b_ir[c] + W_hr[c] h + b_hr[c])
        z  = sigmoid(W_iz[c] x + b_iz[c] + W_hz[c] h + b_hz[c])
        n  = tanh(W_in[c] x + b_in[c] + r * (W_hn[c] h + b_hn[c]))
        h' = (1 - z) * n + z * h

    An encoder and a decoder that starts from the encoder's last state are the case of two cells
    with one switch. Parameters stack those of `nn.GRU`, e.g. `weight_ih` (cells, 3D, E).
    """

    weight_ih: Tensor
    weight_hh: Tensor
    bias_ih: Tensor
    bias_hh: Tensor

    def __init__(self, input_size: int, hidden_size: int, n_cells: int) -> None:
        super().__init__(input_size, hidden_size)
        for name, shape in (
            ("weight_ih", (input_size,)),
            ("weight_hh", (hidden_size,)),
            ("bias_ih", ()),
            ("bias_hh", ()),
        ):
            values = torch.zeros(n_cells, 3 * hidden_size, *shape)
            self.register_parameter(name, nn.Parameter(values))

    def forward(self, x: Tensor, which: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states (B, T, D) and the last state (1, B, D).

        Args:
            x: (B, T, E).
            which: int (B, T), the cell that takes each step.
            h0: (1, B, D), zeros when None.
        """
        h = x.new_zeros(len(x), self.hidden_size) if h0 is None else h0[0]
        states = []
        for x_t, cells in zip(x.unbind(1), which.unbind(1), strict=True):
            moved = torch.empty_like(h)
            for cell in cells.unique().tolist():
                rows = cells == cell
                moved[rows] = self._step(cell, x_t[rows], h[rows])
            h = moved
            states.append(h)
        return torch.stack(states, dim=1), h[None]

    def _step(self, cell: int, x: Tensor, h: Tensor) -> Tensor:
        from_x = nn.functional.linear(x, self.weight_ih[cell], self.bias_ih[cell])
        from_h = nn.functional.linear(h, self.weight_hh[cell], self.bias_hh[cell])
        (r_x, z_x, n_x), (r_h, z_h, n_h) = from_x.chunk(3, -1), from_h.chunk(3, -1)
        r, z = (r_x + r_h).sigmoid(), (z_x + z_h).sigmoid()
        n = (n_x + r * n_h).tanh()
        return (1 - z) * n + z * h


class G2P(nn.Module):
    """Reads letters, then phones, in the one alphabet of the task `pronunciation`.

    Letters move the hidden state through the encoder, phones through the decoder.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(len(LETTERS) + len(PHONES), UNITS)
        self.rnn = SwitchedGRU(UNITS, UNITS, n_cells=2)
        self.head = nn.Linear(UNITS, len(PHONES))

    def forward(self, symbols: Tensor) -> Tensor:
        """Return logits (B, T, 74) of the next phone; NaN, which is no output, at letters."""
        states, _ = self.move(symbols)
        silent = symbols < len(LETTERS)
        return self.head(states).masked_fill(silent[..., None], torch.nan)

    def move(self, symbols: Tensor, h0: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the states (B, T, D) of symbols (B, T) from `h0` on, and the last (1, B, D)."""
        which = torch.where(symbols < len(LETTERS), ENCODER, DECODER)
        return self.rnn(self.embedding(symbols), which, h0)


def g2p_en(checkpoint: str | Path) -> G2P:
    """Return the network with the weights of the package's `checkpoint20.npz`, not unpickled.

    Raises:
        DataError: the file is missing, damaged, or another network's.
    """
    arrays = read_arrays(checkpoint)
    with naming(checkpoint):
        try:
            state = _state_dict({key: torch.from_numpy(array) for key, array in arrays.items()})
        except KeyError as error:
            raise DataError(
                f"{checkpoint}: expected the weights of g2p-en 2.1.0, it lacks {error}; "
                "delete it and fetch it again",
                page="download-damaged",
            ) from error
    model = G2P()
    expected = {key: value.shape for key, value in model.state_dict().items()}
    wrong = [key for key, value in state.items() if value.shape != expected[key]]
    if wrong:
        raise DataError(
            f"{checkpoint}: expected {wrong[0]} of shape {tuple(expected[wrong[0]])}, got "
            f"{tuple(state[wrong[0]].shape)}; it is not of g2p-en 2.1.0, fetch that version",
            page="download-damaged",
        )
    model.load_state_dict(state)
    return model.eval()


def pronounce(model: G2P, word: str) -> list[str]:
    """Return the phones of a lower-case word, each the likeliest after those before, at most 20."""
    known = {letter: index for index, letter in enumerate(LETTERS)}
    letters = [known.get(letter, UNKNOWN_LETTER) for letter in word] + [END_OF_LETTERS]
    phones: list[int] = []
    with torch.no_grad():
        _, hidden = model.move(torch.tensor([letters]))
        said = START
        for _ in range(MOST_PHONES):
            states, hidden = model.move(torch.tensor([[len(LETTERS) + said]]), hidden)
            said = int(model.head(states[0, 0]).argmax())
            if said == END:
                break
            phones.append(said)
    return [PHONES[phone].removeprefix("phones ") for phone in phones]


def _state_dict(arrays: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the package's arrays under the names of `G2P`."""
    stacked = {
        f"rnn.{ours}": torch.stack([arrays[f"enc_{theirs}"], arrays[f"dec_{theirs}"]])
        for ours, theirs in (
            ("weight_ih", "w_ih"),
            ("weight_hh", "w_hh"),
            ("bias_ih", "b_ih"),
            ("bias_hh", "b_hh"),
        )
    }
    embedding = torch.cat([arrays["enc_emb"], arrays["dec_emb"]])
    head = {"head.weight": arrays["fc_w"], "head.bias": arrays["fc_b"]}
    return {"embedding.weight": embedding, **stacked, **head}


@dataclass(frozen=True, slots=True)
class Pretrained:
    """A network that comes with its weights.

    Attributes:
        load: makes the network from its files, see `networks.resources.weight_files`.
        empty: makes it without its weights.
        whole: the answers of all of a network of which it is one direction; None for any other.
        still: what it reads when nothing happens, by name; None where nobody has said.
    """

    load: Callable[..., nn.Module]
    empty: Callable[..., nn.Module]
    whole: Callable[[Path, Sequences], np.ndarray] | None = None
    still: Callable[[Path], dict[str, np.ndarray]] | None = None


PRETRAINED = {
    "g2p_en": Pretrained(g2p_en, G2P),
    "arena": Pretrained(load_arena, ArenaNetwork),
}


def pretrained(name: str) -> Pretrained:
    """Return how a network that comes with its weights is made; a `ConfigError` if it is unknown.

    The module of one from the wild is imported here, when it is asked for.
    """
    if name in PRETRAINED:
        return PRETRAINED[name]
    if name not in WILD:
        known = ", ".join([*PRETRAINED, *WILD])
        raise ConfigError(f"pretrained {name!r} is unknown; choose of {known}", page="unknown-name")
    spec = WILD[name]
    module = import_module(spec.module)
    load, empty = (partial(each, **spec.options) for each in (module.load, module.empty))
    whole = partial(module.whole, **spec.options) if hasattr(module, "whole") else None
    return Pretrained(load, empty, whole, getattr(module, "still", None))
