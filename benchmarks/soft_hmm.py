"""HMMs that rows drive: what a pass costs beside a plain one's, how often a planted law is found.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/soft_hmm.py passes
    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python benchmarks/soft_hmm.py recovery --seeds 10

Passes: processor time a pass of EM, the least of some rounds in which the models take turns; what
comes before and after the passes is left out, by taking a fit of few passes from one of many.
Recovery: a law of three states and two channels is drawn, 60 sequences of 50 steps are fitted, 60
others are read. The number of states is chosen by BIC with effective parameters, as by `hmm_soft`
and `hmm_driven`; moves are compared at the planted number, states matched by their overlap.
Both write a table to `docs/numbers/soft_PART/`, of which `python docs/rendering.py write` fills
pages.
"""

import argparse
import itertools as it
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from keeping import NUMBERS, keep, made_by
from scipy.optimize import linear_sum_assignment
from scipy.special import softmax
from sklearn.metrics import adjusted_rand_score, confusion_matrix

from markovlens.hmm import GaussianHMM, InputOutputHMM, sweep

FEW, MANY = 2, 12
N_STEPS = 20_000
SIZES = [(3, 1), (3, 8), (8, 8), (8, 32)]  # states, channels
K, P, D = 3, 2, 4
SEQUENCES, STEPS = 60, 50
METHODS = {"hmm_soft": "transitions", "hmm_driven": "both"}
NOISES = (0.5, 1.0, 2.0)
PACKAGES = ("markovlens", "numpy", "scipy", "numba")


def planted(seed: int, noise: float, followed: float) -> list[tuple[np.ndarray, ...]]:
    """Training and test data of a drawn law: activations, rows, states and moves (N, K, K)."""
    rng = np.random.default_rng(seed)
    intercept = 2.0 * np.eye(K)
    coef, start = 2.0 * rng.normal(size=(K, K, P)), rng.normal(size=(K, P))
    centres = np.linalg.qr(rng.normal(size=(D, D)))[0][:K] * 2.0
    slopes = followed * rng.normal(size=(P, D))
    out = []
    for _ in range(2):
        rows = rng.normal(size=(SEQUENCES * STEPS, P))
        moves = softmax(intercept + np.moveaxis(coef @ rows.T, -1, 0), axis=-1)
        states = np.empty(len(rows), dtype=int)
        for t, row in enumerate(rows):
            fresh = t % STEPS == 0
            chances = softmax(start @ row) if fresh else moves[t, states[t - 1]]
            states[t] = rng.choice(K, p=chances)
        seen = centres[states] + rows @ slopes + noise * rng.normal(size=(len(rows), D))
        out.append((seen, rows, states, moves))
    return out


def seconds_of(fit: Callable[[int], object], passes: int) -> float:
    """Processor seconds of a fit."""
    begun = time.process_time()
    fit(passes)
    return time.process_time() - begun


def least_seconds(fits: list[Callable[[int], object]], rounds: int) -> list[float]:
    """Processor seconds a pass of each, the least of rounds in which they take turns."""
    found = np.empty((rounds, 2, len(fits)))
    for row in found:
        for times, passes in zip(row, (FEW, MANY), strict=True):
            times[:] = [seconds_of(fit, passes) for fit in fits]
    few, many = found.min(axis=0)
    return ((many - few) / (MANY - FEW)).tolist()


def fits_of(k: int, p: int) -> list[Callable[[int], object]]:
    """A plain HMM and those that rows drive, as functions of the number of passes."""
    rng = np.random.default_rng(k * p)
    states = rng.integers(k, size=N_STEPS)
    X = 2.0 * rng.normal(size=(k, 8))[states] + rng.normal(size=(N_STEPS, 8))
    rows, lengths = rng.normal(size=(N_STEPS, p)), np.full(N_STEPS // 200, 200)
    begun = GaussianHMM(k, n_iter=1, tol=-np.inf, random_state=0).fit(X, lengths)

    def plain(passes: int) -> object:
        return GaussianHMM(k, n_iter=passes, tol=-np.inf, random_state=0).fit(X, lengths)

    def driven(what: str) -> Callable[[int], object]:
        def fit(passes: int) -> object:
            begun.set_params(n_iter=passes)
            return InputOutputHMM(begun, what).fit(X, lengths, rows)

        return fit

    return [plain, *map(driven, METHODS.values())]


def passes_table(rounds: int) -> pd.DataFrame:
    """Milliseconds a pass: a row a number of states and of channels, and method."""
    timed = {(k, p): least_seconds(fits_of(k, p), rounds) for k, p in SIZES}
    return pd.DataFrame(
        {"states": k, "channels": p, "method": method, "rounds": rounds, "ms": 1e3 * each}
        for (k, p), seconds in timed.items()
        for method, each in zip(("hmm", *METHODS), seconds, strict=True)
    )


def recovered(seed: int, noise: float, method: str) -> dict[str, float]:
    """What is found of one planted law."""
    followed = 1.0 if method == "hmm_driven" else 0.0
    (X, rows, *_), (test, read, states, moves) = planted(seed, noise, followed)
    lengths = np.full(SEQUENCES, STEPS)
    rng = np.random.default_rng(seed)
    found = sweep(X, lengths, n_states=range(2, 6), restarts=3, rng=rng)
    models = {}
    for k in range(2, 6):
        begun = min(
            (fits[0] for (_, size), fits in found.models.items() if size == k),
            key=lambda each: each.bic(X, lengths),
        )
        models[k] = InputOutputHMM(begun, METHODS[method]).fit(X, lengths, rows)
    bic = {k: each.bic(X, lengths, rows) for k, each in models.items()}
    decoded = models[K].predict(test, lengths, read)
    overlap = confusion_matrix(states, decoded, labels=range(K))
    order = linear_sum_assignment(-overlap)[1]
    ours = models[K].transition_matrices(read)[:, order][:, :, order]
    return {
        "right": float(min(bic, key=bic.__getitem__) == K),
        "ari": adjusted_rand_score(states, decoded),
        "error": float(np.abs(ours - moves).mean()),
    }


def recovery_table(n_seeds: int) -> pd.DataFrame:
    """What is found: a row a method, noise and seed."""
    return pd.DataFrame(
        {"method": method, "noise": noise, "seed": seed, **recovered(seed, noise, method)}
        for method, noise, seed in it.product(METHODS, NOISES, range(n_seeds))
    )


def main() -> None:
    """Write a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("part", choices=["passes", "recovery"])
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    made = made_by(PACKAGES)
    passes = asked.part == "passes"
    table = passes_table(asked.rounds) if passes else recovery_table(asked.seeds)
    keep(NUMBERS / f"soft_{asked.part}", {asked.part: table}, made)


if __name__ == "__main__":
    main()
