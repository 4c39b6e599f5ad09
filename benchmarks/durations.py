"""HMMs, sticky HMMs and HMMs with explicit durations where dwell times are not geometric.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/durations.py run
    python benchmarks/durations.py draw

Chains of `STATES` states whose Gaussian outputs overlap, one dwell law for all states. Each way to
model them chooses its number of states, and of phases, by BIC on the training sequences; the sticky
one its pseudo-steps by validation sequences. All are scored on test sequences. `run` writes a row a
seed and way, `draw` the means with their intervals over seeds, and the figure.
"""

import argparse
import itertools as it
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from durations_figure import KEYS, draw_durations, summarised
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist
from sklearn.base import clone
from sklearn.metrics import adjusted_rand_score

from markovlens.figures.save import save_figure
from markovlens.hmm import DurationHMM, GaussianHMM, sweep

STATES, MEAN_DWELL, DISTANCE = 3, 8, 2.0  # steps; standard deviations between means
SIZES, SIZES_WITH_DURATIONS = range(2, 9), range(2, 5)
LENGTH, N_TRAIN, N_VALID, N_TEST = 80, (60, 240), 20, 60  # steps; sequences
PSEUDO_STEPS = (0.0, 100.0, 1000.0)
LEARNED = ("startprob_", "transmat_", "means_", "covariances_")
ORDERS = (1, 2, 3, 5, 8)
LONGEST = 20  # phases of a free law
SHOWN = 80  # steps over which laws are compared: no stay is longer than its sequence
FOLDER, SEEDS = Path("docs"), Path("results/durations_seeds.csv")

Model = GaussianHMM | DurationHMM


def laws() -> dict[str, NDArray]:
    """Return the probabilities of 1, 2, .. `SHOWN` steps of each law; all have one mean."""
    steps = np.arange(1, SHOWN + 1)
    return {
        "geometric": stats.geom.pmf(steps, 1 / MEAN_DWELL),
        "negative binomial": stats.nbinom.pmf(steps - 3, 3, 3 / MEAN_DWELL),
        "bimodal": np.isin(steps, (3, 13)) / 2,
        "fixed": (steps == MEAN_DWELL).astype(float),
    }


def planted(law: NDArray) -> DurationHMM:
    """Return the source: states that differ in their means alone."""
    left = law[::-1].cumsum()[::-1]  # to be left after so many steps or more
    chances = np.divide(law, left, out=np.ones(SHOWN), where=left > 1e-12)
    truth = DurationHMM(GaussianHMM(STATES, "full"), n_phases=SHOWN)
    truth.startprob_ = np.full(STATES, 1 / STATES)
    truth.transmat_ = np.array([[0.0, 0.7, 0.3], [0.3, 0.0, 0.7], [0.7, 0.3, 0.0]])
    truth.leaving_ = np.tile(np.clip(chances, 0.0, 1.0), (STATES, 1))
    truth.means_ = DISTANCE * np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 0.75**0.5]])
    truth.covariances_ = np.tile(np.eye(2), (STATES, 1, 1))
    return truth


@dataclass(frozen=True)
class Data:
    """Outputs (N, D) of sequences of one length, and the states (N,) behind them."""

    outputs: NDArray
    states: NDArray

    @classmethod
    def drawn(cls, truth: DurationHMM, n_sequences: int, rng: np.random.Generator) -> "Data":
        """Return sequences of a source."""
        parts = [truth.sample(LENGTH, rng) for _ in range(n_sequences)]
        return cls(*map(np.concatenate, zip(*parts, strict=True)))

    @property
    def known(self) -> tuple[NDArray, NDArray]:
        """What models see: outputs, and the lengths of the sequences."""
        return self.outputs, np.full(len(self.outputs) // LENGTH, LENGTH)


@dataclass(frozen=True)
class Case:
    """One draw of a source, and the HMMs fitted to it, by size."""

    truth: DurationHMM
    train: Data
    valid: Data
    test: Data
    plain: Mapping[int, GaussianHMM]

    def best(self, models: Sequence[Model]) -> Model:
        """Return the model with the lowest BIC."""
        return min(models, key=lambda model: model.bic(*self.train.known))

    def likeliest(self, models: Sequence[Model]) -> Model:
        """Return the model that makes the validation sequences likeliest."""
        return max(models, key=lambda model: model.score(*self.valid.known))


@dataclass(frozen=True)
class Chosen:
    """What a way comes to: with as many states as BIC likes, and with as many as there are."""

    free: Model
    planted: Model


def drawn_case(law: NDArray, n_train: int, seed: int) -> Case:
    """Return a draw, and the best HMM of each size for it."""
    rng = np.random.default_rng(seed)
    truth = planted(law)
    train, valid, test = (Data.drawn(truth, n, rng) for n in (n_train, N_VALID, N_TEST))
    found = sweep(*train.known, n_states=SIZES, restarts=5, rng=rng).models
    return Case(truth, train, valid, test, {size: found["full", size][0] for size in SIZES})


def as_it_is(case: Case) -> Chosen:
    """Return the HMMs."""
    return Chosen(case.best(list(case.plain.values())), case.plain[STATES])


def stickier(case: Case) -> Chosen:
    """Return HMMs with the pseudo-steps of staying that validation likes best."""
    fits = [{size: _stickier(case, size, extra) for size in SIZES} for extra in PSEUDO_STEPS]
    free = case.likeliest([case.best(list(each.values())) for each in fits])
    return Chosen(free, case.likeliest([each[STATES] for each in fits]))


def _stickier(case: Case, size: int, extra: float) -> GaussianHMM:
    begun = case.plain[size]
    model = clone(begun).set_params(sticky=extra, init_params="")
    for name in LEARNED:
        setattr(model, name, getattr(begun, name))
    return model.fit(*case.train.known)


def lasting(dwell: str, phases: Sequence[int]) -> Callable[[Case], Chosen]:
    """Return a way with a dwell law, its phases by BIC."""

    def way(case: Case) -> Chosen:
        found = {
            size: case.best([_lasting(case, size, dwell, n) for n in phases])
            for size in SIZES_WITH_DURATIONS
        }
        return Chosen(case.best(list(found.values())), found[STATES])

    return way


def _lasting(case: Case, size: int, dwell: str, n_phases: int) -> DurationHMM:
    return DurationHMM(case.plain[size], dwell, n_phases).fit(*case.train.known)


WAYS: Mapping[str, Callable[[Case], Chosen]] = {
    "HMM": as_it_is,
    "sticky HMM": stickier,
    "negative binomial": lasting("negative_binomial", ORDERS),
    "free": lasting("free", (LONGEST,)),
    "true model": lambda case: Chosen(case.truth, case.truth),
}


def dwell_laws(model: Model) -> NDArray[np.float64]:
    """Return the probabilities (K, SHOWN) of the steps spent in each state of a model."""
    if isinstance(model, DurationHMM):
        return model.dwell_distribution(SHOWN)
    stay = np.diagonal(model.transmat_)[:, None]
    return (1 - stay) * stay ** np.arange(SHOWN)


def dwell_error(model: Model, truth: DurationHMM) -> float:
    """Return the mean total variation distance of the laws, states paired by their means."""
    _, order = linear_sum_assignment(cdist(truth.means_, model.means_))
    return 0.5 * float(np.abs(dwell_laws(model)[order] - dwell_laws(truth)).sum(axis=1).mean())


def measures(case: Case, chosen: Chosen) -> Iterator[tuple[str, float]]:
    """Yield what is measured of a way on one draw."""
    outputs, lengths = case.test.known
    full = case.truth.score(outputs, lengths)
    for suffix, model in (("", chosen.free), (" of 3 states", chosen.planted)):
        yield f"nats lost{suffix}", (full - model.score(outputs, lengths)) / len(outputs)
        decoded = model.predict(outputs, lengths)
        yield f"ARI{suffix}", float(adjusted_rand_score(case.test.states, decoded))
    yield "states", float(len(chosen.free.means_))
    yield "BIC", chosen.free.bic(*case.train.known)
    yield "parameters", float(chosen.free.n_parameters())
    yield "dwell error of 3 states", dwell_error(chosen.planted, case.truth)


def rows(seed: int, ways: Sequence[str]) -> Iterator[dict[str, str | float]]:
    """Yield a row for each law, number of training sequences, way and measure."""
    for (name, law), n_train in it.product(laws().items(), N_TRAIN):
        case = drawn_case(law, n_train, seed)
        about = {"law": name, "sequences": n_train, "seed": seed}
        for way in ways:
            for measure, value in measures(case, WAYS[way](case)):
                yield about | {"way": way, "measure": measure, "value": value}


def run(n_seeds: int, ways: Sequence[str], path: Path) -> None:
    """Write the table after each seed; what it had and is measured again is replaced."""
    table = pd.read_csv(path) if path.exists() else pd.DataFrame()
    for seed in range(n_seeds):
        table = pd.concat([table, pd.DataFrame(rows(seed, ways))])
        table = table.drop_duplicates([*KEYS, "seed"], keep="last")
        table.to_csv(path, index=False, float_format="%.6g")


def draw(path: Path) -> None:
    """Write the means over seeds, and the figure of what is written."""
    means = FOLDER / "durations.csv"
    summarised(pd.read_csv(path)).to_csv(means, index=False, float_format="%.6g")
    save_figure(FOLDER / "durations.svg", draw_durations(pd.read_csv(means)))


def main() -> None:
    """Run the study, or draw what it found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("run", "draw"))
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=list(WAYS))
    parser.add_argument("--table", type=Path, default=SEEDS)
    given = parser.parse_args()
    if given.what == "run":
        run(given.seeds, given.ways, given.table)
    else:
        draw(given.table)


if __name__ == "__main__":
    main()
