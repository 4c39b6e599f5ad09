import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from markovlens.errors import DataError
from markovlens.networks.data import batches, evaluate, pad
from markovlens.networks.model import build
from markovlens.networks.objectives import Objective
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, no_targets


def split_of(lengths, n_symbols=3):
    rng = np.random.default_rng(0)
    n_steps = sum(lengths)
    inputs = Sequences(rng.integers(n_symbols, size=n_steps), np.array(lengths))
    return Split(inputs, rng.integers(2, size=n_steps), no_targets(n_steps))


CLASSES = Objective(Output.DISTRIBUTION, ("0", "1"))


class Constant(nn.Module):
    """Gives the same logits at every step, or at the last one only."""

    def __init__(self, at_the_end=False):
        super().__init__()
        self.at_the_end = at_the_end

    def forward(self, symbols):
        assert symbols.ndim == 2
        logits = torch.tensor([0.0, 1.0]).expand(*symbols.shape, 2)
        return logits[:, -1] if self.at_the_end else logits


@given(st.lists(st.integers(1, 9), min_size=1, max_size=40), st.integers(1, 7))
def test_one_pass_shows_every_sequence_once_and_no_padding_as_target(lengths, size):
    split = split_of(lengths)
    data = pad(split)
    stream = batches(data, size, torch.Generator().manual_seed(0))
    seen = []
    while len(seen) < len(lengths):
        batch = next(stream)
        assert batch.inputs.shape[1] == batch.lengths.max()
        seen += [
            (symbols[:length].tolist(), targets[:length].tolist())
            for symbols, targets, length in zip(*_columns(batch), strict=True)
        ]
        assert int((batch.targets >= 0).sum()) == int(batch.lengths.sum())
    expected = zip(split.inputs, Sequences(split.targets, split.inputs.lengths), strict=True)
    assert sorted(seen) == sorted((x.tolist(), y.tolist()) for x, y in expected)


def _columns(batch):
    return batch.inputs, batch.targets, batch.lengths.tolist()


@given(st.lists(st.integers(1, 9), min_size=1, max_size=20))
def test_scores_are_those_of_one_sequence_at_a_time(lengths):
    split = split_of(lengths)
    torch.manual_seed(0)
    model = build({"cell": "gru", "hidden": 4}, n_symbols=3, n_classes=2).train()
    score = evaluate(model, pad(split), CLASSES)
    with torch.no_grad():
        logits = torch.cat([model(torch.as_tensor(sequence)[None])[0] for sequence in split.inputs])
    targets = torch.as_tensor(split.targets)
    assert score.value == pytest.approx((logits.argmax(-1) == targets).double().mean().item())
    assert score.loss == pytest.approx(
        nn.functional.cross_entropy(logits, targets).item(), abs=1e-6
    )
    assert score.n_targets == sum(lengths)
    assert model.training


def test_an_output_at_the_end_is_compared_with_the_last_target():
    split = split_of([3, 1, 2])
    ends = split.targets[[2, 3, 5]]
    assert evaluate(Constant(at_the_end=True), pad(split), CLASSES).value == pytest.approx(
        ends.mean()
    )
    assert evaluate(Constant(), pad(split), CLASSES).value == pytest.approx(split.targets.mean())


def test_a_cut_keeps_the_first_steps():
    data = pad(split_of([3, 1, 5]))
    cut = data.cut(2)
    assert cut.lengths.tolist() == [2, 1, 2]
    assert torch.equal(cut.inputs, data.inputs[:, :2])
    assert cut.asks_always


def test_no_target_at_all_is_refused():
    split = split_of([3, 2])
    silent = Split(split.inputs, no_targets(5), no_targets(5))
    with pytest.raises(DataError, match="steps with a target"):
        evaluate(Constant(), pad(silent), CLASSES)
