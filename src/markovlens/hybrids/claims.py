"""What machines read off afterwards cost beside models with a hidden Markov model inside."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, measured
from markovlens.hybrids.learning import FIRST, JOINT, LSTM
from markovlens.hybrids.study import (
    ACCURACY,
    AGREEMENT,
    BEST,
    EXPLAINED,
    LOSS,
    MACHINE,
    WHOLE,
)

SYSTEM = "S7"
PLACE = ["task", "seed"]
TRAINED = {FIRST: "HMM first", JOINT: "trained together"}
KEPT, FAITHFUL, SMALL = (
    "post_hoc_keeps_accuracy",
    "post_hoc_is_as_faithful",
    "small_hybrid_beats_lstm",
)
NAMES = tuple(f"{name}:{variant}" for variant in TRAINED for name in (KEPT, FAITHFUL, SMALL))


def hybrid_claims(rows: pd.DataFrame, *, seed: int) -> list[Claim]:
    """Return the claims, not yet decided.

    Args:
        rows: of all tasks and seeds, `tables.hybrids.HYBRIDS_RUN`.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    return [
        measured(f"{name}:{variant}", statement, f"{measure}; {words}", found, rng, system=SYSTEM)
        for variant, words in TRAINED.items()
        for name, statement, measure, found in _of(rows, variant)
    ]


def _of(rows: pd.DataFrame, variant: str) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """Yield name, statement, measure and differences of the claims about one kind of hybrid."""
    whole = {name: _values(rows, name, WHOLE) for name in (LSTM, variant)}
    yield (
        KEPT,
        "A machine that is read off afterwards costs the network no accuracy",
        "test accuracy: LSTM minus hybrid of as many parameters",
        _difference(whole[LSTM], whole[variant], [ACCURACY]),
    )
    machine, own = _values(rows, LSTM, MACHINE), _values(rows, variant, BEST)
    yield (
        FAITHFUL,
        "A machine that is read off afterwards says as much of its network as the HMM in a hybrid "
        "says of the hybrid",
        "agreement with the whole (balanced; where symbols are foretold, divergence explained): "
        "the LSTM's machine in closed loop minus the hybrid's HMM, read out anew",
        _difference(machine, own, [EXPLAINED, AGREEMENT]),
    )
    yield (
        SMALL,
        "A small hybrid predicts better than an LSTM of the same size",
        "test loss, nats an answer: LSTM minus hybrid of as many parameters",
        _difference(whole[LSTM], whole[variant], [LOSS]),
    )


def _values(rows: pd.DataFrame, variant: str, part: str) -> pd.DataFrame:
    """Return the numbers of one part of one model by task and seed, a column for each measure."""
    mine = rows[(rows["variant"] == variant) & (rows["part"] == part)]
    # Each task by its own measure.
    foreign = mine["foretells"].map({True: AGREEMENT, False: EXPLAINED})
    mine = mine[mine["measure"] != foreign]
    return mine.pivot(index=PLACE, columns="measure", values="value")


def _difference(left: pd.DataFrame, right: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    parts = [
        (left[name] - right[name]).rename("difference").dropna().reset_index()
        for name in measures
        if name in left and name in right
    ]
    return pd.concat(parts) if parts else pd.DataFrame(columns=[*PLACE, "difference"])
