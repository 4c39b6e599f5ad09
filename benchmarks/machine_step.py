"""Time of one step at batch 1: a machine that reads rows, beside the network that it stands for.

    python benchmarks/machine_step.py [--rounds 20]

Microseconds of processor time a step, the least over rounds of 500 steps, machine and network
alternated, one thread: other work on the machine only makes it longer. The network is asked in the
cheapest way that torch has: its cell and head called on one row at a time, without gradients. The
machine is a `machines.running.Runner`, in plain Python; its codebook is a tree, centres, or one of
one's own that is asked by its `encode`. Weights are random: what is timed does not depend on them.
The table goes to `docs/numbers/machine_step/`.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from keeping import NUMBERS, keep, made_by
from torch import nn

from markovlens.channels import Channel
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.centres import nearest_centres
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.machines.machine import Machine
from markovlens.machines.running import Runner
from markovlens.sequences import Sequences

N_STEPS = 500
N_STATES = 8
N_CODES = 16
CASES = [  # channels, units, codebook, context
    (4, 4, "tree", "row"), (8, 32, "tree", "row"), (32, 32, "tree", "row"),
    (32, 32, "tree", "change"), (32, 128, "tree", "window_3"), (8, 32, "centres", "row"),
    (32, 32, "centres", "row"), (8, 32, "own", "row"),
]  # fmt: skip
PACKAGES = ("markovlens", "numpy", "torch")


@dataclass(frozen=True)
class Own:
    """A codebook of one's own, which codes as another one does."""

    book: Codebook

    @property
    def names(self) -> tuple[str, ...]:
        """The rules of the other one."""
        return self.book.names

    @property
    def channels(self) -> tuple[Channel, ...]:
        """The channels of the other one."""
        return self.book.channels

    def encode(self, inputs: Sequences) -> np.ndarray:
        """Return the codes of the other one."""
        return self.book.encode(inputs)


def rows_of(n_channels: int) -> Sequences:
    """Gaussian rows of one sequence."""
    rows = np.random.default_rng(0).normal(size=(N_STEPS, n_channels))
    return Sequences(rows, np.array([N_STEPS]), tuple(Channel(f"x{c}") for c in range(n_channels)))


def book_of(inputs: Sequences, kind: str, context: str) -> Codebook:
    """A codebook of 16 codes."""
    past = Context.named(context)
    if kind == "centres":
        return nearest_centres(inputs, N_CODES, context=past, rng=np.random.default_rng(1))
    tree = quantile_cuts(inputs, N_CODES, context=past)
    return Own(tree) if kind == "own" else tree


def machine_on(book: Codebook, *, belief: bool) -> Machine:
    """A machine of random moves on a codebook."""
    rng = np.random.default_rng(1)
    n_codes = len(book.names)
    initial = rng.dirichlet(np.ones(N_STATES), n_codes)
    moves = rng.dirichlet(np.ones(N_STATES), (n_codes, N_STATES))
    if not belief:
        one_hot = np.eye(N_STATES)
        initial, moves = one_hot[initial.argmax(-1)], one_hot[moves.argmax(-1)]
    readout = rng.dirichlet(np.ones(2), N_STATES)
    seen = np.ones((n_codes, N_STATES), dtype=bool)
    return Machine(initial, moves, readout, book.names, ("no", "yes"), seen, book)


def network_steps(n_channels: int, n_units: int, inputs: Sequences) -> Callable[[], None]:
    """What reads all rows by a GRU cell and a linear head, one after the other."""
    cell, head = nn.GRUCell(n_channels, n_units), nn.Linear(n_units, 2)
    rows = torch.as_tensor(inputs.values, dtype=torch.float32)[:, None]

    def read() -> None:
        state = torch.zeros(1, n_units)
        with torch.inference_mode():
            for row in rows:
                state = cell(row, state)
                head(state).softmax(-1)

    return read


def machine_steps(machine: Machine, inputs: Sequences) -> Callable[[], None]:
    """What reads all rows by a machine, one after the other."""
    rows, runner = list(inputs.values), Runner(machine)

    def read() -> None:
        runner.reset()
        for row in rows:
            runner.step(row)

    return read


def microseconds(read: Callable[[], None]) -> float:
    """Microseconds of processor time a step."""
    begun = time.process_time()
    read()
    return 1e6 * (time.process_time() - begun) / N_STEPS


def rows(rounds: int) -> Iterator[dict[str, object]]:
    """Yield a row a case."""
    for n_channels, n_units, kind, context in CASES:
        inputs = rows_of(n_channels)
        book = book_of(inputs, kind, context)
        reads = {
            "network": network_steps(n_channels, n_units, inputs),
            "state": machine_steps(machine_on(book, belief=False), inputs),
            "belief": machine_steps(machine_on(book, belief=True), inputs),
        }
        found = [{name: microseconds(read) for name, read in reads.items()} for _ in range(rounds)]
        about = {"channels": n_channels, "units": n_units, "codebook": kind, "context": context}
        yield about | {"rounds": rounds} | pd.DataFrame(found).min().to_dict()


def main() -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    torch.set_num_threads(1)
    made = made_by(PACKAGES)
    keep(NUMBERS / "machine_step", {"steps": pd.DataFrame(rows(given.rounds))}, made)


if __name__ == "__main__":
    main()
