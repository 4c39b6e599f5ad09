"""What pages quote of counterfactuals: how often networks confirm edits that turn a machine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd
from kept_tables import having, markdown, only, with_ends

HEAD = ("network", "machine", "confirmed", "as many random edits", "gain", "sequences")
MODELS, METHODS = ("gru_words", "lstm_words"), ("verdict", "kmeans", "decisions", "hmm", "ngram")
SHOWN = ("confirmed", "random", "gain")


@dataclass(frozen=True)
class Edits:
    """Kept scores of counterfactuals.

    Attributes:
        rows: a row a network, method and score.
    """

    rows: pd.DataFrame

    def row(self, model: str, method: str, score: str = "confirmed") -> pd.Series:
        """Return a score of a network's machine."""
        wanted = {"model": model, "method": method, "score": f"counterfactual_{score}"}
        return only(self.rows, wanted)

    def random(self) -> pd.Series:
        """Return how often networks give the answer after as many random edits."""
        rows = having(self.rows, {"score": "counterfactual_random", "model": MODELS})
        return having(rows, {"method": METHODS})["value"]

    def listed(self) -> str:
        """Return a line for each network and machine."""
        return markdown([HEAD, *self._lines()])

    def _lines(self) -> Iterator[list[str]]:
        for model in MODELS:
            for method in METHODS:
                rows = [self.row(model, method, score) for score in SHOWN]
                machine = f"`{method}`, {rows[0]['n_states']} states"
                scores = (with_ends(row, 3) for row in rows)
                yield [f"`{model}`", machine, *scores, str(rows[0]["n_sequences"])]
