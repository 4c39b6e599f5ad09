import re

import numpy as np
import pytest
import torch

from markovlens.activations.stage import record_run, sample
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.networks.card import Trained, make_card
from markovlens.networks.model import build, complete
from markovlens.networks.store import save_network
from markovlens.tasks import make_task
from markovlens.tasks.store import save_task

SIZES = {"n_train": 20, "n_valid": 10, "n_test": 10, "length_train": 6, "length_test": 8}


@pytest.fixture
def task():
    return make_task("parity", sizes=SIZES, seed=0)


@pytest.fixture
def run(task, tmp_path):
    """Return a run whose network has NaN states whatever it reads."""
    run = Run.at(tmp_path, "parity", "gru", 0, layer="rnn.l0")
    spec = complete({"cell": "gru", "hidden": 4})
    sizes = {"n_symbols": len(task.symbols), "n_classes": len(task.classes)}
    model = build(spec, **sizes)
    card = make_card(model, task, architecture=spec | sizes)
    with torch.no_grad():  # finite weights, but inf - inf in the first product
        model.embedding.weight.fill_(1e5)
        model.rnn.weight_ih_l0.fill_(3e38)[:, 1::2] *= -1
    save_network(run.card.parent, Trained(model, card))
    save_task(tmp_path / "task", task)
    return run


def test_nan_activations_name_the_network_and_what_to_do(run, tmp_path):
    folder = re.escape(str(run.card.parent))
    message = rf"^{folder}: layer rnn.l0: .* at step 0; train the network again or check"
    with pytest.raises(DataError, match=message):
        record_run(run, tmp_path / "task", n_train=5, length_train=None, seed=0)


def test_a_sample_may_be_cut_to_the_first_steps_of_long_enough_sequences(task):
    split = task.splits["train"]
    cut = sample(split, 5, np.random.default_rng(0), length=4)
    assert cut.inputs.lengths.tolist() == [4] * 5
    whole = sample(split, 5, np.random.default_rng(0), length=1).inputs.values
    assert set(whole) <= set(split.inputs.values)
    long = {tuple(word[:4]) for word in split.inputs if len(word) >= 4}
    assert {tuple(word) for word in cut.inputs} <= long


def test_sequences_that_are_all_too_short_say_so(task):
    with pytest.raises(DataError, match=r"activations.length_train: got 99, expected at most 6"):
        sample(task.splits["train"], 5, np.random.default_rng(0), length=99)
