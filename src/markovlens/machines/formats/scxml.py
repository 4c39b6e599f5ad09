"""State charts in SCXML (W3C, 2015): a state each, an event each symbol.

The event of a symbol is `read_NAME`, of a machine that ignores its inputs `step`. What is answered
stands in the variable `answer` of the chart, as a name that the legend explains; it is empty at the
start.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markovlens.machines.formats.certain import strays, successors
from markovlens.machines.formats.header import header, losses, unseen
from markovlens.machines.formats.naming import Legend, tokens
from markovlens.machines.formats.xml_text import comment
from markovlens.machines.machine import Machine

STEP = "step"


def texts(machine: Machine) -> Mapping[str, str]:
    """Return the text of the one file."""
    events = tokens(machine.symbols, prefix="read_")
    answers = tokens(machine.classes, prefix="says_")
    legend = Legend(
        dict(zip(events, machine.symbols, strict=True)),
        dict(zip(answers, machine.classes, strict=True)),
        {f"s{state + 1}": name for state, name in enumerate(machine.states)},
        unseen(machine),
    )
    notes = [*losses(machine, chances=False), *strays(machine)]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        comment(header(machine, legend, notes)),
        '<scxml xmlns="http://www.w3.org/2005/07/scxml" version="1.0" initial="s0" '
        'datamodel="ecmascript">',
        '  <datamodel><data id="answer" expr="\'\'"/></datamodel>',
        *_states(machine, events or (STEP,), answers),
        "</scxml>",
    ]
    return {"": "\n".join(lines) + "\n"}


def _states(machine: Machine, events: tuple[str, ...], answers: tuple[str, ...]) -> Iterator[str]:
    first, later = successors(machine)
    said = machine.readout.argmax(axis=1).tolist()
    for source in range(machine.n_states + 1):
        yield f'  <state id="s{source}">'
        if source:
            expression = f"'{answers[said[source - 1]]}'"
            yield f'    <onentry><assign location="answer" expr="{expression}"/></onentry>'
        for code, event in enumerate(events):
            target = later[code, source - 1] if source else first[code]
            yield f'    <transition event="{event}" target="s{target}"/>'
        yield "  </state>"
