"""What probes look at, what the control task gives out, and what the claims make of numbers."""

import numpy as np
import pandas as pd
import pytest

import markovlens as ml
from markovlens.errors import DataError
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.layers.claims import WORDS, layer_claims
from markovlens.layers.probing import (
    Labelled,
    control_labels,
    exchanged,
    fit_probe,
    probe_score,
    random_directions,
)

AXES = np.eye(5)[:3]  # three states, each along an axis of its own; two axes are noise


def labelled(seed, n=300):
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=n)
    states = 4 * AXES[labels] + rng.normal(size=(n, 5)) * [0.1, 0.1, 0.1, 1, 1]
    return Labelled(states, labels, np.full(n // 10, 10))


@pytest.fixture(scope="module")
def probe():
    return fit_probe(labelled(0), labelled(1))


def test_a_probe_reads_what_is_linear_in_the_states(probe):
    test = labelled(2)
    assert (probe.read(test.states) == test.labels).all()
    bootstrap = Bootstrap.draw(len(test.lengths), n_resamples=20, rng=np.random.default_rng(0))
    score = probe_score(probe, test, bootstrap)
    assert score.value == 1
    assert score.low < 1


def test_it_looks_at_one_direction_fewer_than_there_are_states(probe):
    directions = probe.directions
    assert directions.shape == (2, 5)
    assert directions @ directions.T == pytest.approx(np.eye(2))
    assert np.abs(directions[:, 3:]).max() < 0.2  # the axes that are noise


def test_states_exchanged_along_its_directions_are_read_as_the_donors(probe):
    base, donor = labelled(3), labelled(4)
    moved = exchanged(base.states, donor.states, probe.directions)
    assert (probe.read(moved) == donor.labels).all()
    away = moved - base.states
    assert away == pytest.approx(away @ probe.directions.T @ probe.directions)


def test_random_directions_are_as_many_and_orthonormal(probe):
    found = random_directions(probe, np.random.default_rng(0))
    assert found.shape == probe.directions.shape
    assert found @ found.T == pytest.approx(np.eye(2))


def test_two_states_lie_along_one_direction():
    two = Labelled(np.array([[0.0, 1], [1, 0]] * 50), np.array([4, 7] * 50), np.full(10, 10))
    probe = fit_probe(two, two)
    assert probe.directions.shape == (1, 2)
    assert probe.read(two.states).tolist() == two.labels.tolist()


def test_one_state_alone_is_refused():
    one = Labelled(np.zeros((10, 2)), np.zeros(10, int), np.array([10]))
    with pytest.raises(DataError, match="two states"):
        fit_probe(one, one)


def test_the_control_has_one_label_for_each_beginning_in_all_parts():
    parts = [
        ml.Sequences.from_list([np.array([0, 1, 1]), np.array([0, 1])]),
        ml.Sequences.from_list([np.array([0, 1, 1])]),
    ]
    first, second = control_labels(parts, np.arange(1000), np.random.default_rng(0))
    assert first[:2].tolist() == first[3:].tolist()
    assert first[:3].tolist() == second.tolist()
    assert len(set(first)) == 3  # drawn of a thousand


def network(probe, iia, *, seed=0, accuracy=1.0, **others):
    """Return the rows of a network of two layers from what is read and used of each."""
    scores = {
        "probe": probe, "probe_control": (0.5, 0.5), "iia": iia, "iia_random": (0.0, 0.0),
        "iia_probe": iia, "iia_probe_random": (0.0, 0.0),
    } | others  # fmt: skip
    return pd.DataFrame(
        [
            {
                "task": "parity", "model": "gru", "seed": seed, "accuracy": accuracy,
                "depth": depth + 1, "score": score, "value": values[depth],
                "n_directions": 1, "n_units": 8,
            }
            for score, values in scores.items()
            for depth in range(2)
        ]
    )  # fmt: skip


def effects(*networks):
    rows = pd.concat(networks)
    return {claim.claim: claim.effect for claim in layer_claims(rows, seed=0)}


def test_effects_of_a_network_that_reads_in_one_layer_and_uses_the_other():
    found = effects(network(probe=(0.9, 0.75), iia=(0.2, 1.0)))
    assert found["readable_beyond_used"] == pytest.approx(0.8 - 0.2)
    assert found["probe_points_elsewhere"] == pytest.approx(1 - 0.5)
    assert found["readable_directions_act"] == pytest.approx(0.2)


def test_a_probe_that_finds_the_used_layer_speaks_against():
    found = effects(network(probe=(1.0, 0.6), iia=(1.0, 0.0)))
    assert found["readable_beyond_used"] == 0
    assert found["probe_points_elsewhere"] == pytest.approx(-0.5)


def test_layers_that_are_read_equally_well_tell_nothing_of_use():
    found = effects(network(probe=(1.0, 0.995), iia=(1.0, 0.0)))
    assert found["readable_beyond_used"] == pytest.approx(0.5, abs=0.01)
    assert found["probe_points_elsewhere"] == 0


def test_networks_that_did_not_learn_and_probes_of_the_whole_layer_do_not_count():
    whole = network(probe=(1.0, 0.6), iia=(1.0, 0.0)).assign(n_directions=8)
    missed = network(probe=(1.0, 0.6), iia=(0.0, 1.0), seed=1, accuracy=0.9)
    found = {claim.claim: claim for claim in layer_claims(pd.concat([whole, missed]), seed=0)}
    assert found["readable_beyond_used"].n == 1
    assert found["readable_directions_act"].n == 0
    assert set(found) == set(WORDS)


def test_a_network_with_too_few_swaps_has_no_effect():
    none = (None, None)
    rows = network(probe=(1.0, 1.0), iia=none, iia_random=none, iia_probe=none)
    claims = layer_claims(rows, seed=0)
    assert {claim.n for claim in claims} == {0}
