"""Maps whose behaviour under a constant input is known in closed form."""

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.dynamics.recurring import period_of
from markovlens.dynamics.resting import Kind, resting
from markovlens.errors import ConfigError, DataError


class Linear:
    """h' = A h + x, from h = 1; it answers with two logits, of the first number of h."""

    def __init__(self, matrix):
        self.matrix = torch.tensor(matrix, dtype=torch.float64)

    def initial(self, batch):
        return {"h": torch.ones(batch, len(self.matrix), dtype=torch.float64)}

    def step(self, state, inputs):
        h = state["h"] @ self.matrix.T + inputs
        return {"h": h}, torch.stack([h[:, 0], -h[:, 0]], dim=1)


def rotation(angle, size=1.0):
    return size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def rest(network, inputs=((0.0, 0.0),), **options):
    return resting(network, torch.tensor(inputs, dtype=torch.float64), **options)


@pytest.mark.parametrize("input_", [(0.0, 0.0), (0.3, -2.0)])
def test_a_contraction_rests_and_its_slowest_mode_is_the_largest_eigenvalue(input_):
    (found,) = rest(Linear([[0.9, 0.0], [0.0, 0.5]]), [input_])
    assert found.kind == Kind.FIXED
    assert found.modulus == pytest.approx(0.9, abs=1e-8)
    assert found.slowest == pytest.approx(1 / -np.log(0.9), rel=1e-6)
    assert found.turn == np.inf
    if input_ == (0.0, 0.0):
        # |h_t| over |h_0| is at most .01 as soon as .9^t hypot(1, (5/9)^t) is below .01 sqrt(2)
        sizes = np.hypot(0.9 ** np.arange(100), 0.5 ** np.arange(100)) / np.sqrt(2)
        assert found.state_settles == np.flatnonzero(sizes <= 0.01)[0]


def test_a_mode_slower_than_the_run_is_still_measured():
    (found,) = rest(Linear([[0.9995]]), [[0.0]], n_steps=1000)
    assert found.kind == Kind.FIXED
    assert found.slowest == pytest.approx(-1 / np.log(0.9995), rel=1e-4)
    assert found.state_settles == pytest.approx(np.log(0.01) / np.log(0.9995), rel=1e-3)


def test_a_rotation_is_an_orbit_of_its_period_and_a_damped_one_comes_to_rest():
    (orbit,) = rest(Linear(rotation(2 * np.pi / 7.3)), n_steps=400)
    assert orbit.kind == Kind.ORBIT
    assert orbit.period == pytest.approx(7.3, abs=0.02)
    assert np.isnan([orbit.state_settles, orbit.answer_settles, orbit.slowest]).all()
    (damped,) = rest(Linear(rotation(2 * np.pi / 7.3, 0.95)))
    assert (damped.kind, damped.modulus) == (Kind.FIXED, pytest.approx(0.95, abs=1e-8))
    assert damped.turn == pytest.approx(7.3, rel=1e-6)


def test_what_changes_its_sign_has_the_period_two():
    (found,) = rest(Linear([[-1.0]]), [[0.0]], n_steps=50)
    assert (found.kind, found.period) == (Kind.ORBIT, 2.0)


def test_what_adds_its_input_counts():
    (found,) = rest(Linear([[1.0, 0.0], [0.0, 0.5]]), [(0.25, 1.0)], n_steps=200)
    assert found.kind == Kind.COUNTER
    assert found.drift == pytest.approx(0.25, rel=1e-3)
    assert found.answer_settles < 40  # a logit of 10 and more is the same answer


class Logistic(Linear):
    def initial(self, batch):
        return {"h": torch.full((batch, 1), 0.3, dtype=torch.float64)}

    def step(self, state, inputs):
        h = 4 * state["h"] * (1 - state["h"]) + inputs
        return {"h": h}, torch.cat([h, -h], dim=1)


def test_chaos_never_rests():
    (found,) = rest(Logistic([[1.0]]), [[0.0]])
    assert found.kind == Kind.NEVER


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = nn.RNNCell(1, 2)
        self.head = nn.Linear(2, 2)
        with torch.no_grad():
            self.cell.weight_hh.copy_(torch.tensor([[1.5, 0.0], [0.0, 0.3]]))
            self.cell.weight_ih.zero_()
            self.cell.bias_ih.copy_(torch.tensor([0.1, 0.0]))
            self.cell.bias_hh.zero_()

    def initial(self, batch):
        return {"h": self.cell.weight_hh.new_zeros(batch, 2)}

    def step(self, state, inputs):
        h = self.cell(inputs, state["h"])
        return {"h": h}, self.head(h)


def test_a_network_of_torch_is_run_in_double_precision_and_left_as_it_was():
    torch.manual_seed(0)
    network = Recurrent()
    (found,) = resting(network, torch.zeros(1, 1))
    end = 0.0
    for _ in range(1000):
        end = np.tanh(1.5 * end + 0.1)
    assert found.kind == Kind.FIXED
    assert found.modulus == pytest.approx(1.5 * (1 - end**2), abs=1e-6)
    assert network.cell.weight_hh.dtype == torch.float32


def test_where_it_begins_decides_where_a_network_with_two_resting_places_ends():
    torch.manual_seed(0)
    inputs = torch.zeros(2, 1)
    up, down = resting(Recurrent(), inputs, start=np.array([[1.0, 0.0], [-1.0, 0.0]]))
    assert up.kind == down.kind == Kind.FIXED
    assert up.modulus != pytest.approx(down.modulus, abs=1e-3)


def test_each_input_is_judged_by_itself():
    turning = Linear(rotation(np.pi / 2))
    found = rest(turning, [(0.0, 0.0), (1.0, 0.0)], n_steps=40)
    assert [each.period for each in found] == [4.0, 4.0]


def test_an_average_of_a_path_that_stands_still_has_no_period():
    assert np.isnan(period_of(np.ones((20, 3))))
    assert np.isnan(period_of(np.linspace(0, 1, 50)[:, None]))


def test_what_is_no_stepwise_network_is_refused():
    with pytest.raises(DataError, match="expected a network with `initial` and `step`"):
        resting(nn.GRU(1, 2), torch.zeros(1, 1))
    with pytest.raises((ConfigError, DataError), match="n_steps"):
        rest(Linear([[0.5]]), [[0.0]], n_steps=2)
