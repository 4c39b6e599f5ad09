import pytest
import torch

from markovlens.networks.model import build
from markovlens.recurrence.cells import CELLS, MGU


@pytest.mark.parametrize("cell", list(CELLS))
@pytest.mark.parametrize("layers", [1, 2])
def test_every_cell_is_called_alike(cell, layers):
    module = CELLS[cell](3, 4, num_layers=layers)
    states, last = module(torch.randn(2, 5, 3))
    last = last[0] if isinstance(last, tuple) else last
    assert states.shape == (2, 5, 4)
    assert last.shape == (layers, 2, 4)
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


def test_a_sequence_may_be_read_in_pieces():
    module = MGU(3, 4)
    x = torch.randn(2, 6, 3)
    whole, _ = module(x)
    first, hidden = module(x[:, :2])
    second, _ = module(x[:, 2:], hidden)
    torch.testing.assert_close(torch.cat([first, second], 1), whole)


def test_no_state_looks_ahead():
    model = build({"cell": "mgu"}, n_symbols=2, n_classes=3)
    symbols = torch.tensor([[0, 1, 1, 0]])
    torch.testing.assert_close(model(symbols)[:, :2], model(symbols[:, :2]))
    assert model(symbols).shape == (1, 4, 3)
