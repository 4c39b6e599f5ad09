from dataclasses import replace

import numpy as np
from sklearn.cluster import KMeans

from markovlens.abstractions import METHODS, clusters
from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.lisor_x import with_positions
from markovlens.faithfulness.scores.fidelity import fidelity

OPTIONS = Options(restarts=4, max_iterations=60)


def fit(method, evidence, n_states, options=OPTIONS):
    rng = np.random.default_rng(0)
    return METHODS[method](evidence, n_states=[n_states], rng=rng, options=options)[n_states]


class Readout:
    """A network whose head says yes right of zero."""

    def read_out(self, states):
        yes = (states[:, 0] > 0).astype(np.float32)
        return np.stack([1 - yes, yes], axis=1)


def test_states_answer_as_the_network_does_at_the_centre(traces_of):
    traces = traces_of("parity")
    evidence = Evidence(traces["train"], network=Readout())
    at_centre = fit("lisor_k", evidence, 2).machine
    centres = clusters.shared_clusters(evidence, 2, OPTIONS).centres
    np.testing.assert_array_equal(at_centre.readout[:, 1], centres[:, 0] > 0)
    vote = fit("lisor_k", evidence, 2, replace(OPTIONS, accept="vote")).machine
    np.testing.assert_allclose(vote.readout.max(axis=1), 0.95, atol=1e-6)


def test_methods_of_one_size_share_their_clusters(traces_of, monkeypatch):
    calls = []
    original = clusters.k_means

    def counting(*args, **kwargs):
        calls.append(args[1])
        return original(*args, **kwargs)

    monkeypatch.setattr(clusters, "k_means", counting)
    evidence = Evidence(traces_of("parity")["train"])
    machines = [fit(method, evidence, 3).machine for method in ("kmeans", "lisor_k")]
    assert calls == [3]
    assert machines[1].is_deterministic
    # k-means keeps the frequencies of which LISOR keeps the largest
    expected = machines[0].transition.argmax(-1)
    np.testing.assert_array_equal(machines[1].transition.argmax(-1), expected)


def test_position_features_are_those_of_the_dense_matrix(traces_of):
    trace = traces_of("parity")["train"].select(np.arange(5))
    dense = np.zeros((trace.n_steps, 5))
    row = 0
    for sequence, length in enumerate(trace.lengths):
        for step in range(length):
            dense[row, sequence] = 0.5 * (step + 1)
            row += 1
    features = with_positions(trace, 0.5).toarray()
    np.testing.assert_allclose(features, np.hstack([trace.states, dense]), rtol=1e-6)


def test_a_later_sequence_is_decoded_as_in_the_dense_space(traces_of):
    """Its own column is zero in every centre, so appending a column gives the same nearest."""
    traces = traces_of("contains_000", noise=0.5)
    options = replace(OPTIONS, position_weight=0.3)
    train, test = traces["train"].select(np.arange(20)), traces["test"].select(np.arange(1))
    fitted = fit("lisor_x", Evidence(train), 4, options)
    seed = clusters.integer(clusters.seed_for(0, "lisor_x", 4))
    features = with_positions(train, 0.3)
    model = KMeans(4, n_init=4, max_iter=60, random_state=seed).fit(features)
    columns = np.column_stack([test.states, np.zeros((test.n_steps, 20))])
    own = 0.3 * (np.arange(test.n_steps) + 1)
    distance = np.square(columns[:, None] - model.cluster_centers_).sum(-1) + own[:, None] ** 2
    np.testing.assert_array_equal(fitted.decode(test), distance.argmin(1))


def test_no_weight_is_lisor_k(traces_of):
    traces = traces_of("contains_000")
    options = replace(OPTIONS, position_weight=0.0)
    machines = [fit(m, Evidence(traces["train"]), 4, options) for m in ("lisor_k", "lisor_x")]
    assert [fidelity(each.machine, traces["test"]).value for each in machines] == [1, 1]


def test_heavy_positions_spoil_the_clusters(traces_of):
    """The weight does something: states are then torn apart by where they stand."""
    traces = traces_of("contains_000")
    options = replace(OPTIONS, position_weight=10.0)
    spoilt = fit("lisor_x", Evidence(traces["train"]), 4, options)
    assert fidelity(spoilt.machine, traces["test"]).value < 1
