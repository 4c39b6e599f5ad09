import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from markovlens.errors import DataError
from markovlens.networks.forecasting import ForecastOptions, forecast, train_forecaster
from markovlens.networks.seq2seq import build
from markovlens.networks.store import load_network, save_forecaster
from markovlens.networks.weights import load_weights
from markovlens.tasks import make_task
from markovlens.tasks.windows import squared_error, standing_still

SIZES = {"n_train": 40, "n_valid": 20, "n_test": 20, "past": 6, "future": 4}
SPEC = {"seq2seq": "gru", "hidden": 8}
QUICK = ForecastOptions(
    steps=60, batch=16, learning_rate=0.01, evaluate_every=20, checkpoints=(10, 30, 900)
)


@pytest.fixture(scope="module")
def task():
    return make_task("planar_hard", sizes=SIZES, seed=0)


@pytest.fixture(scope="module")
def trained(task):
    return train_forecaster(task, SPEC, training=QUICK, seed=0)


def files_of(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_the_same_arguments_give_the_same_bytes_and_a_seed_others(task, trained, tmp_path):
    save_forecaster(tmp_path / "a", trained)
    save_forecaster(tmp_path / "b", train_forecaster(task, SPEC, training=QUICK, seed=0))
    save_forecaster(tmp_path / "c", train_forecaster(task, SPEC, training=QUICK, seed=1))
    one, two, three = (files_of(tmp_path / name) for name in "abc")
    assert one == two
    assert one["weights.safetensors"] != three["weights.safetensors"]
    assert "checkpoints/step-000010.safetensors" in one
    assert not any("900" in name for name in one)


def test_the_weights_kept_are_the_best_that_were_looked_at(task, trained):
    looked = {row["step"]: row["valid"] for row in trained.card["history"]}
    assert sorted(looked) == [20, 40, 60]
    assert trained.card["best_step"] == min(looked, key=looked.get)
    assert trained.card["gate"]["value"] == pytest.approx(min(looked.values()))
    outputs = forecast(trained.model, task.splits["valid"]).outputs.numpy()
    assert squared_error(outputs, task.splits["valid"]).mean() == pytest.approx(
        min(looked.values())
    )


def test_the_card_says_how_it_stands_to_the_baselines(task, trained):
    score = trained.card["scores"]["test"]
    part = task.splits["test"]
    still = np.square(np.repeat(part.past[:, -1:], 4, axis=1) - part.future).mean(axis=(0, 2))
    error = np.square(forecast(trained.model, part).outputs.numpy() - part.future)
    np.testing.assert_allclose(
        score["zero_velocity_ratio_at"], error.mean(axis=(0, 2)) / still, rtol=1e-4
    )
    assert score["n"] == 20
    assert trained.card["horizons"] == pytest.approx([0.02, 0.04, 0.06, 0.08])
    gate = trained.card["gate"]
    valid = task.splits["valid"]
    assert gate["threshold"] == pytest.approx(squared_error(standing_still(valid), valid).mean())
    assert gate["passed"] == (gate["value"] < gate["threshold"])


def test_a_network_and_its_checkpoints_come_back(task, trained, tmp_path):
    save_forecaster(tmp_path, trained)
    loaded = load_network(tmp_path)
    part = task.splits["test"]
    assert torch.equal(forecast(loaded, part).outputs, forecast(trained.model, part).outputs)
    load_weights(loaded, tmp_path / "checkpoints" / "step-000010.safetensors")
    early = squared_error(forecast(loaded, part).outputs.numpy(), part).mean()
    assert early > trained.card["scores"]["test"]["error"]
    assert json.loads((tmp_path / "card.json").read_text())["architecture"]["n_channels"] == 2


@pytest.mark.parametrize("spec", [{"decoder": "teacher"}, {"tied": False, "order": 2}])
@pytest.mark.parametrize("cell", ["mgu", "lstm"])
def test_every_kind_learns_something(task, cell, spec):
    options = replace(QUICK, steps=40, noise=0.05)
    card = train_forecaster(task, SPEC | spec | {"seq2seq": cell}, training=options, seed=0).card
    assert card["history"][-1]["valid"] < card["history"][0]["valid"]
    assert card["n_parameters"] > 0


@pytest.mark.parametrize(("cell", "order"), [("gru", 0), ("lstm", 1)])
def test_a_taught_network_is_judged_by_itself(task, cell, order):
    """No score, gate or choice of weights has seen a frame of the future."""
    spec = SPEC | {"seq2seq": cell, "decoder": "teacher", "order": order}
    taught = train_forecaster(task, spec, training=QUICK, seed=0)
    card = taught.card
    own = build(spec | {"decoder": "own"}, n_channels=2)
    own.load_state_dict(taught.model.state_dict())
    for name, part in task.splits.items():
        errors = squared_error(forecast(own, part).outputs.numpy(), part)
        score = card["scores"][name]
        np.testing.assert_array_equal(score["error_at"], errors)
        changed = replace(part, future=part.future + 1)
        assert torch.equal(
            forecast(taught.model, part).decoder, forecast(taught.model, changed).decoder
        )
        assert score["one_frame_ahead_error_at"][0] == errors[0]
        assert score["one_frame_ahead_error"] < score["error"]
    assert card["gate"]["value"] == card["scores"]["valid"]["error"]
    looked = {row["step"]: row["valid"] for row in card["history"]}
    assert min(looked.values()) == pytest.approx(card["gate"]["value"])


def test_only_a_taught_network_has_an_error_of_one_frame_ahead(trained):
    assert "one_frame_ahead_error" not in trained.card["scores"]["test"]


def test_noise_is_only_met_in_training(task):
    options = replace(QUICK, steps=20, noise=1.0)
    noisy = train_forecaster(task, SPEC, training=options, seed=0)
    part = task.splits["test"]
    assert torch.equal(forecast(noisy.model, part).outputs, forecast(noisy.model, part).outputs)
    quiet = train_forecaster(task, SPEC, training=replace(options, noise=0.0), seed=0)
    assert noisy.card["history"][0]["train"] != quiet.card["history"][0]["train"]


def test_training_that_diverges_is_an_error_with_advice(task):
    options = replace(QUICK, steps=20, learning_rate=1e30, clip=1e30)
    with pytest.raises(DataError, match=r"diverged; lower networks.training.planar.learning_rate"):
        train_forecaster(task, SPEC, training=options, seed=0)


@pytest.mark.slow
def test_sixteen_units_learn_the_circle_and_the_ellipse():
    task = make_task("circle_ellipse", sizes=SIZES, seed=0)
    options = ForecastOptions(steps=1000, batch=2, learning_rate=0.01, checkpoints=(1000,))
    trained = train_forecaster(task, SPEC | {"hidden": 16}, training=options, seed=0)
    part = task.splits["test"]
    error = np.square(forecast(trained.model, part).outputs.numpy() - part.future)
    assert (error.mean(axis=(1, 2)) < 1e-3).all()
    assert trained.card["gate"]["passed"]
