"""Words that other people's networks judge, from the folder of the arena (see `config.arena`).

The format: `NAME.json` is a `Description`; `NAME.words.npz` has the words laid end to end
(`symbols`, `lengths`; start and end symbol included) and, for those at `reference_index`, the
original network's own answers (`reference`): the class of a word, or its probability.

Source of the format: the TAYSIR competition on extracting simple models from neural networks
(Eyraud et al. 2023, PMLR 217:275-290), whose networks can be brought into it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from markovlens.errors import DataError
from markovlens.files.whole import naming, read_arrays, read_json
from markovlens.sequences import Sequences
from markovlens.tasks.base import SPLITS, Split, Task, no_targets

CELLS = ("srn", "gru", "lstm")
BINARY, LANGUAGE_MODEL = KINDS = ("binary", "language_model")
CLASSES = ("0", "1")
START, END = "<s>", "</s>"
LARGEST = {"layers": 16, "hidden": 4096, "dense": 16, "alphabet": 20_000}


@dataclass(frozen=True, slots=True)
class Description:
    """What a network of the arena is.

    Attributes:
        cell: `srn` (tanh), `gru` or `lstm`, with torch's equations and gate order.
        layers: recurrent layers.
        hidden: units of each.
        dense: linear layers after the last recurrent one.
        alphabet: V, symbols including the start and the end symbol.
        start, end: their numbers.
        task: `binary` or `language_model`.
    """

    cell: str
    layers: int
    hidden: int
    dense: int
    alphabet: int
    start: int
    end: int
    task: str

    def __post_init__(self) -> None:
        """Check every field, as it comes from a file."""
        for name, known in (("cell", CELLS), ("task", KINDS)):
            if getattr(self, name) not in known:
                raise DataError(
                    f"{name}: expected {' or '.join(known)}, got {getattr(self, name)}",
                    page="arena-files",
                )
        for name, largest in LARGEST.items():
            _check_whole(name, getattr(self, name), 1, largest)
        for name in ("start", "end"):
            _check_whole(name, getattr(self, name), 0, self.alphabet - 1)

    @property
    def n_classes(self) -> int:
        """Number of output classes C."""
        return self.alphabet if self.task == LANGUAGE_MODEL else len(CLASSES)

    @property
    def symbols(self) -> tuple[str, ...]:
        """Names of the V symbols."""
        marks = {self.start: START, self.end: END}
        return tuple(marks.get(index, str(index)) for index in range(self.alphabet))


@dataclass(frozen=True, slots=True)
class Words:
    """Words and what the original network says of some of them.

    Attributes:
        inputs: the words with start and end symbol, each once.
        reference: (S,), the network's answer to each word, NaN where it is not known.
    """

    inputs: Sequences
    reference: np.ndarray


def make(
    name: str,
    *,
    sizes: Mapping[str, int],
    seeds: np.random.SeedSequence,
    description: Path,
    words: Path,
) -> Task:
    """Return the task: the file's words, each once, in three disjoint splits.

    Of a classifier, the target is the original network's answer after the end symbol, where the
    file has it. Of a language model, it is the next symbol at each step; the last input is the
    one before the end symbol. A file with fewer words than asked for is split in proportion.
    """
    known = read_description(description)
    found = read_words(words, known)
    splits = {
        split: _split(found, part, known)
        for split, part in _parts(len(found.inputs), sizes, seeds).items()
    }
    for split, part in splits.items():
        if not (part.targets >= 0).any():
            raise DataError(
                f"{words}: expected reference answers in every split, {split} has none; "
                f"raise tasks.arena.n_{split}, or add answers to the file",
                page="arena-files",
            )
    is_model = known.task == LANGUAGE_MODEL
    # A classifier must repeat its references; nobody says how often a language model is right.
    gate = 0.0 if is_model else 1.0
    return Task(name, "arena", known.symbols, known.symbols if is_model else CLASSES, splits, gate)


def read_description(path: str | Path) -> Description:
    """Return the description in a JSON file; what else stands there is not looked at.

    Raises:
        DataError: the file is missing, or a field is missing or wrong; the message names both.
    """
    content = read_json(path)
    wanted = [field.name for field in fields(Description)]
    absent = [name for name in wanted if not isinstance(content, dict) or name not in content]
    if absent:
        raise DataError(
            f"{path}: expected the description of a network, lacks {', '.join(absent)}",
            page="arena-files",
        )
    try:
        return Description(**{name: content[name] for name in wanted})
    except DataError as error:
        raise DataError(f"{path}: {error}", page="arena-files") from error


def read_words(path: str | Path, description: Description) -> Words:
    """Return the distinct words of an npz file, which is not unpickled.

    Raises:
        DataError: the file is missing, damaged, or its arrays do not fit each other.
    """
    columns = read_arrays(path)
    with naming(path):
        wanted = ("symbols", "lengths", "reference_index", "reference")
        if absent := [key for key in wanted if key not in columns]:
            raise DataError(f"{path}: lacks {', '.join(absent)}", page="arena-files")
        return _words(str(path), description, *(columns[key] for key in wanted))


def _words(
    where: str,
    description: Description,
    symbols: np.ndarray,
    lengths: np.ndarray,
    *references: np.ndarray,
) -> Words:
    inputs = Sequences(_integers(where, "symbols", symbols, description.alphabet), lengths)
    index, values = references
    reference = np.full(len(inputs), np.nan)
    if index.shape != values.shape:
        raise DataError(
            f"{where}: {len(index)} reference_index but {len(values)} reference", page="arena-files"
        )
    reference[_integers(where, "reference_index", index, len(inputs))] = values
    words = [word.tobytes() for word in inputs]
    whole = all(
        len(word) > 1 and word[0] == description.start and word[-1] == description.end
        for word in inputs
    )
    if not whole:
        raise DataError(
            f"{where}: expected words from the start symbol to the end symbol", page="arena-files"
        )
    # A word that occurs twice keeps the answer of either.
    answers: dict[bytes, float] = {}
    first: dict[bytes, int] = {}
    for row, word in enumerate(words):
        first.setdefault(word, row)
        if not np.isnan(reference[row]):
            answers[word] = reference[row]
    kept = [answers.get(word, np.nan) for word in first]
    return Words(inputs.select(np.array(list(first.values()))), np.array(kept))


def _parts(
    n_words: int, sizes: Mapping[str, int], seeds: np.random.SeedSequence
) -> dict[str, np.ndarray]:
    """Return the words (M,) of each split, all different."""
    counts = np.array([sizes[f"n_{split}"] for split in SPLITS])
    if counts.sum() > n_words:
        counts = np.maximum(counts * n_words // counts.sum(), 1)
    if counts.sum() > n_words:
        raise DataError(
            f"expected at least a word for each split, got {n_words} words", page="arena-files"
        )
    order = np.random.default_rng(seeds).permutation(n_words)
    return dict(zip(SPLITS, np.split(order, np.cumsum(counts))[: len(SPLITS)], strict=True))


def _split(words: Words, part: np.ndarray, description: Description) -> Split:
    inputs = words.inputs.select(part)
    if description.task == LANGUAGE_MODEL:
        targets = np.concatenate([word[1:] for word in inputs])
        inputs = Sequences.from_list([word[:-1] for word in inputs])
    else:
        targets = no_targets(inputs.n_steps)
        reference = words.reference[part]
        known = ~np.isnan(reference)
        targets[(np.cumsum(inputs.lengths) - 1)[known]] = reference[known]
    return Split(inputs, targets, no_targets(inputs.n_steps))


def _integers(where: str, name: str, values: np.ndarray, stop: int) -> np.ndarray:
    fits = values.ndim == 1 and np.issubdtype(values.dtype, np.integer)
    if not fits or (values.size and not 0 <= values.min() <= values.max() < stop):
        raise DataError(
            f"{where}: {name}: expected whole numbers 0..{stop - 1}, one a row", page="arena-files"
        )
    return values.astype(np.int32)


def _check_whole(name: str, value: Any, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise DataError(
            f"{name}: expected a whole number {low}..{high}, got {value!r}", page="arena-files"
        )
