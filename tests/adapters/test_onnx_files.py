"""ONNX files: those of torch's exporter are read, hostile and broken ones end in one sentence."""

import io

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.conformance import (
    as_sequences,
    check_asked,
    inputs_of,
)
from helpers.onnx_models import (
    EXPORTING,
    WIDTH,
    TensorProto,
    cell_model,
    exported,
    helper,
    model_of,
    numpy_helper,
    onnx,
    weights,
)
from markovlens.adapters.onnx_files import LARGEST
from markovlens.config.loading import load_config
from markovlens.config.network_files import check_files
from markovlens.errors import ConfigError, DataError

pytestmark = EXPORTING
SCHEMA = "workflow/schemas/config.schema.yaml"


class Tagger(nn.Module):
    def __init__(self, kind, **options):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(5, 3)
        self.rnn = kind(3, 4, **options)
        self.head = nn.Linear(4, 2)

    def forward(self, symbols):
        if self.rnn.batch_first:
            return self.head(self.rnn(self.table(symbols))[0])
        return self.head(self.rnn(self.table(symbols.t()))[0]).transpose(0, 1)


class AnswersOnce(Tagger):
    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols))[0][:, -1])


def written(model, path, **options):
    names = {"input_names": ["x"], "output_names": ["y"]}
    return exported(model, torch.zeros(2, 3, dtype=torch.long), path, **(names | options))


FREE = {"dynamic_axes": {"x": {0: "b", 1: "t"}, "y": {0: "b", 1: "t"}}}


@pytest.mark.parametrize("first", [True, False], ids=["batch first", "time first"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_what_torch_exports_is_what_torch_does(kind, layers, first, tmp_path):
    model = Tagger(kind, num_layers=layers, batch_first=first)
    adapted = ml.adapt(written(model, tmp_path / "tagger.onnx", **FREE))
    assert adapted.reads.n_symbols == 5

    def states(inputs):
        with torch.no_grad():
            h = model.rnn(model.table(inputs if first else inputs.t()))[0]
        return {f"{kind.__name__.lower()}{layers - 1}.h": h if first else h.transpose(0, 1)}

    check_asked(adapted, lambda x: model(x).detach(), states)


def test_one_that_answers_once_is_asked_after_every_step(tmp_path):
    model = AnswersOnce(nn.GRU, batch_first=True)
    path = written(model, tmp_path / "once.onnx", dynamic_axes={"x": {0: "b", 1: "t"}})
    begun = lambda x: torch.stack([model(x[:, : n + 1]) for n in range(x.shape[1])], dim=1)  # noqa: E731
    check_asked(ml.adapt(path), lambda x: begun(x).detach())


@pytest.mark.parametrize("axes", [{}, {"dynamic_axes": {"x": {0: "b"}}}], ids=["all", "time"])
def test_steps_know_no_length_where_the_file_fixes_it(axes, tmp_path):
    model = Tagger(nn.LSTM, batch_first=True)
    adapted = ml.adapt(written(model, tmp_path / "fixed.onnx", **axes))
    assert adapted.reads.n_steps == 3
    inputs = torch.randint(5, (2, 7), generator=torch.Generator().manual_seed(1))
    trace = ml.record(adapted, as_sequences(inputs), link="identity")
    np.testing.assert_allclose(trace.outputs, model(inputs).detach().flatten(0, 1), atol=1e-5)


def test_a_path_is_recorded_as_it_is(tmp_path):
    model = Tagger(nn.GRU, batch_first=True)
    path = written(model, tmp_path / "tagger.onnx", **FREE)
    inputs = inputs_of(ml.adapt(path))
    found, wanted = (ml.record(each, as_sequences(inputs)) for each in (str(path), model))
    np.testing.assert_allclose(found.states, wanted.states, atol=1e-5)
    np.testing.assert_allclose(found.outputs, wanted.outputs, atol=1e-5)


# --- files that nobody should believe ------------------------------------------------------------


def saved(model, path):
    path.write_bytes(model.SerializeToString())
    return path


def outside(model, location):
    """Return a model whose weights lie where it says."""
    (tensor,) = [each for each in model.graph.initializer if each.name == "R"]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", location
    return model


def made():
    return cell_model("GRU", weights("GRU"))


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "nowhere.bin", ""])
def test_weights_are_read_from_beside_the_file_alone(location, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(10_000))
    folder = tmp_path / "model"
    folder.mkdir()
    path = saved(outside(made(), location), folder / "m.onnx")
    with pytest.raises(DataError, match=r"m\.onnx: expected its weights in files beside it"):
        ml.adapt(path)


def test_weights_are_not_read_through_a_link(tmp_path):
    (tmp_path / "secret").write_bytes(bytes(10_000))
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.bin").symlink_to(tmp_path / "secret")
    with pytest.raises(DataError, match="expected its weights in files beside it"):
        ml.adapt(saved(outside(made(), "weights.bin"), folder / "m.onnx"))


def test_weights_beside_the_file_are_read(tmp_path):
    whole = made()
    (tensor,) = [each for each in whole.graph.initializer if each.name == "R"]
    (tmp_path / "weights.bin").write_bytes(tensor.raw_data)
    path = saved(outside(made(), "weights.bin"), tmp_path / "m.onnx")
    inputs = torch.randn(2, 4, WIDTH)
    torch.testing.assert_close(ml.adapt(path).watch(inputs), ml.adapt(whole).watch(inputs))


def test_operators_of_somebody_are_refused(tmp_path):
    model = made()
    model.opset_import.append(helper.make_opsetid("com.somebody", 1))
    model.graph.node.append(helper.make_node("Steal", ["Y"], ["Z"], domain="com.somebody"))
    with pytest.raises(DataError, match=r"expected operators of .*, got com\.somebody\.Steal"):
        ml.adapt(saved(model, tmp_path / "m.onnx"))


def test_a_claim_of_more_numbers_than_there_are_is_refused(tmp_path):
    model = made()
    model.graph.initializer[0].dims[0] = LARGEST * 4
    with pytest.raises(DataError, match=r"claims the shape .*, more than any network here"):
        ml.adapt(saved(model, tmp_path / "m.onnx"))


def test_a_graph_that_fills_the_memory_is_refused(tmp_path):
    model = model_of(
        [
            helper.make_node("ConstantOfShape", ["huge"], ["filled"]),
            helper.make_node("ReduceSum", ["filled"], ["sum"], keepdims=0),
            helper.make_node("Add", ["X", "sum"], ["Y"]),
        ],
        [numpy_helper.from_array(np.array([LARGEST, 4], np.int64), "huge")],
    )
    with pytest.raises(DataError, match="ConstantOfShape makes a tensor of more than"):
        ml.adapt(saved(model, tmp_path / "m.onnx"))


BYTES = {"empty": b"", "text": b"not a model", "zeros": bytes(100), "half": None, "zip": b"PK\3\4"}


@pytest.mark.parametrize("kind", BYTES)
def test_what_is_no_model_ends_in_one_sentence(kind, tmp_path):
    whole = made().SerializeToString()
    path = tmp_path / "m.onnx"
    path.write_bytes(whole[: len(whole) // 2] if BYTES[kind] is None else BYTES[kind])
    with pytest.raises(DataError, match=r"m\.onnx") as caught:
        ml.adapt(path)
    assert "\n" not in str(caught.value)


def test_damaged_bytes_are_refused_or_harmless():
    whole = made().SerializeToString()
    rng = np.random.default_rng(0)
    sentences = []
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(len(whole), size=5):
            damaged[place] = rng.integers(256)
        try:
            model = onnx.load(io.BytesIO(bytes(damaged)))
        except Exception:  # noqa: S112 - protobuf refuses it by itself
            continue
        try:
            ml.adapt(model)
        except DataError as error:
            sentences.append(str(error))
    assert sentences
    assert not [each for each in sentences if "\n" in each]


# --- before any job ------------------------------------------------------------------------------


def configured(path):
    models = {"mine": {"file": str(path), "layer": "state"}}
    runs = [{"tasks": ["contains_000"], "models": ["mine"]}]
    return load_config({"networks": {"models": models}, "runs": runs}, schema_path=SCHEMA)


def without_cells():
    arrays = [numpy_helper.from_array(np.ones((WIDTH, 2), np.float32), "H")]
    return model_of([helper.make_node("MatMul", ["X", "H"], ["Y"])], arrays)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"not a model", "expected an ONNX model"),
        (without_cells().SerializeToString(), "expected a node of RNN, GRU, LSTM"),
        (outside(made(), "../secret").SerializeToString(), "its weights in files beside it"),
    ],
)
def test_a_file_of_the_config_is_looked_through_before_any_job(content, said, tmp_path):
    path = tmp_path / "m.onnx"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"networks\.models\.mine\.file: .*{said}"):
        check_files(configured(path))


def test_a_good_file_of_the_config_passes(tmp_path):
    check_files(configured(saved(made(), tmp_path / "m.onnx")))
