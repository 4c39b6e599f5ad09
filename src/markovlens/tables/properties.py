"""The table of properties: what must hold of networks, and the words that show it does not."""

from __future__ import annotations

from dataclasses import replace

from markovlens.tables.column import FLAG, TEXT, Column, count, empty_where, share
from markovlens.tables.common import MODEL, REASON, SEED, SIZE, TASK
from markovlens.tables.table import Table

NO_NETWORK = "where words of the network were not asked for"
BOUND = "with the confidence `faithfulness.level`; tested, not proved"

PROPERTIES = Table(
    ("tables/properties.csv", "runs/<task>/<model>/<seed>/reliance/properties.parquet"),
    "a property and a network: whether it holds, and the word that shows that it does not",
    (
        TASK,
        MODEL,
        SEED,
        Column("property", TEXT, "what must hold, as `reliance.properties` states it"),
        *empty_where(
            "where nothing could be checked, as `reason` says",
            Column(
                "inputs",
                TEXT,
                "the words that may come: `any`, or those of `pairs` of symbols as frequent as in "
                "test sequences, of which probabilities are",
                values=("any", "pairs"),
            ),
            Column(
                "finding",
                TEXT,
                "`violated by the network` on a word (or too often, of probabilities); `holds on "
                "the machine, no violation by the network found`, with the bounds in `agreement` "
                "and `kept`; `kept by the network on words drawn, violated on the machine`, of "
                "probabilities; `undecided`; without a network to ask what holds or is violated "
                "on the machine; the `probability` alone, where that is asked",
            ),
            Column("on_machine", FLAG, "whether it holds of the machine alone; empty, too, where "
                   "only the probability is asked"),
            replace(SIZE, meaning="states of the machine that the verdict counts"),
        ),
        *empty_where(
            "where no probability is asked",
            share("least", "how likely the machine breaches it, or reaches what is asked for; by "
                  "choices of symbols that make it least likely"),
            share("most", "by those that make it most likely; the same where symbols are drawn"),
        ),
        Column("word", TEXT, "that breaches it: of the network, else of the machine; blanks "
               "between symbols; empty where none was found", nullable=True),
        *empty_where(
            "where the network breached it on none",
            count("word_length", "symbols of the network's word, after all that can be deleted"),
        ),
        *empty_where(
            NO_NETWORK,
            count("n_spurious", "words of the machine, refined or not, that the network does not "
                  "breach it on"),
            Column("spurious", TEXT, "the first of them"),
            count("n_states_refined", "states of the machine after what those words taught it"),
            count("n_asked", "words that the network was asked"),
            share("agreement", "on at least this share of words drawn the last machine and the "
                  f"network decide alike, {BOUND}"),
            count("agreement_tests", "words drawn that `agreement` rests on"),
            share("kept", "on at least this share of sequences like the test sequences the network "
                  f"keeps it, {BOUND}"),
            count("n_sequences", "test sequences that `kept` rests on"),
            count("n_breached", "of these, on how many the network breached it"),
        ),
        *empty_where(
            "where no probability is asked",
            share("network", "share of words drawn on which the network breaches it, or reaches "
                  "what is asked for"),
            share("network_low", f"the end of its exact interval, {BOUND}"),
            share("network_high", "the other end"),
        ),
        replace(REASON, meaning="why no more could be said; empty where all is well"),
    ),
)  # fmt: skip
