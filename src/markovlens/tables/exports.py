"""The table of exports: machines in other languages, and whether they decide as they do here."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import NUMBER, TEXT, Column, count, empty_where
from markovlens.tables.common import CARRIES, METHOD, MODEL, REASON, SEED, SIZE, TASK
from markovlens.tables.table import Table

UNTRIED = "where the file was not run, as `reason` says"

EXPORTS = Table(
    ("tables/exports.csv",),
    "the best machine of one network as a file in one language, run over all test sequences",
    (
        TASK,
        MODEL,
        SEED,
        METHOD,
        replace(SIZE, meaning="states of the machine that was judged, as it was fitted"),
        replace(CARRIES, nullable=False),
        Column("language", TEXT, "of the file", values=("c", "python", "onnx", "rust")),
        Column("digest", TEXT, "SHA-256 of the machine, which the head of the file names"),
        *empty_where("where it was not written", count("file_bytes", "size of the file")),
        *empty_where(
            "of Python, and where it was not run",
            count("state_bytes", "what is kept between two steps"),
        ),
        *empty_where(
            UNTRIED,
            count("n_sequences", "test sequences"),
            count("n_steps", "their steps"),
            count(
                "n_equal",
                "steps with the decision of `Machine.predict`; of answers that are no decisions, "
                "with its numbers to 1e-9",
            ),
            count(
                "n_ties",
                "steps at which the two best answers differ by less than 1e-9, and those from a "
                "row on whose code rounding may turn",
            ),
            Column("largest_difference", NUMBER, "of an answer to that of `predict`", least=0),
        ),
        REASON,
    ),
)
