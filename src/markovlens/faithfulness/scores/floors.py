"""What answers that are no distributions are held against: a mean, the last value, a linear model.

They know little or nothing of the network's states: a machine that explains no more than they do
explains nothing of what the network keeps of the past.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from markovlens.abstractions.counting import answers_of
from markovlens.outputs import Output
from markovlens.trace import Trace

if TYPE_CHECKING:  # below it is loaded where a floor is fitted: all who score come here
    from sklearn.compose import ColumnTransformer

MEAN, LAST_VALUE, LINEAR = "mean", "last_value", "linear"
OUTPUT_FLOORS = (MEAN, LAST_VALUE, LINEAR)


def floors_of(train: Trace, trace: Trace, *, lag: int = 1) -> dict[str, np.ndarray]:
    """Return what each floor answers (N, C) at the steps of a trace, in the units of a machine.

    - `mean`: the network's mean output in training.
    - `last_value`: of values the target of `lag` steps before, where there are targets, so that in
      a forecast of so many steps it is the row itself (persistence); else the network's own output
      before, which no machine in closed loop knows. At first the mean. There is none where
      sequences have no more than one.
    - `linear`: ridge regression of the network's outputs on the input of the same step alone, a
      row or one number for each symbol, fitted in training.

    Args:
        train: the network on training sequences.
        trace: the network on others.
        lag: steps after which a target is known.
    """
    mean = answers_of(train).mean(axis=0)
    floors = {MEAN: np.tile(mean, (trace.n_steps, 1))}
    # Of a risk the answers are ranks, and the last values are not.
    first = mean if trace.output != Output.RISK else train.outputs[train.has_output].mean(axis=0)
    last = _last_values(trace, first, lag)
    if last is not None:
        floors[LAST_VALUE] = last
    floors[LINEAR] = _linear(train, trace)
    return floors


def _last_values(trace: Trace, first: np.ndarray, lag: int) -> np.ndarray | None:
    has_targets = trace.output == Output.VALUES and trace.has_target.any()
    given = trace.targets if has_targets else trace.outputs
    known = trace.has_target if has_targets else trace.has_output
    rows = np.arange(trace.n_steps)
    latest = np.maximum.accumulate(np.where(known, rows, -1))
    after = lag if has_targets else 1
    before = np.r_[np.full(after, -1), latest][: trace.n_steps]
    inside = before >= np.repeat(trace.sequences.starts, trace.lengths)
    if not (inside & trace.has_output).any():
        return None
    found = given[before].astype(np.float64)
    return np.where(inside[:, None] & ~np.isnan(found), found, first)


def _linear(train: Trace, trace: Trace) -> np.ndarray:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline

    model = make_pipeline(_reader(train), Ridge())
    answered = train.has_output
    model.fit(_columns(train)[answered], answers_of(train))
    found = np.asarray(model.predict(_columns(trace)))
    return found.reshape(trace.n_steps, -1)


def _columns(trace: Trace) -> np.ndarray:
    """Return the inputs (N, D), symbols as a column of their own."""
    return trace.inputs.reshape(trace.n_steps, -1)


def _reader(trace: Trace) -> ColumnTransformer:
    """Return what makes features of rows: scaled, missing at their mean, categories one-hot."""
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    coded = [place for place, each in enumerate(trace.channels) if each.levels]
    coded = [0] if trace.reads_symbols else coded
    scaled = [place for place in range(_columns(trace).shape[1]) if place not in coded]
    numbers = make_pipeline(SimpleImputer(keep_empty_features=True), StandardScaler())
    categories = OneHotEncoder(handle_unknown="ignore")
    return ColumnTransformer([("rows", numbers, scaled), ("codes", categories, coded)])
