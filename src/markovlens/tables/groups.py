"""The table of groups: what differs between recordings in the states of one machine."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, TEXT, Column, count, empty_where, share
from markovlens.tables.common import METHOD, MODEL, REASON, SEED, SIZE, TASK, ends
from markovlens.tables.table import Table

WITHOUT = "where there is none, as `reason` says"

COMPARED = Table(
    ("groups.csv",),
    "a measure of one state in two groups of recordings",
    (
        Column("group_a", TEXT, "the one group"),
        Column("group_b", TEXT, "the other"),
        Column(
            "measure",
            TEXT,
            "`occupancy`: share of steps in the state; `dwell`: steps in it for each exit, the "
            "last step of a sequence not counting; `switching`: changes of state for each pair "
            "of steps; "
            "`transition`: share of the exits from the state that go to `next`",
            values=("occupancy", "dwell", "switching", "transition"),
        ),
        *empty_where(
            "of `switching`",
            count(
                "state",
                "number of the state; of a run's networks in the machine that the verdict counts, "
                "as in its figures, and after these the states that it never enters",
            ),
        ),
        *empty_where("but of `transition`", count("next", "the state that it is left for")),
        Column("unit", TEXT, "of the values and their difference"),
        *empty_where(
            WITHOUT,
            Column("value_a", NUMBER, "of the one group, each of its units counting the same"),
            Column("value_b", NUMBER, "of the other"),
            Column("difference", NUMBER, "`value_a` less `value_b`"),
        ),
        *ends("its interval, by resampling units", "difference_"),
        *empty_where(
            WITHOUT,
            Column(
                "effect",
                NUMBER,
                "the difference in standard deviations over units (Hedges' g; of pairs over their "
                "differences)",
            ),
        ),
        *ends("its interval, by resampling units", "effect_"),
        *empty_where(
            WITHOUT,
            share("p", "two-sided, by permuting units (of pairs by swapping them)"),
            share("p_holm", "by Holm's correction over all rows of the table that have a `p`"),
        ),
        count("n_permutations", "relabellings of units that `p` rests on"),
        Column(
            "permutations",
            TEXT,
            "`all` there are, or so many `drawn`",
            values=("all", "drawn"),
        ),
        Column("units", TEXT, "what is permuted", values=("sequences", "subjects", "pairs")),
        count("n_a", "units of the one group"),
        count("n_b", "units of the other"),
        Column(
            "finding",
            TEXT,
            "`higher in <group>` if `p_holm` is below 1 - level, else `no difference shown`",
        ),
        REASON,
    ),
)

GROUPS = Table(
    ("tables/groups.csv", "runs/<task>/<model>/<seed>/faithfulness/groups.parquet"),
    "a measure of one state in two groups of sequences, in the states of one network's machine",
    (
        TASK,
        MODEL,
        SEED,
        METHOD,
        replace(
            SIZE, meaning="states of the machine that was judged, before alike ones are joined"
        ),
        Column(
            "source",
            TEXT,
            "what states were read off: the network's `activations`, or by the machine from "
            "`inputs` alone, where the method reads no activations",
            values=("activations", "inputs"),
        ),
        *COMPARED.columns,
    ),
)
