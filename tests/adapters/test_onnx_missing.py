"""What onnxruntime makes of missing values in cells with a bias is said before it is believed."""

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.onnx_models import WIDTH, cell_model, weights
from markovlens.errors import DataError, RecordingWarning


def rows(*, missing):
    values = np.random.default_rng(1).normal(size=(24, WIDTH))
    values[15, 0] = np.nan if missing else 0.0
    return ml.Sequences(values, np.array([8, 8, 8]))


@pytest.mark.parametrize("op", ["GRU", "LSTM"])
def test_a_missing_value_that_leaves_no_trace_is_warned_of(op):
    model = cell_model(op, weights(op))
    with pytest.warns(RecordingWarning, match=f"leave no trace in onnxruntime's {op}"):
        trace = ml.record(model, rows(missing=True), link="identity")
    assert np.isfinite(trace.states).all()
    ml.record(model, rows(missing=False), link="identity")  # without a warning


def test_one_that_does_leave_a_trace_is_refused():
    with pytest.raises(DataError, match="NaN"):
        ml.record(cell_model("RNN", weights("RNN")), rows(missing=True), link="identity")


@pytest.mark.parametrize("op", ["GRU", "LSTM"])
def test_a_step_warns_of_it_too(op):
    adapted = ml.adapt(cell_model(op, weights(op)))
    missing = torch.full((1, WIDTH), torch.nan)
    with pytest.warns(RecordingWarning, match=f"leave no trace in onnxruntime's {op}"):
        state, _ = adapted.step(adapted.initial(1), missing)
    assert all(bool(part.isfinite().all()) for part in state.values())
    adapted.step(state, torch.zeros(1, WIDTH))  # without a warning
