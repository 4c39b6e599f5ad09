"""What the templates of all languages share: the machine's numbers, by the names used there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from markovlens.codebooks.scale import LARGEST
from markovlens.codebooks.tree import Tree
from markovlens.outputs import Output
from markovlens.reliance.exporting.escaping import comment_lines, folded, in_comment
from markovlens.reliance.exporting.plan import Plan, codes_of
from markovlens.reliance.exporting.vectors import Vectors


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a language writes what it is given.

    Attributes:
        template: the file that is filled.
        string: a name, whatever it holds.
        real: a finite float, to the last bit.
        nan, infinity: the others.
        truth: yes or no.
        brackets: around a row of numbers.
        widths: types of whole numbers, each with the number from which on it is too small.
    """

    template: str
    string: Callable[[str], str]
    real: Callable[[float], str]
    nan: str
    infinity: str
    truth: Callable[[bool], str]
    brackets: tuple[str, str]
    widths: tuple[tuple[int, str], ...] = ()

    def number(self, value: Any) -> str:
        """Return a number as the language reads it back."""
        if isinstance(value, bool | int | np.integer):
            return str(int(value))
        if math.isnan(value):
            return self.nan
        if math.isinf(value):
            return self.infinity if value > 0 else f"-{self.infinity}"
        return self.real(float(value))

    def numbers(self, values: Iterable[Any]) -> str:
        """Return numbers (N,) in lines, separated by commas."""
        return folded([self.number(each) for each in np.asarray(values).tolist()])

    def matrix(self, rows: np.ndarray) -> str:
        """Return rows (N, M), each between brackets."""
        begin, end = self.brackets
        lines = ([self.number(each) for each in row] for row in np.asarray(rows).tolist())
        return "\n".join(f"  {begin}{folded(line, indent='   ').strip()}{end}," for line in lines)

    def strings(self, names: Iterable[str]) -> str:
        """Return names, one a line."""
        return "\n".join(f"  {self.string(name)}," for name in names)

    def whole(self, values: np.ndarray) -> str:
        """Return the smallest type that holds whole numbers, none of them negative."""
        most = int(np.max(values))
        return next(name for bound, name in self.widths if most < bound)


def written(
    dialect: Dialect, plan: Plan, vectors: Vectors, head: Iterable[str], name: str
) -> bytes:
    """Return the file of a machine in a language."""
    parts = parts_of(plan, vectors, head)
    own = {each: getattr(dialect, each) for each in ("numbers", "matrix", "strings", "whole")}
    nodes = nodes_of(parts, dialect)
    text = filled(dialect.template, **parts, **own, nodes=nodes, name=name, macro=name.upper())
    return text.encode("ascii")


def filled(template: str, **values: Any) -> str:
    """Return a template with values in it; what is written is ASCII."""
    environment = Environment(
        loader=PackageLoader("markovlens.reliance.exporting"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # what is made is no page; every name goes through `escaping`
    )
    return environment.get_template(template).render(**values)


def parts_of(plan: Plan, vectors: Vectors, head: Iterable[str]) -> dict[str, Any]:
    """Return what every template is filled with, but for how a number is written."""
    machine = plan.machine
    return {
        "head": comment_lines(head),
        "n_states": machine.n_states,
        "n_symbols": machine.n_symbols,
        "n_classes": len(machine.classes),
        "n_channels": len(plan.channels),
        "symbols": machine.symbols or ("any",),  # of a process that ignores what it reads
        "classes": machine.classes,
        "states": [machine.name_of(state) for state in range(machine.n_states)],
        "channel_names": list(map(str, plan.channels)),
        "belief": plan.carries_belief,
        "rows": bool(plan.channels),
        "reads_codes": plan.reads_codes,
        "n_before": plan.n_before,
        "changes": plan.changes,
        "decides": machine.output == Output.DISTRIBUTION,
        "moves": plan.moves,
        "readout": machine.readout.astype(float),
        "decisions": machine.readout.argmax(axis=1),
        "levels": any(each.levels for each in plan.channels),
        "level_counts": [len(each.levels) for each in plan.channels],
        "vectors": vectors,
        "needs_nan": bool(vectors.inputs.channels) and bool(np.isnan(vectors.inputs.rows).any()),
        "states_after": vectors.states,
        "largest": repr(LARGEST),
        **_codebook(plan),
    }


def _codebook(plan: Plan) -> dict[str, Any]:
    """Return the parts of a codebook; of none they are empty."""
    tree = plan.tree if plan.reads_codes else None
    centres = plan.centres if plan.reads_codes else None
    directions = np.empty((0, 0)) if tree is None else tree.directions
    n_features = len(plan.features) if plan.channels else 0
    return {
        "tree": tree,
        "directions": directions,
        "codes": None if tree is None else codes_of(tree),
        "n_features": n_features,
        "n_values": n_features + len(directions),
        "infinite": tree is not None and bool(np.isinf(tree.threshold).any()),
        "feature_comments": list(_values(plan, tree)),
        "centres": None if centres is None else centres.centres,
        "scale": None if centres is None else centres.scale,
        "squares": None if centres is None else np.square(centres.centres).sum(axis=1),
    }


def _values(plan: Plan, tree: Tree | None) -> Iterable[str]:
    """Yield what each value is that a tree cuts, for a comment."""
    features = plan.features if tree is None else tree.words.features
    for place, feature in enumerate(features):
        yield in_comment(f"{place}: {feature}")


def nodes_of(parts: dict[str, Any], dialect: Dialect) -> list[dict[str, Any]]:
    """Return the nodes of a tree, each with its numbers as they are written; a leaf leads to 0."""
    tree, codes = parts["tree"], parts["codes"]
    if tree is None:
        return []
    inner = tree.feature >= 0
    return [
        {
            "feature": int(tree.feature[node]),
            "threshold": dialect.number(tree.threshold[node] if inner[node] else 0.0),
            "left": int(tree.left[node]) if inner[node] else 0,
            "right": int(tree.right[node]) if inner[node] else 0,
            "missing_left": dialect.truth(bool(tree.missing_left[node])),
            "code": int(codes[node]),
        }
        for node in range(len(tree.feature))
    ]
