"""Composition: one pair is the orbit itself, three planted rotations are three planes."""

import numpy as np
import pytest

from helpers.emulators import by_place
from markovlens.dynamics.composition import composition
from markovlens.dynamics.network import Episode
from markovlens.dynamics.orbit import orbit
from markovlens.dynamics.residency import residency


def rows(found):
    return by_place(found.table())


def test_a_source_of_two_symbols_is_one_pair_and_its_orbit(turning):
    episode = turning.run(30, 200, np.random.default_rng(0), warmup=20)
    states = residency(turning, episode, rng=np.random.default_rng(1))
    found = composition(episode, states, rng=np.random.default_rng(2))
    whole = orbit(turning, episode, rng=np.random.default_rng(3))
    table = rows(found)
    frequent = np.flatnonzero(whole.frequencies >= 0.02)
    assert table.loc[("n_pairs", "all"), "value"] == len(frequent) * (len(frequent) - 1) / 2
    name = f"pair pair={frequent[0]}-{frequent[-1]}"
    assert table.loc[("sign_share", name), "value"] > 0.95
    expected = abs(whole.turns).sum() / whole.switches.sum()
    assert table.loc[("turns_per_switch", name), "value"] == pytest.approx(expected, abs=0.05)
    assert abs(table.loc[("turns_per_switch_shuffled", name), "value"]) < 0.2
    shares = [table.loc[(f"share_{z}", name), "value"] for z in ("transition", "cluster", "unsure")]
    assert 0 < sum(shares) <= 1


def planted(direction):
    """Return runs that circle in units 0-1 while writing 0 and 1, then in units 2-3: 1 and 2."""
    angle = np.linspace(0, 2 * np.pi * 3, 90)
    circle = np.stack([np.cos(angle), direction * np.sin(angle)], axis=1)
    states = np.zeros((180, 4))
    states[:90, :2] = circle
    states[90:, 2:] = circle
    symbols = np.concatenate([(circle[:, 0] > 0).astype(int), 1 + (circle[:, 0] < 0)])
    return states, np.eye(3)[symbols]


def test_planted_planes_are_told_apart_and_each_circled(turning):
    runs = [planted(1.0) for _ in range(12)]
    states, logits = (np.stack(part) for part in zip(*runs, strict=True))
    episode = Episode(states, logits, logits.argmax(-1))
    marks = residency(turning, turning.run(12, 50, np.random.default_rng(4)),
                      rng=np.random.default_rng(5))  # fmt: skip
    table = rows(composition(episode, marks, rng=np.random.default_rng(6)))
    assert table.loc[("n_pairs", "all"), "value"] == 2
    assert table.loc[("overlap", "pair pair=0-1 other_pair=1-2"), "value"] < 0.2
    for name in ("pair pair=0-1", "pair pair=1-2"):
        assert table.loc[("sign_share", name), "value"] == 1
        assert table.loc[("turns_per_switch", name), "value"] == pytest.approx(0.5, abs=0.15)
