"""Tables with a row a step, which are one sequence or many: told how to make sequences of them."""

from __future__ import annotations

from typing import Any

from markovlens.errors import DataError


def check_no_table(name: str, given: Any) -> None:
    """Raise `DataError` for a table where a list of sequences is wanted, and say how to make one.

    Args:
        name: of what is wanted, in the message.
        given: anything; a table has columns and rows, as a pandas DataFrame.
    """
    kind = type(given).__name__
    if hasattr(given, "get_group"):
        raise DataError(
            f"{name}: expected a list of sequences, got {kind}; "
            "`[part[columns] for _, part in it]` makes one of it",
            page="wrong-kind",
        )
    if not hasattr(given, "columns") or not hasattr(given, "groupby"):
        return
    columns = [str(each) for each in given.columns]
    if len(columns) == 1:
        alone = f"`[table[{columns[0]!r}]]`"
        advice = f"{alone} is one sequence; of several give a column that says which is which"
    else:
        owner = _owner(given, columns)
        advice = (
            f"where {owner!r} says which rows are one sequence, {_made(given, owner, columns)} "
            "makes them; `[table]` is a single one"
        )
    raise DataError(
        f"{name}: expected a list of sequences, got a {kind} of {len(given)} rows, columns "
        f"{', '.join(columns)}; {advice}",
        page="wrong-kind",
    )


def _owner(table: Any, columns: list[str]) -> str:
    """Return which column probably says whose a row is: the first that repeats and is no float."""
    for place, name in enumerate(columns):
        column = table.iloc[:, place]
        if getattr(column.dtype, "kind", "O") != "f" and 1 < column.nunique() < len(table):
            return name
    return columns[0]


def _made(table: Any, owner: str, columns: list[str]) -> str:
    """Return the line that makes a list of sequences of a table: of texts, else of rows."""
    kinds = [getattr(each, "kind", "O") for each in table.dtypes]
    others = [(name, kind) for name, kind in zip(columns, kinds, strict=True) if name != owner]
    texts = [name for name, kind in others if kind == "O"]
    rows = [name for name, kind in others if kind in "iuf"]
    part = f"list(part[{texts[0]!r}])" if texts else f"part[{rows}]"
    return f"`[{part} for _, part in table.groupby({owner!r}, sort=False)]`"
