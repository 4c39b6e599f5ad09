"""TorchScript and exported programs are run node by node, and do what torch does with them."""

import io
import warnings
import zipfile

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.conformance import as_sequences, check_asked, check_watched, inputs_of
from markovlens.errors import DataError

SYMBOLS, WIDTH, UNITS = 5, 3, 4
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The tensor attributes .* were assigned during export"),
    pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor, .* are deprecated"),
]


class Tagger(nn.Module):
    def __init__(self, kind=nn.LSTM, **options):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(SYMBOLS, WIDTH)
        self.rnn = kind(WIDTH, UNITS, batch_first=True, **options)
        width = options.get("proj_size", UNITS) * (1 + options.get("bidirectional", False))
        self.head = nn.Linear(width, 2)

    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols))[0])


class Looping(nn.Module):
    """A cell in a loop that starts with a state of its own."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.table, self.cell = nn.Embedding(SYMBOLS, WIDTH), nn.GRUCell(WIDTH, UNITS)
        self.begin = nn.Parameter(torch.randn(1, UNITS))
        self.head = nn.Linear(UNITS, 2)

    def forward(self, symbols: torch.Tensor) -> torch.Tensor:
        embedded = self.table(symbols)
        h = self.begin.expand(len(symbols), -1)
        answers = []
        for step in range(embedded.shape[1]):
            h = self.cell(embedded[:, step], h)
            answers.append(self.head(h))
        return torch.stack(answers, dim=1)


class Last(Tagger):
    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols))[0][:, -1])


EXAMPLE = torch.zeros(2, 3, dtype=torch.long)


def scripted(model):
    return torch.jit.script(model)


def traced(model):
    return torch.jit.trace(model, EXAMPLE)


def written(model):
    """Return a module that was written and read, as files hold them."""
    buffer = io.BytesIO()
    torch.jit.save(torch.jit.trace(model, EXAMPLE), buffer)
    buffer.seek(0)
    return torch.jit.load(buffer)


def exported(model, **options):
    return torch.export.export(model.eval(), (EXAMPLE,), **options)


KINDS = {
    "rnn": {"kind": nn.RNN},
    "relu": {"kind": nn.RNN, "nonlinearity": "relu"},
    "gru, two layers": {"kind": nn.GRU, "num_layers": 2},
    "lstm, no bias": {"bias": False},
    "lstm, projected": {"num_layers": 2, "proj_size": 2},
}


def last_states(model, inputs):
    """Return h and c (B, T, L, H) of a stack, which torch hands out after the last step alone."""
    steps = [model.rnn(model.table(inputs[:, : n + 1]))[1] for n in range(inputs.shape[1])]
    parts = zip(*(each if isinstance(each, tuple) else (each,) for each in steps), strict=True)
    return [torch.stack(part).permute(2, 0, 1, 3).detach() for part in parts]


@pytest.mark.parametrize("make", [scripted, traced, written, exported])
@pytest.mark.parametrize("name", KINDS)
def test_stacks_are_stepped_as_they_run(name, make):
    model = Tagger(**KINDS[name]).eval()
    adapted = ml.adapt(make(model))
    kind = KINDS[name].get("kind", nn.LSTM).__name__.lower()

    def states(inputs):
        found = last_states(model, inputs)
        return {f"{kind}0.{part}": values for part, values in zip("hc", found, strict=False)}

    check_asked(adapted, lambda x: model(x).detach(), states)


def test_a_scripted_cell_in_a_loop_is_stepped():
    model = Looping().eval()
    adapted = ml.adapt(scripted(model))
    assert adapted.parts == {"gru0.h": (UNITS,)}
    check_asked(adapted, lambda x: model(x).detach())
    torch.testing.assert_close(adapted.initial(1)["gru0.h"], model.begin.detach())


def test_a_traced_cell_is_taken_apart_and_says_so():
    with pytest.raises(DataError, match="tracing takes cells apart; script it"):
        ml.adapt(traced(Looping().eval()))


@pytest.mark.parametrize("make", [scripted, traced])
def test_one_that_answers_once_is_asked_after_every_step(make):
    model = Last().eval()

    def begun(inputs):
        return torch.stack([model(inputs[:, : n + 1]) for n in range(inputs.shape[1])], dim=1)

    check_asked(ml.adapt(make(model)), lambda x: begun(x).detach())


@pytest.mark.parametrize("make", [scripted, traced, exported])
def test_what_reads_backwards_is_watched(make):
    model = Tagger(nn.GRU, bidirectional=True).eval()
    adapted = ml.adapt(make(model))
    check_watched(adapted, lambda x: model(x).detach(), "depend on later inputs")
    assert "reads backwards, too" in adapted.limits[0]
    inputs = inputs_of(adapted)
    both = torch.cat(list(adapted.watch(inputs)[0].values()), dim=-1)
    torch.testing.assert_close(both, model.rnn(model.table(inputs))[0].detach())


def test_an_export_of_one_length_is_recorded_on_any(tmp_path):
    model = Tagger().eval()
    free = {"symbols": {0: torch.export.Dim("batch"), 1: None}}
    torch.export.save(exported(model, dynamic_shapes=free), tmp_path / "m.pt2")
    for network in (tmp_path / "m.pt2", exported(model).module()):
        adapted = ml.adapt(network)
        assert adapted.reads.n_steps == 3
        inputs = torch.randint(SYMBOLS, (4, 9), generator=torch.Generator().manual_seed(1))
        trace = ml.record(adapted, as_sequences(inputs), link="identity")
        np.testing.assert_allclose(trace.outputs, model(inputs).detach().flatten(0, 1), atol=1e-5)


def test_modules_that_read_rows_are_known_by_their_weights():
    class Rows(Tagger):
        def forward(self, rows):
            return self.head(self.rnn(rows)[0])

    model = Rows(nn.GRU).eval()
    del model.table
    adapted = ml.adapt(scripted(model))
    assert adapted.reads.shape == (WIDTH,)
    check_asked(adapted, lambda x: model(x).detach())


def test_a_stack_that_was_scripted_alone_cannot_even_be_called_by_torch():
    model = torch.jit.script(nn.GRU(WIDTH, UNITS))
    with pytest.raises(AttributeError, match="forward"):
        model(torch.zeros(2, 3, WIDTH))
    with pytest.raises(DataError, match="script a module around it"):
        ml.adapt(model)


def test_dynamically_quantised_networks_are_refused_or_marked():
    quantised = torch.ao.quantization.quantize_dynamic(Tagger().eval(), {nn.LSTM})
    with pytest.raises(DataError, match="cannot be adapted: .* `record` it as it is"):
        ml.adapt(quantised)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = torch.jit.script(quantised)
    with pytest.raises(DataError, match="step by step it does something else"):
        ml.adapt(script)


# --- files that nobody should believe ------------------------------------------------------------


def test_that_torchscript_is_deprecated_is_not_said_at_every_load(tmp_path):
    path = tmp_path / "tagger.pt"
    torch.jit.save(scripted(Tagger(nn.GRU).eval()), path)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ml.adapt(path)


def test_weights_alone_say_what_to_do(tmp_path):
    torch.save(Tagger().state_dict(), tmp_path / "w.pt")
    with pytest.raises(DataError, match="file without code, perhaps weights alone; build"):
        ml.adapt(tmp_path / "w.pt")


def test_a_script_that_would_write_a_file_is_refused_unrun(tmp_path):
    class Stealing(Tagger):
        def forward(self, symbols):
            torch.save(symbols, "/tmp/never_written")
            return self.head(self.rnn(self.table(symbols))[0])

    path = tmp_path / "m.pt"
    torch.jit.save(scripted(Tagger(nn.GRU).eval()), path)
    _rewritten(path, "/code/", b"return ", b"torch.save(1, 'x')\n    return ")
    with pytest.raises(DataError, match=r"refused, since it would call torch\.save"):
        ml.adapt(path)


def _rewritten(path, place, old, new):
    """Put other bytes into the members of an archive whose names hold `place`."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert any(old in data for name, data in members.items() if place in name)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, data.replace(old, new) if place in name else data)


HOSTILE = {
    "another function": (
        "/models/",
        b"torch.ops.aten.linear.default",
        b"torch.hub.load",
        r"would call torch\.hub\.load",
    ),
    "an expression": (
        "/models/",
        b'{"as_int": 5}',
        b'{"as_expr": {"expr_str": "__import__(\'os\')", "hint": null}}',
        "is no sum of sizes|no sum of sizes",
    ),
    "pickled weights": ("_config.json", b'"use_pickle": false', b'"use_pickle": true', "pickled"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_program_that_would_run_more_is_refused_unloaded(what, tmp_path, monkeypatch):
    place, old, new, message = HOSTILE[what]
    path = tmp_path / "m.pt2"
    torch.export.save(exported(Tagger()), path)
    _rewritten(path, place, old, new)
    monkeypatch.setattr(torch.export, "load", lambda path: pytest.fail("loaded"))
    with pytest.raises(DataError, match=message):
        ml.adapt(path)


def test_sample_inputs_that_are_no_tensors_are_refused_unloaded(tmp_path, monkeypatch):
    path, bait = tmp_path / "m.pt2", tmp_path / "bait"

    class Bait:
        def __reduce__(self):
            return bait.touch, ()

    torch.export.save(exported(Tagger()), path)
    hostile = io.BytesIO()
    torch.save(Bait(), hostile)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in members.items():
            archive.writestr(name, hostile.getvalue() if "/sample_inputs/" in name else data)
    with pytest.raises(DataError, match="its sample inputs are pickled objects"):
        ml.adapt(path)
    assert not bait.exists()


@pytest.mark.parametrize("suffix", [".pt", ".pt2"])
@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"PK\5\6" + bytes(18), b"text"])
def test_what_is_no_network_ends_in_one_sentence(suffix, data, tmp_path):
    path = (tmp_path / "m").with_suffix(suffix)
    path.write_bytes(data)
    with pytest.raises(DataError, match=r"m\.pt") as caught:
        ml.adapt(path)
    assert "\n" not in str(caught.value)
