"""An explanation says on how few sequences like its test sequences the machine is wrong."""

from dataclasses import replace

import numpy as np
import pytest

from markovlens.explaining.page import page_of
from markovlens.explaining.table import evidence_of, guarantee_of, in_lines
from markovlens.faithfulness.scores.guarantees import most_failures
from markovlens.status import Judgement


def test_the_bound_counts_test_sequences_that_part_anywhere(explained):
    found = guarantee_of(explained)
    test = explained.part("test")
    said = explained.machine.predict(test.sequences).argmax(axis=1)
    parted = [
        (said[start : start + length] != test.decisions[start : start + length]).any()
        for start, length in zip(test.sequences.starts, test.lengths, strict=True)
    ]
    assert (found.n_tests, found.n_failed) == (len(test), int(np.sum(parted)))
    assert found.epsilon == pytest.approx(most_failures(int(np.sum(parted)), len(test), 0.95))
    assert f"machine and network decide alike on {found}" in " ".join(in_lines(explained).split())
    assert "not proved" in str(found)


def test_what_cannot_be_told_says_why_and_what_to_do(explained):
    why = "closed-loop fidelity tells nothing; give sequences that differ"
    verdict = replace(explained.verdict, verdict=Judgement.UNTOLD, evidence=why)
    first, second, *_ = in_lines(replace(explained, verdict=verdict)).splitlines()
    assert "cannot be told on these sequences" in first
    assert second.endswith("; give sequences that differ")
    assert evidence_of(explained) not in in_lines(explained)


def test_values_have_none(explained):
    assert (
        guarantee_of(replace(explained, machine=replace(explained.machine, output="labels")))
        is None
    )


def test_the_page_says_it_too(explained):
    assert f"Machine and network decide alike on {guarantee_of(explained)}." in page_of(explained)
