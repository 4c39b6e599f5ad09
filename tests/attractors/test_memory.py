"""The published picture on networks that have it exactly, and on states that are not attractors."""

import numpy as np
import pytest
import torch

from markovlens.attractors.memory import agreements, bits_apart, edges, picture
from markovlens.attractors.numbers import Steps, accuracy
from markovlens.attractors.selection import evidence_known, look
from markovlens.dynamics.steps import OneStep
from markovlens.faithfulness.scores.tally import Bootstrap

SILENCE = torch.zeros(1, 3, dtype=torch.float64)


def steps_of(trace):
    bootstrap = Bootstrap.draw(len(trace), n_resamples=50, rng=np.random.default_rng(0))
    return Steps(trace.lengths, bootstrap)


def by_name(rows):
    return {(row["measure"], row.get("where", "")): row["value"] for row in rows}


def test_the_picture_of_three_bits_is_the_published_one(bits, found):
    step = OneStep(bits[0])
    numbers = by_name(picture(step, SILENCE, found))
    assert [numbers["points", f"unstable_{n}"] for n in range(4)] == [8, 12, 6, 1]
    assert numbers["memories", "stable"] == 8
    assert numbers["edges", "unstable_1"] == 12
    assert numbers["searches_ended", ""] == 1
    # Corners of a cube are 1, sqrt(2) and sqrt(3) edges apart.
    edge = numbers["distance", "bits_1"]
    assert numbers["distance", "bits_2"] == pytest.approx(np.sqrt(2) * edge)
    assert numbers["distance", "bits_3"] == pytest.approx(np.sqrt(3) * edge)
    assert all(bits_apart(*pair) == 1 for pair in edges(step, SILENCE, found))


def test_states_that_are_the_memories_agree_with_attractors_and_shuffled_ones_do_not(bits, found):
    trace = bits[1]
    rng = np.random.default_rng(0)
    decoded = {
        "true": {"chosen": trace.truth},
        "none": {"chosen": rng.integers(8, size=trace.n_steps)},
    }
    rows = list(agreements(found, trace, decoded, steps_of(trace)))
    ari = {(row["method"], row["where"]): row for row in rows if row["measure"] == "ari"}
    floor = {(row["method"], row["where"]): row for row in rows if row["measure"] == "ari_floor"}
    assert ari["true", "attractor"]["value"] == 1
    assert ari["attractors", "memory"]["value"] == 1
    assert abs(ari["none", "attractor"]["value"]) < 0.05
    assert abs(floor["true", "attractor"]["value"]) < 0.1
    row = ari["none", "memory"]
    assert row["low"] <= row["value"] <= row["high"]


def test_a_network_that_is_always_right_is_said_to_be(bits):
    trace = bits[1]
    assert accuracy(trace, steps_of(trace).bootstrap)["value"] == 1


@pytest.mark.parametrize("name", ["motion", "colour"])
def test_a_perfect_integrator_selects_what_counts_and_nothing_else(line, name):
    network, trace = line
    context = look(OneStep(network), trace, name, np.random.default_rng(0), 40)
    numbers = by_name(context.rows())
    assert numbers["slowest_modulus", name] == pytest.approx(1)
    assert numbers["second_modulus", name] == pytest.approx(0.5)
    assert numbers["along_counts", name] == pytest.approx(1)
    assert numbers["along_other", name] == pytest.approx(0, abs=1e-6)
    assert numbers["moved_other", name] == pytest.approx(numbers["moved_counts", name])
    assert numbers["line_share", name] == pytest.approx(1, abs=1e-3)
    assert numbers["line_order", name] == pytest.approx(1)
    # A pulse of 1 stays in h1 for ever, and the log odds are 2 h1.
    assert numbers["kept_counts", name] == pytest.approx(2)
    assert numbers["kept_other", name] == pytest.approx(0, abs=1e-6)


def test_states_know_the_sum_as_far_as_they_follow_it(line):
    """Of bins of the sum itself many know more than few; of states at random none knows any."""
    trace = line[1]
    sums = trace.states[:, 0]
    bins = {k: np.searchsorted(np.quantile(sums, np.arange(1, k) / k), sums) for k in (2, 8)}
    none = np.random.default_rng(0).integers(4, size=len(sums))
    rows = list(evidence_known(trace, bins | {4: none}, steps_of(trace)))
    known = {row["n_states"]: row for row in rows}
    assert known[2]["value"] == pytest.approx(
        1 - sum(((s := sums[bins[2] == k]) - s.mean()) @ (s - s.mean()) for k in (0, 1))
        / ((sums - sums.mean()) ** 2).sum()
    )  # fmt: skip
    assert known[8]["value"] > 0.8 > known[2]["value"] > 0.5 > 0.05 > known[4]["value"]
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)
