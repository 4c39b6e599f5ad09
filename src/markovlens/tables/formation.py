"""The table of states along training: one row a moment."""

from __future__ import annotations

from markovlens.tables.column import FLAG, NUMBER, Column, count, empty_where, share
from markovlens.tables.common import GATE, MODEL, REASON, SEED, STATUS, TASK
from markovlens.tables.scores import RUN
from markovlens.tables.table import Table

LEARNERS = {
    "lstar": "L*",
    "lsharp": "L#",
    "adaptive": "adaptive L#, from the automaton that it learned at the moment before",
}


def _learner(name: str, words: str) -> tuple[Column, ...]:
    return empty_where(
        "where the network was not asked, and of adaptive L# at the first moment",
        count(f"{name}_states", f"states of the largest hypothesis within the budget, by {words}"),
        count(f"{name}_queries", f"words that {words} asked to build hypotheses"),
        count(f"{name}_tests", f"words by which hypotheses of {words} were tested"),
        Column(f"{name}_finished", FLAG, f"whether the last hypothesis of {words} passed its test"),
    )


_MOMENT = (
    count("step", "gradient steps taken"),
    Column(
        "loss",
        NUMBER,
        "running mean of the loss of batches, at step 0 that of validation; of networks that "
        "emulate sources, of the last batch alone",
    ),
    *empty_where(
        "of sources",
        share("accuracy", "share of right answers on validation sequences"),
        share("threshold", "accuracy from which the task counts as learned"),
    ),
    *empty_where(
        "where there is no machine, as `reason` says",
        count("n_states", "states of the minimal machine", least=1),
        Column(
            "exact",
            FLAG,
            "whether it is the task's own automaton, over all words; empty of sources, too",
        ),
        share(
            "agreement",
            "share of the network's decisions that it makes on the half of the sequences by which "
            "its number of states was chosen; empty of sources, too",
        ),
    ),
    *empty_where(
        "of languages",
        count("source_states", "states of the source that is emulated", least=1),
    ),
    *empty_where(
        "of languages, and without a machine",
        share("together", "share of runs that no longer depend on where they began"),
        share(
            "machine_error",
            "total variation between pairs of symbols: as the machine writes them in the long run, "
            "and the network on the runs by which its number of states was chosen",
        ),
        share("pair_error", "the same, as the network writes them and as its source does"),
        share("pair_error_floor", "the same of as many sequences of the source itself"),
    ),
    count(
        "n_merged",
        "classes of prefixes that state merging leaves before they are minimised; empty where the "
        "network decides nothing",
        nullable=True,
    ),
    *empty_where(
        "at the first moment, and without a machine",
        count("births", "states that are linked to none of the moment before"),
        count("splits", "links from a state of the moment before beyond its first"),
        count("merges", "links into a state beyond its first"),
        count("deaths", "states of the moment before that are linked to none"),
        share("kept", "share of the steps whose states of the two moments are linked"),
        share("kept_shuffled", "the same with the steps of this moment's machine dealt anew"),
    ),
    *empty_where(
        "where there are not two machines",
        count(
            "resampled",
            "events between this machine and one of the same network, of other sequences or noise",
        ),
    ),
    *(column for name, words in LEARNERS.items() for column in _learner(name, words)),
    STATUS,
    REASON,
)
FORMATION_RUN = Table(
    (f"{RUN}/formation/states.parquet",), "a moment of the training of one network", _MOMENT
)
FORMATION = Table(
    ("tables/formation.csv",),
    "a moment of the training of one network",
    (TASK, MODEL, SEED, GATE, *_MOMENT),
)
