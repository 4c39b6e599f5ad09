"""The built-in network: embedding (of rows: a linear layer), recurrent cell, linear head."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from markovlens.errors import ConfigError
from markovlens.networks.attending import AdditiveAttention
from markovlens.networks.rows import RowInput
from markovlens.recurrence.cells import CELLS

DEFAULTS = {"hidden": 32, "layers": 1, "embedding": 8, "dropout": 0.0}
SINGLE = "single_logit"  # a key that is left out where it is false
ATTENTION = "attention"  # likewise where it is 0
OPTIONAL = (SINGLE, ATTENTION)


class SequenceModel(nn.Module):
    """Reads symbols or rows and gives logits after each one; only the targets tell what it is for.

    A classifier has its target at the last step (or at each), a next-symbol model at every step.
    """

    def __init__(
        self, embedding: nn.Embedding | RowInput, rnn: nn.Module, head: nn.Linear, dropout: float
    ):
        super().__init__()
        self.embedding = embedding
        self.dropout = nn.Dropout(dropout)
        self.rnn = rnn
        self.head = head

    def forward(self, inputs: Tensor) -> Tensor:
        """Return logits (B, T, C) of symbols (B, T) or rows (B, T, D)."""
        states, _ = self.rnn(self.dropout(self.embedding(inputs)))
        return self.answer(states)

    def answer(self, states: Tensor) -> Tensor:
        """Return logits (..., C) of states (..., D), which begin with h where they are more."""
        return self.head(states[..., : self.head.in_features])


class AttentiveModel(SequenceModel):
    """A network whose answer is read off a weighted mean of its states so far, and off no other."""

    def __init__(
        self, embedding: nn.Embedding | RowInput, rnn: nn.Module, head: nn.Linear, dropout: float,
        attention: AdditiveAttention,
    ):  # fmt: skip
        super().__init__(embedding, rnn, head, dropout)
        self.attention = attention

    def answer(self, states: Tensor) -> Tensor:
        """Return logits (B, T, C) of all states (B, T, D) of sequences."""
        read = states[..., : self.head.in_features]
        return self.head(self.attention(read) @ read)

    def attended(self, inputs: Tensor) -> Tensor:
        """Return how much each answer rests on each state (B, T, T); rows sum to 1."""
        states, _ = self.rnn(self.dropout(self.embedding(inputs)))
        return self.attention(states[..., : self.head.in_features])


def build(
    spec: Mapping[str, Any], *, n_classes: int, n_symbols: int = 0, n_levels: Sequence[int] = ()
) -> SequenceModel:
    """Return an untrained model, its weights drawn from torch's global generator.

    Args:
        spec: `cell` (a name in `CELLS`) and, if wanted, `hidden`, `layers`, `embedding` (its
            dimensions), `dropout` (on the embedding), `single_logit` (one column for two
            classes, the logit of the second) and `attention` (the width of additive attention over
            the states, through which alone the answer then comes; none when 0).
        n_classes: C.
        n_symbols: V, of a network that reads symbols.
        n_levels: (D,), of one that reads rows: the levels of each channel, 0 for a real one.

    Raises:
        ConfigError: an unknown key or cell, or both symbols and channels are given, or neither.
    """
    if bool(n_symbols) == bool(len(n_levels)):
        raise ConfigError(
            f"expected symbols or channels to read, got n_symbols={n_symbols} and "
            f"n_levels={tuple(n_levels)}; give one of them",
            page="bad-config",
        )
    settings = complete(spec)
    width, hidden = settings["embedding"], settings["hidden"]
    rnn = CELLS[settings["cell"]](width, hidden, num_layers=settings["layers"])
    embedding = RowInput(n_levels, width) if n_levels else nn.Embedding(n_symbols, width)
    head = nn.Linear(hidden, 1 if SINGLE in settings else n_classes)
    parts = (embedding, rnn, head, settings["dropout"])
    if ATTENTION in settings:
        return AttentiveModel(*parts, AdditiveAttention(hidden, settings[ATTENTION]))
    return SequenceModel(*parts)


def complete(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the spec of a built-in model with its defaults filled in; raises `ConfigError`."""
    unknown = set(spec) - {"cell", *DEFAULTS, *OPTIONAL}
    if unknown:
        known = ", ".join(("cell", *DEFAULTS, *OPTIONAL))
        raise ConfigError(
            f"model: unknown keys {sorted(unknown)}; the known ones are {known}", page="bad-config"
        )
    if spec.get("cell") not in CELLS:
        raise ConfigError(
            f"model: cell {spec.get('cell')!r} is unknown; choose of {', '.join(CELLS)}",
            page="bad-config",
        )
    return DEFAULTS | {key: value for key, value in spec.items() if key not in OPTIONAL or value}
