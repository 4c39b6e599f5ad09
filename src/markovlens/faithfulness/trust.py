"""Is the automaton more trustable than its network? Three measures, the same for both.

The paper that says so (Hou & Zhou 2020) does not define it. Here: right on strings longer than any
that were learned from; the same answer after edits that keep the right answer; the same answer as
other seeds give.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from markovlens.alphabet import Alphabet
from markovlens.faithfulness.evaluate import NO_STATES, Row, Scoring, score_row
from markovlens.faithfulness.strings import long_strings
from markovlens.faithfulness.tally import Bootstrap, Score, Tally
from markovlens.machine import Machine
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
        before, after: equally many strings.
    """

    before: Sequences
    after: Sequences


def answers_of(oracle: Oracle, machines: Mapping[str, Machine]) -> dict[str, Answer]:
    """Return what asks the network (`network`) and each machine for their final answers."""

    def asker(predict: Callable[[Sequences], np.ndarray]) -> Answer:
        return lambda inputs: predict(inputs).argmax(axis=1)[np.cumsum(inputs.lengths) - 1]

    return {
        "network": asker(oracle.outputs),
        **{method: asker(machine.predict) for method, machine in machines.items()},
    }


def trust_scores(
    answers: Mapping[str, Answer],
    task: Task,
    *,
    scoring: Scoring,
    n_strings: int,
    rng: np.random.Generator,
) -> dict[str, dict[str, Score]]:
    """Return `accuracy_stretched` and `edit_consistency` of the network and of each machine.

    The first needs the true machine, the second that or a text. Both are on strings made of the
    test split, the same for all.
    """
    scores: dict[str, dict[str, Score]] = {name: {} for name in answers}
    streams = rng.spawn(3)
    test = task.splits["test"].inputs
    if task.machine is not None:
        alphabet = Alphabet.of(test, len(task.symbols))
        strings = long_strings(test, n_strings, alphabet=alphabet, rng=streams[0])
        bootstrap = scoring.bootstrap(n_strings, seed=int(streams[2].integers(2**31)))
        right = final_truth(task.machine, strings)
        for name, answer in answers.items():
            scores[name]["accuracy_stretched"] = _share(answer(strings) == right, bootstrap)
    pairs = edits_that_keep_the_answer(task, n_strings, streams[1])
    if pairs is not None:
        bootstrap = scoring.bootstrap(len(pairs.before), seed=int(streams[2].integers(2**31)))
        for name, answer in answers.items():
            same = answer(pairs.before) == answer(pairs.after)
            scores[name]["edit_consistency"] = _share(same, bootstrap)
    return scores


def seed_agreement(answers: Mapping[int, np.ndarray], bootstrap: Bootstrap) -> dict[int, Score]:
    """Return for each seed how often its final answers (S,) are those of another seed, on average.

    None where there is one seed only.
    """
    scores = {}
    for seed, mine in answers.items():
        others = [theirs for name, theirs in answers.items() if name != seed]
        if others:
            scores[seed] = _share(np.mean([mine == theirs for theirs in others], axis=0), bootstrap)
    return scores


def edits_that_keep_the_answer(
    task: Task, n_strings: int, rng: np.random.Generator
) -> Edited | None:
    """Return pairs of a test string and an edit of it with the same right answer.

    Where the true machine over two symbols is known, edits are 1 to 3 flips, insertions and
    deletions, kept if the answer is. A text loses one word, which is taken to keep its answer (it
    does not always: the measure compares, it does not absolve). None for other tasks.
    """
    words = list(task.splits["test"].inputs)
    pairs: list[tuple[np.ndarray, np.ndarray]] = []
    if task.machine is not None and len(task.symbols) == 2:
        drawn = [words[index] for index in rng.integers(len(words), size=2 * n_strings)]
        made = [(word, edited(word, rng)) for word in drawn]
        made = [(word, new) for word, new in made if len(new) and not np.array_equal(word, new)]
        before, after = (Sequences.from_list(part) for part in zip(*made, strict=True))
        kept = final_truth(task.machine, before) == final_truth(task.machine, after)
        pairs = [pair for pair, keep in zip(made, kept, strict=True) if keep][:n_strings]
    elif task.family == "sentiment":
        texts = [word for word in words if len(word) >= LEAST_WORDS][:n_strings]
        pairs = [(text, np.delete(text, rng.integers(len(text)))) for text in texts]
    if not pairs:
        return None
    before, after = (Sequences.from_list(part) for part in zip(*pairs, strict=True))
    return Edited(before, after)


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


def _share(hits: np.ndarray, bootstrap: Bootstrap) -> Score:
    numbers = np.asarray(hits, dtype=np.float64)[:, None]
    return bootstrap.score(Tally(numbers, np.ones_like(numbers)))
