"""Speed of `markovlens.hmm` against other libraries, in CPU seconds on one thread.

Run it pinned to one core with one BLAS thread, in an environment that has the `peers` extra:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python benchmarks/hmm_speed.py
    python benchmarks/hmm_speed.py --only threads

Peers run in the same process, alternated with ours; a ratio is the median over rounds of the peer's
time a step over ours. Compilation and packing are not in the ratios; packing is shown.
"""

import argparse
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from hmm_peers import PEERS, Runner

from markovlens.hmm import GaussianHMM, fit_batches, sweep
from markovlens.hmm.em import run_em
from markovlens.hmm.packing import pack

FLOORS = {  # hmmlearn, hmmlearn-scaling, dynamax, pomegranate
    "W1": (80, 60, 10, 10),
    "W2": (18, 5, 10, 20),
    "W3": (70, 20, 15, 20),
    "W4": (30, 7, 18, 30),
    "W5": (20, 18, 4, 2),
}

PLAIN = {"min_covar": 0.0, "covars_prior": 0.0, "covars_weight": 0.0, "tol": -np.inf}


@dataclass(frozen=True)
class Workload:
    """Planted activations and how many sequences of them slower libraries get."""

    name: str
    n_sequences: int
    n_steps: int
    n_features: int
    n_states: int
    kind: str
    n_iter: int
    small: int  # sequences for hmmlearn and pomegranate
    medium: int  # sequences for dynamax

    @cached_property
    def data(self) -> np.ndarray:
        """(N, D) sticky planted chain behind a random projection."""
        rng = np.random.default_rng(0)
        means = 2.0 * rng.normal(size=(self.n_states, self.n_features))
        jump = rng.random((self.n_sequences, self.n_steps)) < 0.3
        fresh = rng.integers(self.n_states, size=jump.shape)
        last = np.maximum.accumulate(np.where(jump, np.arange(self.n_steps), 0), axis=1)
        states = np.take_along_axis(fresh, last, axis=1).ravel()
        mixing = rng.normal(size=(self.n_features, self.n_features)) / np.sqrt(self.n_features)
        return (means[states] + rng.normal(size=(len(states), self.n_features))) @ mixing

    def subset(self, n_sequences: int) -> tuple[np.ndarray, np.ndarray]:
        """The first sequences and their lengths."""
        lengths = np.full(n_sequences, self.n_steps)
        return self.data[: n_sequences * self.n_steps], lengths

    def start(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Random points as means, the pooled covariance, sticky transitions."""
        k = self.n_states
        rows = np.random.default_rng(1).choice(len(self.data), k, replace=False)
        pooled = np.cov(self.data[:20_000].T)
        shape = (k, 1) if self.kind == "diag" else (k, 1, 1)
        spread = np.tile(np.diag(pooled) if self.kind == "diag" else pooled, shape)
        return np.full(k, 1 / k), 0.5 * np.eye(k) + 0.5 / k, self.data[rows], spread

    def flops_per_step(self) -> float:
        """Useful floating-point operations of one EM iteration, a step."""
        d, k = self.n_features, self.n_states
        gaussian = 4 * d * k if self.kind == "diag" else k * (d * (d + 1) + 2 * d)
        features = 0 if self.kind == "diag" else d * (d + 1) / 2
        return 2 * gaussian + features + 6 * k**2 + 35 * k


WORKLOADS = {
    work.name: work
    for work in (
        Workload("W1", 2000, 30, 10, 8, "full", 20, 200, 2000),
        Workload("W2", 50, 2000, 16, 10, "diag", 20, 5, 50),
        Workload("W3", 2000, 30, 10, 8, "diag", 20, 200, 2000),
        Workload("W4", 5000, 200, 32, 20, "diag", 5, 50, 250),
        Workload("W5", 500, 50, 128, 6, "full", 5, 25, 500),
    )
}


def our_runner(
    work: Workload, *, dtype: str = "float64", n_threads: int = 1
) -> tuple[Runner, float]:
    """Ours, and the CPU seconds of packing."""
    X, lengths = work.subset(work.n_sequences)
    begun = time.process_time()
    packed = pack(X, lengths, dtype=dtype)
    packing = time.process_time() - begun
    model = GaussianHMM(
        work.n_states, work.kind, init_params="", n_threads=n_threads, dtype=dtype, **PLAIN
    )
    model.startprob_, model.transmat_, model.means_, model.covars_ = work.start()
    prior = model.prior_for(packed)
    start, rng = model.parameters(), np.random.default_rng(0)

    def run(n_iter: int) -> None:
        settings = replace(model.settings(), n_iter=n_iter - 1)  # so many E-steps
        run_em(packed, start, prior, settings, rng=rng)

    return (len(X), run), packing


def seconds(run: Callable[[int], object], n_iter: int, clock: Callable[[], float]) -> float:
    """Time of one iteration."""
    begun = clock()
    run(n_iter)
    return (clock() - begun) / n_iter


def blas_peak() -> float:
    """Gflop/s of a square matrix product."""
    square = np.random.default_rng(0).normal(size=(1024, 1024))
    best = min(seconds(lambda _: square @ square, 1, time.process_time) for _ in range(5))
    return 2 * 1024**3 / best / 1e9


def compare(work: Workload, peers: list[str], rounds: int) -> None:
    """One workload: ours, the roofline, and each peer's ratio."""
    (steps, ours), packing = our_runner(work)
    (_, single), _ = our_runner(work, dtype="float32")
    ours(2), single(2)
    clock = time.process_time
    alone = statistics.median(seconds(ours, work.n_iter, clock) for _ in range(rounds))
    halved = statistics.median(seconds(single, work.n_iter, clock) for _ in range(rounds))
    peak, nanoseconds = blas_peak(), 1e9 * alone / steps
    rate = work.flops_per_step() / nanoseconds
    print(
        f"{work.name}: {alone:.4f} s/iteration ({nanoseconds:.0f} ns/step; float32 "
        f"{1e9 * halved / steps:.0f}), packing {packing:.2f} s, {work.flops_per_step():.0f} "
        f"flop/step, {16 * work.n_features} bytes/step (activations read twice), {rate:.1f} "
        f"Gflop/s = {rate / peak:.0%} of the measured BLAS peak {peak:.0f}",
        flush=True,
    )
    for name, floor in zip(PEERS, FLOORS[work.name], strict=True):
        if name not in peers:
            continue
        peer_steps, peer = PEERS[name](work)
        peer(1)
        ratios = []
        for _ in range(rounds):
            theirs = seconds(peer, 2, clock) / peer_steps
            ratios.append(theirs / (seconds(ours, work.n_iter, clock) / steps))
        ratio = statistics.median(ratios)
        verdict = "ok" if ratio >= floor else "BELOW"
        spread = f"{min(ratios):.1f}-{max(ratios):.1f}"
        print(f"    {name:17s} {ratio:7.1f} x  ({spread}; at least {floor}: {verdict})", flush=True)


def whole_sweep() -> None:
    """CPU seconds of W3's sweep: 2 to 15 states, 5 restarts, 20 iterations each."""
    work = WORKLOADS["W3"]
    X, lengths = work.subset(work.n_sequences)
    begun = time.process_time()
    out = sweep(
        X,
        lengths,
        n_states=range(2, 16),
        restarts=5,
        rng=np.random.default_rng(0),
        covariance_types=("diag",),
        keep_all=True,
        warm_starts=False,
        stepwise_epochs=0,
        n_iter=20,
        tol=-np.inf,
    )
    taken = time.process_time() - begun
    passes = int(out.table["iterations"].sum())
    print(f"W3 sweep: {taken:.1f} s for {len(out.table)} fits, {passes} passes (at most 12)")


def threads(rounds: int) -> None:
    """Wall-clock gain of two threads on W4."""
    (_, one), _ = our_runner(WORKLOADS["W4"])
    (_, two), _ = our_runner(WORKLOADS["W4"], n_threads=2)
    one(1), two(1)
    clock = time.perf_counter
    ratios = [seconds(one, 3, clock) / seconds(two, 3, clock) for _ in range(rounds)]
    print(f"W4, two threads: {statistics.median(ratios):.2f} x one thread (at least 1.5)")


def memory() -> None:
    """Peak memory of a fit of W4 over its data, allocations of NumPy."""
    work = WORKLOADS["W4"]
    X, lengths = work.subset(work.n_sequences)
    tracemalloc.start()
    model = GaussianHMM(work.n_states, work.kind, random_state=0, n_iter=2)
    model.fit(X, lengths)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    print(f"W4 memory: {(X.nbytes + peak) / X.nbytes:.2f} times the data (at most 2.2)")
    few, many = (out_of_core_peak(n_batches) for n_batches in (5, 20))
    print(
        f"W4 in batches of 100 sequences: peak {few / 2**20:.1f} MB for 5 of them, "
        f"{many / 2**20:.1f} MB for 20 (at most 1.05 times as much: "
        f"{'ok' if many <= 1.05 * few else 'ABOVE'})"
    )


def out_of_core_peak(n_batches: int, size: int = 100) -> int:
    """Peak bytes that a fit to batches of `size` sequences of W4 allocates, the data not counted.

    Batches are copied when they are read, as if from a file.
    """
    work = WORKLOADS["W4"]
    rows, lengths = size * work.n_steps, np.full(size, work.n_steps)

    def read() -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for first in range(0, n_batches * rows, rows):
            yield work.data[first : first + rows].copy(), lengths

    model = GaussianHMM(work.n_states, work.kind, n_iter=2, tol=-np.inf)
    tracemalloc.start()
    fit_batches(model, read, rng=np.random.default_rng(0))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workloads", nargs="*", default=list(WORKLOADS))
    parser.add_argument("--peers", nargs="*", default=list(PEERS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["peers", "sweep", "threads", "memory"])
    chosen = parser.parse_args()
    if chosen.only in (None, "peers"):
        for name in chosen.workloads:
            compare(WORKLOADS[name], chosen.peers, chosen.rounds)
    if chosen.only in (None, "sweep"):
        whole_sweep()
    if chosen.only in (None, "memory"):
        memory()
    if chosen.only == "threads":
        threads(chosen.rounds)


if __name__ == "__main__":
    main()
