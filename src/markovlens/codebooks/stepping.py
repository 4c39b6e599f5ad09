"""Codes of rows that come one at a time, as a device reads them: plain numbers, no arrays."""

from __future__ import annotations

from collections import deque
from math import isnan
from operator import mul
from typing import Protocol

import numpy as np

from markovlens.codebooks.base import Codebook
from markovlens.codebooks.centres import Centres
from markovlens.codebooks.context import CHANGE, WINDOW, Context
from markovlens.codebooks.scale import LARGEST
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.sequences import Sequences

LONGEST = 64  # rows that a codebook of your own is given of the past


class Coder(Protocol):
    """What gives each row of one sequence its code."""

    def __call__(self, row: list[float]) -> int:
        """Return the code of the next row (D,)."""
        ...


def coder_of(codebook: Codebook) -> Coder:
    """Return what codes the rows of one sequence, from its first, as `encode` does all at once."""
    if isinstance(codebook, Tree):
        return TreeCoder(codebook)
    return CentresCoder(codebook) if isinstance(codebook, Centres) else SlowCoder(codebook)


class Past:
    """The rows that a context looks back on."""

    def __init__(self, context: Context) -> None:
        """Begin before the first row."""
        self._kind, self._n_rows = context.kind, context.n_rows
        self._rows: deque[list[float]] = deque(maxlen=_n_rows(context))

    def features(self, row: list[float]) -> list[float]:
        """Return the next row (D,) with what its context adds, as `Context.features` does."""
        now, past = row, self._rows
        past.appendleft(now)
        if self._kind == CHANGE:
            return now + [new - old for new, old in zip(now, past[-1], strict=True)]
        found = list(now)
        if self._kind == WINDOW:
            for back in range(1, self._n_rows):
                found += past[min(back, len(past) - 1)]
        return found


class TreeCoder:
    """Rows go down a tree one by one, in plain Python."""

    def __init__(self, tree: Tree) -> None:
        """Lay the tree out as lists; no row has come yet."""
        self._past = Past(tree.context)
        self._directions = tree.directions.tolist()
        parts = (tree.feature, tree.threshold, tree.left, tree.right, tree.missing_left)
        self._nodes = list(zip(*(part.tolist() for part in parts), strict=True))
        self._code_of = _codes_of(tree)

    def __call__(self, row: list[float]) -> int:
        """Return the code of the next row (D,)."""
        values = self._past.features(row)
        # A missing value leaves a sum missing, whatever its weight.
        values += [sum(map(mul, weights, values)) for weights in self._directions]
        node = 0
        while True:
            feature, threshold, left, right, missing_left = self._nodes[node]
            if feature == LEAF:
                return self._code_of[node]
            value = values[feature]
            goes_left = missing_left if isnan(value) else value <= threshold
            node = left if goes_left else right


class CentresCoder:
    """Rows are held against all centres, one by one."""

    def __init__(self, codebook: Centres) -> None:
        """Keep the centres; no row has come yet."""
        self._past = Past(codebook.context)
        self._scale, self._centres = codebook.scale, 2 * codebook.centres
        self._squares = np.square(codebook.centres).sum(axis=1)

    def __call__(self, row: list[float]) -> int:
        """Return the code of the next row (D,)."""
        z = self._scale.standard(np.array(self._past.features(row)))
        z[np.isnan(z)] = 0.0  # a missing feature lies at its mean
        z.clip(-LARGEST, LARGEST, out=z)
        return int((self._squares - self._centres @ z).argmin())


class SlowCoder:
    """Rows are coded with those before them by the codebook itself."""

    def __init__(self, codebook: Codebook) -> None:
        """Keep the codebook; no row has come yet."""
        self._codebook = codebook
        self._past: deque[list[float]] = deque(maxlen=LONGEST)

    def __call__(self, row: list[float]) -> int:
        """Return the code of the next row (D,)."""
        self._past.append(row)
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
