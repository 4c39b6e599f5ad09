"""On networks that are written down it is known which part is read, and which is used."""

import numpy as np
import pandas as pd
import pytest
import torch

import markovlens as ml
from markovlens.errors import ConfigError, DataError
from markovlens.layers.comparing import COLUMNS
from markovlens.machines.machine import automaton


class Copied:
    """`low` holds the parity of the ones; `high` copies it and answers."""

    def initial(self, batch):
        return {name: torch.zeros(batch, 2) for name in ("low", "high")}

    def step(self, state, symbols):
        turned = torch.where(symbols[:, None] == 1, 1 - state["low"], state["low"])
        return {"low": turned, "high": turned.clone()}, self.answers(turned)

    def answers(self, bits):
        return 20 * torch.stack([0.5 - bits[:, 0], bits[:, 0] - 0.5], dim=1)


class Blind(Copied):
    """`low` holds the parity and answers; nothing is in `high` but the last symbol."""

    def step(self, state, symbols):
        state, answers = super().step(state, symbols)
        return state | {"high": symbols[:, None].float().repeat(1, 2)}, answers


class Twice(Copied):
    """`low` and `high` each hold the parity; the answer is 1 where both say so."""

    def step(self, state, symbols):
        turned = {
            name: torch.where(symbols[:, None] == 1, 1 - part, part) for name, part in state.items()
        }
        return turned, self.answers(turned["low"] * turned["high"])


@pytest.fixture(scope="module")
def parity():
    successor = np.array([[0, 1], [1, 0]])
    return automaton(successor, np.array([False, True]), start=0, symbols=("0", "1"))


@pytest.fixture(scope="module")
def words():
    rng = np.random.default_rng(0)
    return ml.Sequences.from_list([rng.integers(2, size=n) for n in rng.integers(2, 16, size=240)])


def scores(network, words, machine, **options):
    found = ml.compare_layers(
        network, words, machine, symbols=machine.symbols, bootstraps=50, **options
    )
    return found, found.table.pivot(index="layer", columns="score", values="value")


def test_a_copy_is_read_perfectly_and_not_used(words, parity):
    found, values = scores(Copied(), words, parity)
    assert (values["probe"] == 1).all()
    assert values["iia"].to_dict() == {"low": 1, "high": 0}
    assert (values["iia_same_state"] == 1).all()
    assert values.loc["low", ["iia_from", "iia_up_to", "iia_probe"]].tolist() == [1, 1, 1]
    assert values.loc["high", ["iia_from", "iia_up_to", "iia_probe"]].tolist() == [0, 1, 0]
    assert "low" in repr(found)


def test_where_there_is_nothing_little_is_read_and_nothing_used(words, parity):
    _, values = scores(Blind(), words, parity)
    assert values.loc["low", "probe"] == 1
    assert values.loc["high", "probe"] < 0.7
    assert values.loc["high", "iia"] == 0


def test_of_a_state_held_twice_one_part_alone_is_not_enough(words, parity):
    """From even to odd both must say so; from odd to even one is enough."""
    _, values = scores(Twice(), words, parity)
    assert values.loc["low", "iia"] == values.loc["high", "iia"]
    assert 0 < values.loc["low", "iia"] < 1
    assert values.loc["high", "iia_up_to"] == values.loc["low", "iia_from"] == 1


def test_labels_that_mean_nothing_are_read_by_chance(words, parity):
    _, values = scores(Copied(), words, parity)
    assert (values["probe_control"] < 0.75).all()


def test_a_network_that_learned_nothing_is_a_floor(words, parity):
    _, values = scores(Copied(), words, parity, untrained=Blind())
    assert values.loc["high", "probe_untrained"] < 0.7 < values.loc["high", "probe"]


def test_the_table_has_intervals_that_hold_the_values_and_draws(words, parity):
    found, _ = scores(Copied(), words, parity)
    assert found.table.columns.tolist() == COLUMNS
    assert (found.table["low"] <= found.table["value"]).all()
    assert (found.table["value"] <= found.table["high"]).all()
    assert set(found.table["depth"]) == {1, 2}
    assert found.draw().axes


def test_equal_seeds_give_equal_numbers(words, parity):
    first, second = (scores(Twice(), words, parity, seed=3)[0] for _ in range(2))
    pd.testing.assert_frame_equal(first.table, second.table)


def test_layers_of_torch_are_found_from_below(words, parity):
    rnn = torch.nn.GRU(2, 3, num_layers=2, batch_first=True)
    embedding, head = torch.nn.Embedding(2, 2), torch.nn.Linear(3, 2)

    class Network(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.rnn, self.head = embedding, rnn, head

        def forward(self, symbols):
            return self.head(self.rnn(self.embedding(symbols))[0])

    found, _ = scores(Network(), words, parity, n_swaps=40)
    assert found.table["layer"].unique().tolist() == ["rnn.l0", "rnn.l1"]
    assert found.table["n_layers"].unique().tolist() == [2]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sequences": "0110"}, "Sequences"),
        ({"machine": None}, "machine"),
        ({"network": torch.nn.Linear(2, 2)}, "recurrent"),
        ({"layers": ["middle"]}, "middle"),
    ],
)
def test_what_cannot_be_compared_is_refused_in_words(words, parity, change, said):
    given = {"network": Copied(), "sequences": words, "machine": parity} | change
    with pytest.raises(DataError, match=said):
        ml.compare_layers(**given)


def test_too_few_sequences_and_bad_numbers_are_refused(words, parity):
    with pytest.raises(DataError, match="30 sequences"):
        ml.compare_layers(Copied(), words[:10], parity)
    with pytest.raises(DataError, match="two steps"):
        ml.compare_layers(Copied(), ml.Sequences(words.values[:60], np.ones(60, int)), parity)
    with pytest.raises(ConfigError, match="n_swaps: expected a whole number, 20 or more, got 19"):
        ml.compare_layers(Copied(), words, parity, n_swaps=19)  # nothing would be told of swaps


def test_scores_of_too_few_sequences_are_told_below_the_table(words, parity):
    few = words.select(np.arange(40))
    said = repr(ml.compare_layers(Copied(), few, parity, symbols=parity.symbols, bootstraps=20))
    assert "without a value: iia" in said
    assert "fewer than 20 sequences with an informative swap" in said


def test_sixty_sequences_are_enough_where_every_swap_tells(words, parity):
    some = words.select(np.arange(60))
    found = ml.compare_layers(Copied(), some, parity, symbols=parity.symbols, bootstraps=20)
    assert "without a value" not in repr(found)


def test_the_figure_is_written_where_it_is_asked_for(words, parity, tmp_path):
    found = ml.compare_layers(Copied(), words, parity, symbols=parity.symbols, bootstraps=20)
    found.draw(tmp_path / "layers.svg")
    assert "<svg" in (tmp_path / "layers.svg").read_text()
    with pytest.raises(ConfigError, match="ends in .svg or .png"):
        found.draw(tmp_path / "layers.txt")
    with pytest.raises(DataError, match="path: expected str or Path"):
        found.draw(3)


@pytest.mark.parametrize("level", [95, 1.0, 0, -1, "a", True, float("nan")])
def test_a_level_that_is_no_share_is_refused(words, parity, level):
    with pytest.raises(ConfigError, match="level: expected a number between 0 and 1"):
        ml.compare_layers(Copied(), words, parity, level=level)


@pytest.mark.parametrize("layers", [[], "low", ["low", "low"], 3])
def test_layers_that_are_no_list_of_names_are_refused(words, parity, layers):
    with pytest.raises(ConfigError, match="layers: expected a list of different names"):
        ml.compare_layers(Copied(), words, parity, layers=layers)
