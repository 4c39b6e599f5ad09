"""Which recurrence can hold which machine: what theory says, and trained networks of each kind.

What is linear given its inputs and only ever shrinks its state cannot keep a parity (Sarrof et al.
2024, "The Expressive Capacity of State Space Models"; Grazzi et al. 2024, "Unlocking State-Tracking
in Linear RNNs Through Negative Eigenvalues"), what is linear and diagonal cannot compose
permutations that are not solvable (Merrill et al. 2024, "The Illusion of State in State-Space
Models"); all can keep what is star-free (Sarrof et al.), and what is not linear can keep all of it.
Theory says what can be held for ever, not what training finds: a network that never learned its
task within the lengths of training counts as one that does not hold it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, measured

POSITIVE = ("min_gru", "mamba", "mlstm", "rwkv")  # linear given the inputs, factors of 0 to 1
SIGNED = ("signed_min_gru",)  # the same, of -1 to 1
INVARIANT = ("lru",)  # the same factors whatever is read
NON_LINEAR = ("srn", "relu", "mgu", "gru", "lstm", "slstm")
LINEAR = (*POSITIVE, *SIGNED, *INVARIANT)
KINDS = {
    "not linear": NON_LINEAR,
    "linear, signed": SIGNED,
    "linear, invariant": INVARIANT,
    "linear, positive": POSITIVE,
}
KIND_OF = {cell: kind for kind, cells in KINDS.items() for cell in cells}
LENGTH = 100  # symbols, five times those of training


@dataclass(frozen=True, slots=True)
class Prediction:
    """What theory says of some cells on one task.

    Attributes:
        name: of the claim, short.
        statement: the claim in words.
        task: on which it is judged.
        cells: that it is about.
        holds: whether they can hold the task's machine.
    """

    name: str
    statement: str
    task: str
    cells: Sequence[str]
    holds: bool


PREDICTIONS = (
    Prediction(
        "positive_linear_loses_parity",
        "Recurrences that are linear, with factors of 0 to 1, do not hold parity beyond the "
        "lengths of training",
        "parity",
        POSITIVE,
        holds=False,
    ),
    Prediction(
        "invariant_linear_loses_parity",
        "A linear recurrence whose factors are the same whatever is read does not hold parity",
        "parity",
        INVARIANT,
        holds=False,
    ),
    Prediction(
        "signed_linear_holds_parity",
        "A linear recurrence with factors of -1 to 1 holds parity",
        "parity",
        SIGNED,
        holds=True,
    ),
    Prediction(
        "non_linear_holds_parity",
        "Recurrences that are not linear hold parity",
        "parity",
        NON_LINEAR,
        holds=True,
    ),
    Prediction(
        "linear_diagonal_loses_s5",
        "Recurrences that are linear and diagonal, signed or not, do not compose permutations of "
        "five places",
        "s5",
        LINEAR,
        holds=False,
    ),
    Prediction(
        "non_linear_holds_s5",
        "Recurrences that are not linear compose permutations of five places",
        "s5",
        NON_LINEAR,
        holds=True,
    ),
    Prediction(
        "all_hold_contains_000",
        "Every recurrence holds a star-free language (contains 000)",
        "contains_000",
        (*NON_LINEAR, *LINEAR),
        holds=True,
    ),
)
CHANCE = {"parity": 1 / 2, "contains_000": 1 / 2, "s5": 1 / 120}


def recurrence_claims(rows: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims, not yet decided, of networks judged on strings of `LENGTH` symbols.

    A network speaks for holding by how far its accuracy is above the middle between chance and
    always right, against it by how far below. Networks are independent: each is a cluster.

    Args:
        rows: task, cell, seed, length and accuracy.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    return [_claim(each, rows[rows["length"] == LENGTH], rng) for each in PREDICTIONS]


def _claim(said: Prediction, rows: pd.DataFrame, rng: np.random.Generator) -> Claim:
    mine = rows[(rows["task"] == said.task) & rows["cell"].isin(said.cells)]
    middle = (1 + CHANCE[said.task]) / 2
    above = mine["accuracy"] - middle
    words = "minus" if said.holds else "below"
    return measured(
        said.name,
        said.statement,
        f"accuracy after {LENGTH} symbols on {said.task} {words} {middle:.3g}, half way from "
        "chance to always right",
        mine.assign(difference=above if said.holds else -above),
        rng,
        clusters=("cell", "seed"),
        system="S6",
    )
