"""Tables with a row a step, which are one sequence or many: told how to make sequences of them."""

from __future__ import annotations

from typing import Any

from markovlens.arguments import has_items
from markovlens.errors import DataError

# What columns are called that say what is asked for, which no network reads.
ANSWERS = ("answer", "class", "classes", "label", "outcome", "target", "truth")


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
    columns = ", ".join(map(str, given.columns)) or "none"
    raise DataError(
        f"{name}: expected a list of sequences, got a {kind} of {len(given)} rows, columns "
        f"{columns}; {_advice(given)}",
        page="wrong-kind",
    )


def listed(what: str, values: Any) -> list[Any]:
    """Return values as a list; raises `DataError` for what has none."""
    check_no_table(what, values)
    if has_items(values):
        return list(values)
    got = type(values).__name__
    raise DataError(
        f"expected a list of {what}, got {got}; a single one is [one]", page="wrong-kind"
    )


def _advice(table: Any) -> str:
    """Return how to make sequences of a table, in code where its columns tell."""
    labels = list(table.columns)
    if not len(table) or not labels or len(set(labels)) < len(labels):
        return "give one with rows, and a column of its own name for each input"
    whole = [label for label in labels if _holds_lists(table[label])]
    if whole:
        return f"`list(table[{whole[0]!r}])` is one of its columns as a list"
    if len(labels) == 1:
        alone = f"`[table[{labels[0]!r}]]`"
        return f"{alone} is one sequence; of several give a column that says which is which"
    read = [label for label in labels if not _is_answer(label)]
    owner = next((label for label in read if _owns(table[label])), None)
    if owner is None:
        return (
            "`[table[inputs]]` makes a single one of the columns that the network reads; of "
            "several, `[part[inputs] for _, part in table.groupby(owner, sort=False)]`, where "
            "`owner` is the column that says which rows are one sequence"
        )
    return (
        f"if {owner!r} says which rows are one sequence, {_made(table, owner, read)} makes them; "
        "leave out columns that the network does not read"
    )


def _is_answer(label: object) -> bool:
    """Return whether a column is named like what is asked for, in the singular or the plural."""
    words = str(label).lower().replace("_", " ").split()
    return any({word, word.removesuffix("s")} & set(ANSWERS) for word in words)


def _holds_lists(column: Any) -> bool:
    """Return whether a cell of a column holds a whole sequence."""
    first = column.iloc[0]
    return isinstance(first, list | tuple) or bool(getattr(first, "shape", ()))


def _owns(column: Any) -> bool:
    """Return whether a column may say whose a row is: no float, and rows of a value in a row."""
    if getattr(column.dtype, "kind", "O") == "f":
        return False
    runs = int((column != column.shift()).sum())
    return bool(1 < column.nunique() == runs < len(column))


def _made(table: Any, owner: object, read: list[Any]) -> str:
    """Return the line that makes a list of sequences of a table: of rows, or of texts.

    Where there are real numbers they are what is read; whole ones beside texts are places.
    """
    kinds = {label: getattr(table[label].dtype, "kind", "O") for label in read if label != owner}
    texts = [label for label, kind in kinds.items() if kind == "O"]
    rows = [label for label, kind in kinds.items() if kind in "iuf"]
    rows = [label for label in rows if not _counts(table, owner, label)] or rows
    if texts and not any(kinds[label] == "f" for label in rows):
        part = f"list(part[{texts[0]!r}])"
    else:
        part = f"part[{rows or 'inputs'}]"
    return f"`[{part} for _, part in table.groupby({owner!r}, sort=False)]`"


def _counts(table: Any, owner: object, label: object) -> bool:
    """Return whether whole numbers count the steps of each sequence, by 1 or by another number."""
    if table[label].dtype.kind not in "iu":
        return False
    steps = table.groupby(owner, sort=False)[label].diff().dropna().unique()
    return len(steps) == 1 and bool(steps[0])
