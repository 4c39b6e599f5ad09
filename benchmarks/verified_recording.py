"""What it costs to verify a recording: CPU seconds of `record` with `verify` on and off.

Run it pinned to one core with one BLAS thread:

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 taskset -c 0 python benchmarks/verified_recording.py

Recordings with and without alternate in one process. Each pair is made in both orders; the share is
the difference between the medians over the one without, beside the time of the check alone.
"""

import argparse
import statistics
import time
from unittest import mock

import numpy as np
import torch
from torch import nn

from markovlens.activations import recorder
from markovlens.sequences import Sequences

CEILING = 0.03  # share of a recording, from 1e5 steps on
LENGTHS = (20, 100, 1000)  # steps of a sequence
N_SYMBOLS, WIDTH = 3, 8
NETWORKS = {"gru 32": (nn.GRU, 32), "gru 256": (nn.GRU, 256), "lstm 32": (nn.LSTM, 32)}


class Reader(nn.Module):
    """Answers after each symbol."""

    def __init__(self, cell: type[nn.Module], hidden: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS, WIDTH)
        self.rnn = cell(WIDTH, hidden, batch_first=True)
        self.head = nn.Linear(hidden, N_SYMBOLS)

    def forward(self, symbols: torch.Tensor) -> torch.Tensor:
        """Return logits (B, T, C) of symbols (B, T)."""
        return self.head(self.rnn(self.embedding(symbols))[0])


def cpu_seconds(model: nn.Module, data: Sequences, *, verify: bool) -> float:
    """CPU seconds of one recording."""
    start = time.process_time()
    recorder.record(model, data, verify=verify)
    return time.process_time() - start


def seconds_of_the_check(model: nn.Module, data: Sequences) -> float:
    """CPU seconds of the check within one recording."""
    spent, check = [], recorder.verify

    def timed(*args):
        start = time.process_time()
        check(*args)
        spent.append(time.process_time() - start)

    with mock.patch.object(recorder, "verify", timed):
        recorder.record(model, data)
    return spent[0]


def measure(model: nn.Module, data: Sequences, rounds: int) -> tuple[float, float, float]:
    """Return medians of seconds without and with the check, and of the check alone."""
    times: dict[bool, list[float]] = {False: [], True: []}
    for number in range(2 * rounds):
        first = bool(number % 2)
        for verify in (first, not first):
            times[verify].append(cpu_seconds(model, data, verify=verify))
    check = statistics.median(seconds_of_the_check(model, data) for _ in range(rounds))
    return statistics.median(times[False]), statistics.median(times[True]), check


def main() -> None:
    """Print a line for each network, length and number of steps."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--steps", type=float, nargs="+", default=[1e5, 1e6])
    chosen = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    for n_steps in map(int, chosen.steps):
        for name, (cell, hidden) in NETWORKS.items():
            for length in LENGTHS:
                lengths = np.full(n_steps // length, length)
                data = Sequences(rng.integers(N_SYMBOLS, size=lengths.sum()), lengths)
                off, on, check = measure(Reader(cell, hidden), data, chosen.rounds)
                verdict = "ok" if check / off < CEILING else "ABOVE"
                print(
                    f"{n_steps:.0e} steps of {length}, {name}: {off:.3f} s, verified {on:.3f} s "
                    f"({on / off - 1:+.1%}); the check {1e3 * check:.1f} ms = {check / off:.2%} "
                    f"(below {CEILING:.0%}: {verdict})",
                    flush=True,
                )


if __name__ == "__main__":
    main()
