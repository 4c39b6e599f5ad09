"""Codes of rows that come one at a time, as a device reads them: plain numbers, no arrays."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from operator import mul
from typing import Protocol

import numpy as np

from markovlens.codebooks.base import Codebook
from markovlens.codebooks.context import CHANGE, WINDOW, Context
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.errors import DataError
from markovlens.sequences import Sequences

Row = Sequence[float] | np.ndarray
LONGEST = 64  # rows that a codebook of your own is given of the past


class Coder(Protocol):
    """What gives each row of one sequence its code."""

    def __call__(self, row: Row) -> int:
        """Return the code of the next row (D,)."""
        ...


def coder_of(codebook: Codebook) -> Coder:
    """Return what codes the rows of one sequence, from its first, as `encode` does all at once."""
    return TreeCoder(codebook) if isinstance(codebook, Tree) else SlowCoder(codebook)


class TreeCoder:
    """Rows go down a tree one by one, in plain Python."""

    def __init__(self, tree: Tree) -> None:
        """Lay the tree out as lists; no row has come yet."""
        self._width, self._context = len(tree.channels), tree.context
        self._directions = tree.directions.tolist()
        self._nodes = list(
            zip(
                tree.feature.tolist(),
                tree.threshold.tolist(),
                tree.left.tolist(),
                tree.right.tolist(),
                tree.missing_left.tolist(),
                strict=True,
            )
        )
        self._code_of = _codes_of(tree)
        self._past: deque[list[float]] = deque(maxlen=_n_rows(tree.context))

    def __call__(self, row: Row) -> int:
        """Return the code of the next row (D,)."""
        values = self._features(_checked(row, self._width))
        node = 0
        while True:
            feature, threshold, left, right, missing_left = self._nodes[node]
            if feature == LEAF:
                return self._code_of[node]
            value = values[feature]
            goes_left = missing_left if value != value else value <= threshold  # NaN is no equal
            node = left if goes_left else right

    def _features(self, row: list[float]) -> list[float]:
        """Return the row with what its context and directions add, as `Context.features` does."""
        past = self._past
        past.appendleft(row)
        found = list(row)
        if self._context.kind == CHANGE:
            before = past[-1]
            found += [now - then for now, then in zip(row, before, strict=True)]
        elif self._context.kind == WINDOW:
            for back in range(1, self._context.n_rows):
                found += past[min(back, len(past) - 1)]
        # A missing value leaves a sum missing, whatever its weight.
        sums = [sum(map(mul, weights, found)) for weights in self._directions]
        return found + sums if sums else found


class SlowCoder:
    """Rows are coded with those before them by the codebook itself."""

    def __init__(self, codebook: Codebook) -> None:
        """Keep the codebook; no row has come yet."""
        self._codebook = codebook
        context = getattr(codebook, "context", None)
        length = LONGEST if context is None else _n_rows(context)
        self._past: deque[list[float]] = deque(maxlen=length)

    def __call__(self, row: Row) -> int:
        """Return the code of the next row (D,)."""
        self._past.append(_checked(row, len(self._codebook.channels)))
        rows = np.array(self._past)
        inputs = Sequences(rows, np.array([len(rows)]), self._codebook.channels)
        return int(self._codebook.encode(inputs)[-1])


def _codes_of(tree: Tree) -> dict[int, int]:
    """Return the code of each leaf: they are numbered from left to right."""
    codes: dict[int, int] = {}
    pending = [0]
    while pending:
        node = pending.pop()
        if tree.feature[node] == LEAF:
            codes[node] = len(codes)
        else:
            pending += [int(tree.right[node]), int(tree.left[node])]
    return codes


def _n_rows(context: Context) -> int:
    return {CHANGE: 2, WINDOW: context.n_rows}.get(context.kind, 1)


def _checked(row: Row, width: int) -> list[float]:
    values = row.tolist() if isinstance(row, np.ndarray) else list(row)
    if len(values) != width:
        raise DataError(f"expected a row of {width} channels, got {len(values)} values")
    return values
