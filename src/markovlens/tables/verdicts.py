"""The tables of verdicts and of counterexamples."""

from __future__ import annotations

from dataclasses import replace

from markovlens.status import Judgement
from markovlens.tables.column import (
    NUMBER,
    TEXT,
    Column,
    count,
    empty_where,
    share,
)
from markovlens.tables.common import (
    CARRIES,
    COUNTEREXAMPLE,
    COUNTEREXAMPLE_LENGTH,
    METHOD,
    MODEL,
    REASON,
    SCOPE,
    SEED,
    SIZE,
    STATUS,
    TASK,
    ends,
)
from markovlens.tables.table import Table


def _agreement(name: str, meaning: str) -> tuple[Column, Column, Column]:
    value = Column(name, NUMBER, meaning, unit="share", most=1, nullable=True)
    return (value, *ends(f"the interval of `{name}`", f"{name}_", unit="share"))


_BROKEN = count(
    "tests_to_disagreement",
    "strings tried until machine and network differed; empty if they never did",
    least=1,
    nullable=True,
)
VERDICTS = Table(
    ("tables/verdicts.csv",),
    "a network (task, model) and seed, and one of all its seeds",
    (
        TASK,
        MODEL,
        SCOPE,
        replace(SEED, nullable=True),
        Column(
            "verdict",
            TEXT,
            "is the network a small automaton, that is: one whose fidelity on test strings and on "
            "longer ones is at least `faithfulness.adequate`, .97 unless the config says "
            "otherwise, and no longer rises with its size; not to be told where all answers, or "
            "all test strings and all longer ones, are the same; of a network: that of its worst "
            "seed",
            values=tuple(Judgement),
        ),
        replace(
            SIZE,
            nullable=True,
            meaning="states of that machine's most likely moves after merging those that answer "
            "alike; empty if refused, or where seeds differ",
        ),
        count(
            "n_states_judged",
            "states of that machine before merging: the smallest number at which some machine is "
            "within one standard error of the best of all, on validation strings. A method's own "
            "choice, in `comparison.csv`, is made by its own rule (BIC, say) and can be larger",
            least=1,
            nullable=True,
        ),
        replace(
            METHOD,
            nullable=True,
            meaning="whose machine is best at `n_states_judged`; of a network: empty where seeds "
            "differ or one is refused",
        ),
        replace(
            CARRIES,
            meaning="what that machine carried before its most likely moves alone were taken; of a "
            "network: empty where seeds differ or one is refused",
        ),
        *_agreement(
            "fidelity",
            "balanced closed-loop agreement of that machine with the network per step on test "
            "strings, also where `comparison.csv` has it per string; of a network that makes no "
            "decisions its measure instead, such as the variance explained of its values",
        ),
        *_agreement("fidelity_long", "the same on strings 2 to 4 times as long"),
        _BROKEN,
        COUNTEREXAMPLE_LENGTH,
        replace(
            COUNTEREXAMPLE,
            meaning=f"{COUNTEREXAMPLE.meaning}; of a network: the shortest of all seeds, also "
            "where all seeds are finite-state",
        ),
        Column(
            "evidence",
            TEXT,
            "why, in one line; of a network: what each seed is, and by which method",
        ),
    ),
)
_STRATEGIES = {
    "random": "random strings",
    "mutation": "edited test strings",
    "coverage": "strings through every state and symbol",
}
COUNTEREXAMPLES = Table(
    ("tables/counterexamples.csv",),
    "a network, seed and method: where machine and network part",
    (
        TASK,
        MODEL,
        SEED,
        METHOD,
        replace(SIZE, meaning="the size that the method chose"),
        STATUS,
        REASON,
        *empty_where(
            "if the network could not be asked",
            count("n_tests", "how many strings were tried at most"),
            count("n_queries", "strings that were asked, those for shortening included"),
        ),
        _BROKEN,
        *[
            count(
                f"first_{name}",
                f"{what} until the first disagreement; empty if there was none",
                least=1,
                nullable=True,
            )
            for name, what in _STRATEGIES.items()
        ],
        *[
            share(f"rate_{name}", f"of {what}: how many disagree", nullable=True)
            for name, what in _STRATEGIES.items()
        ],
        COUNTEREXAMPLE_LENGTH,
        COUNTEREXAMPLE,
        share(
            "epsilon",
            "where no random string disagrees: at most this share of such strings does, "
            "with the confidence `faithfulness.level`",
            nullable=True,
        ),
    ),
)
