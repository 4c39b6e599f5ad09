"""Checkpoints come in any order and keep their losses; what is none is refused in words."""

import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.errors import ConfigError, DataError
from markovlens.formation.checkpoints import in_order

WORDS = [[0, 1, 1]] * 5


def test_a_loss_stays_with_its_checkpoint_when_steps_are_put_in_order():
    found = in_order({20: "late", 0: "early"}, [0.1, 9])
    assert [(one.step, one.given, one.loss) for one in found] == [
        (0, "early", 9),
        (20, "late", 0.1),
    ]


def test_a_list_is_in_its_order_and_a_loss_may_be_unknown():
    found = in_order(["a", "b"], [float("nan"), 1])
    assert [(one.step, one.given) for one in found] == [(0, "a"), (1, "b")]
    assert np.isnan(found[0].loss)
    assert {one.loss for one in in_order(["a", "b"], None)} == {None}


def test_checkpoints_out_of_order_are_followed_from_the_first_to_the_last(along, parity_task):
    inputs = parity_task.splits["train"].inputs[:40]
    first, last = along.moments[0], along.moments[-1]
    given = {last.step: last.weights, first.step: first.weights}
    found = ml.follow_training(
        given, inputs, model=along.model, losses=[last.loss, 9.0], n_states=[2], control=False
    )
    assert [(one.step, one.loss) for one in found.seen] == [(0, 9.0), (last.step, last.loss)]


@pytest.mark.parametrize("step", ["10", "step_10", 0.5, 10.0, -1, True, None])
def test_a_step_that_is_no_whole_number_is_refused(step):
    with pytest.raises(DataError, match="which is no whole number"):
        in_order({step: "a", 3: "b"}, None)


@pytest.mark.parametrize(
    ("checkpoints", "said"),
    [
        (None, "NoneType"),
        (3, "int"),
        ("weights.pt", "str"),
        (torch.nn.Linear(2, 2), "Linear"),
        (torch.nn.Linear(2, 2).state_dict(), "weights of one network"),
    ],
)
def test_what_is_no_list_of_checkpoints_is_refused(checkpoints, said):
    with pytest.raises(DataError, match=said) as raised:
        ml.follow_training(checkpoints, WORDS)
    assert raised.value.page == "wrong-kind"


@pytest.mark.parametrize(
    "losses", [1.0, "ab", {0: 1.0, 1: 2.0}, [None, 1], ["a", 1]], ids=lambda each: repr(each)
)
def test_losses_that_are_no_list_of_numbers_are_refused(losses):
    with pytest.raises(DataError, match="losses: expected a number") as raised:
        in_order(["a", "b"], losses)
    assert raised.value.page == "wrong-kind"


def test_a_model_and_a_seed_that_are_none_are_refused(along):
    weights = [along.moments[0].weights]
    with pytest.raises(DataError, match="model: expected Module, got str"):
        ml.follow_training(weights, WORDS, model="x")
    with pytest.raises(ConfigError, match="seed: expected a whole number"):
        ml.follow_training(weights, WORDS, model=along.model, seed="a")
