import numpy as np
import pytest
import torch

import markovlens as ml
from markovlens.activations.oracle import Oracle
from markovlens.errors import ConfigError
from markovlens.networks.model import build
from markovlens.recurrence.cells import CELLS, LRU, MGU, MinGRU
from markovlens.sequences import Sequences

OURS = [name for name in CELLS if name not in ("srn", "gru", "lstm")]


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("layers", [1, 2])
def test_every_cell_is_called_alike(cell, layers):
    module = CELLS[cell](3, 4, num_layers=layers)
    states, last = module(torch.randn(2, 5, 3))
    last = last[0] if isinstance(last, tuple) else last
    width = 4 + getattr(module, "n_cells", 0)
    assert states.shape == (2, 5, width)
    assert last.shape == (layers, 2, width)
    torch.testing.assert_close(states[:, -1], last[-1])


@torch.no_grad()
def test_the_minimal_gated_unit_follows_its_equations():
    torch.manual_seed(0)
    module = MGU(3, 4, num_layers=2)
    x, h0 = torch.randn(2, 5, 3), torch.randn(2, 2, 4)
    inputs, last = x, []
    for layer in range(2):
        w_fx, w_hx = getattr(module, f"weight_ih_l{layer}").chunk(2)
        w_fh, w_hh = getattr(module, f"weight_hh_l{layer}").chunk(2)
        b_f, b_h = getattr(module, f"bias_l{layer}").chunk(2)
        h, states = h0[layer], []
        for step in inputs.unbind(1):
            f = torch.sigmoid(step @ w_fx.T + h @ w_fh.T + b_f)
            h = (1 - f) * h + f * torch.tanh(step @ w_hx.T + (f * h) @ w_hh.T + b_h)
            states.append(h)
        inputs = torch.stack(states, 1)
        last.append(h)
    got, h_n = module(x, h0)
    torch.testing.assert_close(got, inputs)
    torch.testing.assert_close(h_n, torch.stack(last))


@torch.no_grad()
@pytest.mark.parametrize("signed", [False, True])
def test_the_minimal_gru_follows_its_equations(signed):
    torch.manual_seed(0)
    module = MinGRU(3, 4, signed=signed)
    x, h = torch.randn(2, 5, 3), torch.randn(2, 4)
    (w_z, w_h), (b_z, b_h) = module.weight_ih_l0.chunk(2), module.bias_l0.chunk(2)
    got, _ = module(x, h[None])
    for step, found in zip(x.unbind(1), got.unbind(1), strict=True):
        z = torch.sigmoid(step @ w_z.T + b_z)
        h = (1 - (2 if signed else 1) * z) * h + z * (step @ w_h.T + b_h)
        torch.testing.assert_close(found, h)


@torch.no_grad()
def test_signed_gates_hold_a_parity_and_others_cannot():
    """h <- 1 - h where a 1 is read, by hand; with gates of 0 to 1 the same weights only fill up."""
    bits = torch.tensor([[1.0, 1, 0, 1, 0, 0, 1, 1, 1, 0]])
    parity = bits.cumsum(1) % 2
    for signed in (True, False):
        module = MinGRU(1, 1, signed=signed)
        module.weight_ih_l0.copy_(torch.tensor([[200.0], [0.0]]))
        module.bias_l0.copy_(torch.tensor([-100.0, 1.0]))
        assert torch.equal(module(bits[..., None])[0][..., 0].round(), parity) == signed


@torch.no_grad()
def test_the_linear_recurrent_unit_follows_its_equation():
    torch.manual_seed(0)
    module = LRU(3, 4)
    x, h0 = torch.randn(2, 6, 3), torch.randn(2, 4)
    eigenvalue = torch.exp(torch.complex(-module.nu_l0.exp(), module.theta_l0.exp()))
    given = x @ module.weight_ih_l0.T + module.bias_l0
    given = torch.complex(*given.chunk(2, -1)) * (1 - eigenvalue.abs() ** 2).sqrt()
    begun = torch.complex(*h0.chunk(2, -1))
    end = eigenvalue**6 * begun + sum(eigenvalue ** (5 - t) * given[:, t] for t in range(6))
    got, _ = module(x, h0[None])
    torch.testing.assert_close(got[:, -1], torch.cat([end.real, end.imag], -1))
    assert (eigenvalue.abs() < 1).all()


def test_an_odd_size_has_no_complex_numbers():
    with pytest.raises(ConfigError, match="even hidden size of an LRU, two numbers a unit, got 5"):
        LRU(3, 5)


@pytest.mark.parametrize("cell", OURS)
@pytest.mark.parametrize("layers", [1, 2])
def test_a_sequence_may_be_read_in_pieces(cell, layers):
    module = CELLS[cell](3, 4, num_layers=layers)
    x = torch.randn(2, 6, 3)
    whole, _ = module(x)
    first, hidden = module(x[:, :2])
    second, _ = module(x[:, 2:], hidden)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)


@pytest.mark.parametrize("cell", OURS)
def test_no_state_looks_ahead(cell):
    model = build({"cell": cell}, n_symbols=2, n_classes=3)
    symbols = torch.tensor([[0, 1, 1, 0]])
    torch.testing.assert_close(model(symbols)[:, :2], model(symbols[:, :2]))
    assert model(symbols).shape == (1, 4, 3)


@pytest.mark.parametrize("cell", ["min_gru", "signed_min_gru", "lru"])
def test_linear_cells_are_recorded_and_asked(cell):
    torch.manual_seed(0)
    model = build({"cell": cell, "hidden": 4, "layers": 2}, n_symbols=2, n_classes=2)
    words = Sequences(np.array([0, 1, 1, 0, 1, 1]), np.array([4, 2]))
    trace = ml.record(model, words)
    assert trace.states.shape == (6, 4)
    asked = Oracle(model)
    np.testing.assert_allclose(asked.outputs(words), trace.outputs, atol=1e-6)
