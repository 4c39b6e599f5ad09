"""Strings to test a machine with: drawn at random, edited, driven through its states, and long.

All are well-formed: where a task has begin or end marks, a string has them where they belong, and
it is the symbols between them that are drawn, edited, repeated and joined (see `Alphabet`).
"""

from __future__ import annotations

import numpy as np

from markovlens.channels import Channel
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.sequences import Sequences

MOST_EDITS = 3
LONGEST_PERIOD = 3  # symbols of a word that is repeated
EDITS = ("replace", "insert", "delete", "repeat")
Word = tuple[int, ...]


def random_strings(
    n_strings: int, *, alphabet: Alphabet, longest: int, rng: np.random.Generator
) -> Sequences:
    """Return strings of lengths uniform on 1..`longest`, or as short as their marks alone.

    Each string has symbol probabilities of its own, uniform over all distributions, so that
    strings of nearly one symbol, which overflow a counter, are not rare.
    """
    lengths = np.maximum(rng.integers(1, longest + 1, size=n_strings) - alphabet.n_marks, 0)
    return joined([alphabet.draw(_biased(length, alphabet, rng), rng) for length in lengths])


def mutated_strings(
    strings: Sequences,
    n_strings: int,
    *,
    alphabet: Alphabet,
    longest: int,
    rng: np.random.Generator,
) -> Sequences:
    """Return strings that are 1 to `MOST_EDITS` edits away from given ones.

    An edit replaces, inserts or deletes a symbol, or repeats a part, up to `longest` symbols. Marks
    are kept.
    """
    words = list(strings)
    picked = rng.integers(len(words), size=n_strings)
    return joined([_mutate(words[index], alphabet, longest, rng) for index in picked])


def covering_strings(
    machine: Machine,
    n_strings: int,
    *,
    alphabet: Alphabet,
    longest: int,
    rng: np.random.Generator,
) -> Sequences:
    """Return strings that lead through every (state, symbol) of a machine, as often as they can.

    Each is a shortest word into a state, a symbol, and a continuation, which is random or a short
    word repeated: a machine that merges depths of a counter is found out by going round a loop.
    The pairs come in a random order and from the beginning again (the W-method of Chow 1978 with
    random words in place of separating ones, as in AALpy's random-W oracle). States and symbols
    that no well-formed string reaches are left alone; end marks follow after the continuation, or
    at once where they are the symbol.
    """
    if not alphabet.marked:  # a machine that ignores its inputs has one symbol, whatever the task's
        alphabet = Alphabet.free(machine.n_symbols)
    pairs = _pairs(machine, alphabet)
    rounds = -(-n_strings // len(pairs))
    order = np.concatenate([rng.permutation(len(pairs)) for _ in range(rounds)])[:n_strings]
    strings = []
    for word in (pairs[index] for index in order):
        begin = np.array(word)
        if word[-1] not in alphabet.closing:
            room = max(0, longest - len(begin) - bool(alphabet.closing))
            begin = np.concatenate([begin, _continuation(room, alphabet, rng)])
            begin = _closed(begin, alphabet, rng)
        strings.append(begin)
    return joined(strings)


def long_strings(
    strings: Sequences, n_strings: int, *, alphabet: Alphabet, rng: np.random.Generator
) -> Sequences:
    """Return strings 2 to 4 times as long as given ones, marks not counted.

    Half are given strings one after the other, half have every symbol repeated: the first keeps
    what is balanced balanced, the second makes every depth and every run as many times as long.
    Marks stand once, where they belong. Rows come as they are, but for what is static: that is the
    first string's throughout.
    """
    words, made = list(strings), []
    for index, factor in enumerate(rng.integers(2, 5, size=n_strings)):
        picked = rng.integers(len(words), size=factor)
        cores = [alphabet.core(words[one]) for one in picked]
        longer = np.repeat(cores[0], factor, axis=0) if index % 2 else np.concatenate(cores)
        made.append(alphabet.like(longer, words[picked[0]]))
    for column in (place for place, each in enumerate(strings.channels) if each.static):
        for rows in made:
            rows[:, column] = rows[0, column]
    return joined(made, strings.channels)


def joined(strings: list[np.ndarray], channels: tuple[Channel, ...] = ()) -> Sequences:
    """Return strings made here as sequences, looked at once and not one by one."""
    lengths = np.array([len(string) for string in strings])
    return Sequences(np.concatenate(strings), lengths, channels)


def access_words(machine: Machine, alphabet: Alphabet) -> dict[int, Word]:
    """Return a shortest word into each state that the most likely moves reach.

    Words are well-formed but for end marks, which they lack.
    """
    successor = machine.transition.argmax(axis=-1)  # (V, K)
    firsts = np.array(alphabet.opening or alphabet.inner)
    states, places = np.unique(
        machine.initial.argmax(axis=-1)[_read(machine, firsts)], return_index=True
    )
    words: dict[int, Word] = {
        int(k): (int(v),) for k, v in zip(states, firsts[places], strict=True)
    }
    inner = np.array(alphabet.inner)
    queue = list(words)
    for state in queue:  # grows while it is read: breadth first
        states, places = np.unique(successor[_read(machine, inner), state], return_index=True)
        for after, symbol in zip(states.tolist(), inner[places].tolist(), strict=True):
            if after not in words:
                words[after] = (*words[state], symbol)
                queue.append(after)
    return words


def _pairs(machine: Machine, alphabet: Alphabet) -> list[Word]:
    """Return a word into each state, and no word for the start, followed by each symbol."""
    after = (*alphabet.inner, *alphabet.closing)
    heads = access_words(machine, alphabet).values()
    pairs = [(*head, symbol) for head in heads for symbol in after]
    return pairs + [(symbol,) for symbol in alphabet.opening or after]


def _read(machine: Machine, symbols: np.ndarray) -> np.ndarray:
    """Return the rows of a machine that symbols (M,) choose."""
    return symbols if machine.n_symbols > 1 else np.zeros_like(symbols)


def _continuation(room: int, alphabet: Alphabet, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.5:
        return _biased(int(rng.integers(room + 1)), alphabet, rng)
    period = rng.integers(len(alphabet.inner), size=rng.integers(1, LONGEST_PERIOD + 1))
    # A loop tells more the longer it is; prefixes are tests too.
    return np.array(alphabet.inner)[period[np.arange(room) % len(period)]]


def _closed(word: np.ndarray, alphabet: Alphabet, rng: np.random.Generator) -> np.ndarray:
    if not alphabet.closing:
        return word
    return np.append(word, alphabet.closing[rng.integers(len(alphabet.closing))])


def _biased(length: int, alphabet: Alphabet, rng: np.random.Generator) -> np.ndarray:
    shares = rng.exponential(size=len(alphabet.inner))  # normalised, uniform on the simplex
    return rng.choice(np.array(alphabet.inner), size=length, p=shares / shares.sum())


def _mutate(
    string: np.ndarray, alphabet: Alphabet, longest: int, rng: np.random.Generator
) -> np.ndarray:
    word, least = alphabet.core(string), 0 if alphabet.marked else 1
    for _ in range(rng.integers(1, MOST_EDITS + 1)):
        place = rng.integers(max(1, len(word)))
        symbol = alphabet.inner[rng.integers(len(alphabet.inner))]
        edit = EDITS[rng.integers(len(EDITS))]
        if edit == "replace":
            word = np.concatenate([word[:place], [symbol], word[place + 1 :]])
        elif edit == "delete" and len(word) > least:
            word = np.delete(word, place)
        elif edit == "insert":
            word = np.insert(word, place, symbol)
        elif edit == "repeat":
            word = np.concatenate([word, word[place:]])
    return alphabet.like(word[: longest - alphabet.n_marks], string)
