"""Time of one step at batch 1: a machine that reads rows, beside the network that it stands for.

    python benchmarks/machine_step.py [--rounds 20]

Microseconds of wall-clock time a step, the least over rounds of 500 steps, machine and network
alternated, one thread: other work on the machine only makes it longer. The network is asked in the
cheapest way that torch has: its cell and head called on one row at a time, without gradients. The
machine is a `machines.running.Runner`, in plain Python; its codebook is a tree. Weights are random:
what is timed does not depend on them.
"""

import argparse
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import nn

from markovlens.channels import Channel
from markovlens.codebooks.context import Context
from markovlens.codebooks.cuts import quantile_cuts
from markovlens.machines.machine import Machine
from markovlens.machines.running import Runner
from markovlens.sequences import Sequences

N_STEPS = 500
N_STATES = 8
CASES = ((4, 4, "row"), (8, 32, "row"), (32, 32, "row"), (32, 32, "change"), (32, 128, "window_3"))


def rows_of(n_channels: int) -> Sequences:
    """Gaussian rows of one sequence."""
    rows = np.random.default_rng(0).normal(size=(N_STEPS, n_channels))
    return Sequences(rows, np.array([N_STEPS]), tuple(Channel(f"x{c}") for c in range(n_channels)))


def machine_on(inputs: Sequences, context: str, *, belief: bool) -> Machine:
    """A machine of random moves on a tree of 16 codes."""
    rng = np.random.default_rng(1)
    book = quantile_cuts(inputs, 16, context=Context.named(context))
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
    """Wall-clock microseconds a step."""
    begun = time.perf_counter()
    read()
    return 1e6 * (time.perf_counter() - begun) / N_STEPS


def lines(rounds: int) -> Iterator[str]:
    """The table, a line a case."""
    yield "| channels | GRU units | codebook | network | machine, a state | machine, a belief |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for n_channels, n_units, context in CASES:
        inputs = rows_of(n_channels)
        reads = [
            network_steps(n_channels, n_units, inputs),
            *(machine_steps(machine_on(inputs, context, belief=b), inputs) for b in (False, True)),
        ]
        found = [[microseconds(read) for read in reads] for _ in range(rounds)]
        shown = " | ".join(f"{min(column):.1f}" for column in zip(*found, strict=True))
        yield f"| {n_channels} | {n_units} | 16 codes, {context} | {shown} |"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    torch.set_num_threads(1)
    for line in lines(parser.parse_args().rounds):
        print(line)


if __name__ == "__main__":
    main()
