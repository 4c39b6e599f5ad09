"""The claims of all studies of a run as one table, and the groups that they rest on as another."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from markovlens.faithfulness.claims.claims import DECIDED, Claim, claims_table, decide
from markovlens.faithfulness.claims.groups import COLUMN, differences_table
from markovlens.files.whole import read_table
from markovlens.tables.claims import CLAIM_DIFFERENCES, CLAIMS
from markovlens.tables.writer import write_table


def decide_tables(
    paths: Sequence[str | Path], output: str | Path, *, differences: str | Path
) -> None:
    """Write the claims of several tables as one, its verdicts holding for all of them together.

    Args:
        paths: the tables of the studies.
        output: that of all claims.
        differences: that of the groups that each of them rests on.
    """
    tables = pd.concat([read_table(path) for path in paths], ignore_index=True)
    claims = [Claim(*row) for row in tables[DECIDED].itertuples(index=False)]
    write_table(output, claims_table(decide(claims)).drop(columns=COLUMN), CLAIMS)
    write_table(differences, differences_table(tables), CLAIM_DIFFERENCES)
