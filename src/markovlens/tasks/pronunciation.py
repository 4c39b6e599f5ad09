"""English words and how they sound, as the pretrained g2p-en network reads and writes them.

Source: The CMU Pronouncing Dictionary. The symbols are those of g2p-en 2.1.0 (Park & Kim, 2019), in
its order. That network was presumably trained on this dictionary, so that the test split is new to
the state machines but not to the network.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets
from markovlens.trace import NO_TARGET

GATE = 0.80
# A vowel carries its stress, 0 to 2; "UW" without one never occurs but is in the network's list.
# fmt: off
_SOUNDS = (
    "AA0", "AA1", "AA2", "AE0", "AE1", "AE2", "AH0", "AH1", "AH2", "AO0", "AO1", "AO2",
    "AW0", "AW1", "AW2", "AY0", "AY1", "AY2", "B", "CH", "D", "DH", "EH0", "EH1", "EH2",
    "ER0", "ER1", "ER2", "EY0", "EY1", "EY2", "F", "G", "HH", "IH0", "IH1", "IH2",
    "IY0", "IY1", "IY2", "JH", "K", "L", "M", "N", "NG", "OW0", "OW1", "OW2", "OY0", "OY1", "OY2",
    "P", "R", "S", "SH", "T", "TH", "UH0", "UH1", "UH2", "UW", "UW0", "UW1", "UW2",
    "V", "W", "Y", "Z", "ZH",
)
# fmt: on

# Marks exist on both sides under the same name, so each says to which side it belongs.
LETTERS = ("letters <pad>", "letters <unk>", "letters </s>", *string.ascii_lowercase)
PHONES = ("phones <pad>", "phones <unk>", "phones <s>", "phones </s>", *_SOUNDS)
SYMBOLS = (*LETTERS, *PHONES)

_LETTER_ID = {letter: index for index, letter in enumerate(LETTERS)}
_PHONE_ID = {phone: index for index, phone in enumerate(PHONES)}
_HEADWORD = re.compile(r"[a-z]+(\s|$)")


def make(
    name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, cmudict: Path
) -> Task:
    """Return the task: after its letters, each word's phones are asked for one by one.

    The word is one sequence, its letters, the end of the letters, the start of the phones, and the
    phones, which are given even where the network would have said another (teacher forcing). A
    target is the next phone, at last the end of the phones; while letters are read, there is none.
    No word is in two splits.
    """
    words = read_words(cmudict)
    counts = [sizes[f"n_{split}"] for split in SPLITS]
    if sum(counts) > len(words):
        raise DataError(
            f"expected at most {len(words)} words in the three splits together, "
            f"got {sum(counts)}; lower tasks.pronunciation.n_train",
            page="split-impossible",
        )
    order = np.random.default_rng(seeds).permutation(len(words))
    parts = np.split(order, np.cumsum(counts))[: len(SPLITS)]
    headwords = list(words)
    splits = {
        split: _encoded([(headwords[index], words[headwords[index]]) for index in part])
        for split, part in zip(SPLITS, parts, strict=True)
    }
    return Task(name, "pronunciation", SYMBOLS, PHONES, splits, GATE)


def read_words(path: str | Path) -> dict[str, tuple[str, ...]]:
    """Return the phones of each headword that is all letters, in its first listed pronunciation.

    Raises:
        DataError: the file is missing, has no such word, or a phone that the network does not know.
    """
    with naming(path):
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    # A comment may follow the phones; variants are written "word(2)", so not all letters.
    entries = (line.partition("#")[0].split() for line in lines if _HEADWORD.match(line))
    words = {entry[0]: tuple(entry[1:]) for entry in entries}
    _check_words(words, path)
    return words


def _check_words(words: Mapping[str, tuple[str, ...]], path: str | Path) -> None:
    if not words:
        raise DataError(
            f"{path}: expected words and their phones, found none", page="download-damaged"
        )
    unknown = set().union(*words.values()) - set(_SOUNDS)
    bad = (word for word, said in words.items() if not said or not unknown.isdisjoint(said))
    if word := next(bad, None):
        raise DataError(
            f"{path}: {word}: expected known phones, got {' '.join(words[word])!r}",
            page="download-damaged",
        )


def _encoded(words: list[tuple[str, tuple[str, ...]]]) -> Split:
    """Return the words as sequences of symbols with the next phone as target."""
    inputs, targets = [], []
    for word, phones in words:
        letters = [_LETTER_ID[letter] for letter in (*word, "letters </s>")]
        said = [_PHONE_ID[phone] for phone in ("phones <s>", *phones, "phones </s>")]
        inputs.append(np.array(letters + [len(LETTERS) + phone for phone in said[:-1]], np.int32))
        targets.append(np.array([NO_TARGET] * len(letters) + said[1:], np.int32))
    sequences = Sequences.from_list(inputs)
    return Split(sequences, np.concatenate(targets), no_targets(sequences.n_steps))
