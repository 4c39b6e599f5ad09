"""ONNX models, stepped with their state cut open, do what onnxruntime does with the whole."""

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.conformance import check_asked, check_watched
from helpers.onnx_models import (
    CLASSES,
    UNITS,
    WIDTH,
    TensorProto,
    cell_model,
    gru,
    helper,
    lstm,
    model_of,
    numpy_helper,
    runs,
    weights,
)
from markovlens.errors import DataError


def full(inputs):
    return np.full(len(inputs), inputs.shape[1], dtype=np.int32)


CELLS = {
    "rnn": ("RNN", {}),
    "rnn relu": ("RNN", {"activations": ["Relu"]}),
    "gru": ("GRU", {}),
    "gru linear before reset": ("GRU", {"linear_before_reset": 1}),
    "lstm": ("LSTM", {}),
    "lstm clipped": ("LSTM", {"clip": 0.5}),
    "lstm coupled": ("LSTM", {"input_forget": 1}),
}


@pytest.mark.parametrize("name", CELLS)
def test_cells_are_stepped_as_they_run(name):
    op, attributes = CELLS[name]
    model = cell_model(op, weights(op), **attributes)
    adapted = ml.adapt(model)
    kinds = "hc" if op == "LSTM" else "h"
    assert adapted.parts == {f"{op.lower()}0.{kind}": (UNITS,) for kind in kinds}
    check_asked(adapted, runs(model))


def test_an_lstm_shows_its_cell_state():
    drawn = weights("LSTM")
    model = cell_model("LSTM", drawn)

    def states(inputs):
        h, c = lstm(inputs.numpy(), drawn)
        return {"lstm0.h": h, "lstm0.c": c}

    check_asked(ml.adapt(model), runs(model), states)


def test_peepholes_are_part_of_it():
    drawn = weights("LSTM")
    drawn["P"] = np.random.default_rng(1).normal(size=(1, 3 * UNITS)).astype(np.float32)
    model = cell_model("LSTM", drawn, inputs=("X", "W", "R", "B", "", "", "", "P"))

    def states(inputs):
        h, c = lstm(inputs.numpy(), drawn, drawn["P"][0])
        return {"lstm0.h": h, "lstm0.c": c}

    check_asked(ml.adapt(model), runs(model), states)


def test_a_cell_that_hands_out_nothing_but_its_states_is_stepped():
    drawn = weights("LSTM")
    model = cell_model("LSTM", drawn)
    del model.graph.node[0].output[1:]
    check_asked(ml.adapt(model), runs(model))


@pytest.mark.parametrize("linear", [0, 1])
def test_both_kinds_of_gru_are_what_the_operator_says(linear):
    drawn = weights("GRU")
    model = cell_model("GRU", drawn, linear_before_reset=linear)

    def states(inputs):
        return {"gru0.h": gru(inputs.numpy(), drawn, linear_before_reset=linear)}

    check_asked(ml.adapt(model), runs(model), states)


def test_lengths_are_full_and_first_states_are_zero_where_they_are_inputs():
    extra = [
        helper.make_tensor_value_info("lengths", TensorProto.INT32, ["B"]),
        helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, "B", UNITS]),
    ]
    model = cell_model(
        "GRU", weights("GRU"), inputs=("X", "W", "R", "B", "lengths", "h0"), extra=extra
    )
    zeros = runs(model, lengths=full, h0=lambda x: np.zeros((1, len(x), UNITS), dtype=np.float32))
    adapted = ml.adapt(model)
    check_asked(adapted, zeros)
    assert [each.rpartition(" is ")[2] for each in adapted.limits] == [
        "filled with the number of steps",
        "filled with zeros",
    ]


def test_a_first_state_that_is_given_is_that_of_every_sequence():
    extra = [helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, "B", UNITS])]
    model = cell_model("GRU", weights("GRU"), inputs=("X", "W", "R", "B", "", "h0"), extra=extra)
    ones = runs(model, h0=lambda x: np.ones((1, len(x), UNITS), dtype=np.float32))
    check_asked(ml.adapt(model, given={"h0": np.ones((1, 1, UNITS))}), ones)
    with pytest.raises(DataError, match="'h0' given for one sequence.* for 2"):
        ml.adapt(model, given={"h0": np.ones((1, 2, UNITS))})
    with pytest.raises(DataError, match="no input 'h' to be given; .*h0"):
        ml.adapt(model, given={"h": 1})


def test_what_else_it_reads_must_be_given():
    extra = [helper.make_tensor_value_info("gain", TensorProto.FLOAT, ["B", 1])]
    model = cell_model("GRU", weights("GRU"), extra=extra)
    model.graph.node[-1].output[0] = "plain"
    model.graph.node.append(helper.make_node("Mul", ["plain", "gain"], ["Y"]))
    with pytest.raises(DataError, match="reads 'gain' beside the sequences, .* give it, given="):
        ml.adapt(model)
    gained = runs(model, gain=lambda x: np.full((len(x), 1), 2, dtype=np.float32))
    check_asked(ml.adapt(model, given={"gain": 2}), gained)


def test_a_first_state_that_the_file_holds_is_the_first_state():
    begin = np.random.default_rng(2).normal(size=(1, 1, UNITS)).astype(np.float32)
    numbers = {
        name: np.array([n], np.int64) for name, n in (("one", 1), ("two", 2), ("four", UNITS))
    }
    before = [
        helper.make_node("Shape", ["X"], ["size"]),
        helper.make_node("Slice", ["size", "one", "two"], ["batch"]),
        helper.make_node("Concat", ["one", "batch", "four"], ["wide"], axis=0),
        helper.make_node("Expand", ["begin", "wide"], ["spread"]),
    ]
    drawn = weights("GRU") | numbers | {"begin": begin}
    model = cell_model("GRU", drawn, inputs=("X", "W", "R", "B", "", "spread"), before=before)
    adapted = ml.adapt(model)
    check_asked(adapted, runs(model))
    np.testing.assert_array_equal(adapted.initial(2)["gru0.h"][1], begin[0, 0])


def test_a_first_state_that_the_inputs_decide_cannot_be_asked():
    before = [
        helper.make_node("ReduceMean", ["X", "axes"], ["means"]),
        helper.make_node("MatMul", ["means", "widen"], ["mean"]),
    ]
    added = {"axes": np.array([0], np.int64), "widen": np.ones((WIDTH, UNITS), np.float32)}
    inputs = ("X", "W", "R", "B", "", "mean")
    model = cell_model("GRU", weights("GRU") | added, inputs=inputs, before=before)
    adapted = ml.adapt(model)
    assert any("begins in a state that the inputs decide" in each for each in adapted.limits)
    check_watched(adapted, runs(model), "depend on later inputs")


@pytest.mark.parametrize("direction", ["reverse", "bidirectional"])
@pytest.mark.parametrize("op", ["RNN", "GRU", "LSTM"])
def test_what_reads_backwards_is_watched_one_part_a_direction(op, direction):
    count = 2 if direction == "bidirectional" else 1
    model = cell_model(op, weights(op, count), direction=direction)
    adapted = ml.adapt(model)
    check_watched(adapted, runs(model), "its states depend on later inputs")
    forward = {f"{op.lower()}0.h"} if count == 2 else set()
    assert adapted.parts.keys() == forward | {f"{op.lower()}0.h.backward"}
    assert any("reads backwards, too" in each for each in adapted.limits)
    inputs = torch.randn(2, 5, WIDTH, generator=torch.Generator().manual_seed(3))
    changed = inputs.clone()
    changed[:, -1] += 1
    before, after = (adapted.watch(each)[0] for each in (inputs, changed))
    moved = {name: bool((before[name][:, 0] != after[name][:, 0]).any()) for name in before}
    assert moved == {name: name.endswith("backward") for name in before}


def carried(op):
    """Return a model whose state goes around in a Scan or a Loop: s <- tanh(A s + x), Y = s."""
    rng = np.random.default_rng(5)
    held = [
        numpy_helper.from_array(rng.normal(size=(WIDTH, WIDTH)).astype(np.float32), "A"),
        numpy_helper.from_array(rng.normal(size=(WIDTH, CLASSES)).astype(np.float32), "H"),
        numpy_helper.from_array(np.array(0, np.int64), "zero"),
        numpy_helper.from_array(np.array(True), "true"),
    ]
    kinds = {"i": TensorProto.INT64, "go": TensorProto.BOOL, "on": TensorProto.BOOL}

    def port(name):
        kind, shape = kinds.get(name, TensorProto.FLOAT), [] if name in kinds else None
        return helper.make_tensor_value_info(name, kind, shape)

    step = [
        helper.make_node("MatMul", ["s", "A"], ["turned"]),
        helper.make_node("Add", ["turned", "x"], ["sum"]),
        helper.make_node("Tanh", ["sum"], ["after"]),
        helper.make_node("Identity", ["after"], ["kept"]),
    ]
    before = [
        helper.make_node("Gather", ["X", "zero"], ["first"], axis=0),
        helper.make_node("Sub", ["first", "first"], ["begin"]),
    ]
    if op == "Scan":
        body = helper.make_graph(step, "body", list(map(port, "sx")), [port("after"), port("kept")])
        node = helper.make_node(
            "Scan", ["begin", "X"], ["last", "states"], body=body, num_scan_inputs=1
        )
    else:
        step = [
            helper.make_node("Gather", ["X", "i"], ["x"], axis=0),
            helper.make_node("Identity", ["go"], ["on"]),
            *step,
        ]
        ports = [port("i"), port("go"), port("s")]
        body = helper.make_graph(step, "body", ports, [port("on"), port("after"), port("kept")])
        before += [
            helper.make_node("Shape", ["X"], ["size"]),
            helper.make_node("Gather", ["size", "zero"], ["steps"], axis=0),
        ]
        node = helper.make_node("Loop", ["steps", "true", "begin"], ["last", "states"], body=body)
    return model_of([*before, node, helper.make_node("MatMul", ["states", "H"], ["Y"])], held)


@pytest.mark.parametrize("op", ["Scan", "Loop"])
def test_what_goes_around_in_a_loop_is_the_state(op):
    model = carried(op)
    adapted = ml.adapt(model)
    assert adapted.parts == {f"{op.lower()}0.0": (WIDTH,)}
    check_asked(adapted, runs(model))


def test_what_holds_no_recurrence_is_said():
    model = model_of(
        [helper.make_node("MatMul", ["X", "H"], ["Y"])],
        [numpy_helper.from_array(np.ones((WIDTH, CLASSES), np.float32), "H")],
    )
    with pytest.raises(DataError, match=r"expected a node of RNN, GRU, LSTM, Scan .* got MatMul"):
        ml.adapt(model)


def test_what_onnxruntime_cannot_run_is_said():
    model = cell_model("GRU", weights("GRU"), layout=1)
    with pytest.raises(DataError, match="fails in onnxruntime|cannot load it"):
        ml.adapt(model)
