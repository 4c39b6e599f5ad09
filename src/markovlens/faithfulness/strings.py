"""Strings to test a machine with: drawn at random, edited, driven through its states, and long."""

from __future__ import annotations

import numpy as np

from markovlens.machine import Machine
from markovlens.sequences import Sequences

MOST_EDITS = 3
LONGEST_PERIOD = 3  # symbols of a word that is repeated
EDITS = ("replace", "insert", "delete", "repeat")


def random_strings(
    n_strings: int, *, n_symbols: int, longest: int, rng: np.random.Generator
) -> Sequences:
    """Return strings of lengths uniform on 1..`longest`.

    Each string has symbol probabilities of its own, uniform over all distributions, so that
    strings of nearly one symbol, which overflow a counter, are not rare.
    """
    lengths = rng.integers(1, longest + 1, size=n_strings)
    return Sequences.from_list([_biased(length, n_symbols, rng) for length in lengths])


def mutated_strings(
    strings: Sequences, n_strings: int, *, n_symbols: int, longest: int, rng: np.random.Generator
) -> Sequences:
    """Return strings that are 1 to `MOST_EDITS` edits away from given ones.

    An edit replaces, inserts or deletes a symbol, or repeats a part, up to `longest` symbols.
    """
    words = list(strings)
    return Sequences.from_list(
        [
            _mutate(words[index], n_symbols, longest, rng)
            for index in rng.integers(len(words), size=n_strings)
        ]
    )


def covering_strings(
    machine: Machine, n_strings: int, *, longest: int, rng: np.random.Generator
) -> Sequences:
    """Return strings that lead through every (state, symbol) of a machine, as often as they can.

    Each is a shortest word into a state, a symbol, and a continuation, which is random or a short
    word repeated: a machine that merges depths of a counter is found out by going round a loop.
    The pairs come in a random order and from the beginning again (the W-method of Chow 1978 with
    random words in place of separating ones, as in AALpy's random-W oracle).
    """
    heads = [*access_words(machine).values(), ()]
    n_pairs = len(heads) * machine.n_symbols
    rounds = -(-n_strings // n_pairs)
    pairs = np.concatenate([rng.permutation(n_pairs) for _ in range(rounds)])[:n_strings]
    strings = []
    for head, symbol in zip(*np.divmod(pairs, machine.n_symbols), strict=True):
        begin = np.array([*heads[head], symbol])
        room = max(0, longest - len(begin))
        strings.append(np.r_[begin, _continuation(room, machine.n_symbols, rng)])
    return Sequences.from_list(strings)


def long_strings(strings: Sequences, n_strings: int, *, rng: np.random.Generator) -> Sequences:
    """Return strings 2 to 4 times as long as given ones.

    Half are given strings one after the other, half have every symbol repeated: the first keeps
    what is balanced balanced, the second makes every depth and every run as many times as long.
    """
    words, made = list(strings), []
    for index, factor in enumerate(rng.integers(2, 5, size=n_strings)):
        picked = rng.integers(len(words), size=factor)
        joined = np.concatenate([words[one] for one in picked])
        made.append(np.repeat(words[picked[0]], factor) if index % 2 else joined)
    return Sequences.from_list(made)


def access_words(machine: Machine) -> dict[int, tuple[int, ...]]:
    """Return a shortest word into each state that the most likely moves reach."""
    successor = machine.transition.argmax(axis=-1)  # (V, K)
    states, symbols = np.unique(machine.initial.argmax(axis=-1), return_index=True)
    words: dict[int, tuple[int, ...]] = {
        int(k): (int(v),) for k, v in zip(states, symbols, strict=True)
    }
    queue = list(words)
    for state in queue:  # grows while it is read: breadth first
        states, symbols = np.unique(successor[:, state], return_index=True)
        for after, symbol in zip(states.tolist(), symbols.tolist(), strict=True):
            if after not in words:
                words[after] = (*words[state], symbol)
                queue.append(after)
    return words


def _continuation(room: int, n_symbols: int, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        return _biased(int(rng.integers(room + 1)), n_symbols, rng)
    period = rng.integers(n_symbols, size=rng.integers(1, LONGEST_PERIOD + 1))
    return np.resize(period, room)  # a loop tells more the longer it is; prefixes are tests too


def _biased(length: int, n_symbols: int, rng: np.random.Generator) -> np.ndarray:
    shares = rng.exponential(size=n_symbols)  # normalised, uniform on the simplex
    return rng.choice(n_symbols, size=length, p=shares / shares.sum())


def _mutate(word: np.ndarray, n_symbols: int, longest: int, rng: np.random.Generator) -> np.ndarray:
    for _ in range(rng.integers(1, MOST_EDITS + 1)):
        place, symbol = rng.integers(len(word)), rng.integers(n_symbols)
        edit = EDITS[rng.integers(len(EDITS))]
        if edit == "replace":
            word = np.r_[word[:place], symbol, word[place + 1 :]]
        elif edit == "delete" and len(word) > 1:
            word = np.delete(word, place)
        elif edit == "insert":
            word = np.insert(word, place, symbol)
        elif edit == "repeat":
            word = np.r_[word[:place], word[place:], word[place:]]
    return word[:longest]
