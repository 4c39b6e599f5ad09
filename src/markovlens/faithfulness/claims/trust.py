"""Is the automaton more trustable than its network? Three measures, the same for both.

The paper that says so (Hou & Zhou 2020) does not define it. Here: right on strings longer than any
that were learned from; right before and after edits that keep the right answer; of one mind with
other seeds. The first two are balanced over the right answers and the third is corrected for
chance, so that a machine which ignores its input gains nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from markovlens.faithfulness.scores.evaluate import NO_STATES, Row, Scoring, score_row
from markovlens.faithfulness.scores.falsify import DrawnOut
from markovlens.faithfulness.scores.intervals import CORRELATION
from markovlens.faithfulness.scores.strings import long_strings
from markovlens.faithfulness.scores.tally import Bootstrap, Score, Tally
from markovlens.machines.alphabet import Alphabet
from markovlens.machines.machine import Machine
from markovlens.outputs import NO_TARGET, is_answered
from markovlens.sequences import Sequences
from markovlens.tasks.base import Task
from markovlens.tasks.formal import edited

if TYPE_CHECKING:
    from markovlens.activations.oracle import Oracle

LEAST_WORDS = 4  # of a text that loses a word
Answer = Callable[[Sequences], np.ndarray]  # the final class (S,) of each sequence


@dataclass(frozen=True, slots=True)
class Edited:
    """Strings and their edits, whose right answer is the same.

    Attributes:
        before, after: equally many strings (S).
        right: int (S,), the right answer to both.
    """

    before: Sequences
    after: Sequences
    right: np.ndarray


def answers_of(oracle: Oracle, machines: Mapping[str, Machine]) -> dict[str, Answer]:
    """Return what asks the network (`network`) and each machine for their final answers."""
    return {
        "network": answering(DrawnOut(oracle).outputs),
        **{method: answering(machine.predict) for method, machine in machines.items()},
    }


def answering(predict: Callable[[Sequences], np.ndarray]) -> Answer:
    """Return what gives the final answers of something that gives outputs (N, C) for sequences."""
    return lambda inputs: _decided(predict(inputs)[np.cumsum(inputs.lengths) - 1])


def _decided(outputs: np.ndarray) -> np.ndarray:
    """Return the most likely class (S,), -1 without an answer: nobody could rely on that."""
    return np.where(is_answered(outputs), outputs.argmax(axis=1), NO_TARGET)


def trust_scores(
    answers: Mapping[str, Answer],
    task: Task,
    *,
    scoring: Scoring,
    n_strings: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, Score]]:
    """Return `accuracy_stretched` and `edit_accuracy` of the network and of each machine.

    The first needs the true machine, the second that or a text. Both are on strings made of the
    test split, the same for all, and left out where all strings have one right answer.
    """
    scores: dict[str, dict[str, Score]] = {name: {} for name in answers}
    streams = rng.spawn(3)
    test = task.splits["test"].inputs
    if task.machine is not None:
        alphabet = Alphabet.of(test, len(task.symbols))
        strings = long_strings(test, n_strings, alphabet=alphabet, rng=streams[0])
        right = final_truth(task.machine, strings)
        bootstrap = scoring.bootstrap(n_strings, seed=int(streams[2].integers(2**31)))
        for name, answer in answers.items() if _has_all(right, task) else ():
            hits = answer(strings) == right
            scores[name]["accuracy_stretched"] = _balanced(hits, right, task, bootstrap)
    pairs = edits_that_keep_the_answer(task, n_strings, streams[1])
    if pairs is not None and _has_all(pairs.right, task):
        bootstrap = scoring.bootstrap(len(pairs.before), seed=int(streams[2].integers(2**31)))
        for name, answer in answers.items():
            hits = (answer(pairs.before) == pairs.right) & (answer(pairs.after) == pairs.right)
            scores[name]["edit_accuracy"] = _balanced(hits, pairs.right, task, bootstrap)
    return scores


def seed_agreement(
    answers: Mapping[int, np.ndarray], n_classes: int, bootstrap: Bootstrap
) -> dict[int, Score]:
    """Return for each seed Cohen's kappa of its final answers (S,) with another seed's, on average.

    1 is perfect, 0 what chance would give; two that always say the same one thing have 0. There is
    nothing to compare where there is one seed only.
    """
    scores = {}
    for seed, mine in answers.items():
        others = [theirs for name, theirs in answers.items() if name != seed]
        if others:
            pairs = [_kappa(mine, theirs, n_classes, bootstrap) for theirs in others]
            value, replicates = (np.mean(part, axis=0) for part in zip(*pairs, strict=True))
            scores[seed] = bootstrap.interval(float(value), replicates, CORRELATION)
    return scores


def _kappa(
    one: np.ndarray, other: np.ndarray, n_classes: int, bootstrap: Bootstrap
) -> tuple[float, np.ndarray]:
    """Return (p - q) / (1 - q), p observed and q expected agreement, whole and resampled (B,)."""
    if (one < 0).any() or (other < 0).any():  # no answer is an answer of its own
        one, other = (np.where(each < 0, n_classes, each) for each in (one, other))
        n_classes += 1
    cells = np.eye(n_classes**2)[one * n_classes + other]  # (S, C * C)
    counts = np.vstack([np.ones((1, len(one))), bootstrap.counts])
    tables = (counts @ cells / len(one)).reshape(-1, n_classes, n_classes)
    observed = np.trace(tables, axis1=1, axis2=2)
    expected = (tables.sum(axis=1) * tables.sum(axis=2)).sum(axis=1)
    room = 1 - expected
    kappa = np.divide(observed - expected, room, out=np.zeros_like(room), where=room > 1e-12)
    return float(kappa[0]), kappa[1:]


def edits_that_keep_the_answer(
    task: Task, n_strings: int, rng: np.random.Generator
) -> Edited | None:
    """Return pairs of a test string and an edit of it with the same right answer.

    Where the true machine over two symbols is known, edits are 1 to 3 flips, insertions and
    deletions, kept if the answer is. A text loses one word, which is taken to keep its answer (it
    does not always: the measure compares, it does not absolve). None for other tasks.
    """
    test = task.splits["test"]
    words = list(test.inputs)
    ends = test.targets[np.cumsum(test.inputs.lengths) - 1]
    if task.machine is not None and len(task.symbols) == 2:
        return _edited_strings(task.machine, words, n_strings, rng)
    if task.family != "sentiment":
        return None
    long = [index for index, word in enumerate(words) if len(word) >= LEAST_WORDS][:n_strings]
    if not long:
        return None
    shorter = [np.delete(words[index], rng.integers(len(words[index]))) for index in long]
    before = Sequences.from_list([words[index] for index in long])
    return Edited(before, Sequences.from_list(shorter), ends[long])


def _edited_strings(
    machine: Machine, words: list[np.ndarray], n_strings: int, rng: np.random.Generator
) -> Edited | None:
    drawn = [words[index] for index in rng.integers(len(words), size=2 * n_strings)]
    made = [(word, edited(word, rng)) for word in drawn]
    made = [(word, new) for word, new in made if len(new) and not np.array_equal(word, new)]
    if not made:
        return None
    before, after = (Sequences.from_list(part) for part in zip(*made, strict=True))
    right = final_truth(machine, before)
    kept = np.flatnonzero(right == final_truth(machine, after))[:n_strings]
    return Edited(before.select(kept), after.select(kept), right[kept]) if len(kept) else None


def trust_rows(
    scores: Mapping[str, Mapping[str, Score]], sizes: Mapping[str, int]
) -> Iterator[Row]:
    """Yield the rows of the scores of the network and of machines with `sizes` states."""
    for name, found in scores.items():
        mode = "-" if name == "network" else "closed"
        for score, value in found.items():
            yield score_row(name, sizes.get(name, NO_STATES), mode, score, value)


def final_truth(machine: Machine, strings: Sequences) -> np.ndarray:
    """Return the class (S,) a machine answers at the end of each string."""
    answers: np.ndarray = machine.predict(strings).argmax(axis=1)
    return answers[np.cumsum(strings.lengths) - 1]


def _has_all(right: np.ndarray, task: Task) -> bool:
    return len(np.unique(right)) == len(task.classes)


def _balanced(hits: np.ndarray, right: np.ndarray, task: Task, bootstrap: Bootstrap) -> Score:
    """Return the share of hits (S,), averaged over the right answers (S,)."""
    weight = np.eye(len(task.classes))[right]
    return bootstrap.score(Tally(weight * hits[:, None], weight, groups=task.classes))
