"""The transition graph of a machine: what it is, drawn from what flows through it."""

from __future__ import annotations

from matplotlib.figure import Figure

from markovlens.figures.networks.titles import graph_finding
from markovlens.figures.style import ALARM, WIDTH, drawing_board, frame, styled
from markovlens.figures.text import listing
from markovlens.machines.drawing import Key, draw_sketch
from markovlens.machines.edges import flow_of
from markovlens.machines.labels import LARGE_ALPHABET
from markovlens.machines.machine import Machine
from markovlens.machines.sketching import Sketch, sketch
from markovlens.outputs import Output
from markovlens.spelling import count
from markovlens.trace import Trace

INSIDE = {
    Output.VALUES: "mean and standard deviation of {}",
    Output.LABELS: "mean probability of {}",
    Output.RISK: "mean rank of the {}, 0 to 1",
}
MARGIN = 0.1  # inches around a drawing
STAMP = 0.35  # inches over that of a refused machine


@styled()
def draw_graph(
    machine: Machine,
    trace: Trace,
    *,
    method: str = "hmm",
    network: str = "",
    refused: bool = False,
) -> Figure:
    """Return the machine as a graph, with the flow it has while reading the inputs of `trace`.

    Args:
        machine: what to draw.
        trace: held-out sequences and the network's outputs on them.
        method: which abstraction made the machine, for the title.
        network: "task, cell", for the foot line.
        refused: whether the verdict is that no small machine stands for the network.
    """
    made = sketch(machine, flow_of(machine, trace.sequences))
    figure = board_of(made, refused=refused)
    foot = [
        network,
        f"{count(len(trace), 'held-out sequence')}, {count(trace.n_steps, 'step')}",
        "area of a state: share of steps; width of an edge: flow",
        *notes_of(made),
    ]
    frame(figure, graph_finding(machine, trace, method=method), foot=" · ".join(filter(None, foot)))
    return figure


def board_of(made: Sketch, *, refused: bool) -> Figure:
    """Return a figure with a drawing in its middle, and a stamp over it if it was refused."""
    width, height = made.size
    key = Key.of(made, width=WIDTH - 2 * MARGIN)
    below = key.height
    height += below
    figure, axes = drawing_board(height + 2 * MARGIN + refused * STAMP)
    draw_sketch(axes, made, corner=((WIDTH - width) / 2, MARGIN + below))
    key.draw(axes, corner=(MARGIN, MARGIN + below))
    if refused:
        box = {"boxstyle": "round,pad=0.3", "fc": "white", "ec": ALARM}
        axes.text(
            WIDTH / 2, height + 2 * MARGIN + STAMP / 2, "REFUSED: the network does not run this",
            color=ALARM, weight="bold", ha="center", va="center", bbox=box,
        )  # fmt: skip
    return figure


def notes_of(made: Sketch) -> list[str]:
    """Return what a reader of the drawing has to know."""
    machine, notes = made.machine, []
    if len(machine.classes) == 2 and machine.output == Output.DISTRIBUTION:
        notes.append(f"double ring: '{machine.classes[1]}' is likelier")
    if machine.output != Output.DISTRIBUTION:
        notes.append(f"in a state: {INSIDE[machine.output].format(listing(machine.classes))}")
    if len(machine.symbols) > LARGE_ALPHABET:
        notes.append("words: the most characteristic of the edge, by lift")
    elif machine.symbols and not machine.is_deterministic:
        notes.append("beside a symbol: its probability of this edge, if not 1")
    if made.unseen:
        notes.append("dashed: met by no sequence when the machine was built")
    return notes
