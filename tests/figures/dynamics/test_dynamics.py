"""From the files of emulating networks to their figures; what the loss decides."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from helpers.emulators import rival_network
from markovlens.dynamics import study
from markovlens.dynamics.emergence import Checkpoint
from markovlens.dynamics.measures import PLACE
from markovlens.figures.dynamics import stage
from markovlens.figures.dynamics.losses import by_pair, draw_losses, losses_finding
from markovlens.figures.dynamics.stage import FIGURES, draw_emulation, draw_emulator
from markovlens.files.runs import Run
from markovlens.files.whole import sha256, write_json
from markovlens.networks.digests import CARD, OF_WEIGHTS, WEIGHTS
from markovlens.networks.weights import write_tensors
from markovlens.tables.dynamics import NUMBERS_RUN, STUDIES
from markovlens.tables.writer import write_table
from markovlens.tasks.base import Source

SOURCE = Source(np.full(2, 0.5), np.array([[0.9, 0.1], [0.1, 0.9]]), np.eye(2))
SMALL = {
    "N_RUNS": 40, "N_STEPS": 120, "N_COLLAPSING": 6, "GAIN_RUNS": 20, "GAIN_DRAWS": 2,
    "POOL_STEPS": 60, "STAGE_RUNS": 10, "STAGE_STEPS": 60,
}  # fmt: skip
NOT_DRAWN = {"match", "bridge", "bridge_training"}  # by network: their figure has all of them
NOTHING = "There is nothing to draw"


@pytest.fixture(scope="module")
def tables():
    network = rival_network()
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SMALL.items():
            patch.setattr(study, name, size)
        drawn = {name: run for name, run in study.ANALYSES.items() if name not in NOT_DRAWN}
        patch.setattr(study, "ANALYSES", drawn)
        return study.analyse(
            network,
            SOURCE,
            length=50,
            checkpoints=[Checkpoint(0, network, 2.0), Checkpoint(5, network, 1.0)],
            seed=np.random.SeedSequence(0),
        )


@pytest.fixture
def run(tables, tmp_path):
    found = Run.at(tmp_path, "chain_2", "emulator", 0, layer="")
    for name, table in tables.items():
        write_table(found.dynamics(name), table, STUDIES[name])
    network = rival_network()
    weights = {
        "rnn.weight_hh_l0": network.recurrent,
        "rnn.weight_ih_l0": network.drive,
        "head.weight": network.readout,
    }
    tensors = {name: torch.from_numpy(matrix) for name, matrix in weights.items()}
    folder = found.folder / "network"
    write_tensors(folder / WEIGHTS, tensors)
    write_json(folder / CARD, {OF_WEIGHTS: sha256(folder / WEIGHTS)})
    return found


@pytest.fixture
def titles(monkeypatch):
    """Return a dictionary that fills with the titles of the figures that are saved, by file."""
    said = {}

    def keep(path, figure):
        said[path] = figure.texts[0].get_text().replace("\u00a0", " ").replace("\n", " ")

    monkeypatch.setattr(stage, "save_figure", keep)
    return said


def rotation(*, by_transport, by_lags, seeds=range(4), tasks=("chain_2", "full_3")):
    """Return the numbers of the orbit of networks of two losses, `by_*` turns a switch."""
    rows = [
        {"task": task, "loss": loss, "seed": seed, "measure": measure, "where": where,
         "value": value, "low": value - 0.02, "high": value + 0.02, "n": 150}
        for task in tasks for seed in seeds
        for loss, turns in (("transport", by_transport), ("transport+lags", by_lags))
        for measure, where, value in (
            ("turns_per_switch", "run", turns + 0.01 * seed * (loss == "transport")),
            ("turns_per_switch", "shuffled", 0.0),
            ("sign_share", "run", 0.97 if turns > 0.2 else 0.6),
            ("sign_share", "shuffled", 0.52),
        )
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_figures_of_a_network_are_drawn_twice_the_same(run, tmp_path, monkeypatch):
    monkeypatch.setattr(stage, "FIGURES", ("orbit", "connectivity"))
    outputs = {name: str(tmp_path / f"{name}.svg") for name in stage.FIGURES}
    draw_emulator(run, outputs)
    first = {name: Path(path).read_bytes() for name, path in outputs.items()}
    draw_emulator(run, outputs)
    assert first == {name: Path(path).read_bytes() for name, path in outputs.items()}


def test_no_figure_is_empty_where_every_analysis_went_well(run, titles):
    draw_emulator(run, {name: name for name in FIGURES})
    assert set(titles) == set(FIGURES)
    assert NOTHING not in titles.values()
    assert len(set(titles.values())) == len(FIGURES)


def test_only_the_figure_of_a_failed_analysis_is_empty(run, tables, titles):
    numbers = tables["numbers"].copy()
    numbers.loc[numbers["analysis"] == "orbit", ["status", "reason"]] = ["failed", "why"]
    write_table(run.dynamics("numbers"), numbers, NUMBERS_RUN)
    draw_emulator(run, {name: name for name in FIGURES})
    assert [name for name, title in titles.items() if title == NOTHING] == ["orbit"]


def test_a_network_that_could_not_be_studied_has_figures_that_say_so(run, tables, titles):
    failed = tables["numbers"].head(1).assign(analysis="study", status="failed", reason="why")
    for name in tables:
        rows = failed if name == "numbers" else pd.DataFrame()
        write_table(run.dynamics(name), rows, STUDIES[name])
    draw_emulator(run, {name: name for name in FIGURES})
    assert set(titles.values()) == {NOTHING}


def test_only_networks_that_passed_the_gate_are_compared(tmp_path, titles):
    passed = rotation(by_transport=0.405, by_lags=0.1).assign(gate="passed")
    missed = rotation(by_transport=9.0, by_lags=0.1, seeds=[7]).assign(gate="under-trained")
    both = pd.concat([passed, missed]).assign(analysis="orbit", status="ok", model="m")
    both = both.assign(**{name: None for name in set(PLACE) - set(both)})
    path = str(tmp_path / "numbers.csv")
    both.to_csv(path, index=False)
    draw_emulation(path, {name: name for name in ("match", "bridge", "losses", "sources")})
    assert titles["losses"] == losses_finding(passed)
    assert titles["match"] == titles["bridge"] == NOTHING


def test_the_title_gives_the_paired_difference_and_who_circles():
    title = losses_finding(rotation(by_transport=0.405, by_lags=0.1))
    assert title.startswith("8 pairs of networks turn by 0.32 [")
    assert "less a switch with transport+lags" in title
    assert "8 by transport and 0 by transport+lags circle one way" in title


def test_the_title_turns_with_the_numbers():
    assert "more a switch" in losses_finding(rotation(by_transport=0.1, by_lags=0.4))
    same = rotation(by_transport=0.3, by_lags=0.315)
    assert losses_finding(same).startswith("No difference is certain: 8 pairs")


def test_only_seeds_with_both_losses_are_pairs():
    table = rotation(by_transport=0.405, by_lags=0.1)
    lost = (table["loss"] == "transport+lags") & (table["seed"] == 3)
    assert "6 pairs" in losses_finding(table[~lost])
    alone = table[table["loss"] == "transport"]
    assert "cannot be told" in losses_finding(alone)
    assert len(draw_losses(alone).axes) == 2


def test_models_of_one_seed_are_averaged():
    table = pd.concat([rotation(by_transport=turns, by_lags=0.1) for turns in (0.2, 0.6)])
    values = by_pair(table, "turns_per_switch", "run")["value"]
    assert values["chain_2", 0, "transport"] == pytest.approx(0.4)


def test_every_network_is_a_dot_at_its_number():
    table = rotation(by_transport=0.405, by_lags=0.1, seeds=range(2))
    turns = draw_losses(table).axes[0]
    dots = sorted(x for line in turns.lines if line.get_marker() == "o" for x in line.get_xdata())
    rows = table[(table["measure"] == "turns_per_switch") & (table["where"] == "run")]
    assert dots == pytest.approx(sorted(rows["value"]))
