"""What users hand over, as numpy arrays: converted where that is plain, else refused in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from markovlens.arguments import has_items
from markovlens.errors import DataError

ROW_SUM_TOLERANCE = 1e-2  # of a network's outputs: bfloat16 has eight bits
ROUNDING = 1e-6  # of float32, relative: a column that varies by less is constant


def as_array(what: str, values: Any) -> np.ndarray:
    """Return an array, a list of rows of one length or a torch tensor as an array (N, ...).

    Args:
        what: name of the values in messages.
        values: they are not copied where that is not needed, as it is for the byte order of another
            machine (FITS, old HDF5), which torch does not read.

    Raises:
        DataError: a number alone, rows of different lengths, or a masked array with masked entries.
    """
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        row = int(np.argwhere(np.ma.getmaskarray(values))[0, 0])
        raise DataError(
            f"{what}: expected values at all steps, got a masked array, masked first at row {row}; "
            "leave these steps out, or fill them",
            page="wrong-dtype",
        )
    try:
        array = np.asarray(_off_device(_of_numbers(what, values)))
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(
            f"{what}: expected an array, got {_kind(values)} that is none ({error}); "
            "give rows of one length",
            page="wrong-dtype",
        ) from error
    if not array.ndim:
        raise DataError(
            f"{what}: expected an array (N, ...), got {_kind(values)} without rows",
            page="wrong-shape",
        )
    if array.dtype == object:
        raise DataError(
            f"{what}: expected numbers, got {_kind(values)} of objects; give one array of one "
            "dtype",
            page="wrong-dtype",
        )
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _of_numbers(what: str, values: Any) -> Any:
    """Return a table whose columns are of several types of numbers as one array of floats.

    Missing integers and truth values of pandas are objects beside other columns, and no worse.
    """
    kinds: Any = getattr(values, "dtypes", None)
    if not hasattr(kinds, "items") or not hasattr(values, "to_numpy"):
        return values
    wrong = [f"{name} ({kind})" for name, kind in kinds.items() if kind.kind not in "biuf"]
    if wrong:
        raise DataError(
            f"{what}: expected columns of numbers, got a table with {', '.join(wrong)}; leave out "
            "what is none, or code it",
            page="wrong-dtype",
        )
    plain = len({kind.kind for kind in kinds}) == 1 and all(
        isinstance(kind, np.dtype) for kind in kinds
    )
    return values if plain else values.to_numpy(dtype=np.float64, na_value=np.nan)


def check_numbers(what: str, values: np.ndarray) -> np.ndarray:
    """Return an array of integers or real numbers as it is; raises `DataError` for other kinds."""
    if values.dtype.kind not in "iuf":
        raise DataError(
            f"{what}: expected real numbers, got dtype {values.dtype}; convert it",
            page="wrong-dtype",
        )
    return values


def check_names(what: str, names: Iterable[Any]) -> tuple[str, ...]:
    """Return names as text; raises `DataError` if they have no order, or one occurs twice."""
    if isinstance(names, Mapping | Set):
        raise DataError(
            f"{what}: expected names in the order of their codes, got a {type(names).__name__}; "
            "give a list, of a vocabulary for instance sorted(vocabulary, key=vocabulary.get)",
            page="wrong-names",
        )
    if not has_items(names):
        raise DataError(
            f"{what}: expected names, got {names!r}; give a list of them", page="wrong-names"
        )
    found = tuple(map(str, names))
    name, count = Counter(found).most_common(1)[0] if found else ("", 0)
    if count > 1:
        raise DataError(
            f"{what}: expected different names, got {name!r} {count} times", page="wrong-names"
        )
    return found


def check_codes(
    what: str, codes: np.ndarray, *, stop: int | None, lowest: int = 0, advice: str = ""
) -> np.ndarray:
    """Return codes (N,) as they are after checking that each is one of `lowest` .. `stop` - 1.

    Args:
        what: their name in messages.
        codes: integers.
        stop: one more than the largest; None for no bound.
        lowest: the smallest.
        advice: what to do, in place of the usual.

    Raises:
        DataError: they are no integers, or one is outside; the message says which and where.
    """
    if codes.ndim != 1 or codes.dtype.kind not in "iu":
        how = (
            "`codes.astype(int)` does where they are whole numbers"
            if codes.dtype.kind not in "iu"
            else "`np.concatenate` makes of an array for each sequence"
        )
        raise DataError(
            f"{what}: expected integer codes (N,), got {codes.dtype} {codes.shape}; give one "
            f"integer a step, as {how}",
            page="wrong-dtype",
        )
    if not codes.size or (codes.min() >= lowest and (stop is None or codes.max() < stop)):
        return codes
    outside = (codes < lowest) if stop is None else (codes < lowest) | (codes >= stop)
    row = int(outside.argmax())
    bound = f"{lowest}..{stop - 1}" if stop is not None else f"{lowest} or more"
    raise DataError(
        f"{what}: expected codes {bound}, got {codes[row]} first at row {row} "
        f"({outside.sum()} of {codes.size} are outside); "
        + (advice or "codes count from 0, and what is unknown needs a code and a name of its own"),
        page="unknown-symbol",
    )


def check_distributions(outputs: np.ndarray, n_classes: int) -> np.ndarray:
    """Return output distributions (N, C) as they are; rows of NaN are steps without an output.

    Raises:
        DataError: a wrong number of classes, a row that is NaN in part, or one that is no
            distribution.
    """
    if outputs.ndim != 2 or outputs.dtype.kind != "f" or not outputs.shape[1]:
        raise DataError(
            f"outputs: expected real numbers (N, {n_classes}), a distribution over the classes for "
            f"each step, got {outputs.dtype} {outputs.shape}",
            page="wrong-shape",
        )
    missing = np.isnan(outputs).all(axis=1) if np.isnan(outputs[:, 0]).any() else np.zeros(1, bool)
    if missing.all():
        return outputs
    if outputs.shape[1] != n_classes:
        raise DataError(
            f"outputs: expected a column for each of the {n_classes} classes, got "
            f"{outputs.shape[1]}; give `classes`, the name of each column",
            page="wrong-shape",
        )
    with np.errstate(invalid="ignore"):  # of infinities
        totals = outputs @ np.ones(n_classes, dtype=np.float32)  # float16 would not do
        # What is no number is never near to 1.
        wrong = ~(np.abs(totals - 1) <= ROW_SUM_TOLERANCE) & ~missing
    if outputs.size and np.nanmin(outputs) < 0:
        wrong |= (outputs < 0).any(axis=1)
    if wrong.any():
        row = int(wrong.argmax())
        shown = ", ".join(f"{value:.4g}" for value in outputs[row, :4])
        more = ", ..." if n_classes > 4 else ""
        raise DataError(
            "outputs: expected rows that are distributions, as softmax makes them, or wholly NaN "
            f"(no output), got {wrong.sum()} others, the first at row {row}: {shown}{more}",
            page="not-a-distribution",
        )
    return outputs


def _off_device(values: Any) -> Any:
    """Return a torch tensor as an array; torch itself is not imported for it."""
    if not hasattr(values, "detach"):
        return values
    tensor = values.detach().cpu()
    # numpy has no bfloat16.
    return tensor.float().numpy() if "bfloat16" in str(tensor.dtype) else tensor.numpy()


def _kind(values: Any) -> str:
    return f"a {type(values).__name__}"


def unit_of(spread: np.ndarray, level: np.ndarray, *, rounding: float = ROUNDING) -> np.ndarray:
    """Return the standard deviations (D,) of channels as units: 1 of a channel that never changes.

    Args:
        spread: (D,), standard deviations.
        level: (D,), means.
        rounding: what varies by less, beside its mean, is constant; by default what is lost where
            networks read it in float32.
    """
    return np.asarray(np.where(spread > rounding * np.abs(level), spread, 1.0))


def variances(given: np.ndarray) -> np.ndarray:
    """Return the variance (C,) of each column of values (M, C), 0 where only rounding varies."""
    if not len(given):
        return np.zeros(given.shape[1])
    variance = given.var(axis=0)
    rounding = (ROUNDING * np.abs(given).max(axis=0, initial=0.0)) ** 2
    return np.asarray(np.where(variance > rounding, variance, 0.0))


def distinct_rows(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the places (M,) of one of each different row (N, D), and the number (N,) of each row.

    In the order of `np.unique(rows, axis=0)`, which takes many times as long: it sorts records that
    have a field for each column.
    """
    order = np.lexsort(rows.T[::-1])
    ordered = rows[order]
    new = np.ones(len(rows), dtype=bool)
    new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    numbers = np.empty(len(rows), dtype=np.int64)
    numbers[order] = np.cumsum(new) - 1
    return order[new], numbers
