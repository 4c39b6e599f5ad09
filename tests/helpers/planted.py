"""Networks built by hand that are exact: one runs two states, one counts without end."""

import numpy as np
import torch
from torch import nn

from markovlens.activations.oracle import Oracle
from markovlens.activations.recorder import record
from markovlens.machines.machine import automaton
from markovlens.networks.model import SequenceModel
from markovlens.sequences import Sequences

FAR = 1000.0  # drives a rectified unit to zero


def parity_network() -> SequenceModel:
    """Accepts an odd number of 1s. Units a = max(p + x, 0), b = max(p + x - 1, 0); p = a - 2b."""
    return _network(
        read=[[0.0, -1.0], [1.0, 0.0]],
        carry=[[1.0, -2.0], [1.0, -2.0]],
        accept=[8.0, -16.0],
        bias=-4.0,
    )


def counter_network() -> SequenceModel:
    """Accepts balanced brackets of any depth: unit c is the depth, unit d is 1 once it is lost."""
    return _network(
        read=[[1.0, 0.0], [-1.0, 1.0]],
        carry=[[1.0, -FAR], [-2.0, 1.0]],
        accept=[-8.0, -8.0],
        bias=4.0,
    )


def _network(read, carry, accept, bias) -> SequenceModel:
    """Return a rectified network with two units: `read` a row a symbol, `carry` a row a unit."""
    embedding = nn.Embedding(2, 2)
    rnn = nn.RNN(2, 2, nonlinearity="relu", batch_first=True)
    head = nn.Linear(2, 2)
    with torch.no_grad():
        for parameter in (*embedding.parameters(), *rnn.parameters(), *head.parameters()):
            parameter.zero_()
        embedding.weight.copy_(torch.tensor(read))
        rnn.weight_ih_l0.copy_(torch.eye(2))
        rnn.weight_hh_l0.copy_(torch.tensor(carry))
        head.weight[1].copy_(torch.tensor(accept))
        head.bias[1] = bias
    return SequenceModel(embedding, rnn, head, 0.0).eval()


def random_words(n_words: int, *, longest: int, seed: int) -> Sequences:
    """Return words over two symbols, half of them walks that like to go up and come down again."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, longest + 1, size=n_words)
    words = [rng.integers(2, size=length) for length in lengths]
    for index in range(0, n_words, 2):
        half = lengths[index] // 2
        words[index] = np.r_[np.zeros(half, dtype=int), np.ones(half, dtype=int)]
    return Sequences.from_list(words)


def observed(network: SequenceModel, *, n_words: int = 120, longest: int = 12, seed: int = 0):
    """Return the trace of a network and its oracle."""
    words = random_words(n_words, longest=longest, seed=seed)
    names = {"symbols": ("0", "1"), "classes": ("reject", "accept")}
    return record(network, words, layers="rnn.l0", **names), Oracle(network, layer="rnn.l0")


def parity_machine():
    """Return the two-state machine, start merged with even."""
    successor = np.array([[0, 1], [1, 0]])
    return automaton(successor, np.array([False, True]), start=0, symbols=("0", "1"))


def depth_machine(limit: int):
    """Return the machine of balanced brackets nested up to `limit`, beyond which all is lost."""
    dead = limit + 1
    rows = [[depth + 1, depth - 1 if depth else dead] for depth in range(limit + 1)]
    accepting = np.arange(limit + 2) == 0
    return automaton(np.array([*rows, [dead, dead]]), accepting, start=0, symbols=("0", "1"))
