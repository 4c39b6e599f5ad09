"""Repair: words that show a difference between a network and its specification become lessons.

The loop is that of counterexample-guided refinement (Clarke, Grumberg, Jha, Lu & Veith, 2000), with
the network in the place of what is refined: read a machine off the network, find words on which it
and the specification differ, ask the network about each, fine-tune on those that it gets wrong, and
begin again until nothing is found.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import nn

from markovlens.arguments import check_kind, check_whole, with_known_arguments
from markovlens.listed import Listed, sequences_of
from markovlens.machines.machine import Machine
from markovlens.places import MACHINE, NETWORK, SEQUENCES, check_places
from markovlens.reliance.repairing.options import RepairOptions
from markovlens.reliance.repairing.repaired import Repaired
from markovlens.reliance.repairing.specification import Labels, Specification
from markovlens.reliance.repairing.work import Work


@with_known_arguments
def repair(
    network: nn.Module,
    specification: Machine | Labels,
    sequences: Listed,
    *,
    symbols: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    test: Listed | None = None,
    machine: Machine | None = None,
    options: RepairOptions | None = None,
    control: bool = True,
    seed: int = 0,
) -> Repaired:
    """Return a copy of a network, fine-tuned on words that break a specification.

    Sequences are split: three fifths are rehearsed, so that the copy does not forget, one fifth
    decides when training ends, one fifth measures accuracy, all copies of one on the same side.
    Where the specification says nothing their right answer is that of the network as it was.
    Counterexamples are split likewise, by their shortest beginning after which the network is
    wrong: its right answer is learned with any of them. One that the rehearsed sequences show is
    not held out.

    Args:
        network: a torch module that gives logits (B, T, C), or (B, T, 1), for symbols (B, T).
        specification: the automaton of the right language, or a function that returns the right
            class (N,) after each step of `Sequences`, -1 where it says nothing.
        sequences: words of symbols such as the network was trained on, five or more, as `explain`
            takes them; of texts the symbols are the specification's.
        symbols, classes: names, where the specification is a function.
        test: sequences that measure accuracy in place of that fifth, without those in `sequences`:
            needed where the network was trained on all of these.
        machine: one that was read off the network, by which the first hunt goes; L* makes it, and
            those of later hunts, when None.
        options: the settings.
        control: whether another copy takes as many steps on random words.
        seed: of splits, words, order and resamples.

    Raises:
        DataError: what is given is none of these, or does not fit together.
    """
    _check_order(network, specification, sequences, machine)
    check_kind("network", network, nn.Module, advice="other frameworks train their own networks")
    check_whole("seed", seed, least=0)
    options = RepairOptions() if options is None else options
    check_kind("options", options, RepairOptions, advice="as in `RepairOptions(words=1000)`")
    right = Specification.of(specification, symbols, classes)
    work = Work.of(
        network,
        right,
        sequences_of(sequences, right.symbols),
        test=None if test is None else sequences_of(test, right.symbols, name="test"),
        options=options,
        seed=seed,
    )
    return work.done(machine, control=control)


def _check_order(network: Any, specification: Any, sequences: Any, machine: Any) -> None:
    """Raise `DataError` for arguments in each other's places."""
    check_places(
        "repair(network, specification, sequences, machine=machine)",
        network=(network, (NETWORK,)),
        specification=(specification, (MACHINE, NETWORK)),
        sequences=(sequences, (SEQUENCES,)),
        machine=(machine, (MACHINE,)),
    )
