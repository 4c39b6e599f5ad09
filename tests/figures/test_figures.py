"""Every figure draws from ordinary and from awkward inputs, in full and the same each time."""

import subprocess
import sys
import warnings

import matplotlib
import numpy as np
import pandas as pd
import pytest
from PIL import Image

from helpers.machines import verdict_on
from markovlens.errors import ConfigError
from markovlens.figures.colours import STATE_COLOURS
from markovlens.figures.comparison.budget import draw_budget
from markovlens.figures.comparison.comparison import draw_comparison
from markovlens.figures.comparison.gap import draw_gap
from markovlens.figures.comparison.task import draw_task
from markovlens.figures.networks.graph import draw_graph
from markovlens.figures.networks.selection import draw_selection
from markovlens.figures.networks.states import draw_states
from markovlens.figures.networks.timeline import draw_timeline
from markovlens.figures.networks.verdict import Judged, draw_verdict
from markovlens.figures.save import save_figure
from markovlens.figures.style import WIDTH, panels
from markovlens.machines.deciding import told_apart
from markovlens.status import Judgement

SHARES = np.array([0.6, 0.3])


@pytest.fixture
def figures(
    parity, make_machine, make_trace, make_sweep, make_fit, comparison, make_network, make_verdicts
):
    """Return functions that draw, by name."""
    words = tuple(f"w$ord{v}" for v in range(60))
    large = make_machine(12, 60, 2, symbols=words)
    many = make_machine(5, 3, 4)
    single = make_machine(1, 2, 2)
    failed = pd.DataFrame([make_fit(2, bic=np.nan, status="failed")])
    dropped = make_fit(3, bic=90.0, restart=2, status="dropped") | {"icl": np.nan}
    some_dropped = pd.concat([make_sweep([3]), pd.DataFrame([dropped])], ignore_index=True)
    all_dropped = pd.concat([some_dropped, pd.DataFrame([dropped | {"seed": 1}])])
    some_failed = pd.concat([make_sweep([3]), failed], ignore_index=True)
    one_network = pd.DataFrame(make_network("parity", "gru"))
    nothing = comparison[comparison["score"] == "fit"]
    parity_rows = comparison[comparison["task"] == "parity"]
    verdicts = make_verdicts(comparison)

    def rng():
        return np.random.default_rng(0)

    def states(machine, **options):
        trace = make_trace(machine, **options)
        found = {
            "hmm": trace.sequences.values * 0,
            "kmeans": machine.run(trace.sequences).argmax(1),
        }
        return draw_states(
            trace,
            trace.states[:, [0, -1]],
            SHARES,
            found,
            readouts=dict.fromkeys(found, machine.readout),
            rng=rng(),
            n_points=50,
        )

    def timeline(machine, **options):
        trace = make_trace(machine, **options)
        return draw_timeline(machine, trace, trace.inputs % machine.n_states, rng=rng())

    def verdict(machine, **changes):
        inputs, said = make_trace(machine).sequences, verdict_on("lstar", 2, **changes)
        judged = Judged(0, said, told_apart(machine, inputs), inputs)
        return draw_verdict([judged], network="parity, GRU", budget=12)

    return {
        "selection": lambda: draw_selection(make_sweep([3, 4]), true_states=3),
        "selection, one seed, one K": lambda: draw_selection(make_sweep([2], sizes=(2,))),
        "selection, some failed": lambda: draw_selection(some_failed),
        "selection, some dropped": lambda: draw_selection(some_dropped),
        "selection, a seed all dropped": lambda: draw_selection(all_dropped),
        "selection, all failed": lambda: draw_selection(failed),
        "states": lambda: states(parity),
        "states, no truth": lambda: states(parity, knows_truth=False),
        "states, few outputs": lambda: states(parity, knows_truth=False, at_end=True),
        "states, many classes": lambda: states(many, knows_truth=False),
        "states, single": lambda: states(single),
        "graph": lambda: draw_graph(parity, make_trace(parity)),
        "graph, words": lambda: draw_graph(large, make_trace(large, at_end=True)),
        "graph, many classes": lambda: draw_graph(many, make_trace(many)),
        "graph, single": lambda: draw_graph(single, make_trace(single)),
        "graph, one step": lambda: draw_graph(parity, make_trace(parity, longest=1)),
        "machine": lambda: verdict(parity),
        "machine, refused": lambda: verdict(parity, verdict=Judgement.REFUSED, n_states=None),
        "machine, words": lambda: verdict(large),
        "machine, many classes": lambda: verdict(many),
        "timeline": lambda: timeline(parity),
        "timeline, words": lambda: timeline(large, longest=90, at_end=True),
        "timeline, many classes": lambda: timeline(many, longest=80),
        "timeline, one sequence": lambda: timeline(single, n_sequences=1, longest=1),
        "comparison": lambda: draw_comparison(comparison, verdicts),
        "comparison, no verdicts": lambda: draw_comparison(comparison),
        "comparison, one network": lambda: draw_comparison(one_network),
        "comparison, all failed": lambda: draw_comparison(nothing),
        "task": lambda: draw_task(parity_rows),
        "task, open": lambda: draw_task(parity_rows, mode="open"),
        "task, one network": lambda: draw_task(one_network),
        "task, other score": lambda: draw_task(parity_rows, score="divergence"),
        "task, all failed": lambda: draw_task(nothing),
        "gap": lambda: draw_gap(comparison),
        "gap, all failed": lambda: draw_gap(nothing),
        "budget": lambda: draw_budget(comparison),
        "budget, one network": lambda: draw_budget(comparison, model="gru"),
        "budget, all failed": lambda: draw_budget(nothing),
    }


NAMES = [
    "selection", "selection, one seed, one K", "selection, some failed", "selection, some dropped",
    "selection, a seed all dropped", "selection, all failed",
    "states", "states, no truth", "states, few outputs", "states, many classes", "states, single",
    "graph", "graph, words", "graph, many classes", "graph, single", "graph, one step",
    "machine", "machine, refused", "machine, words", "machine, many classes",
    "timeline", "timeline, words", "timeline, many classes", "timeline, one sequence",
    "comparison", "comparison, no verdicts", "comparison, one network", "comparison, all failed",
    "task", "task, open", "task, one network", "task, other score", "task, all failed",
    "gap", "gap, all failed", "budget", "budget, one network", "budget, all failed",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_figure_draws_without_a_warning_names_every_axis_and_cuts_no_text(
    figures, name, tmp_path
):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = figures[name]()
        figure.draw_without_rendering()
        outside, overlapping = texts_outside(figure), texts_overlapping(figure)
        title = figure.texts[0].get_text()
        nameless = [axes.get_title() for axes in figure.axes if unnamed(axes)]
        save_figure(tmp_path / "figure.svg", figure)
    assert outside == []
    assert overlapping == []
    assert nameless == []
    assert len(title) > 10
    assert figure.get_figwidth() == WIDTH


def test_the_list_of_figures_is_whole(figures):
    assert list(figures) == NAMES


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("states", ".png"),
        ("states", ".svg"),
        ("graph", ".svg"),
        ("machine", ".svg"),
        ("comparison", ".svg"),
        ("budget", ".svg"),
    ],
)
def test_the_same_figure_gives_the_same_bytes(figures, name, suffix, tmp_path):
    contents = []
    for attempt in range(2):
        path = tmp_path / f"{attempt}{suffix}"
        save_figure(path, figures[name]())
        contents.append(path.read_bytes())
    assert contents[0] == contents[1]
    assert b"Date" not in contents[0] or suffix == ".png"


def test_a_png_keeps_even_rare_colours(tmp_path):
    figure, (axes,) = panels(1, columns=1, height=2)
    colours = matplotlib.colormaps["hsv"](np.linspace(0, 1, 400))
    axes.scatter(np.arange(400), np.zeros(400), s=1, color=colours)
    axes.scatter([5], [1], s=4, marker="s", linewidths=0, color="#CC79A7")
    save_figure(tmp_path / "figure.png", figure)
    with Image.open(tmp_path / "figure.png") as image:
        seen = np.asarray(image.convert("RGB")).astype(int)
    wanted = np.array(matplotlib.colors.to_rgb("#CC79A7")) * 255
    assert (np.abs(seen - wanted).max(axis=-1) <= 9).any()


def test_an_unknown_format_is_refused_and_leaves_nothing(figures, tmp_path):
    with pytest.raises(ConfigError, match=r"\.svg or \.png"):
        save_figure(tmp_path / "figure.pdf", figures["gap"]())
    assert list(tmp_path.iterdir()) == []


def test_drawing_leaves_the_settings_of_others_alone(figures):
    before = dict(matplotlib.rcParams)
    figures["comparison"]()
    assert dict(matplotlib.rcParams) == before


def test_the_number_of_points_is_bounded_and_seeded(parity, make_trace):
    trace = make_trace(parity)
    figure = draw_states(
        trace, trace.states[:, :2], SHARES, {"hmm": trace.truth}, readouts={"hmm": parity.readout},
        rng=np.random.default_rng(0), n_points=7,
    )  # fmt: skip
    drawn = [len(artist.get_offsets()) for artist in figure.axes[0].collections]
    assert max(drawn) == 7


def test_state_colours_differ():
    assert len(set(STATE_COLOURS)) == len(STATE_COLOURS) >= 12


def test_importing_figures_imports_no_torch_and_picks_no_window():
    """Seaborn imports pyplot, which must not ask for a backend: there may be no screen."""
    code = (
        "import sys, matplotlib, markovlens.figures.networks.stage;"
        "picked = dict.__getitem__(matplotlib.rcParams, 'backend');"
        "sys.exit(int('torch' in sys.modules or isinstance(picked, str)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def unnamed(axes):
    """Return whether an axis of `axes` has no name of its own nor of one it shares ticks with."""
    if not axes.axison:
        return False
    named_x = any(a.get_xlabel() for a in axes.get_shared_x_axes().get_siblings(axes))
    named_y = any(a.get_ylabel() for a in axes.get_shared_y_axes().get_siblings(axes))
    if axes.get_label() == "<colorbar>":
        return not (named_y or axes.get_title(loc="left"))
    return not (named_x and named_y)


def texts_outside(figure):
    """Return the texts that the edge of the figure would cut."""
    page = figure.bbox.padded(1)
    texts = [text for text in figure.findobj(matplotlib.text.Text) if text.get_text()]
    unseen = list(ticks_out_of_view(figure))
    shown = [text for text in texts if text.get_visible() and text not in unseen]
    boxes = [(text.get_text(), text.get_window_extent()) for text in shown]
    return [
        text for text, box in boxes if not (page.contains(*box.min) and page.contains(*box.max))
    ]


def texts_overlapping(figure):
    """Return the pairs of title, foot line, legend, panel titles and axis names that overlap."""
    texts = list(figure.texts)
    for legend in figure.legends:
        texts += legend.get_texts()
    for axes in figure.axes:
        texts += [axes.title, axes._left_title, axes.xaxis.label, axes.yaxis.label]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    return [
        (one, other)
        for index, (one, box) in enumerate(boxes)
        for other, another in boxes[index + 1 :]
        if box.overlaps(another.padded(-1))
    ]


def ticks_out_of_view(figure):
    """Return the labels of ticks beyond the limits of their axis, which are never drawn."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if not low <= tick.get_loc() <= high:
                    yield from (tick.label1, tick.label2)
