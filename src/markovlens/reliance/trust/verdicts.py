"""Who can be trusted how far, in words: by the lower end of what a disturbance leaves right."""

from __future__ import annotations

import pandas as pd

ENOUGH = 0.95  # of the words that the specification gets right: what the lower end must reach
KEPT = "kept"


def verdicts_of(table: pd.DataFrame) -> dict[str, str]:
    """Return a verdict for each disturbance.

    A subject can be trusted up to the largest size such that there and at all smaller ones the
    interval of `kept` lies above 0.95: of what can be got right at all, 95 of 100 words are, and
    that is more than luck.

    Args:
        table: with the columns disturbance, size, who, score, low, ceiling.
    """
    kept = table[table["score"] == KEPT]
    return {
        str(name): _said(rows) + _beside(rows)
        for name, rows in kept.groupby("disturbance", sort=False)
    }


def trusted_up_to(rows: pd.DataFrame) -> float | None:
    """Return the largest size up to which one subject's `low` is enough, None if at none."""
    found = None
    for size, low in rows.sort_values("size")[["size", "low"]].itertuples(index=False):
        if not low >= ENOUGH:
            break
        found = float(size)
    return found


def _said(rows: pd.DataFrame) -> str:
    reach = {str(who): trusted_up_to(some) for who, some in rows.groupby("who", sort=False)}
    most = rows["size"].max()
    if all(size == most for size in reach.values()):
        return f"all of them, at every size tried (up to {most:g})"
    if all(size is None for size in reach.values()):
        return f"none of them, at no size tried (from {rows['size'].min():g} on)"
    return "; ".join(f"{who} {_reach(size, most)}" for who, size in reach.items())


def _beside(rows: pd.DataFrame) -> str:
    """Return what is to be said where the specification itself is misled."""
    most, ceiling = rows.sort_values("size")[["size", "ceiling"]].to_numpy(float)[-1]
    if ceiling >= ENOUGH:
        return ""
    return (
        f"; but the specification itself, reading the same, is right on {ceiling:.2f} at {most:g}"
    )


def _reach(size: float | None, most: float) -> str:
    if size is None:
        return "at no size tried"
    return f"at every size tried (up to {most:g})" if size == most else f"up to {size:g}"
