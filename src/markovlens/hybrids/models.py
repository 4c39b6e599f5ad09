"""What is compared: an LSTM, a hidden Markov model, and both with one output layer.

Krakovna & Doshi-Velez 2016 ("Increasing the interpretability of recurrent neural networks using
hidden Markov models") add the HMM's state probabilities to the output layer of an LSTM, and train
the HMM first or both together.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from markovlens.arguments import with_known_settings
from markovlens.hybrids.law import HiddenMarkov


@with_known_settings
@dataclass(frozen=True, slots=True)
class Widths:
    """Widths of an LSTM.

    Attributes:
        embedding: numbers in which it reads a symbol.
        hidden: units.
    """

    embedding: int
    hidden: int


class Network(nn.Module):
    """An LSTM, a hidden Markov model or both; logits are linear in units and state probabilities.

    Attributes:
        law: the hidden Markov model, None without.
        rnn: the LSTM, None without.
    """

    def __init__(
        self, n_symbols: int, n_classes: int, *, widths: Widths | None, law: HiddenMarkov | None
    ) -> None:
        """Make an untrained one, of as many symbols and classes."""
        super().__init__()
        self.law = law
        self.embedding = None if widths is None else nn.Embedding(n_symbols, widths.embedding)
        self.rnn = (
            None if widths is None else nn.LSTM(widths.embedding, widths.hidden, batch_first=True)
        )
        self.of_units = None if widths is None else nn.Linear(widths.hidden, n_classes)
        # Probabilities sum to 1, so that a bias beside them would say nothing new.
        self.of_states = None if law is None else nn.Linear(law.n_states, n_classes, bias=False)

    def forward(self, symbols: Tensor) -> Tensor:
        """Return the logits (B, T, C) after each of the symbols (B, T)."""
        return self.scored(self.units(symbols), self.beliefs(symbols))

    def units(self, symbols: Tensor) -> Tensor | None:
        """Return the LSTM's units (B, T, D) after each symbol, None without an LSTM."""
        if self.rnn is None or self.embedding is None:
            return None
        units: Tensor = self.rnn(self.embedding(symbols))[0]
        return units

    def beliefs(self, symbols: Tensor) -> Tensor | None:
        """Return the state probabilities (B, T, K) after each symbol, None without an HMM."""
        return None if self.law is None else self.law.filter(symbols)[0].exp()

    def scored(self, units: Tensor | None, beliefs: Tensor | None) -> Tensor:
        """Return logits (B, T, C) of what there is."""
        parts = []
        if units is not None and self.of_units is not None:
            parts.append(self.of_units(units))
        if beliefs is not None and self.of_states is not None:
            parts.append(self.of_states(beliefs))
        return sum(parts[1:], start=parts[0])


class Foretelling(nn.Module):
    """A hidden Markov model that foretells the next symbol by its own law, without a readout.

    Attributes:
        law: the model.
    """

    def __init__(self, law: HiddenMarkov) -> None:
        """Keep it."""
        super().__init__()
        self.law = law

    def forward(self, symbols: Tensor) -> Tensor:
        """Return log P(next symbol), (B, T, V), after each of the symbols (B, T)."""
        return self.law.following(self.law.filter(symbols)[0])
