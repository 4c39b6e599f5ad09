"""Properties as formulas of PCTL or LTL in the syntax of PRISM, by the model checker Storm.

It is an extra (`pip install 'markovlens[storm]'`): Hensel, Junges, Katoen, Quatmann & Volk, "The
probabilistic model checker Storm", 2022. Labels in quotation marks are statements of our own, such
as "answers positive" or "reads a or reads b". It computes with rational numbers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from markovlens.errors import DataError, reason_of
from markovlens.machines.formats.prism import texts
from markovlens.machines.machine import Machine
from markovlens.reliance.properties.grammar import statement
from markovlens.reliance.properties.inputs import Inputs
from markovlens.reliance.properties.letters import Letters, truth_of
from markovlens.reliance.properties.stepping import steps_of

EXTRA = "a formula is checked by Storm, which is not installed: pip install 'markovlens[storm]'"
_FORMULA = re.compile(r"\s*(?:P(?:min|max)?)\s*(?:=\s*\?|[<>])")
_LABEL = re.compile(r'"([^"]*)"')
_NO_LTL = re.compile(r"=>|\b[WR]\b")


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula as it was written.

    Attributes:
        text: of PRISM's syntax, such as `P<=0.1 [ F "answers positive" ]`.
        asks: that its probability is asked.
    """

    text: str
    asks: bool = field(default=True, init=False)

    def __str__(self) -> str:
        """Return it as it was written."""
        return self.text


def is_formula(text: object) -> bool:
    """Return whether a property is a formula, which begins with the operator P."""
    return isinstance(text, str) and _FORMULA.match(text) is not None


def answered_by_storm(
    machine: Machine, formula: Formula, inputs: Inputs
) -> tuple[bool | None, float | None]:
    """Return whether a formula holds in the start, or the probability that it asks for.

    Before the first symbol nothing is true: a formula that begins with G is about that step, too.

    Raises:
        DataError: Storm is not there or does not take the formula, a label that is no statement,
            or words with marks whose symbols are chosen.
    """
    try:
        stormpy = import_module("stormpy")  # no part of any environment
    except ImportError as error:
        raise DataError(EXTRA, page="package-missing") from error
    text, written = _written(machine, formula.text, inputs)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "machine.prism"
        path.write_text(text, encoding="utf-8")
        try:
            program = stormpy.parse_prism_program(str(path))
            asked = stormpy.parse_property(written, program)
            model = stormpy.build_model[stormpy.Rational](program, [asked])
            found = stormpy.model_checking(model, asked)
        except (RuntimeError, ValueError) as error:
            hint = (
                "; of LTL it takes neither => nor W nor R: write (!a | b), or a pattern"
                if _NO_LTL.search(formula.text)
                else ""
            )
            raise DataError(
                f"formula {formula.text!r}: {reason_of(error)}{hint}", page="wrong-property"
            ) from error
        value = found.get_value(model.initial_states[0]) if hasattr(found, "get_value") else None
        if value is None or isinstance(value, bool):
            return bool(found.get_truth_values_vector()[model.initial_states[0]]), None
        return None, float(value)


def _written(machine: Machine, formula: str, inputs: Inputs) -> tuple[str, str]:
    """Return the model and the formula in names that Storm takes."""
    said = list(dict.fromkeys(_LABEL.findall(formula)))
    if len(said) > 60:
        raise DataError(
            f"formula: expected up to 60 labels, got {len(said)}; write fewer",
            page="wrong-property",
        )
    stepped = steps_of(machine, inputs)
    letters = truth_of([statement(each) for each in said], Letters.of(machine, inputs.answered))
    truth = letters[stepped.symbol, stepped.state]
    labels = {each: f"l{place}" for place, each in enumerate(said)}
    lines = [texts(stepped.machine)[""]]
    for place, name in enumerate(labels.values()):
        inside = np.flatnonzero(truth >> place & 1 & stepped.inside) + 1
        where = " | ".join(f"s={state}" for state in inside.tolist()) or "false"
        lines.append(f'label "{name}" = {where};')
    return "\n".join(lines) + "\n", _LABEL.sub(lambda found: f'"{labels[found[1]]}"', formula)
