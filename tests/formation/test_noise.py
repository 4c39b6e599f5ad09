"""Networks that noise drives, along their training: planted networks, and refusals."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import markovlens as ml
from helpers.emulators import rival_network
from markovlens.dynamics.network import NoisyNetwork
from markovlens.errors import ConfigError, DataError
from markovlens.formation.alignment import Events
from markovlens.formation.noise import Course, course_under, noisy_of
from markovlens.formation.writing import Chains, read_course
from markovlens.networks.emulation import EmulationOptions, emulate
from markovlens.networks.generator import build_generator
from markovlens.tasks.base import Source
from markovlens.tasks.markov import SOURCES, draw

NOTHING = Events(births=0, splits=0, merges=0, deaths=0)
COIN = Source(np.full(2, 0.5), np.array([[0.9, 0.1], [0.1, 0.9]]), np.eye(2))
QUICK = {"n_runs": 12, "n_steps": 60, "warmup": 30}


@pytest.fixture(scope="module")
def rivals():
    return rival_network()


@pytest.fixture(scope="module")
def frozen(rivals):
    noise = ml.FrozenNoise(**QUICK, source=COIN)
    return ml.follow_training([rivals] * 3, noise, n_states=(1, 2, 3), losses=[3.0, 2.0, 1.0])


def test_a_frozen_network_has_no_events_and_one_lineage_a_state(frozen):
    assert [alignment.events for alignment in frozen.alignments] == [NOTHING] * 2
    assert [alignment.kept for alignment in frozen.alignments] == [1, 1]
    assert len({tuple(lineage) for lineage in frozen.lineages}) == 1
    assert frozen.seen[0].machine.n_states > 1, "else this test says nothing"


def test_its_machine_reads_nothing_and_the_table_says_how_it_writes(frozen, rivals):
    machine = frozen.machines[0]
    assert (machine.n_symbols, machine.symbols) == (1, ())
    table = frozen.frame()
    assert table["loss"].tolist() == [3, 2, 1]
    assert set(table["source_states"]) == {2}
    assert table["machine_error"].between(0, 0.1).all()
    assert (table["pair_error"] > table["pair_error_floor"]).all()
    course = course_under(ml.FrozenNoise(**QUICK), rivals)
    assert table["together"][0] == course.together
    assert table["resampled"].notna().all()


def test_the_same_noise_and_symbols_come_again_and_other_seeds_have_others(rivals):
    first, again = (course_under(ml.FrozenNoise(**QUICK), rivals) for _ in range(2))
    assert np.array_equal(first.symbols, again.symbols)
    other = course_under(ml.FrozenNoise(**QUICK, seed=1), rivals)
    assert not np.array_equal(first.states, other.states)


def test_runs_of_a_network_that_forgets_come_together_those_of_one_that_remembers_do_not():
    drive, readout = np.full((2, 1), 0.01), np.eye(2)
    weights = {"forgets": 0.5 * np.eye(2), "remembers": np.eye(2)}
    together = {
        name: course_under(
            ml.FrozenNoise(**QUICK),
            NoisyNetwork(*(np.float32(part) for part in (matrix, drive, readout))),
        ).together
        for name, matrix in weights.items()
    }
    assert together["forgets"] > 0.9
    assert together["remembers"] < 0.5


def test_a_moment_at_which_states_grow_is_a_failure_and_the_others_are_followed(rivals):
    growing = replace(rivals, recurrent=2 * np.eye(len(rivals.recurrent), dtype=np.float32))
    found = ml.follow_training(
        {0: growing, 5: rivals}, ml.FrozenNoise(**QUICK), n_states=(1, 2), control=False
    )
    assert list(found.machines) == [5]
    assert "without bound" in found.failures[0]
    with pytest.raises(DataError, match="without bound"):
        ml.follow_training([growing], ml.FrozenNoise(**QUICK))


def test_a_generator_its_weights_and_its_matrices_are_the_same():
    torch.manual_seed(0)
    model = build_generator({"hidden": 8, "noise": 2}, n_classes=3)
    ways = [([model], None), ([model.state_dict()], model), ([noisy_of(model)], None)]
    noise = ml.FrozenNoise(**QUICK)
    found = [
        ml.follow_training(given, noise, model=shell, n_states=(1, 2), control=False)
        for given, shell in ways
    ]
    machines = [each.machines[0] for each in found]
    assert all(np.array_equal(machines[0].readout, each.readout) for each in machines[1:])


def test_its_figure_has_the_distance_and_the_source(frozen):
    figure = frozen.draw(name="rivals")
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels[:-1] == ["training loss", "distance\nfrom source", "states"]
    told = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert {"the source itself", "states of the machine"} <= set(told)
    assert "states after merging alike ones" not in told


@pytest.mark.parametrize(
    "asked", [{"method": "kmeans"}, {"layer": "rnn.l0"}, {"classes": ("a", "b")}]
)
def test_what_is_asked_of_networks_that_read_is_refused_beside_noise(rivals, asked):
    with pytest.raises(ConfigError, match=f"{next(iter(asked))}: expected nothing beside"):
        ml.follow_training([rivals], ml.FrozenNoise(**QUICK), **asked)


def test_a_source_of_other_symbols_is_refused(rivals):
    with pytest.raises(DataError, match="writes 3 symbols") as raised:
        ml.follow_training([rivals], ml.FrozenNoise(**QUICK, source=SOURCES["chain_2"]))
    assert raised.value.page == "alphabets-differ"


def test_the_source_that_a_network_was_not_trained_for_is_refused_where_that_is_known():
    options = EmulationOptions(steps=2, batch=4, attempts=1, checkpoints=(0, 2))
    spec = {"generator": "relu", "hidden": 8, "noise": 2, "loss": "energy"}
    sizes = dict.fromkeys(("n_train", "n_valid", "n_test", "length"), 9)
    task = ml.make_task("chain_2", sizes=sizes, seed=0)
    emulator = emulate(task, spec, training=options, seed=0)
    weights = {one.step: one.weights for one in emulator.snapshots}
    quick = {"n_states": (1,), "control": False}
    other = ml.FrozenNoise(**QUICK, source=SOURCES["chain_3"])  # of as many symbols
    for given, model in (([emulator.model], None), (weights, emulator.model)):
        with pytest.raises(DataError, match="source: expected the one that the net") as told:
            ml.follow_training(given, other, model=model, **quick)
        assert told.value.page == "another-network"
    same = ml.FrozenNoise(**QUICK, source=ml.make_task("chain_2", sizes=sizes, seed=1).source)
    assert ml.follow_training(weights, same, model=emulator.model, **quick).machines
    ml.follow_training([noisy_of(emulator.model)], other, **quick)  # of matrices nobody knows


def test_options_that_are_none_are_refused_beside_noise(rivals):
    with pytest.raises(DataError, match="options: expected Options, got str"):
        ml.follow_training([rivals], ml.FrozenNoise(**QUICK), options="x")


def test_names_of_another_number_of_symbols_are_refused(rivals):
    with pytest.raises(DataError, match="symbols: expected a name for each of the 2 .*got 3"):
        ml.follow_training([rivals], ml.FrozenNoise(**QUICK), symbols=["a", "b", "c"])


@pytest.mark.parametrize("part", ["recurrent", "drive", "readout"])
def test_weights_that_are_no_numbers_are_not_told_as_growth(rivals, part):
    broken = replace(rivals, **{part: np.full_like(getattr(rivals, part), np.nan)})
    with pytest.raises(DataError, match=f"{part}: expected finite weights"):
        ml.follow_training([broken], ml.FrozenNoise(**QUICK))
    with pytest.raises(DataError, match=f"{part}: expected finite weights"):
        broken.run(2, 5, np.random.default_rng(0))


def test_a_name_that_is_no_text_is_refused_in_words(rivals):
    found = ml.follow_training([rivals], ml.FrozenNoise(**QUICK), n_states=(1, 2), control=False)
    with pytest.raises(DataError, match="name: expected str, got int"):
        found.draw(name=3)


def test_networks_that_read_are_refused_beside_noise():
    with pytest.raises(DataError, match="networks that noise drives") as raised:
        ml.follow_training([torch.nn.GRU(2, 3)], ml.FrozenNoise(**QUICK))
    assert raised.value.page == "wrong-kind"


@pytest.mark.parametrize(("runs", "steps", "needed"), [(4, 5, 75), (5, 74, 75), (8, 37, 38)])
def test_noise_of_which_no_number_of_states_can_come_is_refused_with_what_is_needed(
    runs, steps, needed
):
    said = f"got {runs // 2} runs of {steps}; give n_steps={needed} or more"
    with pytest.raises(ConfigError, match=said):
        ml.FrozenNoise(n_runs=runs, n_steps=steps)
    ml.FrozenNoise(n_runs=runs, n_steps=needed)


@pytest.mark.parametrize("size", [{"n_runs": 3}, {"n_steps": 1}, {"warmup": 19}, {"seed": -1}])
def test_sizes_of_noise_that_cannot_be_are_refused(size):
    with pytest.raises(ConfigError):
        ml.FrozenNoise(**size)


def test_a_network_whose_symbols_nothing_foretells_has_one_state(rivals):
    mute = replace(rivals, readout=np.zeros_like(rivals.readout))
    found = ml.follow_training([mute], ml.FrozenNoise(**QUICK), n_states=(2, 3), control=False)
    [machine] = found.machines.values()
    assert machine.n_states == 1, "states with the same future are joined"
    assert machine.readout == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["chain_2", "chain_3", "full_3", "cycle_4"])
def test_a_network_whose_states_are_its_sources_has_as_many_states_as_that(name):
    """The measure of `emulators_reach_the_source` comes out where it should."""
    rng = np.random.default_rng(0)
    source = SOURCES[name]
    latent, symbols = draw(source, 80, length=200, rng=rng)
    places = rng.normal(size=(len(source.transition), 8))[latent]
    states = (places + rng.normal(scale=0.05, size=places.shape)).astype("float32")
    course = Course(states, source.emission[latent], symbols, together=1.0)
    chains = Chains(n_states=range(1, 9), restarts=2, control=False, seed=0, symbols=None)
    found = read_course(course, 0, chains).machine
    assert found.n_states == len(source.transition)


def test_where_a_symbol_is_never_foretold_the_fewest_states_count():
    rng = np.random.default_rng(0)
    symbols = np.zeros((20, 40), dtype=int)
    symbols[1::2, 20] = 1  # in the runs that nothing is fitted on
    states = rng.normal(size=(20, 40, 4)).astype("float32")
    course = Course(states, np.broadcast_to([1.0, 0.0], (20, 40, 2)), symbols, together=1.0)
    chains = Chains(n_states=(1, 2, 3), restarts=1, control=False, seed=0, symbols=None)
    reader = read_course(course, 0, chains)
    assert np.isneginf(reader.scores(course, 1)).all()
    assert reader.machine.n_states == 1
