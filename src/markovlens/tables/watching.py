"""The tables of networks that are watched: alarms, and strangers told from usual sequences."""

from __future__ import annotations

from markovlens.tables.column import NUMBER, TEXT, Column, count, empty_where, share
from markovlens.tables.common import METHOD, MODEL, SEED, TASK, ends
from markovlens.tables.table import Table

CHANGES = ("noise", "shuffled", "reversed", "relabelled", "stuck", "longer")
MEANINGS = (
    "`noise`: 30 % of symbols drawn at random, rows with noise as large as they vary; `shuffled`, "
    "`reversed`: steps of each sequence; `relabelled`: each symbol replaced by the next one, each "
    "channel by another in its units; `stuck`: from some step on always the same; `longer`: each "
    "sequence twice over"
)

WATCHING = Table(
    ("tables/watching.csv", "reliance/watching/<task>/<model>/watching.parquet"),
    "a network and a planted change",
    (
        TASK,
        MODEL,
        SEED,
        METHOD,
        count("n_states", "of the verdict's machine", least=1),
        Column(
            "change",
            TEXT,
            "`none`; `other_seed`: the network of the next seed answers; `noisy_weights`: the same "
            f"with noise as large as they vary on its weights; {MEANINGS}",
            values=("none", "other_seed", "noisy_weights", *CHANGES),
        ),
        share("alpha", "promised: a false alarm is ever raised with that chance at most"),
        count("n_streams", "streams tried", least=1),
        count(
            "n_ranked",
            "sequences of the calibration in each, drawn anew with replacement from what its usual "
            "ones are drawn from: the promise is checked where it has to hold, and not "
            "whether other test sequences are alike",
            least=1,
        ),
        count("n_before", "sequences before the change"),
        count("n_after", "sequences after it; of `none` all"),
        share("alarms", "streams with an alarm after the change, the first; of `none` ever"),
        *(share(f"alarms_{end}", "its exact interval") for end in ("low", "high")),
        share("early", "streams with an alarm before the change"),
        *empty_where(
            "where half of the streams have none",
            Column("delay", NUMBER, "median number of changed sequences to an alarm", least=1),
        ),
        *empty_where(
            "where it is beyond the stream",
            Column("delay_low", NUMBER, "its exact interval", least=1),
            Column("delay_high", NUMBER, "its exact interval", least=1),
        ),
        *empty_where(
            "without alarms",
            Column(
                "test",
                TEXT,
                "what raised the alarm in most streams",
                values=("network", "inputs", "stuck", "length"),
            ),
        ),
        share("rate", "steps of the calibration at which network and machine disagree"),
        *empty_where(
            "where the network does not answer",
            share("disagreement", "the same of the changed sequences"),
        ),
    ),
)

STRANGERS = Table(
    ("tables/strangers.csv", "reliance/watching/<task>/<model>/strangers.parquet"),
    "a planted change of sequences and a score that may tell them",
    (
        TASK,
        MODEL,
        Column("change", TEXT, MEANINGS, values=CHANGES),
        Column(
            "score",
            TEXT,
            "of a sequence: `monitor`: what its test of inputs ranks; `surprise`: of the machine, "
            "mean nats a step; `softmax`: the network's largest probability, mean over steps, "
            "small is strange; `mahalanobis`: squared distance of its states from the nearest "
            "class, mean over steps",
            values=("monitor", "surprise", "mahalanobis", "softmax"),
        ),
        share("value", "AUROC: chance that the changed one of two sequences is the stranger one"),
        *ends("its interval, over networks and sequences"),
        *empty_where(
            "without a softmax",
            Column("gain", NUMBER, "the same less that of `softmax`", least=-1, most=1),
            Column("gain_low", NUMBER, "its interval", least=-1, most=1),
            Column("gain_high", NUMBER, "its interval", least=-1, most=1),
        ),
        count("n_sequences", "of each kind", least=1),
        count("n_seeds", "networks", least=1),
    ),
)
