"""The tables of emulating networks."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import FLAG, NUMBER, TEXT, WHOLE, Column, count, empty_where
from markovlens.tables.common import GATE, MODEL, REASON, SEED, STATUS, TASK, VALUE, ends
from markovlens.tables.scores import RUN
from markovlens.tables.table import Table

SYMBOL = count("symbol", "symbol of the source")
PI = 3.1415927
UNIT = count("unit", "unit of the network")
PAIR = Column("pair", TEXT, "two symbols: `0>2` from 0 to 2, `0-2` whichever way")
PLANE = tuple(Column(f"pc{n}", NUMBER, f"coordinate along principal component {n}") for n in (1, 2))
_NUMBERS = (
    Column("analysis", TEXT, "which analysis"),
    Column("measure", TEXT, "which of its numbers"),
    Column(
        "where",
        TEXT,
        "of what, in words that never hold a number: a zone, a role (`kick`, `pool`), "
        "which units were changed, a criterion, `run` or `shuffled`, `all`. All of `where` to "
        "`other_pair` together tell one row of a measure from the others",
    ),
    *empty_where(
        "where the measure has no such key",
        PAIR,
        SYMBOL,
        UNIT,
        count("n_states", "size of the HMM"),
        count("state", "state of the HMM or of the source"),
        count("rank", "which root or component, from 1; how many; or the period of a cycle"),
        Column("step", WHOLE, "steps from a switch or a disturbance, of a lag, or of training"),
        Column(
            "level", NUMBER, "amplitude, gain, share of fresh noise, or number of silenced units"
        ),
        Column(
            "other",
            TEXT,
            "the second thing where two are compared: a role, a zone, the end of a range",
        ),
        Column("other_pair", TEXT, "and its pair of symbols: of a role, of a plane"),
    ),
    replace(VALUE, meaning="the number"),
    *ends("its 95 % interval"),
    count("n", "independent runs behind it"),
    STATUS,
    REASON,
)


def _study(name: str, row: str, columns: tuple[Column, ...]) -> Table:
    return Table((f"{RUN}/dynamics/{name}.parquet",), row, columns)


NUMBERS_RUN = replace(
    _study("numbers", "a number of an analysis", _NUMBERS),
    files=tuple(f"{RUN}/dynamics/{name}.parquet" for name in ("numbers", "beliefs", "regions")),
)
REGION_POINTS_RUN = _study(
    "region_points",
    "a state, or a point on the boundary between states with different fates",
    (
        *PLANE,
        replace(SYMBOL, meaning="that a state favours in the end; -1 on a boundary", least=-1),
    ),
)
_CYCLES = (
    count("noise", "which held noise vector, from 0; empty without noise", nullable=True),
    count("period", "points of it: 1 of a fixed point", least=1),
    Column("is_ray", FLAG, "whether all multiples of the point are meant, which grow by `factor`"),
    Column(
        "region",
        TEXT,
        "its linear region: `x` for each unit that is active, `.` for each that is silent, and `>` "
        "between the points of a cycle",
    ),
    Column(
        "stability",
        TEXT,
        "what becomes of small deviations (of a ray, across its direction); on an `edge` of "
        "regions there is no one Jacobian",
        values=("attractor", "saddle", "repeller", "neutral", "edge"),
    ),
    Column("modulus", NUMBER, "of the leading eigenvalue of the Jacobian once round", least=0),
    Column("argument", NUMBER, "of that eigenvalue", unit="rad", least=0, most=PI),
    Column("factor", NUMBER, "by which a point has grown when it comes back: 1 but for rays"),
    Column("many", FLAG, "whether it is one of infinitely many through the same regions"),
    count("n_regions", "regions, or sequences of them, that were solved for"),
    Column(
        "complete",
        FLAG,
        "whether these were all there are, so that no other cycle has this period and noise",
    ),
)
FIXED_POINTS_RUN = _study(
    "fixed_points",
    "a fixed point, a cycle or a ray; no row where the network could not be studied",
    _CYCLES,
)
PATHS_RUN = _study(
    "paths",
    "a step of a run; no row where the network could not be studied",
    (
        count("run", "which run"),
        count("step", "step of the run"),
        *PLANE,
        SYMBOL,
    ),
)
POINTS_RUN = _study(
    "points",
    "a state; no row where the network could not be studied",
    (
        *PLANE,
        replace(SYMBOL, meaning="the likeliest symbol there"),
        Column(
            "residency",
            NUMBER,
            "mean time until another symbol is the likeliest, at most 60",
            unit="steps",
            least=0,
            nullable=True,
        ),
        Column(
            "flips",
            NUMBER,
            "mean number of times that the symbol's logit turns from rising to falling or "
            "back until then",
            least=0,
            nullable=True,
        ),
        Column(
            "zone",
            TEXT,
            "zone of the state",
            values=("transition", "kick-zone", "cluster", "unsure"),
        ),
    ),
)
DECAY_RUN = _study(
    "decay",
    "a step without noise; no row where the network could not be studied",
    (
        count("step", "steps without noise"),
        *[
            Column(
                name,
                NUMBER,
                f"{words} over runs of the state's norm over that at the start",
                least=0,
                nullable=True,
            )
            for name, words in (
                ("low", "least"),
                ("first", "lower quartile"),
                ("median", "median"),
                ("third", "upper quartile"),
                ("high", "largest"),
            )
        ],
    ),
)
ROLES_RUN = _study(
    "roles",
    "a unit that has a role for a pair of symbols",
    (
        PAIR,
        Column("role", TEXT, "`kick` or `pool`, and of which direction"),
        UNIT,
    ),
)
STUDIES = {
    table.name: table for table in (NUMBERS_RUN, PATHS_RUN, POINTS_RUN, DECAY_RUN, ROLES_RUN)
}
_LOSS = Column(
    "loss", TEXT, "what it was trained with; empty for one that predicts symbols", nullable=True
)
DYNAMICS = Table(
    ("tables/dynamics.csv", "tables/dynamics_regions.csv"),
    "a number of an analysis of one network",
    (
        TASK,
        MODEL,
        _LOSS,
        SEED,
        GATE,
        *_NUMBERS,
    ),
)
FIXED_POINTS = Table(
    ("tables/fixed_points.csv",),
    "a fixed point, a cycle or a ray of one emulating network",
    (TASK, MODEL, _LOSS, SEED, GATE, *_CYCLES),
)
