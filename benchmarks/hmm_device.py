"""Time of a full pass of EM on a device of torch, over that of the compiled kernels.

    python benchmarks/hmm_device.py                  # the first CUDA device
    python benchmarks/hmm_device.py --device cpu     # torch on the processor, to try the script

Wall-clock seconds, in one process, alternated; a ratio is the median over rounds. Data are packed,
and sent where they fit, before the clock starts; how long that takes is shown. Without a CUDA
device it says so and measures nothing. The kernels use all cores, unless `--threads` says how many.
Nobody has run it on a GPU yet.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable

import torch
from hmm_speed import WORKLOADS, Workload

from markovlens.hmm import GaussianHMM
from markovlens.hmm.em import Parameters, Settings, expectation_of
from markovlens.hmm.packing import Packed, pack

LARGE = (
    WORKLOADS["W4"],
    WORKLOADS["W5"],
    Workload("L1", 100_000, 100, 8, 12, "full", 5, 0, 0),
    Workload("L2", 10_000, 100, 64, 12, "full", 5, 0, 0),
    Workload("L3", 1_000, 10_000, 8, 12, "full", 5, 0, 0),
)


def model_of(work: Workload) -> Parameters:
    """The workload's starting parameters."""
    model = GaussianHMM(work.n_states, work.kind)
    model.startprob_, model.transmat_, model.means_, model.covars_ = work.start()
    return model.parameters()


def seconds(task: Callable[[], object]) -> float:
    """Wall-clock seconds of a task; an E-step ends with its numbers on the processor."""
    begun = time.perf_counter()
    task()
    return time.perf_counter() - begun


def compare(work: Workload, dtype: str, device: str, *, rounds: int, n_threads: int) -> None:
    """One line: seconds a pass of both, their ratio, and how far their likelihoods differ."""
    packed: Packed = pack(*work.subset(work.n_sequences), dtype=dtype)
    parameters = model_of(work)
    kernels = expectation_of(packed, Settings(n_threads=n_threads))
    begun = time.perf_counter()
    there = expectation_of(packed, Settings(device=device))
    sending = time.perf_counter() - begun
    expected, found = kernels(parameters), there(parameters)  # and what is done but once
    off = abs(found.log_likelihood / expected.log_likelihood - 1.0)
    pairs = [
        (seconds(lambda: kernels(parameters)), seconds(lambda: there(parameters)))
        for _ in range(rounds)
    ]
    ratios = [ours / theirs for ours, theirs in pairs]
    ours, theirs = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(
        f"{work.name} {dtype}: {packed.n_steps} steps, kernels {ours:.4f} s, {device} "
        f"{theirs:.4f} s: {statistics.median(ratios):.2f} x ({min(ratios):.2f}-{max(ratios):.2f}); "
        f"sent in {sending:.2f} s; log-likelihoods differ by {off:.0e} of themselves",
        flush=True,
    )


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--workloads", nargs="*", default=[work.name for work in LARGE])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    chosen = parser.parse_args()
    if chosen.device.startswith("cuda") and not torch.cuda.is_available():
        print("no CUDA device here")
        return
    for work in LARGE:
        for dtype in ("float64", "float32") if work.name in chosen.workloads else ():
            compare(work, dtype, chosen.device, rounds=chosen.rounds, n_threads=chosen.threads)


if __name__ == "__main__":
    main()
