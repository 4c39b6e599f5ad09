"""The tables of single encoder-decoders."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import DOUBLES, NUMBER, TEXT, Column, count, empty_where, share
from markovlens.tables.common import (
    METHOD,
    MODEL,
    N_MISSING,
    N_SEEDS,
    REASON,
    SCORE,
    SEED,
    SIZE,
    STATUS,
    TASK,
    VALUE,
    ends,
)
from markovlens.tables.scores import CHOSEN, MERGING, RUN
from markovlens.tables.table import Table

PLACE = (TASK, MODEL, SEED)
WINDOWS = count("n_windows", "test windows")
RESAMPLED = Column(
    "resampled",
    TEXT,
    "what was drawn for intervals: whole `recordings` where every class has several, else "
    "`windows`, and then the interval speaks for these recordings only",
    values=("recordings", "windows"),
)
PART = Column(
    "part",
    TEXT,
    "states of the encoder, the decoder, or both",
    values=("encoder", "decoder", "joint"),
)
UNITS = count("n_units", "units of the network", least=1)
GAP = Column(
    "gap",
    NUMBER,
    "median step from the encoder's end to the decoder's begin",
    unit="decoder steps",
    least=0,
    nullable=True,
)
CONTROL = Column(
    "control",
    NUMBER,
    "the same score where it can mean nothing: classes dealt anew to windows, windows "
    "turned in time, boundaries at random edges of windows",
    nullable=True,
)
CONTROL_HIGH = Column(
    "control_high", NUMBER, "95 % quantile of `control` (5 % where low is good)", nullable=True
)
RANDOM = Column("random", NUMBER, "the score of boundaries at random anywhere", nullable=True)
OF_SEED = ends("the interval over test windows that were not drawn")
OF_ALL = ends("the interval for seeds and test windows that were not run, `faithfulness.level`")


def _modes(prefix: str, of: str) -> tuple[Column, ...]:
    """Return the columns of how many modes hold 90, 95 and 99 % of the variance."""
    return tuple(
        count(f"{prefix}modes_{share}", f"modes that hold {share} % of the variance{of}")
        for share in (90, 95, 99)
    )


def _participation(prefix: str, of: str) -> Column:
    return Column(
        f"{prefix}participation", NUMBER, f"effective number of modes{of}", least=0, nullable=True
    )


ENERGIES = (
    PART,
    count("mode", "number of the POD mode", least=1),
    UNITS,
    share("energy", "its variance; empty where nothing varies", nullable=True),
    share("cumulative", "variance of all modes up to it", nullable=True),
    RESAMPLED,
)
MODES = (PART, UNITS, *_modes("", ""), _participation("", ""), GAP, RESAMPLED)
_PARTS = {"encoder": " of the encoder", "decoder": " of the decoder", "joint": " of both"}
PROGRESS = (
    count("step", "training steps until this checkpoint"),
    Column("test_loss", NUMBER, "mean squared error on test windows", least=0, nullable=True),
    GAP,
    *empty_where(
        "with a single class",
        Column(
            "pointwise",
            NUMBER,
            "mean distance of decoder states of different classes at the same step",
        ),
        Column(
            "centroid",
            NUMBER,
            "mean distance of the windows' mean decoder states, different classes",
        ),
        Column(
            "silhouette",
            NUMBER,
            "silhouette of the classes in the decoder's states",
            least=-1,
            most=1,
        ),
        Column("fisher", NUMBER, "variance between classes over that within them"),
    ),
    *[
        column
        for part, of in _PARTS.items()
        for column in (_participation(f"{part}_", of), *_modes(f"{part}_", of))
    ],
    RESAMPLED,
)
CLUSTERED = (
    replace(METHOD, meaning="how decoder states were clustered, as many clusters as classes"),
    Column("space", TEXT, "all units (`states`) or three POD `modes`", values=("states", "modes")),
    Column(
        "unit",
        TEXT,
        "single decoder steps, means of a window, or a stream of windows",
        values=("step", "window", "stream"),
    ),
)
SWAPPED = (
    Column(
        "condition",
        TEXT,
        "`other_class`, `same_class`: the decoder starts from such a window's encoder end; "
        "`input_only`: only the first input is exchanged; `none`; `displaced`: the start is moved "
        "at random",
        values=("other_class", "same_class", "input_only", "none", "displaced"),
    ),
    Column(
        "of",
        TEXT,
        "whether the decoder's states or outputs were looked at",
        values=("states", "outputs"),
    ),
)
REFERENCE = Column(
    "reference",
    TEXT,
    "what states are compared with",
    nullable=True,
    values=("class", "phase", "position", "role"),
)
MERGED = (WINDOWS, N_SEEDS, N_MISSING)


def _study(name: str, row: str, columns: tuple[Column, ...]) -> Table:
    return Table((f"{RUN}/embedding/{name}.parquet",), row, columns)


ENERGIES_RUN = _study("energies", "a part and mode", ENERGIES)
MODES_RUN = _study("modes", "a part", MODES)
PROGRESS_RUN = _study("progress", "a checkpoint", PROGRESS)
CLUSTERS_RUN = _study(
    "clusters",
    "a clustering and score",
    (
        *CLUSTERED,
        WINDOWS,
        SCORE,
        VALUE,
        *OF_SEED,
        *(replace(one, type=DOUBLES) if one.name == "replicates" else one for one in MERGING),
        CONTROL,
        CONTROL_HIGH,
        RANDOM,
        RESAMPLED,
    ),
)
STATES_RUN = _study(
    "states",
    "a part, method, size, reference and score",
    (
        PART,
        METHOD,
        *empty_where(
            "if the fit failed",
            SIZE,
            CHOSEN,
            Column("criterion", NUMBER, "by which the size was chosen"),
        ),
        STATUS,
        REASON,
        *empty_where(
            "if the fit failed", REFERENCE, SCORE, VALUE, *OF_SEED, *MERGING, CONTROL, CONTROL_HIGH
        ),
        WINDOWS,
        RESAMPLED,
    ),
)
SWAPS_RUN = _study(
    "swaps",
    "a condition, what was looked at, and a score; none if the decoder cannot be started by hand",
    (
        *SWAPPED,
        count("n_swaps", "decoders that were started"),
        SCORE,
        VALUE,
        *OF_SEED,
        *MERGING,
        WINDOWS,
        RESAMPLED,
    ),
)
STUDIES = {
    table.name: table
    for table in (
        ENERGIES_RUN,
        MODES_RUN,
        PROGRESS_RUN,
        CLUSTERS_RUN,
        STATES_RUN,
        SWAPS_RUN,
    )
}
