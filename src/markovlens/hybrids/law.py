"""A hidden Markov model of symbols in torch, by the forward algorithm in log space.

Its tables are softmaxes of free numbers, so that it learns by gradient with whatever stands beside
it. Rabiner, "A tutorial on hidden Markov models", 1989, equations 19 and 20.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

LEAST = 1e-4  # of a probability that a table is begun with: what is 0 has no gradient


class HiddenMarkov(nn.Module):
    """K hidden states, each with a distribution over V symbols.

    Attributes:
        start: (K,), moves: (K, K), writes: (K, V), rows of logits.
    """

    def __init__(self, initial: np.ndarray, transition: np.ndarray, emission: np.ndarray) -> None:
        """Begin with these tables (K,), (K, K), (K, V), whose rows sum to 1."""
        super().__init__()
        self.start, self.moves, self.writes = (
            nn.Parameter(torch.log(torch.from_numpy(np.maximum(table, LEAST)).float()))
            for table in (initial, transition, emission)
        )

    @property
    def n_states(self) -> int:
        """Number of states K."""
        return len(self.start)

    def tables(self) -> tuple[Tensor, Tensor, Tensor]:
        """Return the logarithms of initial (K,), transition (K, K) and emission (K, V)."""
        start, moves, writes = (
            table.log_softmax(dim=-1) for table in (self.start, self.moves, self.writes)
        )
        return start, moves, writes

    def filter(self, symbols: Tensor) -> tuple[Tensor, Tensor]:
        """Return what is known after each of the symbols, int (B, T).

        Returns:
            (B, T, K), log P(state at a step | symbols up to it), and (B, T), log P(symbol at a
            step | symbols before it), nats.
        """
        start, moves, writes = self.tables()
        written = writes.T[symbols]  # (B, T, K)
        known, evidence = [], []
        before = start.expand(len(symbols), -1)
        for step in range(symbols.shape[1]):
            joint = before + written[:, step]
            total = joint.logsumexp(dim=-1, keepdim=True)
            known.append(joint - total)
            evidence.append(total[:, 0])
            before = (known[-1][:, :, None] + moves).logsumexp(dim=1)
        return torch.stack(known, dim=1), torch.stack(evidence, dim=1)

    def following(self, known: Tensor) -> Tensor:
        """Return log P(next symbol), (..., V), from log beliefs (..., K)."""
        _, moves, writes = self.tables()
        moved = (known[..., :, None] + moves).logsumexp(dim=-2)
        return (moved[..., :, None] + writes).logsumexp(dim=-2)
