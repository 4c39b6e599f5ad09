"""How consistent a network is within the codes by which its rows are read: a score, and a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from markovlens.abstractions.consistency import exchange_rows
from markovlens.codebooks.base import Codebook
from markovlens.faithfulness.scores.evaluate import NO_STATES, Row, score_row
from markovlens.faithfulness.scores.exactness import CONSISTENCY
from markovlens.faithfulness.scores.tally import Bootstrap, Tally, hits_and_steps
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable


def code_rows(
    network: Askable,
    codebook: Codebook,
    traces: Mapping[str, Trace],
    *,
    bootstrap: Bootstrap,
    seed: int,
    tolerance: float,
) -> tuple[list[Row], list[dict[str, Any]]]:
    """Return the score of the network and a record for each code.

    The score is the share of its answers that stay when a row of the `test` trace gives way to one
    of the `train` trace that has the same code; values and risks stay within a `tolerance`, see
    `Comparison`. A record has the `rule`, its `share` of test rows, in how many answers `n_answers`
    rows of it were exchanged, and the `consistency` of these.
    """
    rng, test = np.random.default_rng([seed, 1]), traces["test"]
    found = exchange_rows(network, test, codebook, traces["train"], rng=rng, tolerance=tolerance)
    n_codes = len(codebook.names)
    stayed, counts = found.by_code(test.lengths, n_codes)
    read = np.bincount(codebook.encode(test.sequences), minlength=n_codes) / test.n_steps
    records = [
        {
            "rule": rule,
            "share": float(read[code]),
            "n_answers": int(counts[code]),
            "consistency": float(stayed[code]) if counts[code] else None,
        }
        for code, rule in enumerate(codebook.names)
    ]
    if not found.counted.any():
        return [], records
    groups = np.where(found.counted, 0, -1)
    score = bootstrap.score(Tally(*hits_and_steps(found.same, groups, test.lengths, 1)))
    return [score_row("network", NO_STATES, "-", CONSISTENCY, score)], records
