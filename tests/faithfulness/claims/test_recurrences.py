"""What theory says of recurrences, decided from accuracies at 100 symbols."""

import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.claims.claims import decide
from markovlens.faithfulness.claims.recurrences import (
    LINEAR,
    NON_LINEAR,
    PREDICTIONS,
    recurrence_claims,
)
from markovlens.recurrence.cells import CELLS


def accuracies(holds, *, seeds=3, length=100):
    """Return a network of each cell and task, right or at chance as `holds` says."""
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        [
            {
                "task": task,
                "cell": cell,
                "seed": seed,
                "length": length,
                "accuracy": rng.uniform(0.97, 1) if holds(task, cell) else rng.uniform(0.4, 0.5),
            }
            for task in ("parity", "contains_000", "s5")
            for cell in CELLS
            for seed in range(seeds)
        ]
    )


def as_theory_says(task, cell):
    if task == "contains_000" or cell in NON_LINEAR:
        return True
    return task == "parity" and cell == "signed_min_gru"


def test_every_cell_is_of_one_kind():
    assert sorted((*LINEAR, *NON_LINEAR)) == sorted(CELLS)


def test_networks_as_theory_has_them_support_it():
    claims = decide(recurrence_claims(accuracies(as_theory_says), seed=0))
    assert [claim.claim for claim in claims] == [each.name for each in PREDICTIONS]
    verdicts = {claim.claim: claim.verdict for claim in claims}
    few = {"signed_linear_holds_parity", "invariant_linear_loses_parity"}  # one cell, three seeds
    assert {name for name, verdict in verdicts.items() if verdict == "undecided"} == few
    assert set(verdicts.values()) == {"undecided", "supported"}
    for claim in claims:
        assert claim.low <= claim.effect <= claim.high


def test_networks_that_do_otherwise_contradict_it():
    def otherwise(task, cell):
        return not as_theory_says(task, cell)

    claims = decide(recurrence_claims(accuracies(otherwise, seeds=8), seed=0))
    assert {claim.verdict for claim in claims} == {"contradicted"}


def test_only_long_strings_are_looked_at():
    claims = recurrence_claims(accuracies(as_theory_says, length=20), seed=0)
    assert [claim.n for claim in claims] == [0] * len(PREDICTIONS)


@pytest.mark.parametrize("cell", ["min_gru", "mamba", "mlstm", "rwkv"])
def test_chance_on_s5_is_one_of_120(cell):
    """.5 is far above chance there, and just below the middle: it speaks for losing it, barely."""
    rows = pd.DataFrame([{"task": "s5", "cell": cell, "seed": 0, "length": 100, "accuracy": 0.5}])
    (claim,) = (
        each for each in recurrence_claims(rows, seed=0) if each.claim == "linear_diagonal_loses_s5"
    )
    assert claim.effect == pytest.approx((1 + 1 / 120) / 2 - 0.5)
