"""The tables of what networks and machines do when nothing happens."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, TEXT, Column, count, empty_where, share
from markovlens.tables.common import GATE, METHOD, MODEL, REASON, SEED, SIZE, STATUS, TASK
from markovlens.tables.scores import RUN
from markovlens.tables.table import Table

INPUT = Column("input", TEXT, "what is read again and again: a symbol, or the name of a row")
STEP = count("step", "how often it was read")


def _steps(name: str, meaning: str, *, least: float = 0) -> Column:
    return Column(name, NUMBER, meaning, unit="steps", least=least)


_KINDS = ("fixed point", "orbit", "counter", "never")
_REST = (
    INPUT,
    count("n_steps", "how often it was read"),
    *empty_where(
        "where the network cannot be asked",
        Column("becomes", TEXT, "what becomes of the network's state", values=_KINDS),
    ),
    *empty_where(
        "where its state comes to no fixed point",
        _steps(
            "slowest_mode",
            "in which a deviation along the slowest mode shrinks to 1/e; infinite if never",
        ),
        _steps("state_settles", "until the state stays within 1 % of the widest distance"),
    ),
    *empty_where(
        "where its answers still move at the end, or there are none",
        _steps("answer_settles", "until no probability or value is further than .01 from the last"),
    ),
    *empty_where("but of an orbit", _steps("period", "of the orbit, not always a whole number")),
    *empty_where(
        "but of a counter", Column("drift", NUMBER, "distance that it moves at each step")
    ),
    *empty_where(
        "where it does not decide between classes, or gives no answer",
        Column("answer", TEXT, "the class that the network decides for in the end"),
    ),
    *empty_where(
        "where there is no machine",
        replace(METHOD, meaning="method of the machine beside it, which is that of the verdict"),
        replace(SIZE, name="machine_states", meaning="its states, as the verdict counts them"),
    ),
    *empty_where(
        "where the machine has come to none",
        _steps("machine_period", "of the machine's cycle; 1 at a fixed point", least=1),
        _steps("machine_settles", "until the machine is in its cycle"),
    ),
    *empty_where(
        "where it is no decision",
        Column("machine_answer", TEXT, "the class that the machine decides for in the end"),
        share("agreement", "share of the last quarter of the steps at which both decide alike"),
    ),
    STATUS,
    REASON,
)
REST_RUN = Table(
    (f"{RUN}/dynamics/rest.parquet",), "an input that does not change, to one network", _REST
)
REST_PATHS_RUN = Table(
    (f"{RUN}/dynamics/rest_paths.parquet",),
    "a step at which the same is read; no row where the network cannot be asked",
    (
        INPUT,
        STEP,
        Column(
            "state",
            NUMBER,
            "distance of the state from where it ends, its fixed point or the last, over the "
            "widest",
            least=0,
        ),
        *empty_where(
            "before the first step, and where there is none",
            Column("answer", NUMBER, "largest distance of a probability or value from the last"),
        ),
        *empty_where(
            "where there is no machine",
            Column("machine", NUMBER, "the same of the machine's answers"),
        ),
    ),
)
REST = Table(
    ("tables/rest.csv",),
    "an input that does not change, to one network",
    (TASK, MODEL, SEED, GATE, *_REST),
)
