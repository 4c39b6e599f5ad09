"""Figures of the mechanism: titles follow the numbers, and what rests on nothing is said."""

import numpy as np
import pandas as pd
import pytest

from markovlens.dynamics.composition import composition
from markovlens.dynamics.fixed_points import fixed_points
from markovlens.dynamics.linearisation import linearise
from markovlens.dynamics.network import NoisyNetwork
from markovlens.dynamics.orbit import orbit
from markovlens.dynamics.residency import residency
from markovlens.dynamics.resonance import resonance
from markovlens.dynamics.sensitivity import sensitivity
from markovlens.figures.dynamics.fixed_points import draw_fixed_points, fixed_points_finding
from markovlens.figures.dynamics.linearisation import draw_linearisation, linearisation_finding
from markovlens.figures.dynamics.orbit import draw_orbit, orbit_finding
from markovlens.figures.dynamics.residency import draw_residency, residency_finding
from markovlens.figures.dynamics.resonance import draw_resonance, resonance_finding
from markovlens.figures.dynamics.sensitivity import draw_sensitivity, sensitivity_finding
from markovlens.figures.save import save_figure
from markovlens.tasks.markov import SOURCES


@pytest.fixture(scope="module")
def network():
    """A rotation by 0.3 rad that shrinks by 0.9, as units of either sign."""
    cos, sin = 0.9 * np.cos(0.3), 0.9 * np.sin(0.3)
    turn = np.array([[cos, -sin], [sin, cos]])
    rows = np.array([[4.0, 0.0], [0.0, 0.1], [-4.0, 0.0]])
    return NoisyNetwork(
        np.block([[turn, -turn], [-turn, turn]]).astype(np.float32),
        np.concatenate([np.eye(2), -np.eye(2)]).astype(np.float32),
        np.concatenate([rows, -rows], axis=1).astype(np.float32),
    )


@pytest.fixture(scope="module")
def episode(network):
    return network.run(24, 150, np.random.default_rng(0), warmup=20)


@pytest.fixture(scope="module")
def found(network, episode):
    rng = np.random.default_rng(1)
    states = residency(network, episode, rng=rng)
    return {
        "orbit": orbit(network, episode, rng=rng),
        "fixed_points": fixed_points(network, episode.states[:, -1], n_searches=5),
        "residency": states,
        "linearisation": linearise(network, states, rng=rng),
        "sensitivity": sensitivity(network, states, rng=rng),
        "resonance": resonance(network, SOURCES["chain_2"], rng=rng, n_runs=20, n_steps=300),
        "composition": composition(episode, states, rng=rng),
    }


def changed(table, measure, where, value):
    hit = (table["measure"] == measure) & table["where"].str.startswith(where)
    assert hit.any()
    return table.assign(**{"value": table["value"].where(~hit, value)})


def twice(pairs):
    """Return the numbers of pairs of symbols with every pair a second time, as "other"."""
    again = pairs[pairs["where"] == "pair"]
    return pd.concat([pairs, again.assign(pair="other")])


def test_every_figure_is_drawn_and_written(found, episode, tmp_path):
    tables = {name: result.table() for name, result in found.items()}
    figures = {
        "orbit": draw_orbit(tables["orbit"], found["orbit"].paths(episode), name="net"),
        "fixed_points": draw_fixed_points(
            tables["fixed_points"], found["fixed_points"].decay(), name="net"
        ),
        "residency": draw_residency(
            tables["residency"], found["residency"].points(found["orbit"].basis), name="net"
        ),
        "linearisation": draw_linearisation(tables["linearisation"], name="net"),
        "sensitivity": draw_sensitivity(tables["sensitivity"], name="net"),
        "resonance": draw_resonance(tables["resonance"], name="net"),
        "orbit_of_pairs": draw_orbit(
            pd.concat([tables["orbit"], twice(tables["composition"])]),
            found["orbit"].paths(episode),
            name="net",
        ),
    }
    for name, figure in figures.items():
        assert all(axes.get_ylabel() for axes in figure.axes), name
        save_figure(tmp_path / f"{name}.png", figure)
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_titles_follow_the_numbers(found):
    tables = {name: result.table() for name, result in found.items()}
    assert "circles one way" in orbit_finding(tables["orbit"], name="net")
    back = changed(tables["orbit"], "sign_share", "run", 0.6)
    assert "does not circle one way: 60\N{NO-BREAK SPACE}%" in orbit_finding(
        back, name="net"
    ).replace(" %", "\N{NO-BREAK SPACE}%")
    assert "1 fixed point found, the origin" in fixed_points_finding(
        tables["fixed_points"], name="net"
    )
    many = changed(tables["fixed_points"], "n_roots", "all", 3)
    assert "3 fixed points found" in fixed_points_finding(many, name="net")
    assert "0.00 in the transition" in linearisation_finding(tables["linearisation"], name="net")
    slow = changed(tables["residency"], "share_of_states", "cluster", 0.25)
    assert "25 %" in residency_finding(slow, name="net")
    assert residency_finding(slow, name="net").endswith("(means, rollouts end at 60)")
    pairs = twice(tables["composition"])
    both = pd.concat([tables["orbit"], pairs])
    assert orbit_finding(both, name="net").endswith("one way in 2 of 2 pairs of symbols")
    none = pd.concat([tables["orbit"], changed(pairs, "sign_share", "pair", 0.5)])
    assert "one way in 0 of 2 pairs" in orbit_finding(none, name="net")


def test_an_optimum_is_named_only_if_both_ends_lose(found):
    table = found["resonance"].table()
    ends = table["measure"] == "loss_of_irregularity"
    lost = table.assign(low=table["low"].where(~ends, 0.1))
    kept = table.assign(low=table["low"].where(~ends, -0.1))
    assert "irregularity is least at" in resonance_finding(lost, name="net")
    assert "irregularity and transition error have no optimum" in resonance_finding(
        kept, name="net"
    )


def test_zones_without_states_are_said_and_not_drawn(found):
    table = found["sensitivity"].table().assign(n=0)
    assert "too few states" in sensitivity_finding(table, name="net")


def test_pairs_of_symbols_are_shown_where_there_are_several(found, episode):
    orbit, pairs = found["orbit"].table(), found["composition"].table()
    paths = found["orbit"].paths(episode)
    # One pair is the whole: it would be drawn twice.
    one = draw_orbit(pd.concat([orbit, pairs]), paths, name="net")
    assert [text.get_text() for text in one.axes[1].get_xticklabels()] == ["all"]
    both = draw_orbit(pd.concat([orbit, twice(pairs)]), paths, name="net")
    assert [text.get_text() for text in both.axes[1].get_xticklabels()] == ["all", "0-2", "other"]
