"""CPU time of a whole sweep of this build against an earlier one, and what each finds.

The sweep is the one users call on W3 of `hmm_speed` (2,000 sequences of 30 steps, 10 features, 2 to
15 diagonal states, 5 restarts, everything else as it comes). The earlier build comes from a git
worktree in a temporary folder:

    python benchmarks/hmm_sweep.py --against 303958d --seeds 5 --rounds 3

Each build has a process of its own, asked in turn; what is compiled is compiled before. Of each
seed the least seconds of its rounds count, since a busy machine only ever adds to them.
"""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

import numpy as np
from hmm_passes import HERE, build, checkout

SIZES = range(2, 16)

ROUNDING = 1e-9
"""Share of a log-likelihood below which a difference is one of rounding."""


def serve() -> None:
    """Answer each seed on stdin by seconds, full passes, and the best log-likelihood by size."""
    from hmm_speed import WORKLOADS

    from markovlens.hmm import sweep

    work = WORKLOADS["W3"]
    data = work.subset(work.n_sequences)
    options = {"restarts": 5, "covariance_types": ("diag",)}
    sweep(*data, n_states=[2, 3], rng=np.random.default_rng(0), **options)
    for line in sys.stdin:
        begun = time.process_time()
        found = sweep(*data, n_states=SIZES, rng=np.random.default_rng(int(line)), **options)
        taken = time.process_time() - begun
        best = found.table.groupby("n_states")["log_likelihood"].max()
        passes = int(found.table["iterations"].sum())
        answer = {"s": taken, "passes": passes, "best": best.tolist()}
        print(json.dumps(answer), flush=True)


def compare(earlier: Path, *, seeds: int, rounds: int) -> list[tuple[dict, dict]]:
    """Answers of the earlier build and of this one by seed, of the round with the least seconds."""
    pairs = []
    with build(earlier, __file__) as before, build(HERE, __file__) as now:
        for seed in range(seeds):
            turns = [(json.loads(before(seed)), json.loads(now(seed))) for _ in range(rounds)]
            sides = zip(*turns, strict=True)
            pairs.append(tuple(min(side, key=lambda answer: answer["s"]) for side in sides))
            report(seed, *pairs[-1])
    return pairs


def report(seed: int, before: dict, now: dict) -> None:
    """Print one line, and one for each size with a lower log-likelihood than before."""
    gained = np.subtract(now["best"], before["best"])
    equal = np.abs(gained) <= ROUNDING * np.abs(before["best"])
    print(
        f"seed {seed}: {before['s']:.2f} -> {now['s']:.2f} s, {before['passes']} -> "
        f"{now['passes']} passes; sizes with a higher log-likelihood {(gained > 0)[~equal].sum()}, "
        f"equal {equal.sum()}, lower {(gained < 0)[~equal].sum()}",
        flush=True,
    )
    for size, gain, same in zip(SIZES, gained, equal, strict=True):
        if gain < 0 and not same:
            print(f"    K={size}: {gain:.1f} nats of {before['best'][size - SIZES[0]]:.0f}")


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", default="303958d", help="commit of the earlier build")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.serve:
        serve()
        return
    with checkout(chosen.against) as earlier:
        pairs = compare(earlier, seeds=chosen.seeds, rounds=chosen.rounds)
    theirs, own = (
        statistics.median(answer["s"] for answer in side) for side in zip(*pairs, strict=True)
    )
    print(f"medians over seeds: {theirs:.2f} -> {own:.2f} s ({theirs / own:.2f} x)")


if __name__ == "__main__":
    main()
