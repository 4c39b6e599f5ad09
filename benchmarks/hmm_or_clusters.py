"""HMMs or Markov chains over clusters: planted machines behind noise, few sequences and aliasing.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/hmm_or_clusters.py run \
        --rows results/hmm_or_clusters.csv
    python benchmarks/hmm_or_clusters.py claims
    python docs/rendering.py write

`run` writes `docs/hmm_or_clusters.csv` and `docs/hmm_or_clusters_machines.csv`, `claims` of these
the claims and the figure; the page is filled from all three. A run that was cut short goes on where
it was.

No network is trained: a known machine walks through strings, each of its states is a random point
of 16 units, and it answers as its state does. So the truth is known, and noise is all that is
between it and what is recorded. That is the world a Gaussian HMM assumes, in its favour; states of
trained networks spread by what came before, and the rows of `robustness` on them are beside it.

The design was written down before it was run; nothing below was chosen by what came out, except
that 5 % of branching moves leave the true machine an agreement well above chance. It is full:

- machines: tomita_5, and a random minimal automaton of 4 to 6 states that each seed draws anew;
  10 seeds. A machine of a seed is the unit: all intervals and tests resample or flip units.
- noise of 0, .5, 1, 2, 3 standard deviations of each unit, on training and validation states;
  10, 30, 100, 300 training strings of 1 to 20 symbols, 100 for validation and 300 for test, of up
  to 30 symbols.
- aliasing: `none`; `alike`, about half of the states have the point of another state, so chosen
  that points and inputs tell all states apart in time; `branching`, each move goes somewhere else
  with 5 %, to one other state, so that a state and an input lead to two.
- methods, each with the number of states (2-6, 8) of its own rule on training and validation data:
  k-means with transitions, GMM and grid (the chains over clusters), HMM and input-driven HMM (BIC),
  n-gram (a floor). Chance is .5; the ceiling is the true machine itself, run on inputs alone, which
  where moves branch cannot know the walk that was taken.

Measured: balanced agreement of the whole string's answer in closed loop, the score of
`robustness`; whether the number of states is the true one, and whether the most likely moves are
the true automaton; the same of the machine after its states are lumped.

The claim: "Markov chains over clusters are closer to a network than hidden Markov models" (LUNA,
2024), as the difference of k-means and of each of both HMMs, in five kinds of conditions
(`faithfulness.claims.hmm_or_clusters.regions`): quiet, few, noisy, alike, branching. Ten tests,
Holm at 5 %.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
from hmm_or_clusters_tables import write_claims, write_tables

from markovlens.abstractions.base import Options
from markovlens.abstractions.study import Study
from markovlens.faithfulness.claims.hmm_or_clusters import ALIKE, BRANCHING, PLAIN
from markovlens.faithfulness.claims.robustness import Conditions, fit_conditions
from markovlens.faithfulness.scores.agreement import agreement, at_unit
from markovlens.faithfulness.scores.exactness import EXACT, exactness
from markovlens.machines.machine import Machine
from markovlens.machines.machine import automaton as machine_of
from markovlens.machines.minimisation import minimise, refine
from markovlens.seeding import integer, seed_for
from markovlens.sequences import Sequences, by_step
from markovlens.tasks.automata import Automaton
from markovlens.tasks.base import choose, no_targets
from markovlens.tasks.formal import AUTOMATA, BITS, CLASSES, balanced_strings
from markovlens.trace import Trace

ROOT = 20240  # of all seeds
LANGUAGE, RANDOM = "tomita_5", "random"
ALIASING = (PLAIN, ALIKE, BRANCHING)
N_UNITS = 16
SPLITS = {"train": (300, 20), "valid": (100, 30), "test": (300, 30)}  # strings, longest
FEWEST, MOST = 4, 6  # states of a random automaton
SLIP = 0.05  # chance of the other move where moves branch
CONDITIONS = Conditions(
    noise=(0.0, 0.5, 1.0, 2.0, 3.0),
    n_train=(10, 30, 100, 300),
    methods=("hmm_input", "hmm", "kmeans", "gmm", "grid", "ngram"),
    n_states=(2, 3, 4, 5, 6, 8),
    n_components=8,
    smoothing=1e-3,
    options=Options(restarts=3, covariance=("tied",)),
)


@dataclass(frozen=True)
class Planted:
    """A machine, and the point (K, D) where each of its states is seen."""

    machine: Machine
    points: np.ndarray

    def trace(self, strings: Sequences, rng: np.random.Generator) -> Trace:
        """Return what is recorded, without noise, while the machine reads the strings."""
        states = walk(self.machine, strings, rng)
        nothing = no_targets(strings.n_steps)
        recorded = (self.points[states], strings.values, self.machine.readout[states], nothing)
        return Trace(*recorded, states, strings.lengths, BITS, CLASSES)


def walk(machine: Machine, strings: Sequences, rng: np.random.Generator) -> np.ndarray:
    """Return one state (N,) a step, drawn as the machine moves."""
    states = np.empty(strings.n_steps, dtype=int)
    for step, (_, rows) in enumerate(by_step(strings.lengths)):
        read = strings.values[rows]
        moves = machine.transition[read, states[rows - 1]] if step else machine.initial[read]
        states[rows] = choose(moves, rng)
    return states


def random_automaton(rng: np.random.Generator) -> Automaton:
    """Return a minimal automaton whose states can all be reached again and again."""
    while True:
        n_states = int(rng.integers(FEWEST, MOST + 1))
        successor = rng.integers(n_states, size=(n_states, len(BITS)))
        drawn = Automaton(successor, rng.random(n_states) < 0.5)
        if minimise(as_machine(drawn)).n_states == n_states:
            return drawn


def as_machine(drawn: Automaton) -> Machine:
    """Return the automaton as a machine that starts in state 0."""
    return machine_of(drawn.successor, drawn.accepting, start=0, symbols=BITS, classes=CLASSES)


def alike(automaton: Automaton, rng: np.random.Generator) -> np.ndarray:
    """Return whose point each state (K,) has: about half share one with another state.

    Drawn anew until points and inputs tell all states apart.
    """
    n_states = len(automaton.successor)
    n_pairs = round(n_states / 4)
    while True:
        pairs = rng.permutation(n_states)[: 2 * n_pairs].reshape(2, n_pairs)
        point_of = np.arange(n_states)
        point_of[pairs[1]] = pairs[0]
        if len(np.unique(refine(automaton.successor, point_of))) == n_states:
            return point_of


def branching(machine: Machine, rng: np.random.Generator) -> Machine:
    """Return the machine whose every move goes to one other state with chance `SLIP`."""
    usual = machine.transition.argmax(axis=-1)
    shift = rng.integers(1, machine.n_states, size=usual.shape)
    other = np.eye(machine.n_states)[(usual + shift) % machine.n_states]
    return replace(machine, transition=(1 - SLIP) * machine.transition + SLIP * other)


def plant(task: str, seed: int, aliasing: str) -> tuple[Planted, dict[str, Trace]]:
    """Return a planted machine and its traces; strings and points are the same in all aliasings."""

    def rng(*names: str) -> np.random.Generator:
        return np.random.default_rng(seed_for(ROOT, task, seed, *names))

    automaton = AUTOMATA[task] if task in AUTOMATA else random_automaton(rng("automaton"))
    machine = as_machine(automaton)
    points = rng("points").normal(size=(machine.n_states, N_UNITS))
    if aliasing == ALIKE:
        points = points[alike(automaton, rng("alike"))]
    if aliasing == BRANCHING:
        machine = branching(machine, rng("branching"))
    planted, traces = Planted(machine, points), {}
    for split, (number, longest) in SPLITS.items():
        strings = balanced_strings(automaton, number, longest=longest, rng=rng("strings", split))
        traces[split] = planted.trace(strings, rng("walk", aliasing, split))
    return planted, traces


def value_of(machine: Machine, test: Trace) -> float:
    """Return the balanced agreement of a machine's last answers with the planted one's."""
    wanted = at_unit(test.decisions, test, "string")
    answers = machine.predict(test.sequences).argmax(axis=1)
    return float(agreement(answers, wanted, test, balanced=True).used().rates.mean())


def judged(found: Study, truth: Machine, test: Trace) -> dict[str, float]:
    """Return the scores of what a method found, and of its lumped machine; none if all failed."""
    if found.chosen is None:
        return {}
    lumped = found.best if found.lumped is None else found.lumped.machine
    machines = {"": found.best, "_lumped": lumped}
    row: dict[str, float] = {}
    for which, machine in machines.items():
        row[f"value{which}"] = value_of(machine, test)
        row[f"n_states{which}"] = machine.n_states
        row[f"found{which}"] = float(machine.n_states == truth.n_states)
        row[f"exact{which}"] = exactness(machine, truth)[EXACT]
    return row


def rows_of(task: str, seed: int, aliasing: str) -> Iterator[dict]:
    """Yield a row for each condition and method of one planted machine."""
    planted, traces = plant(task, seed, aliasing)
    unit = {"task": task, "seed": seed, "aliasing": aliasing, "n_true": planted.machine.n_states}
    unit["ceiling"] = value_of(planted.machine, traces["test"])
    child = integer(seed_for(ROOT, task, seed, "fits"))
    for place, found in fit_conditions(traces, CONDITIONS, seed=child):
        yield unit | place | judged(found, planted.machine, traces["test"])


def tried(path: Path, n_seeds: int) -> pd.DataFrame:
    """Return all rows, those that the file lacks made and added to it, a machine at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    places = ["task", "seed", "aliasing"]
    done = set(pd.read_csv(path)[places].itertuples(index=False)) if path.exists() else set()
    for seed, task, aliasing in product(range(n_seeds), (LANGUAGE, RANDOM), ALIASING):
        if (task, seed, aliasing) not in done:
            table = pd.DataFrame(rows_of(task, seed, aliasing))
            table.to_csv(path, mode="a", header=not path.exists(), index=False)
    return pd.read_csv(path)


def main() -> None:
    """Make what is missing and the tables of it, or claims and figure of the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("run", "claims"))
    parser.add_argument("--rows", type=Path, default=Path("results/hmm_or_clusters.csv"))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--out", type=Path, default=Path("docs/hmm_or_clusters"))
    args = parser.parse_args()
    if args.what == "run":
        write_tables(tried(args.rows, args.seeds), args.out)
    else:
        write_claims(args.out)


if __name__ == "__main__":
    main()
