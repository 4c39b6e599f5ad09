"""Every network from the wild, with weights drawn at random: no package is needed."""

import numpy as np
import pytest
import torch

from markovlens.activations.recorder import record
from markovlens.adapters.contract import Stepwise, one_by_one
from markovlens.config.loading import layers_of
from markovlens.config.wild import WILD
from markovlens.networks.pretrained import pretrained
from markovlens.sequences import Sequences
from markovlens.tasks import TASKS

# What each reads: so many symbols, or rows of so many channels.
SYMBOLS = {"dgaintel": 39, "fin_sentiment": 40, "chars2vec": 26, "unirep": 26, "uzmorph": 49}
ALIKE = {"atol": 1e-5, "rtol": 1e-5, "equal_nan": True}  # where it is not asked it says nothing
SYMBOLS |= {"g2pm": 40, "asmscan": 21}
CHANNELS = {"silero": 128, "medaka": 10, "sleepecg": 36, "resemblyzer": 40, "beatnet": 150}


def network(name):
    torch.manual_seed(0)
    return pretrained(name).empty().eval()


def inputs_of(name, batch=3, length=7):
    rng = np.random.default_rng(0)
    kind = WILD[name].weights
    if kind in SYMBOLS:
        return torch.from_numpy(rng.integers(0, SYMBOLS[kind], (batch, length)))
    rows = rng.standard_normal((batch, length, CHANNELS[kind]))
    return torch.tensor(rows, dtype=torch.float32)


@pytest.mark.parametrize("name", WILD)
@torch.no_grad()
def test_step_by_step_and_from_a_state_on_it_answers_as_in_one_go(name):
    model, inputs = network(name), inputs_of(name)
    assert isinstance(model, Stepwise)
    whole = model(inputs)
    _, stepwise = one_by_one(model, model.initial(3), inputs)
    torch.testing.assert_close(stepwise, whole, **ALIKE)
    halfway, _ = one_by_one(model, model.initial(3), inputs[:, :4])
    _, resumed = one_by_one(model, halfway, inputs[:, 4:])
    torch.testing.assert_close(resumed, whole[:, 4:], **ALIKE)


@pytest.mark.parametrize("name", WILD)
@torch.no_grad()
def test_no_part_of_the_state_can_be_left_out(name):
    """Continued from another network's part, it goes on otherwise: each part is needed."""
    model, inputs = network(name), inputs_of(name, batch=2, length=8)
    for parameter in model.parameters():
        parameter.normal_(std=0.5)
    state, _ = one_by_one(model, model.initial(2), inputs[:, :5])
    same = inputs[:1, 5:].expand(2, *inputs.shape[1:][:0], *inputs[:1, 5:].shape[1:])
    _, wanted = one_by_one(model, state, same)
    for part in state:
        if part == "read":  # two names of one length have read as much
            continue
        swapped = {**state, part: state[part].flip(0)}
        _, said = one_by_one(model, swapped, same)
        assert not torch.allclose(said.nan_to_num(), wanted.nan_to_num(), atol=1e-6), part


@pytest.mark.filterwarnings("ignore:outputs. NaN:markovlens.errors.RecordingWarning")
@pytest.mark.parametrize("name", WILD)
def test_what_is_explained_by_default_can_be_recorded(name):
    model, inputs = network(name), inputs_of(name, batch=2, length=4)
    data = Sequences.from_list(list(inputs.numpy()))
    trace = record(model, data, layers=layers_of({"pretrained": name})[-1])
    state = model.initial(1)
    parts = [state["cell"]] if "cell" in state else list(state.values())
    assert trace.states.shape == (8, sum(part.numel() for part in parts))


def test_every_network_has_a_task_of_its_own_and_no_other():
    tasks = [spec.task for spec in WILD.values()]
    assert len(set(tasks)) == len(tasks)
    assert {name for name, spec in TASKS.items() if spec.family == "wild"} == set(tasks)
    assert {TASKS[spec.task].maker.split(":")[0] for spec in WILD.values()} == {
        spec.module for spec in WILD.values()
    }
