"""All that an explorer shows, as values that JSON has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from markovlens.explaining.cards import Card, Passage
from markovlens.explaining.explanation import Explanation
from markovlens.explaining.facts import facts_of, passing, reading
from markovlens.explaining.table import evidence_of, headline, lines_of, measured_in_words
from markovlens.explorer.choosing import Held, held
from markovlens.explorer.colours import key_of_colours, on_dark, on_light, rim_in_pixels
from markovlens.explorer.graph import graph_of
from markovlens.explorer.methods import methods_of, note_of
from markovlens.explorer.packing import packed
from markovlens.explorer.predictions import predictions_of
from markovlens.explorer.steps import bytes_a_step, differing, differing_in_words, steps_of
from markovlens.figures.colours import STATE_COLOURS, state_colour
from markovlens.machines.colouring import fill_of, rim_of
from markovlens.machines.machine import Machine
from markovlens.machines.naming import numbered

EXCERPTS = "typical", "boundary", "disputed"


def payload_of(explanation: Explanation) -> dict[str, Any]:
    """Return what the page of an explorer is made of; numbers without a value are None."""
    kept = held(explanation, bytes_a_step=bytes_a_step(explanation))
    differs = differing(explanation)
    whole = {
        "title": headline(explanation),
        "evidence": evidence_of(explanation),
        "unit": explanation.settings.unit,
        "output": str(explanation.trace.output),
        "classes": list(explanation.trace.classes),
        "symbols": list(explanation.machine.symbols),
        "reads_rows": not explanation.trace.reads_symbols,
        "differing": differing_in_words(explanation),
        "scores": [
            {"name": line.name, "numbers": line.numbers, "about": line.about}
            for line in lines_of(explanation)
        ],
        "states": _states(explanation.machine),
        "colours": key_of_colours(explanation.machine),
        "n_colours": len(STATE_COLOURS),
        "graph": graph_of(explanation),
        "cards": [_card(explanation, card) for card in explanation.cards],
        "sequences": _sequences(explanation, kept),
        "steps": steps_of(explanation, kept, differs),
        "methods": methods_of(explanation),
        "measured": measured_in_words(explanation),
        "about_methods": note_of(explanation),
        "predictions": predictions_of(explanation, kept, differs=differs),
    }
    return dict(plain(whole))


def _states(machine: Machine) -> list[dict[str, Any]]:
    """Return what each state is called, its own colours, and those of what it answers."""
    return [
        {
            "name": machine.name_of(state),
            "short": numbered(state, machine.states),
            "fill": fill_of(machine, state),
            **rim_in_pixels(rim_of(machine, state)),
            "light": on_light(state_colour(state)),
            "dark": on_dark(state_colour(state)),
        }
        for state in range(machine.n_states)
    ]


def _card(explanation: Explanation, card: Card) -> dict[str, Any]:
    """Return a card with its numbers in words, as the page of the explanation has them."""
    excerpts = {kind: [asdict(each) for each in getattr(card, kind)] for kind in EXCERPTS}
    return {
        "state": card.state,
        "name": card.name,
        "sentence": card.sentence,
        "facts": facts_of(card, explanation.machine.output, explanation.settings.unit),
        "inputs": [{"symbol": each.symbol, "said": reading(each)} for each in card.inputs],
        "entered": list(map(_way, card.entered)),
        "left": list(map(_way, card.left)),
        **excerpts,
    }


def _way(way: Passage) -> dict[str, Any]:
    symbols = [{"symbol": each.symbol, "count": f"{each.count:,}"} for each in way.symbols]
    return {"state": way.state, "said": passing(way), "symbols": symbols}


def _sequences(explanation: Explanation, kept: Held) -> dict[str, Any]:
    """Return which sequences are held, of which part each is, and how long they are."""
    trace, names = explanation.trace, list(explanation.splits)
    part = np.zeros(len(trace), dtype=int)
    for place, numbers in enumerate(explanation.splits.values()):
        part[numbers] = place
    return {
        "parts": names,
        "total": len(trace),
        "n_steps": trace.n_steps,
        "numbers": packed(kept.numbers),
        "lengths": packed(kept.lengths),
        "part": packed(part[kept.numbers]),
    }


def plain(value: Any) -> Any:
    """Return values as JSON has them: tuples as lists, NaN and infinities as None."""
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.9g}") if np.isfinite(value) else None
    return value
