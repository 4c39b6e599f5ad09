import subprocess
import sys
from importlib.metadata import version

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml


def test_every_public_name_is_there():
    for name in ml.__all__:
        assert getattr(ml, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = ml.nonsense


HEAVY = {"torch", "sklearn", "pandas", "pyarrow", "matplotlib", "scipy.stats", "scipy.optimize"}


@pytest.mark.parametrize(
    ("imports", "never"),
    [
        ("markovlens", HEAVY | {"numpy", "importlib.metadata"}),
        ("markovlens.config.loading, markovlens.tasks", HEAVY),
        ("markovlens.hmm", HEAVY),
    ],
)
def test_importing_loads_nothing_heavy_that_is_not_used(imports, never):
    code = f"import sys, {imports}; sys.exit(', '.join({never!r} & set(sys.modules)) or None)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_version_is_that_of_the_distribution():
    assert ml.__version__ == version("markovlens")


def test_the_five_lines_of_the_readme():
    torch.manual_seed(0)

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(2, 4)
            self.rnn = nn.GRU(4, 16, batch_first=True)
            self.head = nn.Linear(16, 2)

        def forward(self, symbols):
            return self.head(self.rnn(self.embedding(symbols))[0])

    model, rng = Network(), np.random.default_rng(0)
    nn.init.zeros_(model.head.bias)  # untrained, it would give one answer to all
    nn.init.normal_(model.rnn.weight_ih_l0, std=3)
    splits = [
        ml.Sequences(rng.integers(2, size=600), np.full(40, 15)),
        ml.Sequences(rng.integers(2, size=300), np.full(20, 15)),
        ml.Sequences(rng.integers(2, size=300), np.full(20, 15)),
    ]
    train, valid, test = (ml.record(model, sequences) for sequences in splits)
    basis = ml.pod(train.states, n_components=8)
    train, valid, test = (ml.embed(trace, basis) for trace in (train, valid, test))
    machine = ml.study("hmm_input", train, valid, n_states=range(2, 13), seed=0).best
    score = ml.fidelity(machine, test)
    assert 0.5 <= score.low <= score.value <= score.high <= 1
