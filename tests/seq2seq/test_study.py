import numpy as np
import pandas as pd
import pytest

from markovlens.abstractions.base import Options
from markovlens.faithfulness.scores.seeds import merge_seeds
from markovlens.seq2seq.snapshots import Snapshots
from markovlens.seq2seq.study import (
    Settings,
    cluster_table,
    draw_windows,
    recordings_resampled,
    references_of,
    segment_table,
    state_table,
)

SMALL = Settings(n_states=(2, 4), n_components=4, bootstraps=30, options=Options(restarts=1))


def snapshots_of(seed) -> Snapshots:
    """Return 24 windows of 3 classes: the encoder is one for all, the decoder has class and phase.

    The decoder of class c moves around a square of its own, two steps to a corner.
    """
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(3), 8)
    corners = np.eye(8)[:4][np.arange(8) // 2 % 4]  # (8, 8), by step
    decoder = 6 * np.eye(8)[5 + labels][:, None] + corners + 0.02 * rng.normal(size=(24, 8, 8))
    encoder = 0.02 * rng.normal(size=(24, 8, 8)) + 3 * np.eye(8)[4]
    return Snapshots(encoder, decoder, labels, ("a", "b", "c"))


@pytest.fixture(scope="module")
def splits():
    return {name: snapshots_of(seed) for seed, name in enumerate(("train", "valid", "test"))}


@pytest.fixture(scope="module")
def bootstrap(splits):
    labels = splits["test"].labels
    rng = np.random.default_rng(0)
    return draw_windows(np.arange(24), labels, n_resamples=30, rng=rng)


def test_planted_classes_are_found_in_every_space_and_unit(splits, bootstrap):
    table = cluster_table(
        splits["train"], splits["test"], bootstrap, seed=np.random.SeedSequence(0)
    )
    kmeans = table[(table["method"] == "kmeans") & (table["score"] == "ari")]
    assert set(zip(kmeans["space"], kmeans["unit"], strict=True)) == {
        ("states", "step"), ("states", "window"), ("modes", "step"), ("modes", "window")
    }  # fmt: skip
    np.testing.assert_allclose(kmeans["value"], 1)
    assert (kmeans["control_high"] < 0.5).all()


def test_planted_actions_are_cut_where_they_change(splits):
    table = segment_table(
        splits["test"], rate=10.0, tolerance=1, seed=np.random.SeedSequence(0)
    ).set_index("score")
    assert table.loc["boundary_f1", "value"] == 1
    assert table.loc["boundary_f1", "control_high"] < 0.8


def test_states_know_role_and_class_and_positions_where_these_are_planted(splits, bootstrap):
    frames = np.random.default_rng(0).normal(size=(24, 16, 2))
    states = state_table(splits, frames, bootstrap, SMALL, seed=np.random.SeedSequence(0))
    table = states.table
    ami = table[(table["score"] == "ami") & (table["method"] == "hmm")]
    joint = ami[(ami["part"] == "joint") & (ami["n_states"] == 4)].set_index("reference")
    # Four states: the encoder's, and one for each class's decoder.
    assert joint.loc["role", "value"] > 0.6
    assert joint.loc["class", "value"] > 0.3 > joint.loc["class", "control_high"]
    assert joint.loc["phase", "value"] < 0.1  # frames are noise
    encoder = ami[ami["part"] == "encoder"].set_index("reference")["value"]
    assert (encoder.abs() < 0.2).all()  # it is the same for all
    assert states.chosen["joint", "hmm"].shape == (24, 16)
    assert len(states.windows) == 24


def test_role_is_asked_only_where_there_are_two(splits):
    frames = np.zeros((24, 16, 2))
    names = [one.name for one in references_of(splits["test"], frames, "decoder")]
    assert names == ["class", "position", "phase"]
    joint = {one.name: one.known for one in references_of(splits["test"], frames, "joint")}
    assert joint["role"].sum() == 24 * 8
    assert joint["position"].max() == 4


def test_whole_recordings_are_resampled_where_classes_have_several():
    labels = np.repeat([0, 1], 6)
    groups = np.repeat(np.arange(4), 3)
    counts = draw_windows(groups, labels, n_resamples=20, rng=np.random.default_rng(0)).counts
    assert (counts.reshape(20, 4, 3) == counts.reshape(20, 4, 3)[:, :, :1]).all()
    assert counts.std() > 0
    assert not recordings_resampled(labels, labels)  # one recording a class


def test_seeds_are_averaged_and_missing_values_counted():
    rows = pd.DataFrame(
        [
            {"task": "a", "seed": seed, "value": value, "control": 0.1, "n_windows": 9,
             "scale": "free", "spread": 0.01, "freedom": 8.0,
             "replicates": [value - 0.1, value + 0.1] * 20}
            for seed, value in enumerate([0.4, 0.6, np.nan])
        ]
    )  # fmt: skip
    rows["n_states"] = [4, 6, 9]
    merged = merge_seeds(rows, ["task"], level=0.95).iloc[0]
    assert merged["value"] == pytest.approx(0.5)
    assert merged["low"] < 0.4 < 0.6 < merged["high"]
    assert (merged["n_seeds"], merged["n_missing"]) == (2, 1)
    assert (merged["n_states_low"], merged["n_states_high"]) == (4, 6)
    nothing = merge_seeds(rows.assign(value=np.nan), ["task"], level=0.95).iloc[0]
    assert nothing[["value", "n_states_low", "n_states_high"]].isna().all()
