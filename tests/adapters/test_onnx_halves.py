"""One direction of ONNX's bidirectional nodes: what is left, and what stands for the other."""

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.conformance import check_asked
from helpers.onnx_models import (
    EXPORTING,
    UNITS,
    WIDTH,
    TensorProto,
    cell_model,
    exported,
    gru,
    helper,
    lstm,
    model_of,
    numpy_helper,
    runs,
    weights,
)
from markovlens.errors import ConfigError, DataError
from markovlens.sequences import Sequences

pytestmark = EXPORTING
DIRECTIONS = ["forward", "backward"]
RNG = np.random.default_rng(5)
ROWS = Sequences.from_list(
    [RNG.normal(size=(n, WIDTH)).astype(np.float32) for n in (6, 9, 9, 1, 4, 6)]
)
SYMBOLS = 5
WORDS = Sequences.from_list([RNG.integers(SYMBOLS, size=n) for n in (6, 9, 9, 1, 4, 6)])
PEEPHOLES = RNG.normal(size=(2, 3 * UNITS)).astype(np.float32)
BEGUN = RNG.normal(size=(2, 1, UNITS)).astype(np.float32)


class Tagger(nn.Module):
    def __init__(self, kind=nn.GRU, **options):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(SYMBOLS, WIDTH)
        self.rnn = kind(WIDTH, UNITS, batch_first=True, bidirectional=True, **options)
        self.head = nn.Linear(2 * UNITS, 2)

    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols))[0])


class Classifier(Tagger):
    """Answers once, from the states in which both directions end."""

    def forward(self, symbols):
        last = self.rnn(self.table(symbols))[1]
        return self.head(torch.cat([last[0], last[1]], dim=1))


def exported_to(path, model):
    """Return the file of a network whose batch and time are free."""
    axes = {"x": {0: "batch", 1: "time"}}
    options = {"input_names": ["x"], "output_names": ["y"], "dynamic_axes": axes}
    return exported(model, torch.zeros(2, 4, dtype=torch.int64), path, **options)


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (nn.RNN, {"nonlinearity": "relu"}),
        (nn.GRU, {"num_layers": 2}),
        (nn.LSTM, {"num_layers": 2}),
        (nn.LSTM, {"bias": False}),
    ],
)
@torch.no_grad()
def test_of_an_export_is_left_what_is_left_of_the_module(kind, options, direction, tmp_path):
    model = Tagger(kind, **options)
    file = exported_to(tmp_path / "x.onnx", model)
    half = ml.adapt(file, direction=direction, like=WORDS)
    eager = ml.adapt(model, direction=direction, like=WORDS)
    check_asked(half, lambda inputs: eager.watch(inputs)[1])
    assert half.limits[0] == eager.limits[0]
    assert half.about.startswith(f"{direction} half of ")
    assert all(shape == (UNITS,) for shape in half.parts.values())


@torch.no_grad()
def test_a_network_that_answers_once_from_where_both_end(tmp_path):
    model = Classifier()
    for direction in DIRECTIONS:
        half = ml.adapt(exported_to(tmp_path / "x.onnx", model), direction=direction, like=WORDS)
        eager = ml.adapt(model, direction=direction, like=WORDS)
        word = torch.tensor(WORDS.values[:6])[None]
        np.testing.assert_allclose(
            half.watch(word)[1][0, -1], eager.watch(word)[1][0, -1], atol=1e-5
        )
        assert half.limits[0] == eager.limits[0]


def halves(drawn, **others):
    """Return the weights of each direction alone, forward first."""
    return [
        {name: drawn[name][place : place + 1] for name in "WRB"}
        | {name: each[place] for name, each in others.items()}
        for place in range(2)
    ]


def by_hand(op, one, inputs):
    """Return the states (B, T, H) of one direction in the order of reading, step by step."""
    if op == "GRU":
        return gru(inputs, one, linear_before_reset=1)
    return lstm(inputs, one, one["P"])[0]


def in_order(values, backward):
    return values[:, ::-1] if backward else values


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("op", ["GRU", "LSTM"])
def test_the_other_direction_is_at_its_mean_step_by_step(op, direction):
    drawn, backward = weights(op, 2), direction == "backward"
    inputs = ["X", "W", "R", "B", *(["", "", "", "P"] if op == "LSTM" else [])]
    extra = {"P": PEEPHOLES} if op == "LSTM" else {}
    attributes = {"linear_before_reset": 1} if op == "GRU" else {}
    model = cell_model(op, drawn | extra, inputs=inputs, direction="bidirectional", **attributes)
    half = ml.adapt(model, direction=direction, like=ROWS)
    each = halves(drawn, **extra)
    own, other = (each[1], each[0]) if backward else (each[0], each[1])
    said = [by_hand(op, other, in_order(rows[None], not backward))[0] for rows in ROWS]
    mean = np.concatenate(said).mean(axis=0)

    def answers(rows):
        states = by_hand(op, own, rows.numpy())
        beside = np.broadcast_to(mean, states.shape)
        pair = [beside, states] if backward else [states, beside]
        return np.concatenate(pair, axis=2) @ drawn["H"]

    check_asked(half, answers)


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_where_the_other_direction_says_nothing_half_of_it_is_all_of_it(direction):
    """Its weights are made by a node, its first state is given, and its activations are named."""
    drawn, backward = weights("RNN", 2), direction == "backward"
    drawn["H"][slice(UNITS) if backward else slice(UNITS, None)] = 0
    model = cell_model(
        "RNN",
        drawn,
        inputs=("X", "V", "R", "B", "", "first"),
        extra=[helper.make_tensor_value_info("first", TensorProto.FLOAT, [2, "B", UNITS])],
        before=[helper.make_node("Identity", ["W"], ["V"])],
        direction="bidirectional",
        activations=["Relu", "Relu"],
    )
    half = ml.adapt(model, direction=direction, like=ROWS, given={"first": BEGUN})
    whole = runs(model, first=lambda inputs: BEGUN.repeat(len(inputs), axis=1))

    def answers(rows):
        return in_order(whole(torch.from_numpy(in_order(rows.numpy(), backward).copy())), backward)

    check_asked(half, answers)
    assert f"keeps 100.0% of {ROWS.n_steps} answers" in half.limits[0]
    np.testing.assert_allclose(half.initial(1)["rnn0.h"], BEGUN[int(backward)])


def test_what_cannot_be_parted_is_refused_in_a_sentence():
    both = cell_model("GRU", weights("GRU", 2), direction="bidirectional")
    with pytest.raises(DataError, match="expected `like`"):
        ml.adapt(both, direction="forward")
    with pytest.raises(ConfigError, match="direction: .*forward"):
        ml.adapt(both, direction="up", like=ROWS)
    with pytest.raises(DataError, match="no bidirectional nodes"):
        ml.adapt(cell_model("GRU", weights("GRU")), direction="forward", like=ROWS)
    drawn = weights("RNN", 2)
    other = cell_model("RNN", drawn, direction="bidirectional", activations=["Relu", "Tanh"])
    with pytest.raises(DataError, match="other activations for each direction"):
        ml.adapt(other, direction="forward", like=ROWS)


@pytest.mark.parametrize(("beside", "refused"), [("forward", "backward"), ("reverse", "forward")])
def test_a_node_beside_that_reads_one_way_leaves_the_other_half_none(beside, refused):
    drawn, above = weights("GRU", 2), weights("GRU", 1, seed=1)
    above["W"] = RNG.normal(size=(1, 3 * UNITS, 2 * UNITS)).astype(np.float32)
    nodes = [
        helper.make_node("GRU", ["X", "W", "R", "B"], ["s"], hidden_size=UNITS,
                         direction="bidirectional"),
        helper.make_node("Transpose", ["s"], ["moved"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", ["moved", "shape"], ["flat"]),
        helper.make_node("GRU", ["flat", "W1", "R1", "B1"], ["s1"], hidden_size=UNITS,
                         direction=beside, name="above"),
        helper.make_node("Reshape", ["s1", "shape1"], ["flat1"]),
        helper.make_node("MatMul", ["flat1", "H1"], ["Y"]),
    ]  # fmt: skip
    held = drawn | {f"{name}1": each for name, each in above.items()}
    held |= {
        "shape": np.array([0, 0, 2 * UNITS], dtype=np.int64),
        "shape1": np.array([0, -1, UNITS], dtype=np.int64),
    }
    tensors = [numpy_helper.from_array(each, name) for name, each in held.items()]
    model = model_of(nodes, tensors)
    with pytest.raises(DataError, match=f"GRU above reads {beside} alone"):
        ml.adapt(model, direction=refused, like=ROWS)
    kept = next(each for each in DIRECTIONS if each != refused)
    assert ml.adapt(model, direction=kept, like=ROWS).why_not_asked == ""
