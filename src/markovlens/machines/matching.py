"""Whether a machine reads and answers what a trace holds."""

from __future__ import annotations

from markovlens.errors import DataError
from markovlens.machines.machine import Machine
from markovlens.machines.words import shown
from markovlens.outputs import Output

_WORDS = {
    Output.DISTRIBUTION: "distributions over classes",
    Output.LABELS: "labels",
    Output.VALUES: "values",
    Output.RISK: "a risk",
}
_SORTED = (
    ", or, if a name means the same in both, the machine's in the trace's order: "
    "`markovlens.abstractions.given.in_order(machine, trace)`"
)


def check_alphabet(machine: Machine, symbols: tuple[str, ...], classes: tuple[str, ...]) -> None:
    """Check that a machine reads these symbols and answers in these classes, in this order.

    Names that only count from 0, as `record` gives them where it is told none, may stand for any.
    A machine without symbols ignores what it reads; one that names a single symbol reads that one.

    Raises:
        DataError: their number, their order or a name differs.
    """
    pairs = [("classes", machine.classes, classes)]
    if machine.symbols:
        pairs.append(("symbols", machine.symbols, symbols))
    for what, mine, others in pairs:
        if not _mean_the_same(mine, others):
            raise DataError(
                f"expected {what} that machine and trace have in common, in one order, got "
                f"{shown(mine)} of the machine and {shown(others)} of the trace; "
                f"give both the same `{what}`{_SORTED if set(mine) == set(others) else ''}",
                page="alphabets-differ",
            )


def check_kind_of_answer(machine: Machine, output: Output) -> None:
    """Raise `DataError` unless a machine answers with what the network of a trace answers with."""
    if machine.output != output:
        raise DataError(
            "expected a network that answers with what the machine does, "
            f"{_WORDS[machine.output]}, got one of {_WORDS[output]}; `record` the network that the "
            "machine was made of, with the same `link`",
            page="another-network",
        )


def _mean_the_same(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    numbers = tuple(map(str, range(len(first))))
    renamed = numbers in (first, second) and not set(first) & set(second)
    return first == second or (renamed and len(first) == len(second))
