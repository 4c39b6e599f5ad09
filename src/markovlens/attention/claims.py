"""What the runs say of attention as an explanation; docs/claims.md says whose claims these are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from markovlens.attention.explained import ATTENTION, MACHINE
from markovlens.attention.scoring import AUROC, CHANGES, GAP, RANDOM
from markovlens.attention.study import ATTENTIVE
from markovlens.faithfulness.claims.claims import Claim, measured

SYSTEM = "S7"
CHANCE = 0.5  # of an area under a ROC curve
KEYS = ["task", "model", "seed"]
Which = tuple[str, str]  # an explanation and a measure


@dataclass(frozen=True, slots=True)
class Said:
    """A claim in words, and what is compared: explanation and measure; None is chance."""

    statement: str
    measure: str
    better: Which
    worse: Which | None


SAID = {
    "attention_finds_evidence": Said(
        "Attention finds the evidence of an answer",
        "area under the ROC curve of attention weights for planted evidence, minus 0.5",
        (ATTENTION, AUROC),
        None,
    ),
    "machine_finds_more_evidence": Said(
        "A network's machine finds its evidence better than its attention does",
        "area under the ROC curve for planted evidence: the machine's need of each step minus "
        "attention weights, same network",
        (MACHINE, AUROC),
        (ATTENTION, AUROC),
    ),
    "attention_is_faithful": Said(
        "What has weight is what the network needs",
        "area of insertion less that of deletion: steps by attention minus by chance",
        (ATTENTION, GAP),
        (RANDOM, GAP),
    ),
    "machine_is_more_faithful": Said(
        "A machine says better than attention what the network needs",
        "area of insertion less that of deletion: steps by the machine minus by attention",
        (MACHINE, GAP),
        (ATTENTION, GAP),
    ),
    "attention_says_what_changes": Said(
        "Another symbol where attention is highest changes the answer",
        "share of changeable answers that some symbol changes at the step of the highest weight, "
        "minus the same at a step drawn at random",
        (ATTENTION, CHANGES),
        (RANDOM, CHANGES),
    ),
}


def attention_claims(scores: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims, not yet decided, of networks with attention that learned their task.

    Args:
        scores: of all runs, `tables.attention.ATTENTION_RUN`.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    own = scores[(scores["network"] == ATTENTIVE) & (scores["gate"] == "passed")]
    by_name = {
        (str(explanation), str(measure)): rows.set_index(KEYS)["value"]
        for (explanation, measure), rows in own.groupby(["explanation", "measure"])
    }
    return [
        measured(
            name, said.statement, said.measure, _difference(by_name, said.better, said.worse), rng,
            system=SYSTEM,
        )
        for name, said in SAID.items()
    ]  # fmt: skip


def _difference(
    by_name: Mapping[Which, pd.Series], first: Which, second: Which | None
) -> pd.DataFrame:
    """Return the one less the other (less chance when None) of each network that has both."""
    nothing = pd.Series(index=pd.MultiIndex.from_arrays([[], [], []], names=KEYS), dtype=float)
    left = by_name.get(first, nothing)
    right = CHANCE if second is None else by_name.get(second, nothing)
    return (left - right).rename("difference").reset_index()
