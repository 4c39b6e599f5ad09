"""One step of a machine as nodes of ONNX, for a batch of sequences side by side.

Every sequence of the batch has its own state; one that reads what is unknown stays where it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import helper, numpy_helper

from markovlens.codebooks.centres import Centres
from markovlens.codebooks.scale import LARGEST
from markovlens.codebooks.tree import LEAF, Tree
from markovlens.outputs import Output
from markovlens.reliance.exporting.plan import Plan, codes_of


@dataclass(slots=True)
class Nodes:
    """Nodes in the order in which they are run, and the constants that they share.

    Attributes:
        nodes: the nodes so far.
        constants: arrays by name.
    """

    nodes: list[Any] = field(default_factory=list)
    constants: dict[str, np.ndarray] = field(default_factory=dict)

    def __call__(self, kind: str, *inputs: str | np.ndarray, **attributes: Any) -> str:
        """Add a node, and return the name of its output; arrays among its inputs are constants."""
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        output = attributes.pop("output", f"v{len(self.nodes)}")
        self.nodes.append(helper.make_node(kind, names, [output], **attributes))
        return output

    def constant(self, values: np.ndarray) -> str:
        """Return the name of a constant, whole numbers as 64 bits, others as they are."""
        values = np.asarray(values)
        values = values.astype(np.int64) if values.dtype.kind in "iu" else values
        name = f"c{len(self.constants)}"
        self.constants[name] = values
        return name

    @property
    def initializers(self) -> list[Any]:
        """The constants as tensors."""
        return [numpy_helper.from_array(each, name) for name, each in self.constants.items()]


def add_step(nodes: Nodes, plan: Plan) -> None:
    """Add one step, from `read` and what was kept to that with `_next`, and the answer."""
    known, code = _code(nodes, plan)
    begun = nodes("GreaterOrEqual", "state", np.array(0))
    if plan.carries_belief:
        _advance_belief(nodes, plan, code, known, begun)
    else:
        first = nodes("Gather", plan.moves.first, code)
        at = nodes("Max", "state", np.array(0))
        place = nodes("Add", nodes("Mul", code, np.array(plan.machine.n_states)), at)
        after = nodes("Gather", plan.moves.after.reshape(-1), place)
        moved = nodes("Where", begun, after, first)
        nodes("Where", known, moved, "state", output="state_next")
    nodes("Not", known, output="refused")
    _answer(nodes, plan)


def _advance_belief(nodes: Nodes, plan: Plan, code: str, known: str, begun: str) -> None:
    moves, column = plan.moves, np.array([1])
    first = nodes("Gather", moves.rows, nodes("Gather", moves.first, code))
    matrix = nodes("Gather", moves.rows, nodes("Gather", moves.after, code))
    moved = nodes("MatMul", nodes("Unsqueeze", "belief", column), matrix)
    after = nodes("Squeeze", moved, column)
    belief = nodes("Where", nodes("Unsqueeze", begun, column), after, first)
    kept = nodes("Unsqueeze", known, column)
    nodes("Where", kept, belief, "belief", output="belief_next")
    likeliest = nodes("ArgMax", "belief_next", axis=1, keepdims=0)
    nodes("Where", known, likeliest, "state", output="state_next")


def _answer(nodes: Nodes, plan: Plan) -> None:
    """Add `answer` and `decision`: 0 and -1 before the first step."""
    readout = plan.machine.readout.astype(float)
    if plan.carries_belief:
        nodes("MatMul", "belief_next", readout, output="answer")
    else:
        rows = np.vstack([np.zeros((1, readout.shape[1])), readout])
        nodes("Gather", rows, nodes("Add", "state_next", np.array(1)), output="answer")
    if plan.machine.output == Output.DISTRIBUTION:
        best = nodes("ArgMax", "answer", axis=1, keepdims=0)
        begun = nodes("GreaterOrEqual", "state_next", np.array(0))
        nodes("Where", begun, best, np.array(-1), output="decision")


def _code(nodes: Nodes, plan: Plan) -> tuple[str, str]:
    """Add what is read, and return whether it is known and its code, both (B,)."""
    n_symbols = plan.machine.n_symbols
    zeros = nodes("Mul", "state", np.array(0))
    if not plan.channels:
        known = nodes("GreaterOrEqual", "read", np.array(0))
        if n_symbols == 1:
            return known, zeros
        known = nodes("And", known, nodes("Less", "read", np.array(n_symbols)))
        return known, nodes("Where", known, "read", zeros)
    known = _known(nodes, plan)
    if plan.n_before:
        _remember(nodes, plan, known)
    if not plan.reads_codes:
        return known, zeros
    features = _features(nodes, plan)
    if plan.tree is not None:
        return known, _leaf(nodes, plan.tree, features)
    assert plan.centres is not None, "there are no other codebooks"
    return known, _nearest(nodes, plan.centres, features)


def _known(nodes: Nodes, plan: Plan) -> str:
    """Return whether each row (B,) has finite values, NaN, and codes of levels alone."""
    wrong = nodes("IsInf", "read")
    levels = np.array([len(each.levels) for each in plan.channels], dtype=float)
    if levels.any():
        low, high = np.where(levels > 0, 0.0, -np.inf), np.where(levels > 0, levels, np.inf)
        outside = nodes("Or", nodes("Less", "read", low), nodes("GreaterOrEqual", "read", high))
        broken = nodes("Not", nodes("Equal", "read", nodes("Floor", "read")))
        part = nodes("And", nodes("And", broken, levels > 0), nodes("Not", nodes("IsNaN", "read")))
        wrong = nodes("Or", wrong, nodes("Or", outside, part))
    counted = nodes("ReduceSum", nodes("Cast", wrong, to=7), np.array([1]), keepdims=0)
    return nodes("Equal", counted, np.array(0))


def _remember(nodes: Nodes, plan: Plan, known: str) -> None:
    """Add `past`, the rows before this one, like it before the first, and `before_next`."""
    row, places = nodes("Unsqueeze", "read", np.array([1])), np.array([1, 2])
    begun = nodes("Unsqueeze", nodes("GreaterOrEqual", "state", np.array(0)), places)
    nodes("Where", begun, "before", row, output="past")
    shifted = nodes("Concat", row, "past", axis=1)
    kept = nodes("Slice", shifted, np.array([0]), np.array([plan.n_before]), np.array([1]))
    nodes("Where", nodes("Unsqueeze", known, places), kept, "before", output="before_next")


def _features(nodes: Nodes, plan: Plan) -> str:
    """Return the features (B, F) of rows with those before them."""
    if not plan.n_before:
        return "read"
    width = np.array([0, plan.n_before * len(plan.channels)])
    past = nodes("Reshape", "past", width)
    beside = nodes("Sub", "read", past) if plan.changes else past
    return nodes("Concat", "read", beside, axis=1)


def _leaf(nodes: Nodes, tree: Tree, features: str) -> str:
    """Return the code (B,) of the leaf: as many cuts as the deepest has; leaves lead to themselves.

    Sums are products added up, not a matrix product, in which a missing value might be lost.
    """
    values = features
    if len(tree.directions):
        products = nodes("Mul", nodes("Unsqueeze", features, np.array([1])), tree.directions)
        sums = nodes("ReduceSum", products, np.array([2]), keepdims=0)
        values = nodes("Concat", features, sums, axis=1)
    inner, itself = tree.feature != LEAF, np.arange(len(tree.feature))
    left, right = np.where(inner, tree.left, itself), np.where(inner, tree.right, itself)
    parts = (np.where(inner, tree.feature, 0), tree.threshold, left, right, tree.missing_left)
    feature, threshold, left_of, right_of, missing = map(nodes.constant, parts)
    count = nodes("Gather", nodes("Shape", features), np.array([0]))
    node = nodes("Expand", np.array([0]), count)
    for _ in range(_depth(tree)):
        column = nodes("Unsqueeze", nodes("Gather", feature, node), np.array([1]))
        cut = nodes("Squeeze", nodes("GatherElements", values, column, axis=1), np.array([1]))
        below = nodes("LessOrEqual", cut, nodes("Gather", threshold, node))
        # Of truths onnxruntime has no `Where`; NaN is not below anything.
        absent = nodes("And", nodes("IsNaN", cut), nodes("Gather", missing, node))
        goes_left = nodes("Or", below, absent)
        ways = (nodes("Gather", each, node) for each in (left_of, right_of))
        node = nodes("Where", goes_left, *ways)
    return nodes("Gather", codes_of(tree), node)


def _depth(tree: Tree) -> int:
    """Return the most cuts on the way to a leaf."""
    depth, level = 0, [0]
    while level := [
        int(below)
        for node in level
        if tree.feature[node] != LEAF
        for below in (tree.left[node], tree.right[node])
    ]:
        depth += 1
    return depth


def _nearest(nodes: Nodes, book: Centres, features: str) -> str:
    """Return the code (B,) of the nearest centre."""
    z = nodes("Div", nodes("Sub", features, book.scale.mean), book.scale.sd)
    filled = nodes("Where", nodes("IsNaN", z), np.array(0.0), z)
    filled = nodes("Max", nodes("Min", filled, np.array(LARGEST)), np.array(-LARGEST))
    twice = nodes("Mul", filled, np.array(2.0))
    product = nodes("MatMul", twice, np.ascontiguousarray(book.centres.T))
    distance = nodes("Sub", np.square(book.centres).sum(axis=1), product)
    return nodes("ArgMin", distance, axis=1, keepdims=0)
