"""What the templates of all languages share: the machine's numbers, by the names used there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from markovlens.outputs import Output
from markovlens.reliance.exporting.escaping import comment_lines, folded, in_comment
from markovlens.reliance.exporting.plan import Plan, codes_of
from markovlens.reliance.exporting.vectors import Vectors

Written = Callable[[Any], str]


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
        "readout": machine.readout,
        "decisions": machine.readout.argmax(axis=1),
        "levels": any(each.levels for each in plan.channels),
        "level_counts": [len(each.levels) for each in plan.channels],
        "vectors": vectors,
        "needs_nan": bool(vectors.inputs.channels) and bool(np.isnan(vectors.inputs.rows).any()),
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
        "feature_comments": list(_values(plan, directions)),
        "centres": None if centres is None else centres.centres,
        "scale": None if centres is None else centres.scale,
        "squares": None if centres is None else np.square(centres.centres).sum(axis=1),
    }


def _values(plan: Plan, directions: np.ndarray) -> Iterable[str]:
    """Yield what each value is that a tree cuts, for a comment."""
    names = list(map(str, plan.features))
    for place, name in enumerate(names):
        yield in_comment(f"{place}: {name}")
    for place, weights in enumerate(directions):
        terms = " + ".join(f"{w:.4g} ({names[f]})" for f, w in enumerate(weights) if w)
        yield in_comment(f"{len(names) + place}: {terms}")


def nodes_of(parts: dict[str, Any], number: Written, truth: Written) -> list[dict[str, Any]]:
    """Return the nodes of a tree, each with its numbers as they are written."""
    tree, codes = parts["tree"], parts["codes"]
    if tree is None:
        return []
    return [
        {
            "feature": int(tree.feature[node]),
            "threshold": number(tree.threshold[node] if tree.feature[node] >= 0 else 0.0),
            "left": int(tree.left[node]),
            "right": int(tree.right[node]),
            "missing_left": truth(bool(tree.missing_left[node])),
            "code": int(codes[node]),
        }
        for node in range(len(tree.feature))
    ]


def lister(number: Written) -> Callable[[Iterable[Any]], str]:
    """Return what writes numbers (N,) in lines, separated by commas."""
    return lambda values: folded([number(each) for each in np.asarray(values).tolist()])


def matrix_lister(number: Written, ends: tuple[str, str]) -> Callable[[np.ndarray], str]:
    """Return what writes rows (N, M), each between two brackets."""
    begin, end = ends

    def written(rows: np.ndarray) -> str:
        return "\n".join(
            f"  {begin}{folded([number(each) for each in row], indent='   ').strip()}{end},"
            for row in np.asarray(rows).tolist()
        )

    return written
