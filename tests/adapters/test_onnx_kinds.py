"""Kinds of ONNX graphs beside plain cells: each is what onnxruntime does, or it is said why not."""

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.conformance import CLOSE, check_asked, check_watched, inputs_of
from helpers.onnx_models import (
    CLASSES,
    GATES,
    UNITS,
    TensorProto,
    cell_model,
    helper,
    model_of,
    numpy_helper,
    onnx,
    runs,
    weights,
)
from markovlens.adapters.contract import looped
from markovlens.errors import DataError

ALPHA = {"LeakyRelu": 0.1, "HardSigmoid": 0.2, "Elu": 1.0, "ThresholdedRelu": 0.5, "Affine": 0.5}
BETA = {"HardSigmoid": 0.5, "Affine": 0.1}
PLAIN = ("Relu", "Sigmoid", "Softsign", "Softplus")


@pytest.mark.parametrize("name", [*ALPHA, *PLAIN])
def test_activations_of_ones_own(name):
    alpha = {"activation_alpha": [ALPHA[name]]} if name in ALPHA else {}
    beta = {"activation_beta": [BETA[name]]} if name in BETA else {}
    model = cell_model("RNN", weights("RNN"), activations=[name], **alpha, **beta)
    check_asked(ml.adapt(model), runs(model))


def test_a_cell_with_everything_at_once():
    drawn = weights("LSTM")
    drawn["P"] = np.random.default_rng(1).normal(size=(1, 3 * UNITS)).astype(np.float32)
    model = cell_model(
        "LSTM",
        drawn,
        inputs=("X", "W", "R", "B", "", "", "", "P"),
        activations=["HardSigmoid", "Softsign", "Relu"],
        activation_alpha=[0.2],
        activation_beta=[0.5],
        clip=0.5,
        input_forget=1,
    )
    check_asked(ml.adapt(model), runs(model))


def held(**more):
    """Return weights of a GRU and its head, and more, as a graph holds them."""
    arrays = weights("GRU") | {"one": np.array([1])} | more
    return [numpy_helper.from_array(np.asarray(each), name) for name, each in arrays.items()]


def value(name, kind=TensorProto.FLOAT, shape=None):
    return helper.make_tensor_value_info(name, kind, shape)


def gru_node(read, said, matrix="W"):
    return helper.make_node("GRU", [read, matrix, "R", "B"], [said], hidden_size=UNITS)


def branch(name, *nodes, said):
    return helper.make_graph(list(nodes), name, [], [value(said)])


def choosing(before, condition, **more):
    """Return a model whose GRU stands in both branches of an If, the second of which negates."""
    then = branch("then", gru_node("X", "a"), said="a")
    other = branch("other", gru_node("X", "a"), helper.make_node("Neg", ["a"], ["b"]), said="b")
    nodes = [
        *before,
        helper.make_node("If", [condition], ["st"], then_branch=then, else_branch=other),
        helper.make_node("Squeeze", ["st", "one"], ["sq"]),
        helper.make_node("MatMul", ["sq", "H"], ["Y"]),
    ]
    return nodes, held(**more)


@pytest.mark.parametrize("said", [True, False])
def test_a_branch_that_is_always_taken_is_the_graph(said):
    model = model_of(*choosing([], "said", said=said))
    check_asked(ml.adapt(model), runs(model))


def longer_than(steps):
    before = [
        helper.make_node("Shape", ["X"], ["size"]),
        helper.make_node("Gather", ["size", "zero"], ["length"]),
        helper.make_node("Greater", ["length", "steps"], ["long"]),
    ]
    return choosing(before, "long", zero=np.array(0), steps=np.array(steps))


def test_a_branch_that_no_length_changes_is_taken():
    model = model_of(*longer_than(-1))
    check_asked(ml.adapt(model), runs(model))


@pytest.mark.parametrize("steps", [1, 20, 50])
def test_cells_in_a_branch_that_lengths_choose_are_said_to_be_hidden(steps):
    with pytest.raises(DataError, match="GRU inside an If that its inputs decide"):
        ml.adapt(model_of(*longer_than(steps)))


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_branch_that_a_given_input_chooses_is_taken(rate):
    nodes, arrays = choosing(
        [helper.make_node("Equal", ["rate", "known"], ["is"])], "is", known=np.array(16000)
    )
    model = model_of(nodes, arrays, [value("rate", TensorProto.INT64, [])])
    with pytest.raises(DataError, match="reads 'rate' beside the sequences"):
        ml.adapt(model)
    fed = runs(model, rate=lambda inputs: np.array(rate))
    check_asked(ml.adapt(model, given={"rate": rate}), fed)


def test_two_branches_with_the_same_names_inside_and_one_within_another():
    inner = branch("inner", gru_node("sq", "a", "V"), said="a")
    plain = branch("plain", helper.make_node("Unsqueeze", ["sq", "one"], ["p"]), said="p")
    nested = branch(
        "nested",
        helper.make_node("If", ["yes"], ["a"], then_branch=inner, else_branch=plain),
        said="a",
    )
    nodes, arrays = choosing(
        [], "yes", yes=True, V=np.random.default_rng(3).normal(size=(1, 3 * UNITS, UNITS))
    )
    arrays[-1] = numpy_helper.from_array(
        numpy_helper.to_array(arrays[-1]).astype(np.float32), arrays[-1].name
    )
    nodes[-1:] = [
        helper.make_node("If", ["yes"], ["top"], then_branch=nested, else_branch=plain),
        helper.make_node("Squeeze", ["top", "one"], ["flat"]),
        helper.make_node("MatMul", ["flat", "H"], ["Y"]),
    ]
    model = model_of(nodes, arrays)
    adapted = ml.adapt(model)
    assert adapted.parts == {"gru0.h": (UNITS,), "gru1.h": (UNITS,)}
    check_asked(adapted, runs(model))


def test_a_cell_in_the_body_of_a_scan_that_carries_its_state():
    body = helper.make_graph(
        [
            helper.make_node("Unsqueeze", ["x", "zero"], ["wide"]),
            helper.make_node(
                "GRU", ["wide", "W", "R", "B", "", "h"], ["", "after"], hidden_size=UNITS
            ),
            helper.make_node("Squeeze", ["after", "zero"], ["kept"]),
        ],
        "body",
        [value("h"), value("x")],
        [value("after"), value("kept")],
    )
    nodes = [
        helper.make_node("Shape", ["X"], ["size"]),
        helper.make_node("Slice", ["size", "one", "two"], ["batch"]),
        helper.make_node("Concat", ["one", "batch", "units"], ["wanted"], axis=0),
        helper.make_node("ConstantOfShape", ["wanted"], ["begin"]),
        helper.make_node("Scan", ["begin", "X"], ["last", "states"], body=body, num_scan_inputs=1),
        helper.make_node("MatMul", ["states", "H"], ["Y"]),
    ]
    model = model_of(nodes, held(zero=np.array([0]), two=np.array([2]), units=np.array([UNITS])))
    adapted = ml.adapt(model)
    assert adapted.parts == {"scan0.0": (1, UNITS)}
    check_asked(adapted, runs(model))


def in_kind(op, kind, tensor_kind):
    """Return a cell whose weights, inputs and outputs are of another kind of number."""
    model = cell_model(op, weights(op))
    for each in model.graph.initializer:
        if each.data_type == TensorProto.FLOAT:
            cast = numpy_helper.to_array(each).astype(kind)
            each.CopyFrom(numpy_helper.from_array(cast, each.name))
    for each in [*model.graph.input, *model.graph.output]:
        each.type.tensor_type.elem_type = tensor_kind
    return model


@pytest.mark.parametrize("op", GATES)
def test_float16_is_stepped_to_its_own_rounding_and_said_to_be(op):
    model = in_kind(op, np.float16, TensorProto.FLOAT16)
    adapted = ml.adapt(model)
    assert adapted.why_not_asked == ""
    assert any("float16 cells in float32: between steps" in each for each in adapted.limits)
    inputs = inputs_of(adapted)
    _, said = looped(adapted, inputs)
    wanted = runs(model)(inputs).astype(np.float32)
    np.testing.assert_allclose(said, wanted, atol=2.0**-10 * np.abs(wanted).max() * 4)


@pytest.mark.parametrize("op", GATES)
def test_what_is_quantised_as_it_runs_is_marked_and_run_alone(op, tmp_path):
    quantization = pytest.importorskip("onnxruntime.quantization")
    onnx.save(cell_model(op, weights(op)), tmp_path / "plain.onnx")
    quantization.quantize_dynamic(tmp_path / "plain.onnx", tmp_path / "int8.onnx")
    model = onnx.load(tmp_path / "int8.onnx")
    adapted = ml.adapt(model)
    assert any("quantised as it runs" in each for each in adapted.limits)
    assert any("one at a time" in each for each in adapted.limits)
    alone = runs(model)
    each_alone = lambda inputs: np.concatenate([alone(each) for each in inputs.split(1)])  # noqa: E731
    check_watched(adapted, each_alone, "depend on later inputs")


@pytest.mark.parametrize("op", GATES)
def test_double_precision_is_refused_in_the_words_of_onnxruntime(op):
    model = in_kind(op, np.float64, TensorProto.DOUBLE)
    with pytest.raises(DataError, match="onnxruntime") as caught:
        ml.adapt(model)
    assert "\n" not in str(caught.value)


def test_cells_of_every_kind_on_top_of_each_other():
    rng, arrays, nodes, read = np.random.default_rng(0), {}, [], "X"
    for place, op in enumerate(["LSTM", "GRU", "RNN", "LSTM"]):
        drawn = weights(op, seed=place)
        if place:
            drawn["W"] = rng.normal(size=(1, GATES[op] * UNITS, UNITS)).astype(np.float32)
        arrays |= {f"{name}{place}": drawn[name] for name in "WRB"}
        names = [read, *(f"{name}{place}" for name in "WRB")]
        nodes += [
            helper.make_node(op, names, [f"s{place}"], hidden_size=UNITS),
            helper.make_node("Squeeze", [f"s{place}", "one"], [f"x{place}"]),
        ]
        read = f"x{place}"
    arrays |= {"one": np.array([1]), "H": np.ones((UNITS, CLASSES), np.float32)}
    nodes.append(helper.make_node("MatMul", [read, "H"], ["Y"]))
    model = model_of(nodes, [numpy_helper.from_array(each, key) for key, each in arrays.items()])
    adapted = ml.adapt(model)
    assert list(adapted.parts) == ["lstm0.h", "lstm0.c", "gru0.h", "rnn0.h", "lstm1.h", "lstm1.c"]
    check_asked(adapted, runs(model))


def test_one_step_and_many_are_of_one_network():
    adapted = ml.adapt(cell_model("LSTM", weights("LSTM")))
    inputs = adapted.reads.made(1, 70)
    torch.testing.assert_close(looped(adapted, inputs)[1], adapted.watch(inputs)[1], **CLOSE)


def test_a_graph_that_reads_its_first_step_alone_is_refused():
    nodes = [
        helper.make_node("Slice", ["X", "zero", "one"], ["first"]),
        gru_node("first", "st"),
        helper.make_node("Squeeze", ["st", "one"], ["sq"]),
        helper.make_node("MatMul", ["sq", "H"], ["Y"]),
    ]
    with pytest.raises(DataError, match="at another rate|axes that are neither"):
        ml.adapt(model_of(nodes, held(zero=np.array([0]))))
