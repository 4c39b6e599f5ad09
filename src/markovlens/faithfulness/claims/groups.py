"""The groups that a claim rests on: as text in a study's table, as rows in one of all claims."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

COLUMN = "groups"  # of a study's table of claims
BETWEEN, OF = "; ", ": "


def groups_in_text(means: pd.Series) -> str:
    """Return the mean difference of each group, as `task parity, seed 0: 0.25; ...`.

    Args:
        means: by the values of the columns that make a group.
    """
    names = [str(name) for name in means.index.names]
    said = []
    for values, mean in means.items():
        values = values if isinstance(values, tuple) else (values,)
        group = ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))
        said.append(f"{group}{OF}{mean:.6g}")
    return BETWEEN.join(said)


def differences_table(claims: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each group of each claim: the claim, the group, its mean difference."""
    claims = claims.reindex(columns=["claim", COLUMN])
    rows = [
        {"claim": claim, "group": group, "difference": difference}
        for claim, text in zip(claims["claim"], claims[COLUMN], strict=True)
        for group, difference in _groups_of(text)
    ]
    return pd.DataFrame(rows, columns=["claim", "group", "difference"])


def _groups_of(text: object) -> Iterator[tuple[str, float]]:
    if isinstance(text, str) and text:  # an empty cell is read as no number
        for one in text.split(BETWEEN):
            group, _, mean = one.rpartition(OF)
            yield group, float(mean)
