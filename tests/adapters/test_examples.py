"""The examples of the page on frameworks run as they stand, each where its extra is installed."""

from datetime import UTC, datetime
from importlib.util import find_spec
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from helpers.conformance import PAGE, example_of
from markovlens.sequences import Sequences

pytestmark = pytest.mark.filterwarnings(
    "ignore:::lightning",
    "ignore::DeprecationWarning",
    "ignore:Exporting a model to ONNX with a batch_size:UserWarning",
    "ignore::torch.jit.TracerWarning",
)
RNG = np.random.default_rng(0)
SIZE = (20, 8)  # sequences and steps


def symbols(n=5):
    return Sequences.from_list(list(RNG.integers(n, size=SIZE)))


def rows(width=3):
    return Sequences.from_list(list(RNG.normal(size=(*SIZE, width)).astype(np.float32)))


class Tagger(nn.Module):
    """A small tagger, whose dropout does nothing in evaluation mode."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.rnn = nn.Embedding(5, 3), nn.GRU(3, 4, batch_first=True)
        self.head = nn.Linear(4, 2)

    def forward(self, words):
        return self.head(self.rnn(self.table(words))[0])


def halves(folder):
    both = Tagger().eval()
    both.rnn = nn.GRU(3, 4, batch_first=True, bidirectional=True)
    both.head = nn.Linear(8, 2)
    return {"tagger": both, "train": symbols(), "valid": symbols()}


def torchscript(folder):
    torch.jit.script(Tagger().eval()).save(folder / "tagger.pt")
    return {"train": symbols(), "valid": symbols()}


def onnx(folder):
    free = {0: "batch", 1: "time"}
    torch.onnx.export(
        Tagger().eval(),
        (torch.zeros(2, 3, dtype=torch.long),),
        folder / "tagger.onnx",
        input_names=["words"],
        output_names=["tags"],
        dynamic_axes={"words": free, "tags": free},
        dynamo=False,
    )
    return {"train": symbols(), "valid": symbols()}


def keras(folder):
    from markovlens.adapters.keras_models import use_what_is_there

    use_what_is_there()
    import keras

    layers = [keras.layers.LSTM(4, return_sequences=True), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((None, 3)), *layers])
    model.save(folder / "tagger.keras")
    return {"train": rows(), "valid": rows()}


class InJax:
    """What the example of JAX names: a network of each of its packages, all of rows of 3."""

    def __init__(self):
        import equinox
        import haiku
        import jax
        import jax.numpy as jnp
        from flax import linen, nnx

        key, x = jax.random.key(0), jnp.zeros((2, 5, 3))
        self.train, self.hk = rows(), haiku
        self.nnx_model = nnx.RNN(nnx.GRUCell(3, 4, rngs=nnx.Rngs(0)))
        self.linen_model = linen.RNN(linen.LSTMCell(4))
        self.variables = self.linen_model.init(key, x)
        self.model = SimpleNamespace(
            embed=equinox.nn.Linear(3, 4, key=key),
            cell=equinox.nn.GRUCell(4, 4, key=key),
            out=equinox.nn.Linear(4, 2, key=key),
        )
        unrolled = haiku.transform(
            lambda x: haiku.dynamic_unroll(haiku.LSTM(8), x, haiku.LSTM(8).initial_state(2))[0]
        )
        self.params = unrolled.init(key, jnp.zeros((5, 2, 3)))
        self.begin = lambda batch: {"s": jnp.zeros((batch, 3))}
        self.step = lambda state, inputs: ({"s": state["s"] / 2 + inputs}, state["s"])


def transformers(folder):
    from transformers import MambaConfig, MambaForCausalLM

    sizes = {"hidden_size": 8, "state_size": 4, "num_hidden_layers": 2, "conv_kernel": 4}
    MambaForCausalLM(MambaConfig(vocab_size=5, **sizes)).save_pretrained(folder / "mamba")
    names = {"MambaForCausalLM": MambaForCausalLM, "folder": folder / "mamba"}
    return names | {"train": symbols(), "valid": symbols()}


def xlstm(folder):
    import xlstm

    slstm = xlstm.sLSTMLayerConfig(backend="vanilla", num_heads=2)
    mlstm = xlstm.mLSTMLayerConfig(num_heads=2, proj_factor=1.0, round_proj_up_to_multiple_of=8)
    config = xlstm.xLSTMLMModelConfig(
        vocab_size=5,
        embedding_dim=8,
        num_blocks=2,
        context_length=16,
        slstm_at=[1],
        mlstm_block=xlstm.mLSTMBlockConfig(mlstm=mlstm),
        slstm_block=xlstm.sLSTMBlockConfig(slstm=slstm),
    )
    return {"xlstm": xlstm, "config": config, "train": symbols(), "valid": symbols()}


def lightning(folder):
    from lightning.pytorch import LightningModule, Trainer

    class Network(LightningModule):
        def __init__(self):
            super().__init__()
            self.tagger = Tagger()
            self.rnn = self.tagger.rnn

        def forward(self, words):
            return self.tagger(words)

        def training_step(self, batch, index):
            return self(batch[0]).square().mean()

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.1)

    data = torch.utils.data.TensorDataset(torch.zeros(200, 4, dtype=torch.long))
    quiet = {"logger": False, "enable_progress_bar": False, "enable_checkpointing": False}

    def trainer(callbacks):
        options = {"accelerator": "cpu", "max_epochs": 2, "default_root_dir": folder}
        return Trainer(callbacks=callbacks, enable_model_summary=False, **options, **quiet)

    loader = torch.utils.data.DataLoader(data, batch_size=2)
    return {"Trainer": trainer, "network": Network(), "loader": loader, "probes": symbols()}


def arrays(folder):
    states = RNG.normal(size=(10, 2))
    np.savez(folder / "run.npz", h=states, x=np.arange(10) % 2, n=[4, 6])
    table = pd.DataFrame(states, columns=["u1", "u2"])
    table.assign(patient=["a"] * 4 + ["b"] * 6, hour=[*range(4), *range(6)]).to_parquet(
        folder / "run.parquet"
    )
    _write_nwb(folder / "s.nwb", states)
    return {}


def _write_nwb(path, states):
    import pynwb

    begin = datetime(2020, 1, 1, tzinfo=UTC)
    session = pynwb.NWBFile("made", "made", begin)
    series = pynwb.TimeSeries(name="rates", data=states, unit="Hz", starting_time=0.0, rate=10.0)
    session.add_acquisition(series)
    session.add_trial(start_time=0.0, stop_time=0.45)
    session.add_trial(start_time=0.45, stop_time=2.0)
    with pynwb.NWBHDF5IO(path, "w") as file:
        file.write(session)


EXAMPLES = {
    "One direction of two": (halves, ()),
    "TorchScript and torch.export": (torchscript, ()),
    "ONNX": (onnx, ("onnx", "onnxruntime")),
    "Keras": (keras, ("keras",)),
    "JAX: Flax, Equinox, Haiku": (lambda folder: vars(InJax()), ("flax", "equinox", "haiku")),
    "Mamba and RWKV": (transformers, ("transformers",)),
    "xLSTM": (xlstm, ("xlstm",)),
    "Lightning": (lightning, ("lightning",)),
    "Arrays of other tools": (arrays, ("pynwb",)),
}


@pytest.mark.parametrize("section", EXAMPLES)
def test_the_example_runs_as_it_stands(section, tmp_path, monkeypatch):
    make, needed = EXAMPLES[section]
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        pytest.skip(f"needs {', '.join(missing)}: `make test-frameworks`")
    monkeypatch.chdir(tmp_path)
    names = make(tmp_path)
    known = set(names)
    exec(example_of(section), names)
    made = names.keys() - known - {"ml", "__builtins__"}
    assert made
    if "machine" in made:
        assert names["machine"].n_states in range(2, 5)


def test_every_section_with_an_example_is_here():
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    with_code = {each.partition("\n")[0] for each in sections if "```python" in each}
    assert with_code == EXAMPLES.keys()
