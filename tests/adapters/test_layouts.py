"""Graphs that read time first, answer once or by one logit, or run at a rate of their own."""

import warnings

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from helpers.conformance import as_sequences, check_asked
from markovlens.adapters.axes import Axes
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError

WIDTH, UNITS = 2, 4
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The tensor attributes .* were assigned during export"),
]


class TimeFirst(nn.Module):
    """Torch's default: reads and answers (T, B, ...)."""

    def __init__(self, **options):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = nn.LSTM(WIDTH, UNITS, **options)
        self.head = nn.Linear(UNITS * (1 + options.get("bidirectional", False)), 3)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0])

    def states(self, rows):
        """Return h (B, T, H) of rows (B, T, D)."""
        return self.rnn(rows.transpose(0, 1))[0].transpose(0, 1).detach()


class OneLogit(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn, self.head = nn.GRU(WIDTH, UNITS, batch_first=True), nn.Linear(UNITS, 1)

    def forward(self, rows):
        return self.head(self.rnn(rows)[0]).squeeze(-1)


class Halving(OneLogit):
    """Reads two steps at once, backwards too."""

    def __init__(self, *, once):
        super().__init__()
        self.once, self.pair = once, nn.Conv1d(WIDTH, WIDTH, 2, stride=2)
        self.rnn = nn.GRU(WIDTH, UNITS // 2, batch_first=True, bidirectional=True)

    def forward(self, rows):
        found = self.rnn(self.pair(rows.transpose(1, 2)).transpose(1, 2))[0]
        return self.head(found[:, -1] if self.once else found)


def exported(model, size, **options):
    return torch.export.export(model.eval(), (torch.randn(*size, WIDTH),), **options)


FREE = {"dynamic_shapes": ({1: torch.export.Dim("b", min=2, max=512)},)}
TIME_FIRST = {
    "script": lambda model: torch.jit.script(model.eval()),
    "free batch": lambda model: exported(model, (10, 3), **FREE),
    "fixed": lambda model: exported(model, (10, 3)),
    "square": lambda model: exported(model, (10, 10)),
    "one at a time": lambda model: exported(model, (10, 1)),
}


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("make", TIME_FIRST)
def test_what_reads_time_first_is_laid_so(make, backwards):
    model = TimeFirst(bidirectional=backwards)
    inputs = torch.randn(6, 10, WIDTH, generator=torch.Generator().manual_seed(1))
    trace = ml.record(TIME_FIRST[make](model), as_sequences(inputs), link="identity", verify=False)
    wanted = model.states(inputs).flatten(0, 1)
    np.testing.assert_allclose(trace.states[:, : wanted.shape[1]], wanted, atol=1e-6)
    said = model(inputs.transpose(0, 1)).transpose(0, 1).detach().flatten(0, 1)
    np.testing.assert_allclose(trace.outputs, said, atol=1e-6)


def test_time_first_is_asked_as_it_runs():
    model = TimeFirst().eval()
    framework = lambda x: model(x.transpose(0, 1)).transpose(0, 1).detach()  # noqa: E731
    check_asked(ml.adapt(torch.jit.script(model)), framework)


def test_one_logit_for_each_step_is_no_answer_at_the_end():
    model = OneLogit().eval()
    check_asked(ml.adapt(torch.jit.script(model)), lambda x: model(x).detach()[..., None])


@pytest.mark.parametrize(("once", "why"), [(True, "of 3 x 6 steps of gru0.h"), (False, "rate")])
def test_what_runs_at_another_rate_is_refused(once, why):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        script = torch.jit.script(Halving(once=once).eval())
    with pytest.raises(DataError, match=why):
        ml.adapt(script, like=as_sequences(torch.randn(4, 6, WIDTH)))


SIZES = {"free": [(2, 3), (3, 5)], "fixed": [(3, 3), (3, 3)]}
ANSWERS = {
    "each step": (lambda x: x.cumsum(1), Axes(0, 1)),
    "time first": (lambda x: x.cumsum(1).transpose(0, 1), Axes(1, 0)),
    "one logit": (lambda x: x.cumsum(1).sum(2), Axes(0, 1)),
    "one logit, time first": (lambda x: x.cumsum(1).sum(2).T, Axes(1, 0)),
    "once": (lambda x: x.sum(1), Axes(0)),
    "once, as many classes as steps": (lambda x: x[..., :1].sum(1).expand(-1, 3), Axes(0)),
}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("answer", ANSWERS)
def test_axes_are_learnt_from_what_moves(answer, sizes):
    run, wanted = ANSWERS[answer]
    n_steps = 3 if sizes == "fixed" else None
    assert Axes.learnt(run, Reads(shape=(WIDTH,), n_steps=n_steps), SIZES[sizes]) == wanted


def test_an_answer_at_another_rate_has_no_axes():
    assert Axes.learnt(lambda x: torch.cat([x, x], 1), Reads(shape=(2,)), SIZES["free"]) is None


DOUBLE = {
    "script": lambda model: torch.jit.script(model.eval()),
    "export": lambda model: torch.export.export(
        model.eval(), (torch.randn(10, 3, WIDTH, dtype=torch.float64),)
    ),
}


@pytest.mark.parametrize("make", DOUBLE)
def test_what_computes_in_double_precision_is_given_it(make):
    model = TimeFirst().double()
    inputs = torch.randn(6, 10, WIDTH, generator=torch.Generator().manual_seed(1))
    trace = ml.record(DOUBLE[make](model), as_sequences(inputs), link="identity")
    wanted = model.states(inputs.double()).flatten(0, 1)
    assert trace.states.dtype == np.float64
    np.testing.assert_allclose(trace.states[:, :UNITS], wanted, atol=1e-12)
