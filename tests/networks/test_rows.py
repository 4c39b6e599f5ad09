"""Built-in networks that read rows of channels."""

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.activations.recorder import record
from markovlens.channels import Channel
from markovlens.errors import ConfigError
from markovlens.networks.architectures import make_network
from markovlens.networks.data import evaluate, pad
from markovlens.networks.model import build
from markovlens.networks.noise import noisy_logits
from markovlens.networks.objectives import Objective
from markovlens.networks.rows import RowInput
from markovlens.networks.store import load_network, save_network
from markovlens.outputs import Output
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task

CHANNELS = (Channel("pressure", "Pa"), Channel("ward", levels=("a", "b", "c")), Channel("flat"))
TRAINING = {"steps": 150, "batch": 32, "learning_rate": 0.02, "clip": 1.0}


def rows_of_ward(n_steps: int, rng: np.random.Generator) -> np.ndarray:
    """Return rows: a pressure of about 10^6 Pa, a ward, and a channel that never changes."""
    pressure = 1e6 + 1e3 * rng.standard_normal(n_steps)
    return np.column_stack([pressure, rng.integers(3, size=n_steps), np.full(n_steps, 0.1)])


def split_of(seed: int, n: int = 60) -> Split:
    """Return sequences whose target is 1 where the pressure is above its mean."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 9, size=n)
    rows = rows_of_ward(int(lengths.sum()), rng)
    targets = (rows[:, 0] > 1e6).astype(np.int32)
    return Split(Sequences(rows, lengths, CHANNELS), targets, np.full(len(rows), -1))


@pytest.fixture(scope="module")
def task() -> Task:
    splits = {name: split_of(seed) for seed, name in enumerate(SPLITS)}
    return Task("ward", "custom", (), ("low", "high"), splits, 0.9, channels=CHANNELS)


@pytest.fixture(scope="module")
def trained(task):
    return make_network({"cell": "gru", "hidden": 8}, task, training=TRAINING, seed=0)


def test_a_network_learns_channels_whose_units_differ_by_a_million(trained):
    assert trained.card["gate"]["passed"]
    assert trained.card["architecture"]["n_levels"] == [0, 3, 0]


def test_a_network_on_rows_comes_back_with_its_scaling(trained, task, tmp_path):
    save_network(tmp_path, trained)
    again = load_network(tmp_path)
    read = pad(task.splits["test"]).inputs
    assert torch.equal(again(read), trained.model(read))


def test_what_is_recorded_is_what_the_network_says(trained, task):
    split = task.splits["test"]
    trace = record(trained.model, split, layers="rnn.l0")
    said = np.concatenate(
        [
            trained.model(torch.as_tensor(rows, dtype=torch.float32)[None])[0].softmax(-1).detach()
            for rows in split.inputs
        ]
    )
    np.testing.assert_allclose(trace.outputs, said, atol=1e-5)
    assert trace.channels == CHANNELS
    assert trace.symbols == ()


def test_scaling_is_that_of_the_known_values():
    rows = np.array([[1.0, 5.0], [3.0, 5.0], [np.nan, 5.0]])
    layer = RowInput([0, 0], 4)
    layer.standardise(Sequences(rows, np.array([3])))
    np.testing.assert_allclose(layer.center, [2.0, 5.0])
    np.testing.assert_allclose(layer.scale, [1.0, 1.0])
    features = layer.features(torch.tensor(rows, dtype=torch.float32))
    np.testing.assert_array_equal(features, [[-1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]])


def test_levels_are_one_hot_and_nothing_where_missing():
    features = RowInput([0, 3], 4).features(torch.tensor([[0.5, 2.0], [0.5, torch.nan]]))
    np.testing.assert_array_equal(features, [[0.5, 0, 0, 0, 1], [0.5, 0, 0, 0, 0]])


def test_before_training_a_missing_value_reads_as_the_mean():
    layer = RowInput([0], 4)
    layer.standardise(Sequences(np.array([[2.0], [4.0]]), np.array([2])))
    missing, mean = layer(torch.tensor([[torch.nan], [3.0]]))
    assert torch.equal(missing, mean)


def test_padding_of_rows_reaches_no_score(trained, task):
    split, asked = task.splits["test"], Objective.of(task)
    alone = [evaluate(trained.model, pad(split.select(np.array([i]))), asked) for i in range(5)]
    together = evaluate(trained.model, pad(split.select(np.arange(5))), asked)
    right = sum(score.value * score.n_targets for score in alone)
    assert together.value == pytest.approx(right / together.n_targets)


def test_networks_of_double_precision_are_judged_on_rows():
    class Mine(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.GRU(3, 4, batch_first=True)
            self.head = nn.Linear(4, 2)

        def forward(self, rows):
            return self.head(self.rnn(rows)[0])

    score = evaluate(
        Mine().double().eval(), pad(split_of(0)), Objective(Output.DISTRIBUTION, ("no", "yes"))
    )
    assert 0 <= score.value <= 1


@pytest.mark.parametrize("sizes", [{}, {"n_symbols": 2, "n_levels": [0]}])
def test_a_network_reads_either_symbols_or_channels(sizes):
    with pytest.raises(ConfigError, match="symbols or channels"):
        build({"cell": "gru"}, n_classes=2, **sizes)


def test_noise_in_training_leaves_rows_as_they_are():
    torch.manual_seed(0)
    model = build({"cell": "gru", "hidden": 4}, n_classes=2, n_levels=[0])
    rows = torch.randn(3, 1, 1)  # one step: no state is shaken before it is read
    torch.testing.assert_close(noisy_logits(model, rows), model(rows))
