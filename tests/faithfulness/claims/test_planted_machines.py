"""The machines of `benchmarks/hmm_or_clusters.py` are what its page says they are."""

from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from markovlens.faithfulness.claims.hmm_or_clusters import ALIKE, BRANCHING, PLAIN
from markovlens.faithfulness.scores.exactness import EXACT, exactness
from markovlens.machines.minimisation import minimise, refine

SEEDS = range(8)
DOCS = Path(__file__).parents[3] / "docs"


@pytest.fixture
def study(monkeypatch):
    """Return the benchmark as a module."""
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "benchmarks")
    return import_module("hmm_or_clusters")


def distinct(states):
    return len(np.unique(states, axis=0))


@pytest.mark.parametrize("seed", SEEDS)
def test_random_automata_are_minimal_and_look_alikes_can_be_told_apart(study, seed):
    automaton = study.random_automaton(np.random.default_rng(seed))
    n_states = minimise(study.as_machine(automaton)).n_states
    assert study.FEWEST <= n_states == len(automaton.successor) <= study.MOST
    point_of = study.alike(automaton, np.random.default_rng(seed))
    sharing = np.bincount(point_of, minlength=n_states)
    assert sharing.max() == 2
    assert abs(2 * (sharing == 2).sum() - n_states / 2) <= 1
    assert refine(automaton.successor, point_of).max() == n_states - 1


def test_aliasing_changes_what_is_seen_or_where_moves_lead_and_nothing_else(study):
    made = {name: study.plant(study.LANGUAGE, 0, name) for name in study.ALIASING}
    (plain, seen), (_, half) = made[PLAIN], made[ALIKE]
    for split in ("train", "valid", "test"):
        assert (seen[split].truth == half[split].truth).all()
        assert (seen[split].inputs == made[BRANCHING][1][split].inputs).all()
    assert (distinct(seen["train"].states), distinct(half["train"].states)) == (4, 3)
    branching = made[BRANCHING][0].machine
    assert set(np.unique(branching.transition)) == {0.0, study.SLIP, 1 - study.SLIP}
    assert exactness(branching, plain.machine)[EXACT] == 1


def test_the_true_machine_is_the_ceiling_and_is_below_1_only_where_moves_branch(study):
    for aliasing in study.ALIASING:
        planted, traces = study.plant(study.LANGUAGE, 1, aliasing)
        ceiling = study.value_of(planted.machine, traces["test"])
        assert (ceiling == 1) == (aliasing != BRANCHING)
        assert ceiling > 0.6


def test_kept_machines_are_those_of_the_kept_conditions():
    keys = ["aliasing", "n_train", "noise", "method"]
    machines, conditions = (
        pd.read_csv(DOCS / f"hmm_or_clusters{which}.csv") for which in ("_machines", "")
    )
    means = machines.groupby(keys)["balanced_agreement"].mean()
    expected = conditions.set_index(keys)["balanced_agreement"][means.index]
    np.testing.assert_allclose(means, expected, atol=1e-4)  # of four digits


def test_machines_that_the_file_has_are_not_tried_again(study, tmp_path, monkeypatch):
    asked = []

    def remember(task, seed, aliasing):
        asked.append((task, seed, aliasing))
        return [{"task": task, "seed": seed, "aliasing": aliasing}]

    monkeypatch.setattr(study, "rows_of", remember)
    study.tried(tmp_path / "rows.csv", 1)
    both = study.tried(tmp_path / "rows.csv", 2)
    assert len(asked) == len(set(asked)) == len(both) == 12
    assert isinstance(both, pd.DataFrame)
