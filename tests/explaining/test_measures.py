"""The name in front of a number is that of the measure which gives it, and why it is told."""

import html
import re
from dataclasses import replace

import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.explaining.page import page_of
from markovlens.explaining.sentences import COLUMNS
from markovlens.explaining.table import evidence_of, in_lines, lines_of, measured_in_words
from markovlens.explorer.payload import payload_of
from markovlens.status import Judgement

N_SYMBOLS, N_CLASSES = 6, 5


class Unsure(torch.nn.Module):
    """A network whose classes are none of its symbols, and which favours none."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(N_SYMBOLS, 8)
        self.rnn = torch.nn.GRU(8, 8, batch_first=True)
        self.head = torch.nn.Linear(8, N_CLASSES)

    def forward(self, codes):
        return 2 * self.head(self.rnn(self.embedding(codes))[0])


@pytest.fixture(scope="module")
def unsure():
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    return ml.explain(
        Unsure().eval(), [list(rng.integers(N_SYMBOLS, size=10)) for _ in range(60)],
        symbols=[f"word{number}" for number in range(N_SYMBOLS)],
        classes=[f"class{number}" for number in range(N_CLASSES)],
        methods=["kmeans"], n_states=[2, 3],
    )  # fmt: skip


def test_what_a_verdict_goes_by_is_named_as_the_measure_that_gives_it(unsure):
    """Of a network that predicts it is another than the one in front."""
    test = unsure.part("test")
    said = ml.fidelity(unsure.machine, test)
    evidence = evidence_of(unsure)
    value = float(
        re.search(r"balanced agreement with the network, closed loop, ([\d.]+)", evidence)[1]
    )
    assert value == pytest.approx(said.balanced_agreement.value, abs=6e-4)
    assert abs(value - said.explained_divergence.value) > 0.01
    assert "explained divergence" not in evidence
    rows = {line.name: line.score.value for line in lines_of(unsure)}
    assert rows["explained divergence, closed loop"] == said.explained_divergence.value
    assert rows["balanced agreement, closed loop"] == pytest.approx(said.balanced_agreement.value)


def test_longer_strings_are_named_too(unsure):
    (line,) = [line for line in lines_of(unsure) if "times as long" in line.name]
    assert line.about.startswith("balanced agreement")
    alone = replace(
        unsure.verdict, evidence="on strings 2 to 4 times as long it is 0.812, below 0.97"
    )
    assert "long balanced agreement is 0.812" in evidence_of(replace(unsure, verdict=alone))


def test_a_given_machine_with_beliefs_is_judged_by_its_moves_and_says_so(unsure):
    machine = unsure.studies["kmeans"].machines[2]
    moves = np.full_like(machine.transition, 1 / machine.n_states)
    given = replace(unsure, machine=replace(machine, transition=moves))
    assert given.machine.carries == "belief"
    assert "closed loop, by its most likely moves alone, " in evidence_of(given)
    assert "alone" not in evidence_of(unsure)


def test_page_and_explorer_have_the_same_names(unsure):
    text = html.unescape(page_of(unsure))
    assert evidence_of(unsure) in text
    assert measured_in_words(unsure)[1:] in text
    payload = payload_of(unsure)
    assert payload["evidence"] == evidence_of(unsure)
    assert payload["measured"] == measured_in_words(unsure)


def test_a_network_without_a_favourite_is_said_to_predict_and_by_what(unsure):
    kind = ml.fidelity(unsure.machine, unsure.part("test")).kind
    assert kind.name == "predicts"
    assert f"explained divergence: the network predicts ({kind.reason})" in " ".join(
        in_lines(unsure).split()
    )


def test_a_refusal_is_printed_with_its_reasons(unsure):
    assert unsure.verdict.verdict == Judgement.REFUSED
    lines = str(unsure).splitlines()
    assert evidence_of(unsure) in " ".join(" ".join(lines).split())
    assert "below 0.97" in str(unsure)
    assert max(map(len, lines)) <= COLUMNS


def test_what_is_finite_needs_none(explained):
    assert explained.verdict.verdict == Judgement.FINITE
    assert evidence_of(explained) not in " ".join(str(explained).split())
    assert sum("balanced agreement, closed loop" in line.name for line in lines_of(explained)) == 1
