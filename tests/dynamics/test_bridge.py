"""The bridge: planted chains come back, states without the chain do not, ceilings and floors."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.emulators import Planted, by_place
from markovlens.dynamics.beliefs import belief_table
from markovlens.dynamics.bridge import Sizes, bridge_along, bridge_table, build_bridge, record_runs
from markovlens.dynamics.bridge_scores import smoothed_states
from markovlens.dynamics.bridge_zones import single_states, zone_table
from markovlens.dynamics.network import NoisyNetwork
from markovlens.faithfulness.scores.tally import Bootstrap
from markovlens.sequences import Sequences
from markovlens.tasks.base import Source
from markovlens.tasks.markov import SOURCES, draw

SMALL = Sizes(
    n_states=(1, 2, 3), n_components=3, n_runs=24, n_steps=80, warmup=5, restarts=1,
    n_resamples=50,
)  # fmt: skip


def found(network, source, seed=0, sizes=SMALL):
    bridge = build_bridge(network, source, rng=np.random.default_rng(seed), sizes=sizes)
    table = bridge_table(bridge, source, rng=np.random.default_rng(seed + 1), sizes=sizes)
    return bridge, by_place(table)


@pytest.mark.parametrize("name", ["chain_2", "full_3"])
def test_a_planted_chain_comes_back(name):
    source = SOURCES[name]
    bridge, table = found(Planted(source), source)
    value = table["value"]
    for criterion in ("bic", "heldout", "predictive"):
        assert value["n_states", criterion] == len(source.initial)
    assert value["state_accuracy", "source"] > 0.95
    assert value["state_accuracy", "source"] == pytest.approx(
        value["state_accuracy_ceiling", "all"], abs=0.03
    )
    assert value["state_accuracy_shuffled", "source"] < 0.65
    assert value["transition_error", "all"] < 0.03 < 0.3 < value["transition_error_floor", "all"]
    loss, blind = (
        value["symbol_loss", f"size n_states={len(source.initial)}"],
        value["symbol_loss_floor", "all"],
    )
    assert loss == pytest.approx(value["symbol_loss_filter", "all"], abs=0.05)
    assert loss < blind - 0.2
    for state in range(len(source.initial)):
        where = "dwell_mean", f"state state={state}"
        assert table.loc[where, "low"] < value["dwell_mean_source", where[1]] * 1.3
    assert (bridge.decoded == bridge.traces[2].truth).mean() > 0.95


def test_states_that_hold_nothing_of_the_chain_are_at_the_floors():
    source = SOURCES["full_3"]
    bridge, table = found(Planted(source, spread=1e3), source)
    value = table["value"]
    assert value["n_states", "predictive"] == 1
    assert value["state_accuracy", "source"] < value["state_accuracy_majority", "source"] + 0.08
    assert value["nmi", "source"] < 0.05
    assert value["state_accuracy_ceiling", "all"] > 0.95
    assert len(bridge.hidden) == bridge.traces[2].n_steps


def test_the_smoother_is_that_of_all_paths_written_out():
    source = Source(
        np.array([0.7, 0.3]),
        np.array([[0.8, 0.2], [0.4, 0.6]]),
        np.array([[0.6, 0.3, 0.1], [0.1, 0.2, 0.7]]),
    )
    symbols = draw(source, 6, length=4, rng=np.random.default_rng(1))[1]
    marginal = np.zeros((6, 4, 2))
    for path in np.ndindex(2, 2, 2, 2):
        chance = source.initial[path[0]] * np.prod(source.emission[path, symbols], axis=1)
        chance *= np.prod([source.transition[pair] for pair in zip(path, path[1:], strict=False)])
        for step, state in enumerate(path):
            marginal[:, step, state] += chance
    smoothed = smoothed_states(source, Sequences(symbols.ravel(), np.full(6, 4)))
    np.testing.assert_array_equal(smoothed, marginal.argmax(axis=2).ravel())


def test_runs_carry_their_own_symbols_and_the_filter_as_truth():
    source = SOURCES["chain_2"]
    trace = record_runs(Planted(source), source, 5, np.random.default_rng(2), sizes=SMALL)
    assert len(trace) == 5
    assert trace.n_steps == 5 * SMALL.n_steps
    told = trace.inputs != 1  # symbols 0 and 2 give a state of chain_2 away
    np.testing.assert_array_equal(trace.truth[told], trace.inputs[told] // 2)


def test_states_appear_along_training_and_a_network_that_explodes_is_said_to():
    source = SOURCES["chain_2"]
    rng = np.random.default_rng(3)
    growing = NoisyNetwork(
        9 * np.eye(4, dtype=np.float32),
        rng.standard_normal((4, 2), dtype=np.float32),
        rng.standard_normal((3, 4), dtype=np.float32),
    )
    stages = [(0, Planted(source, spread=1e3)), (10, growing), (20, Planted(source))]
    table = by_place(bridge_along(stages, source, rng=rng, sizes=SMALL))
    assert table.loc[("state_accuracy", "source step=0"), "value"] < 0.7
    assert table.loc[("state_accuracy", "source step=20"), "value"] > 0.95
    assert table.loc[("n_states", "predictive step=20"), "value"] == 2
    assert table.index[table["step"] == 10].tolist() == [("failed", "all step=10")]


def test_zones_that_follow_the_states_are_told_and_others_are_not():
    source, rng = SOURCES["chain_2"], np.random.default_rng(4)
    bridge = build_bridge(Planted(source), source, rng=rng, sizes=SMALL)
    zones = np.array(["cluster", "transition"])[bridge.traces[2].truth]
    run = np.repeat(np.arange(SMALL.n_runs), SMALL.n_steps)
    place = {"run": run, "weight": np.ones(len(run))}
    told = by_place(zone_table(bridge, bridge.hidden, zones, **place))
    value = told["value"]
    shares = value["zone_share"].loc[[f"cluster n_states=2 state={state}" for state in (0, 1)]]
    assert sorted(shares.round(1)) == [0, 1]
    assert value["zone_information", "size n_states=2"] > 0.8
    assert value["zone_information", "size n_states=1"] == pytest.approx(0, abs=1e-9)
    assert value["zone_information_floor", "size n_states=2"] < 0.1
    heavy = np.where(zones == "cluster", 1.0, 0.0)
    alone = zone_table(bridge, bridge.hidden, zones, run=run, weight=heavy)
    assert by_place(alone)["value"]["zone_information", "size n_states=2"] == 0


def test_a_point_alone_is_given_to_the_state_whose_density_there_is_highest():
    source = SOURCES["full_3"]
    bridge = build_bridge(Planted(source), source, rng=np.random.default_rng(6), sizes=SMALL)
    model = bridge.model(3)
    np.testing.assert_array_equal(single_states(model, model.means_), [0, 1, 2])
    corners = single_states(model, bridge.basis.project(np.eye(4)[:3]))
    assert sorted(corners) == [0, 1, 2]


def test_beliefs_are_read_from_states_that_hold_them_and_not_from_others():
    source = SOURCES["mess3"]
    rng = np.random.default_rng(5)
    train, test = (record_runs(Planted(source), source, 30, rng, sizes=SMALL) for _ in range(2))
    bootstrap = Bootstrap.draw(30, n_resamples=50, rng=rng)
    table = belief_table(source, train, test, n_states=(3,), rng=rng, bootstrap=bootstrap)
    value = by_place(table)["value"]["belief_r2"]
    assert value["network"] > 0.5
    assert value["components rank=3"] == pytest.approx(value["network"], abs=0.02)
    assert value["posterior n_states=3"] > value["state n_states=3"] - 0.02 > 0.4
    assert value["shuffled"] < 0.1


def test_the_same_seed_gives_the_same_table():
    source = SOURCES["chain_2"]
    tiny = replace(SMALL, n_states=(2,), n_runs=6, n_steps=30)
    assert found(Planted(source), source, sizes=tiny)[1].equals(
        found(Planted(source), source, sizes=tiny)[1]
    )
