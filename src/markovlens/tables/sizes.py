"""The table of how sure each chosen number of states is."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, Column, count, empty_where
from markovlens.tables.common import LAYER, METHOD, MODEL, N_SEQUENCES, SEED, SIZE, TASK, ends
from markovlens.tables.fits import SIZE_INTERVAL
from markovlens.tables.scores import N_LUMPED
from markovlens.tables.table import Table


def _agreement(name: str, meaning: str, empty: str) -> tuple[Column, ...]:
    """Return the columns of a mean adjusted Rand index and of its interval."""
    value = Column(name, NUMBER, meaning, least=-1, most=1)
    interval = ends(f"the interval of `{name}` over test sequences", f"{name}_")
    return (*empty_where(empty, value), *interval)


SIZES = Table(
    ("tables/sizes.csv",),
    "a network, seed and method that has a machine: how sure the size that it chose is",
    (
        TASK,
        MODEL,
        SEED,
        LAYER,
        METHOD,
        replace(SIZE, meaning="the size that the method chose"),
        *SIZE_INTERVAL,
        N_LUMPED,
        *empty_where(
            "for methods without random starts, and where one fit alone was left",
            Column(
                "stability_restarts",
                NUMBER,
                "mean adjusted Rand index between the states at training steps of the fits of "
                "that size that ran to their end; 1 is identical",
                least=-1,
                most=1,
            ),
        ),
        count("n_restarts", "fits of that size that ran to their end"),
        *_agreement(
            "stability_seeds",
            "mean adjusted Rand index of the states that this seed's machine has read off its "
            "network at the test steps, with those of the other seeds' machines off theirs",
            "for methods that read no states off, and where no other seed has any",
        ),
        *_agreement(
            "stability_lumped",
            "the same of the states in which the lumped machines are, run on inputs alone",
            "for methods whose machines are not lumped, and where no other seed has any",
        ),
        replace(N_SEQUENCES, meaning="test sequences that the agreement of seeds rests on"),
    ),
)
