"""Machines along a real training: what is kept, what became of states, and what is refused."""

import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.errors import ConfigError, DataError, StorageError
from markovlens.formation.alignment import Alignment
from markovlens.machines.minimisation import equivalent
from markovlens.networks.along import log_steps, train_along

from .conftest import OPTIONS, SPEC


@pytest.fixture(scope="module")
def weights(along):
    return {moment.step: moment.weights for moment in along.moments}


@pytest.fixture(scope="module")
def found(along, parity_task, weights):
    inputs = parity_task.splits["train"].inputs[:100]
    names = {"symbols": parity_task.symbols, "classes": parity_task.classes}
    losses = [moment.loss for moment in along.moments]
    return ml.follow_training(weights, inputs, model=along.model, losses=losses, **names)


def test_steps_begin_with_none_end_with_the_last_and_are_even_on_a_logarithmic_scale():
    steps = log_steps(1500, 16)
    assert (steps[0], steps[1], steps[-1], len(steps)) == (0, 4, 1500, 16)
    ratios = np.array(steps[2:]) / steps[1:-1]
    assert ratios == pytest.approx(np.full(14, (1500 / 4) ** (1 / 14)), rel=0.15)
    assert log_steps(2, 9) == [0, 2]


def test_the_same_seed_gives_the_same_moments_and_training_changes_them(along, parity_task):
    again = train_along(parity_task, SPEC, options=OPTIONS, seed=0)
    assert [m.step for m in again.moments] == log_steps(OPTIONS.steps, OPTIONS.kept)
    for mine, theirs in zip(along.moments, again.moments, strict=True):
        assert mine.loss == theirs.loss
        assert all(torch.equal(mine.weights[key], theirs.weights[key]) for key in mine.weights)
    assert along.moments[-1].valid.value > along.moments[0].valid.value


def test_the_last_machine_of_a_network_that_learned_parity_is_parity(along, found, parity_task):
    assert along.moments[-1].valid.value == 1, "else this test says nothing"
    last = found.machines[OPTIONS.steps]
    assert last.n_states == 2
    assert equivalent(last, parity_task.machine) is None


def test_the_table_has_a_row_a_moment_and_its_events_add_up(found):
    table = found.frame()
    assert table["step"].tolist() == [one.step for one in found.seen]
    events = table[["births", "splits", "merges", "deaths"]].iloc[1:].astype(int)
    more = events["births"] + events["splits"] - events["merges"] - events["deaths"]
    visited = [(a.shared.sum(0) > 0).sum() - (a.shared.sum(1) > 0).sum() for a in found.alignments]
    assert more.tolist() == visited
    assert table["n_merged"].min() >= 1
    assert table["loss"].iloc[-1] < table["loss"].iloc[0]


def test_a_frozen_network_has_no_events(along, parity_task):
    inputs = parity_task.splits["train"].inputs[:60]
    last = along.moments[-1].weights
    frozen = ml.follow_training([last] * 3, inputs, model=along.model, symbols=parity_task.symbols)
    assert [alignment.events.total for alignment in frozen.alignments] == [0, 0]
    assert [alignment.kept for alignment in frozen.alignments] == [1, 1]
    assert len({tuple(lineage) for lineage in frozen.lineages}) == 1


def test_networks_and_state_dicts_give_the_same_and_the_model_stays_as_it_was(along, parity_task):
    inputs = parity_task.splits["train"].inputs[:40]
    before = {key: value.clone() for key, value in along.model.state_dict().items()}
    weights = along.moments[0].weights
    first = ml.follow_training([weights], inputs, model=along.model, control=False)
    assert all(torch.equal(before[key], now) for key, now in along.model.state_dict().items())
    along.model.load_state_dict(weights)
    second = ml.follow_training([along.model], inputs, control=False)
    along.model.load_state_dict(before)
    assert equivalent(first.machines[0], second.machines[0]) is None
    assert (first.alignments, first.resampled) == ((), ())


def test_what_it_is_told_in_one_line(found):
    said = repr(found)
    assert said.startswith("Formation: states by step 0: ")
    assert "births" in said
    assert "deaths" in said


def test_a_figure_is_drawn_and_written(found, tmp_path):
    path = tmp_path / "formation.svg"
    figure = found.draw(path, name="parity")
    assert "step" in path.read_text()
    with pytest.raises(StorageError, match="expected a folder that is there"):
        found.draw(tmp_path / "none" / "formation.svg")
    labels = [text.get_text() for text in figure.axes[2].texts]
    told = [a for a in found.alignments if a.events.births + a.events.splits]
    assert sum(label.startswith("+") for label in labels) == len(told)
    assert figure.axes[0].get_ylabel() == "training loss"


def test_a_single_moment_is_drawn_too(along, parity_task):
    inputs = parity_task.splits["train"].inputs[:40]
    one = ml.follow_training([along.model], inputs, control=False)
    figure = one.draw()  # of two panels, since no loss was given
    assert [axes.get_ylabel() for axes in figure.axes] == [
        "states",
        "share of the steps in each state",
    ]
    told = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert "states of the minimal machine" in told
    assert "training loss" not in told


@pytest.mark.parametrize(
    ("changes", "page"),
    [
        ({"checkpoints": []}, "nothing-there"),
        ({"sequences": [[0, 1], [1, 1]]}, "too-few"),
        ({"sequences": [np.ones((3, 2))] * 5}, "wrong-kind"),
        ({"model": None}, "weights-do-not-fit"),
        ({"model": torch.nn.Linear(2, 2)}, "weights-do-not-fit"),
        ({"losses": [1.0, 2.0]}, "counts-differ"),
    ],
)
def test_what_cannot_be_followed_is_refused(along, changes, page):
    given = {
        "checkpoints": [along.moments[0].weights], "sequences": [[0, 1, 1]] * 5,
        "model": along.model,
    } | changes  # fmt: skip
    with pytest.raises(DataError) as raised:
        ml.follow_training(**given)
    assert raised.value.page == page


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict"])
def test_a_checkpoint_is_followed_as_the_weights_in_it(along, name):
    weights, words = along.moments[0].weights, [[0, 1, 1]] * 5
    found, same = (
        ml.follow_training([given], words, model=along.model, n_states=[2], control=False).frame()
        for given in ({"epoch": 3, name: weights}, weights)
    )
    assert found.equals(same)


def test_no_sizes_are_refused(along):
    with pytest.raises(ConfigError):
        ml.follow_training([along.model], [[0, 1, 1]] * 5, n_states=[])


def test_an_alignment_of_states_without_steps_links_nothing():
    empty = Alignment(np.array([[3, 0], [0, 0]]), np.ones((2, 2)))
    assert empty.links.tolist() == [[True, False], [False, False]]
