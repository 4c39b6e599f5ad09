from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import markovlens as ml
from markovlens.errors import DataError

N = 6


def made(**change) -> ml.Trace:
    """Return a trace of two sequences over three symbols and two classes."""
    parts = {
        "states": np.arange(2.0 * N).reshape(N, 2),
        "inputs": np.array([0, 1, 2, 2, 1, 0]),
        "outputs": np.full((N, 2), 0.5),
        "targets": np.array([0, 1, -1, 1, 0, -1]),
        "truth": np.array([0, 1, 2, 3, -1, 0]),
        "lengths": np.array([4, 2]),
        "symbols": ("a", "b", "c"),
        "classes": ("no", "yes"),
    }
    return ml.Trace(**parts | change)


def with_row(row, value):
    """Return outputs with one row that is another."""
    outputs = np.full((N, len(value)), 1 / len(value))
    outputs[row] = value
    return outputs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": [0, 1, 2, 2, 1, -1]}, r"inputs: expected codes 0\.\.2, got -1 first at row 5"),
        ({"inputs": np.arange(1, 7) % 4}, r"got 3 first at row 2 \(1 of 6 are outside\)"),
        ({"inputs": np.ones(N)}, r"inputs: expected integer codes .* `codes\.astype\(int\)`"),
        ({"inputs": np.ones(N, bool)}, "inputs: expected integer codes .* got bool"),
        ({"inputs": list("abcabc")}, "inputs: expected integer codes"),
        ({"targets": np.full(N, 2)}, r"targets: expected codes -1\.\.1, got 2 first at row 0"),
        ({"targets": np.full(N, -2)}, "targets: .* got -2 first at row 0 .* -1 is no target"),
        ({"targets": np.full(N, np.nan)}, "targets: expected classes"),
        ({"truth": np.full(N, -2)}, "truth: expected codes -1 or more, got -2"),
        ({"symbols": "ab"}, r"inputs: expected codes 0\.\.1, got 2 first at row 2"),
        ({"symbols": ("a", "b", "a")}, "symbols: expected different names, got 'a' 2 times"),
        ({"classes": ("no", "no")}, "classes: expected different names"),
        ({"classes": ("no", "yes", "maybe")}, "a column for each of the 3 classes, got 2"),
        ({"outputs": with_row(3, [np.nan, 1.0])}, r"wholly NaN .* at row 3: nan, 1"),
        (
            {"outputs": with_row(3, [2.0, -1.0])},
            "distributions, .* 1 others, .* row 3: 2, -1",
        ),
        ({"outputs": with_row(4, [0.5, 0.6])}, "distributions, .* the first at row 4"),
        ({"outputs": np.zeros(N)}, r"outputs: expected real numbers \(N, 2\)"),
        ({"outputs": np.ones((N, 2), int)}, "outputs: expected real numbers"),
        ({"states": np.zeros(N)}, r"expected states \(N, D\), .* got \(6,\)"),
        ({"states": np.zeros((2, 3, 2))}, "expected 2 rows of inputs, got 6"),
        ({"states": np.full((N, 2), "x")}, "states: expected real numbers, got dtype <U1"),
        ({"states": np.ma.masked_less(np.ones((N, 2)), 2)}, "states: .* masked first at row 0"),
        ({"lengths": [4.0, 2.0]}, "integer lengths"),
        ({"lengths": 6}, "lengths: expected an array"),
    ],
)
def test_what_does_not_fit_is_named(change, message):
    with pytest.raises(DataError, match=message):
        made(**change)


@given(st.lists(st.integers(-3, 5), min_size=N, max_size=N))
def test_a_trace_holds_only_codes_with_a_name(codes):
    if all(0 <= code < 3 for code in codes):
        np.testing.assert_array_equal(made(inputs=np.array(codes)).inputs, codes)
    else:
        with pytest.raises(DataError, match=f"got {next(c for c in codes if not 0 <= c < 3)} "):
            made(inputs=np.array(codes))


def test_lists_and_tensors_are_taken_as_arrays():
    plain, trace = made(), made()
    for kind in (torch.as_tensor, np.ndarray.tolist):
        names = ("states", "inputs", "outputs", "targets", "truth", "lengths")
        same = replace(trace, **{name: kind(getattr(plain, name)) for name in names})
        for name in names:
            np.testing.assert_array_equal(getattr(same, name), getattr(plain, name))
        np.testing.assert_array_equal(same.select(np.array([1])).inputs, [1, 0])
    halves = made(states=torch.ones(N, 2, dtype=torch.bfloat16, requires_grad=True))
    assert halves.states.dtype == np.float32


def test_a_mask_that_masks_nothing_is_no_matter():
    assert not isinstance(
        made(states=np.ma.masked_less(np.ones((N, 2)), 0)).states, np.ma.MaskedArray
    )


def test_half_precision_outputs_are_distributions():
    logits = torch.randn(N, 50, generator=torch.Generator().manual_seed(0))
    for dtype in (torch.bfloat16, torch.float16):
        outputs = logits.to(dtype).softmax(-1)
        assert made(outputs=outputs, classes=map(str, range(50))).outputs.shape == (N, 50)


def test_signals_have_no_symbols_and_a_network_may_have_no_output():
    signals = made(inputs=np.full((N, 3), 0.5), symbols=())
    assert not signals.reads_symbols
    assert made().reads_symbols
    silent = made(outputs=np.full((N, 1), np.nan), classes=("0",))
    assert not silent.has_output.any()
