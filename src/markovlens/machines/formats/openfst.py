"""The text format of OpenFst (AT&T's): a transducer from what is read to what is answered.

An arc has a symbol, a class, and as its weight -ln of the probability that the state moves so and
answers so; in the log semiring the weight of a pair of words is -ln of the probability of the
answers given the inputs. Every state is final. `NAME.isyms` and `NAME.osyms` are the symbol tables
(0 is epsilon, which is never read), `NAME.about.txt` says what their names stand for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from math import log

from markovlens.machines.formats.decimals import ONE, units
from markovlens.machines.formats.header import header, losses, unseen
from markovlens.machines.formats.naming import Legend, kept_or_replaced
from markovlens.machines.formats.rows import moves_of
from markovlens.machines.machine import Machine

EPSILON = "<eps>"
STEP = "step"
_FITS = re.compile(r"[!-~\u00a1-\u024f\u0370-\u1fff\u2100-\u2fff\u3041-\ud7ff]+")


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of each file by its ending; that of the arcs by ""."""
    symbols = kept_or_replaced(machine.symbols, fits=_FITS, prefix="symbol_", taken=[EPSILON])
    classes = kept_or_replaced(machine.classes, fits=_FITS, prefix="class_", taken=[EPSILON])
    legend = Legend(
        dict(zip(symbols, machine.symbols, strict=True)),
        dict(zip(classes, machine.classes, strict=True)),
        {str(state + 1): name for state, name in enumerate(machine.states)},
        unseen(machine),
    )
    found = {
        ".about.txt": header(machine, legend, losses(machine, chances=True)),
        ".isyms": _table(symbols or (STEP,)),
        ".osyms": _table(classes),
        "": list(_arcs(machine, symbols or (STEP,), classes)),
    }
    return {ending: "\n".join(lines) + "\n" for ending, lines in found.items()}


def _table(names: Sequence[str]) -> list[str]:
    return [f"{name}\t{number}" for number, name in enumerate([EPSILON, *names])]


def _arcs(machine: Machine, symbols: Sequence[str], classes: Sequence[str]) -> Iterator[str]:
    """Yield the final states, then the arcs.

    OpenFst numbers states anew as they come, and begins in the first: so they come in order.
    """
    yield from map(str, range(machine.n_states + 1))
    said = units(machine.readout) / ONE
    for move in moves_of(machine):
        for target, unit in zip(move.targets, move.units, strict=True):
            for name, chance in zip(classes, said[target - 1], strict=True):
                if chance > 0:
                    ends = f"{move.source}\t{target}\t{symbols[move.symbol]}\t{name}"
                    weight = 0.0 - log(unit / ONE * chance)
                    yield ends if weight == 0 else f"{ends}\t{weight!r}"
