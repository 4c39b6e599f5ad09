"""The figures stage on the files of one network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from markovlens.errors import DataError
from markovlens.figures.networks.graph import draw_graph
from markovlens.figures.networks.load import NetworkData, load_network, load_sweep
from markovlens.figures.networks.selection import draw_selection, has_likelihood
from markovlens.figures.networks.states import draw_states, true_states
from markovlens.figures.networks.timeline import draw_timeline
from markovlens.figures.networks.verdict import draw_verdict, load_judged, load_refused
from markovlens.figures.networks.words import edge_words
from markovlens.figures.save import save_figure
from markovlens.figures.style import FLOORS, message, method_name, model_name, styled
from markovlens.files.runs import Run
from markovlens.files.whole import replacing
from markovlens.machines.dot import machine_to_dot
from markovlens.seeding import seed_for
from markovlens.tables.fits import WORDS
from markovlens.tables.writer import write_table


def draw_network(
    runs: Sequence[Run],
    outputs: Mapping[str, str],
    *,
    methods: Sequence[str],
    seed: int,
    criterion: str = "bic",
) -> None:
    """Draw one network: the first run alone, but the selection of the size over all runs.

    Args:
        runs: the seeds of one (task, model).
        outputs: where to write `selection`, `states`, `graph` and `timeline`.
        methods: all abstractions; the first that is no floor is the one explained.
        seed: of the picking of steps and sequences.
        criterion: by what methods with a likelihood chose their sizes.

    Raises:
        DataError: all methods are floors, or a file is missing or damaged.
    """
    first = runs[0]
    compared = [method for method in methods if method not in FLOORS]
    if not compared:
        raise DataError(
            f"{first.task}, {first.model}: no states to draw; `abstractions.methods` "
            f"({', '.join(methods)}) needs at least one method that reads activations, such as hmm",
            page="bad-config",
        )
    main = compared[0]
    data = load_network(first, compared)
    name = f"{first.task}, {model_name(first.model)}"
    refused = load_refused(first)
    one = f"{name}, seed {first.seed}{' (refused: no small machine)' if refused else ''}"
    rng = partial(_generator, seed, first)
    swept = {method: load_sweep(runs, method) for method in compared}
    of_likelihood = next((method for method in swept if has_likelihood(swept[method])), main)
    selection = draw_selection(
        swept[of_likelihood],
        criterion=criterion,
        true_states=true_states(data.trace),
        method=of_likelihood,
        network=name,
    )
    save_figure(outputs["selection"], selection)
    save_figure(outputs["states"], _states(data, rng("states"), network=one))
    save_figure(outputs["graph"], _graph(data, main, network=one, refused=refused))
    save_figure(outputs["timeline"], _timeline(data, main, rng("timeline"), network=one))


def draw_machine(runs: Sequence[Run], outputs: Mapping[str, str], *, budget: int) -> None:
    """Draw the machine of the verdict, list the words of its edges, and write it for Graphviz.

    Args:
        runs: the seeds of one (task, model); the machine is that of the first.
        outputs: where to write `machine`, `words` (CSV) and `dot`; if no machine could be fitted,
            the files say so or are empty.
        budget: the largest number of states that was tried.
    """
    judged = [load_judged(run) for run in runs]
    name, first = f"{runs[0].task}, {model_name(runs[0].model)}", judged[0]
    save_figure(outputs["machine"], draw_verdict(judged, network=name, budget=budget))
    words = pd.DataFrame(columns=WORDS.names)
    graph = "digraph nothing {}\n"
    if first.machine is not None:
        words = edge_words(first.machine, first.inputs)
        refused = ", refused" if first.refused else ""
        graph = machine_to_dot(first.machine, name=f"{name}, seed {first.seed}{refused}")
    write_table(outputs["words"], words, WORDS)
    with replacing(outputs["dot"]) as temporary:
        temporary.write_text(graph, encoding="utf-8")


def _states(data: NetworkData, rng: np.random.Generator, *, network: str) -> Figure:
    decoded = {
        method: chosen.decoded
        for method, chosen in data.chosen.items()
        if chosen.decoded is not None
    }
    if not decoded:
        return _nothing("No abstraction has states to show", network)
    return draw_states(
        data.trace,
        data.projection,
        data.shares,
        decoded,
        readouts={method: data.chosen[method].machine.readout for method in decoded},
        rng=rng,
        network=network,
    )


def _graph(data: NetworkData, method: str, *, network: str, refused: bool) -> Figure:
    if method not in data.chosen:
        return _nothing(f"{method_name(method)}: no machine to draw", network)
    machine = data.chosen[method].machine
    return draw_graph(machine, data.trace, method=method, network=network, refused=refused)


def _timeline(data: NetworkData, method: str, rng: np.random.Generator, *, network: str) -> Figure:
    chosen = data.chosen.get(method)
    if chosen is None or chosen.decoded is None:
        return _nothing(f"{method_name(method)}: no machine to run", network)
    return draw_timeline(
        chosen.machine, data.trace, chosen.decoded, rng=rng, method=method, network=network
    )


@styled()
def _nothing(title: str, network: str) -> Figure:
    why = "every fit failed; the sweep table and the selection figure say why"
    return message(title, foot=network, why=why)


def _generator(seed: int, run: Run, figure: str) -> np.random.Generator:
    return np.random.default_rng(seed_for(seed, run.task, run.model, run.seed, "figures", figure))
