import re
from pathlib import Path

import pytest

from markovlens.report.captions import Captions
from markovlens.report.catalogue import NETWORK_FIGURES, PARTS, part_of
from markovlens.report.pictures import ROOM, figure_files, figures_of

RULES = Path(__file__).resolve().parents[2] / "workflow" / "rules" / "figures.smk"


@pytest.fixture
def shown(run, captions):
    """Return a function of the room in the page: the figures of a run of two networks, by file."""
    run.network("parity", "srn")
    run.network("parity", "gru")
    files = list(figure_files(run.write(), results=run.results))
    return lambda room=ROOM: figures_of(
        files, Captions(captions, {}), results=run.results, room=room
    )


def inside(figures):
    return {figure.path for figure in figures.values() if figure.drawing}


def test_machines_and_figures_of_all_networks_are_in_the_page(shown):
    together = {
        f"figures/{n}.svg" for n in ("comparison", "gap", "robustness", "match", "energies")
    }
    machines = {f"figures/parity/{model}/machine.svg" for model in ("srn", "gru")}
    assert inside(shown()) == together | machines


def test_machines_come_first_where_there_is_little_room(shown):
    one = len(next(f.drawing for f in shown().values() if "machine" in f.path).encode())
    assert inside(shown(2 * one + 50)) == {
        f"figures/parity/{m}/machine.svg" for m in ("srn", "gru")
    }
    assert len(inside(shown(one + 50))) == 1
    assert inside(shown(0)) == set()


def test_no_figure_is_lost(shown):
    assert len(shown()) == len(shown(0)) == 5 + 2 + 2 * 5


def test_the_drawing_of_a_machine_stands_first(shown):
    titles = [figure.title for file, figure in shown().items() if file.model == "gru"]
    assert titles == list(NETWORK_FIGURES.values())


def test_the_machine_of_the_verdict_is_drawn_before_any_other(run, captions):
    run.network("parity", "gru")
    paths = run.write(figures=("graph.svg", "machine.svg"))
    files = figure_files(paths, results=run.results)
    figures = figures_of(files, Captions(captions, {}), results=run.results)
    (first, *_) = [figure for file, figure in figures.items() if file.task == "parity"]
    assert (first.title, bool(first.drawing)) == ("The machine of the verdict", True)


def test_a_figure_that_nobody_listed_stands_at_the_end_under_its_own_name(run, captions):
    run.network("parity", "gru")
    paths = run.write(figures=("machine.svg", "new_kind.svg", "states.png"))
    figures = figures_of(
        figure_files(paths, results=run.results), Captions(captions, {}), results=run.results
    )
    titles = [figure.title for file, figure in figures.items() if file.task == "parity"]
    assert titles == ["The machine of the verdict", "States in activation space", "New kind"]


def test_figures_are_shown_as_wide_as_they_are_drawn(shown):
    assert {figure.size[0] for figure in shown().values()} == {922}


def test_every_figure_of_the_workflow_has_a_title():
    text = RULES.read_text()
    files = re.findall(r'FIGURES\}/([^"]+)"', text) + re.findall(r'^ {4}f?"([^"]+)":', text, re.M)
    stems = {(Path(name).stem, "{task}" in name) for name in files if name.endswith(("}", "g"))}
    each = {*NETWORK_FIGURES, *[stem for part in PARTS for stem in part.each]}
    together = {stem for part in PARTS for stem in part.together}
    assert {stem for stem, of_one in stems if not of_one} <= each | together
    assert {stem for stem, of_one in stems if of_one and "{" not in stem} <= each
    assert len(stems) > 25


@pytest.mark.parametrize(
    ("stem", "of_one", "part"),
    [
        ("clusters", True, "encoder-decoders"),
        ("clusters", False, "comparison"),
        ("orbit", True, "emulators"),
        ("graph", True, "networks"),
    ],
)
def test_a_name_that_two_figures_share_is_told_apart_by_what_it_is_of(stem, of_one, part):
    assert part_of(stem, of_one=of_one) == part
