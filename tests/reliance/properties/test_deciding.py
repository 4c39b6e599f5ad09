"""What is said of a property is of the machine, of the network, or of both, and never mixed up."""

from dataclasses import replace

import numpy as np
import pytest

from helpers.machines import trace_of
from helpers.properties import HASTY, TRUTH, network_of, sequences
from markovlens.machines.machine import automaton
from markovlens.reliance.properties.checked import Finding
from markovlens.reliance.properties.deciding import Asking, checked
from markovlens.reliance.properties.grammar import parsed
from markovlens.reliance.properties.inputs import inputs_of
from markovlens.reliance.properties.measuring import Measured
from markovlens.reliance.properties.replaying import Budget

# Accepts nothing, whatever it reads.
NONE = automaton(np.array([[0, 0]]), np.array([0]), start=0, symbols=("a", "b"))


def check(machine, text, network, *, kind="frequencies", **budget):
    asked = network_of(network)
    inputs = inputs_of(machine, kind, trace_of(network).sequences, asked.answered)
    asking = Asking(asked, Budget(**budget))
    return checked(machine, parsed(text), inputs, asking, np.random.default_rng(1))


def test_a_network_may_keep_what_its_machine_violates():
    found = check(HASTY, "probability of answers accept at most 0.1", NONE)
    assert (found.finding, found.holds, found.on_machine) == (Finding.KEPT, True, False)
    first, second, *_ = repr(found).splitlines()
    assert first.endswith(": kept by the network on words drawn, violated on the machine")
    assert second == f"  violated on the machine, probability {found.probability[0]:.6g}"


def test_a_network_may_violate_what_its_machine_keeps():
    found = check(NONE, "probability of answers accept at most 0.1", HASTY)
    assert (found.finding, found.holds, found.on_machine) == (Finding.CONFIRMED, False, True)
    assert repr(found).splitlines()[1] == "  holds on the machine, probability 0"


@pytest.mark.parametrize("machine", [HASTY, TRUTH])
def test_the_interval_of_the_network_lies_on_one_side_of_the_bound_or_nothing_is_said(machine):
    """Of machines that are their networks, so that the exact probability is known."""
    (truth, _) = check(machine, "probability of answers accept", machine).probability
    for most, side in ((True, 1), (False, -1)):
        word = "most" if most else "least"
        said = {
            limit: check(machine, f"probability of answers accept at {word} {limit:.6f}",
                         machine, words=400)
            for limit in (truth - 0.1 * side, truth, truth + 0.1 * side)
        }  # fmt: skip
        low, high = said[truth].measured[0].interval
        assert low < truth < high < low + 0.2
        assert [one.finding for one in said.values()] == [
            Finding.CONFIRMED, Finding.UNDECIDED, Finding.TESTED
        ]  # fmt: skip


def test_nothing_is_concluded_where_the_sequences_given_are_beyond_the_bound():
    """Each has five symbols and reaches it with the last; words drawn are often shorter."""
    inputs = sequences(*[[0, 0, 0, 0, 1]] * 60)
    belief = HASTY.run(inputs)
    asked = network_of(HASTY)
    given = replace(
        asked.trace, states=belief, inputs=inputs.values, outputs=belief @ HASTY.readout,
        targets=np.full(300, -1), truth=np.full(300, -1), lengths=inputs.lengths,
    )  # fmt: skip
    asked = replace(asked, trace=given)
    words = inputs_of(HASTY, "frequencies", inputs, asked.answered)
    stated = parsed("probability of answers accept at most 0.8")
    asking = Asking(asked, Budget())
    found = checked(HASTY, stated, words, asking, np.random.default_rng(1))
    drawn, heard = found.measured
    assert drawn.interval[1] < 0.8 < heard.interval[0]
    assert found.finding == Finding.UNDECIDED


def test_a_property_of_states_is_undecided_where_the_network_answers_otherwise():
    found = check(NONE, "never (state 0 and answers accept)", TRUTH, kind="any")
    assert (found.finding, found.holds) == (Finding.UNDECIDED, None)
    assert "machine and network decide alike on at least" in repr(found)


def test_a_bound_that_nothing_breaks_is_broken_by_no_word():
    found = check(TRUTH, "probability of answers accept at most 1", TRUTH, kind="any")
    assert found.finding == Finding.HOLDS
    sure = check(TRUTH, "never answers accept, with probability at least 0", TRUTH, kind="any")
    assert sure.finding == Finding.HOLDS


def test_the_interval_of_a_network_has_two_ends():
    """By the closed forms of Clopper & Pearson where none of n words, or all, breach it."""
    each = (0.05 / 2) ** (1 / 40)
    assert Measured(40, 0, 0.95, "words").interval == pytest.approx((0, 1 - each))
    assert Measured(40, 40, 0.95, "words").interval == pytest.approx((each, 1))
