"""The page of claims has every claim that the code makes, in its words, and no other."""

import re
from itertools import product
from pathlib import Path

import pandas as pd

from markovlens.attention.claims import attention_claims
from markovlens.attractors.claims import WORDS as OF_ATTRACTORS
from markovlens.dynamics import region_claims
from markovlens.dynamics.claims import WORDS
from markovlens.faithfulness.claims import hmm_or_clusters, moves, recurrences
from markovlens.faithfulness.claims.claims import FEWEST, FLIPS, LEVEL, lisor_claims
from markovlens.faithfulness.claims.ranges import RANGES
from markovlens.formation.claims import formation_claims
from markovlens.hybrids.claims import NAMES as HYBRIDS
from markovlens.hybrids.claims import hybrid_claims
from markovlens.layers import claims as layers
from markovlens.seq2seq.claims import seq2seq_claims

PAGE = Path(__file__).resolve().parents[2] / "docs" / "claims.md"

# Where networks are trained along.
ALONG = "parity_", "training_on", "states_come", "an_earlier", "emulators_reach"

NUMBERS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
IN_THE_WORKFLOW = "quiet", "few", "noisy"  # of `hmm_or_clusters.WORDS`


def empty(columns):
    return pd.DataFrame(columns=["task", "model", "seed", *columns.split()])


def claimed():
    """Return the claims that the code makes of nothing: id, statement, measure."""
    automata = lisor_claims(
        empty("gate score method chosen value"), empty("gate target method needed cell"), seed=0
    )
    decoders = seq2seq_claims(
        empty("part modes_90 n_units"),
        empty("step joint_participation silhouette pointwise centroid test_loss"),
        empty("unit score method space value control"),
        empty("of condition score value"),
        seed=0,
    )
    kinds = empty("cell length accuracy")
    moments = formation_claims(
        empty(
            "gate step accuracy threshold n_states n_merged exact births splits merges deaths "
            "resampled source_states lsharp_queries lsharp_tests lsharp_finished adaptive_queries "
            "adaptive_tests adaptive_finished"
        ),
        seed=0,
    )
    looked = moves.moves_claims(empty("gate chosen score value method mode"), seed=0)
    stacks = layers.layer_claims(empty("accuracy depth score value n_directions n_units"), seed=0)
    mixed = hybrid_claims(empty("variant part measure value foretells"), seed=0)
    kept = recurrences.recurrence_claims(kinds, seed=0)
    found = [*automata, *moments, *decoders, *kept, *looked, *stacks, *attended(), *mixed]
    named = [(each.claim, each.statement, each.measure) for each in found]
    words = WORDS | region_claims.WORDS | OF_ATTRACTORS
    return [*named, *((name, *each) for name, each in words.items())]


def attended():
    """Return the claims on attention, which only runs that ask for it make."""
    return attention_claims(empty("network gate explanation measure value"), seed=0)


def test_each_claim_stands_on_the_page_in_its_words():
    rows = re.findall(r"^\| `([^|]+?)` \| ([^|]+?) \| ([^|]+?) \|$", PAGE.read_text(), re.M)
    clusters = [
        f"clusters_beat_hmms:{region}:{hmm}"
        for region, hmm in product(hmm_or_clusters.WORDS, hmm_or_clusters.HMMS)
    ]
    assert set(claimed()) <= set(rows)
    assert {name for name, *_ in rows} == {*(name for name, *_ in claimed()), *clusters}


def test_it_is_said_of_every_claim_what_its_effect_can_be():
    names = {name for name, *_ in claimed()}
    families = {name.partition(":")[0] for name in RANGES}
    assert {name.partition(":")[0] for name in names} | {"clusters_beat_hmms"} == families


def test_the_page_says_how_claims_are_decided():
    text = PAGE.read_text()
    assert (FEWEST, FLIPS, LEVEL) == (6, 10_000, 0.05)
    assert all(words in text for words in ("fewer than six", "10,000 times", "at 5 %"))


def test_the_page_counts_its_claims():
    text = " ".join(PAGE.read_text().split())
    (held,) = re.findall(r"holds (\d+) such claims", text)
    (disturbed,) = re.findall(r"disturbed, up to (\w+) more", text)
    (said_along,) = re.findall(r"trained along, (\w+),", text)
    (said_attention,) = re.findall(r"have \[attention\]\(attention.md\), (\w+),", text)
    elsewhere = *(each.name for each in recurrences.PREDICTIONS), *region_claims.WORDS
    attention = [each.claim for each in attended()]
    alone = ("moves_beat_looking", *elsewhere, *layers.WORDS, *OF_ATTRACTORS, *attention, *HYBRIDS)
    along = [name for name, *_ in claimed() if name.startswith(ALONG)]
    assert NUMBERS.index(said_along) == len(along)
    assert NUMBERS.index(said_attention) == len(attention)
    assert NUMBERS.index(disturbed) == len(IN_THE_WORKFLOW) * len(hmm_or_clusters.HMMS)
    assert int(held) == len(claimed()) - len(alone) - len(along)
