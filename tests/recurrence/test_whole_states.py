"""Cells whose state is more than h: sLSTM, mLSTM, Mamba, RWKV, by their equations, step by step."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import layer_norm, silu, softplus

import markovlens as ml
from helpers.conformance import check_asked
from markovlens.activations.observed import layer_of
from markovlens.activations.oracle import Oracle
from markovlens.networks.model import build
from markovlens.networks.noise import noisy_logits
from markovlens.recurrence.cells import CELLS
from markovlens.recurrence.layers import columns_of, find_layers
from markovlens.recurrence.scans import linear_scan, max_scan, stabilised
from markovlens.sequences import Sequences

WHOLE = ("slstm", "mlstm", "mamba", "rwkv")
SCANNED = ("min_gru", "signed_min_gru", "lru", *WHOLE)


def drawn(cell, layers=1, width=4):
    torch.manual_seed(0)
    module = CELLS[cell](3, width, num_layers=layers)
    with torch.no_grad():
        for each in module.parameters():
            each.add_(0.3 * torch.randn_like(each))
    return module


@torch.no_grad()
def test_scans_are_their_recursions():
    torch.manual_seed(0)
    kept, added, start = torch.rand(2, 13, 3), torch.randn(2, 13, 3), torch.randn(2, 3)
    h, m = start, start
    for t in range(13):
        h = kept[:, t] * h + added[:, t]
        m = torch.maximum(kept[:, t] + m, added[:, t])
        torch.testing.assert_close(linear_scan(kept, added, start)[:, t], h)
        torch.testing.assert_close(max_scan(kept, added, start)[:, t], m)


@torch.no_grad()
def test_a_stabilised_sum_of_large_exponentials_is_their_average():
    """Exponents near 1000 overflow by themselves; in double precision 1000 less is no matter."""
    exponents, values = torch.tensor([[990.0, 1000.0, 995.0]]), torch.tensor([[1.0, 2.0, 3.0]])
    kept, added, _ = stabilised(torch.zeros(1, 3), exponents, torch.zeros(1))
    above = linear_scan(kept, added * values, torch.zeros(1))
    below = linear_scan(kept, added, torch.zeros(1))
    weights = (exponents - 1000).exp()
    wanted = (weights * values).cumsum(1) / weights.cumsum(1)
    torch.testing.assert_close(above / below, wanted)


@torch.no_grad()
def test_slstm_follows_its_equations():
    """Unstabilised, as in equations 8 to 14: c = f c + exp(i) z, n = f n + exp(i), h = o c / n."""
    module = drawn("slstm")
    x = torch.randn(2, 6, 3)
    got, _ = module(x)
    h = c = n = torch.zeros(2, 4)
    for t in range(6):
        gates = x[:, t] @ module.weight_ih_l0.T + h @ module.weight_hh_l0.T + module.bias_l0
        z, i, f, o = gates.chunk(4, -1)
        c = f.sigmoid() * c + i.exp() * z.tanh()
        n = f.sigmoid() * n + i.exp()
        h = o.sigmoid() * c / n
        found = module.apart(got[:, t])
        torch.testing.assert_close(found["h"], h)
        torch.testing.assert_close(found["n"] * found["m"].exp(), n)


@torch.no_grad()
def test_mlstm_follows_its_equations():
    """Unstabilised, as in equations 19 to 27, with max(|n q|, 1) below."""
    module = drawn("mlstm")
    x = torch.randn(2, 6, 3)
    got, _ = module(x)
    c, n = torch.zeros(2, 4, 4), torch.zeros(2, 4)
    for t in range(6):
        given = x[:, t] @ module.weight_ih_l0.T + module.bias_l0
        q, k, v, o, i, f = given.split([4, 4, 4, 4, 1, 1], -1)
        k = k / math.sqrt(4)
        c = f.sigmoid()[..., None] * c + i.exp()[..., None] * v[:, :, None] * k[:, None]
        n = f.sigmoid() * n + i.exp() * k
        norm = (n * q).sum(-1, keepdim=True).abs().clamp(min=1)
        h = o.sigmoid() * (c @ q[..., None])[..., 0] / norm
        torch.testing.assert_close(module.apart(got[:, t])["h"], h)


@torch.no_grad()
def test_mamba_follows_its_equations():
    module = drawn("mamba")
    p = {name.removesuffix("_l0"): value for name, value in module.named_parameters()}
    x = torch.randn(1, 7, 3)
    got, _ = module(x)
    u, g = (x @ p["weight_ih"].T).chunk(2, -1)
    s = torch.zeros(4, 4)
    for t in range(7):
        window = [u[0, t - back] if t >= back else torch.zeros(4) for back in (3, 2, 1, 0)]
        a = silu((torch.stack(window, -1) * p["conv"]).sum(-1) + p["conv_bias"])
        narrow, write, read = (p["weight_x"] @ a).split([1, 4, 4])
        delta = softplus(p["weight_delta"] @ narrow + p["bias_delta"])
        s = (delta[:, None] * -p["a_log"].exp()).exp() * s + torch.outer(delta * a, write)
        h = p["weight_out"] @ ((s @ read + p["skip"] * a) * silu(g[0, t]))
        torch.testing.assert_close(module.apart(got[0, t])["h"], h)


@torch.no_grad()
def test_rwkv_follows_its_equations():
    """The average as it is written: sums of exponentials over all steps before."""
    module = drawn("rwkv")
    p = {name.removesuffix("_l0"): value for name, value in module.named_parameters()}
    x = torch.randn(1, 6, 3) @ p["weight_ih"].T
    got, _ = module(torch.linalg.lstsq(p["weight_ih"], x[0].T).solution.T[None])
    seen, w, u = layer_norm(x[0], (4,)), p["decay"].exp(), p["bonus"]
    mixed = lambda xs, name, t: p[name] * xs[t] + (1 - p[name]) * (xs[t - 1] if t else 0)  # noqa: E731
    keys = [p["weight_key"] @ mixed(seen, "mix_key", t) for t in range(6)]
    values = [p["weight_value"] @ mixed(seen, "mix_value", t) for t in range(6)]
    between = []
    for t in range(6):
        weights = [(keys[s] - (t - 1 - s) * w).exp() for s in range(t)] + [(u + keys[t]).exp()]
        average = sum(a * b for a, b in zip(weights, values, strict=False)) / sum(weights)
        r = (p["weight_receive"] @ mixed(seen, "mix_receive", t)).sigmoid()
        between.append(x[0, t] + p["weight_out"] @ (r * average))
    between = torch.stack(between)
    after = layer_norm(between, (4,))
    for t in range(6):
        key = (p["weight_key_in"] @ mixed(after, "mix_key_in", t)).relu() ** 2
        r = (p["weight_receive_in"] @ mixed(after, "mix_receive_in", t)).sigmoid()
        h = between[t] + r * (p["weight_value_in"] @ key)
        torch.testing.assert_close(module.apart(got[0, t])["h"], h, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("logit", [-200.0, -100.0, 0.0, 200.0])
@pytest.mark.parametrize("cell", ["slstm", "mlstm", "rwkv"])
def test_exponents_far_from_zero_give_averages_and_gradients(cell, logit):
    """Where all exponents are moved alike, averages stay: those of sLSTM and RWKV are such."""
    module, moved = drawn(cell, width=8), drawn(cell, width=8)
    x = torch.randn(2, 9, 3)
    with torch.no_grad():
        if cell == "rwkv":
            # Every key alike: what is read is normalised, so no bias can move them.
            for each in (module, moved):
                each.weight_key_l0.zero_()
            moved.bonus_l0.add_(logit)  # against the past, which nobody met at the first step
        else:
            moved_gates = slice(8, 16) if cell == "slstm" else slice(32, 34)  # i; of mLSTM f, too
            moved.bias_l0[moved_gates] += logit
    states, _ = moved(x)
    states.sum().backward()
    assert states.isfinite().all()
    assert all(each.grad is None or each.grad.isfinite().all() for each in moved.parameters())
    h, wanted = (module.apart(each)["h"][:, 0] for each in (states, module(x)[0]))
    if cell != "mlstm":  # whose average is held below by 1 of the units that are moved
        torch.testing.assert_close(h, wanted)


@torch.no_grad()
@pytest.mark.parametrize("cell", SCANNED)
@pytest.mark.parametrize("layers", [1, 2])
def test_single_steps_from_recorded_states_are_the_whole_run(cell, layers):
    torch.manual_seed(0)
    module = CELLS[cell](3, 16, num_layers=layers)
    x = torch.randn(2, 250, 3)
    whole, last = module(x)
    state, states = None, []
    for step in x.split(1, dim=1):
        found, state = module(step, state)
        states.append(found)
    torch.testing.assert_close(torch.cat(states, 1), whole, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(state, last, rtol=1e-5, atol=1e-5)
    begun = module(x[:, :100])[1]
    again = module(x[:, 100:], begun)[0]
    torch.testing.assert_close(again, whole[:, 100:], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("cell", WHOLE)
@pytest.mark.parametrize("layers", [1, 2])
def test_whole_states_are_asked_by_their_parts(cell, layers):
    torch.manual_seed(0)
    model = build({"cell": cell, "hidden": 16, "layers": layers}, n_symbols=3, n_classes=2)
    asked = ml.adapt(model)
    check_asked(asked, lambda inputs: model(inputs).detach())
    assert [name.removeprefix("rnn.") for name in asked.parts] == list(model.rnn.parts)


@pytest.mark.parametrize("cell", WHOLE)
def test_every_layer_is_recorded_as_it_was(cell):
    torch.manual_seed(0)
    model = build({"cell": cell, "hidden": 8, "layers": 2}, n_symbols=2, n_classes=2).eval()
    words = Sequences(np.array([0, 1, 1, 0, 1, 1]), np.array([4, 2]))
    with torch.no_grad():
        below = model.rnn.run_layer(
            0, model.embedding(torch.tensor([[0, 1, 1, 0]])), torch.zeros(1, model.rnn.n_cells + 8)
        )[0]
    trace = ml.record(model, words, layers="rnn.l0")
    np.testing.assert_allclose(trace.states[:4, :8], below[:, :8], atol=1e-5)
    np.testing.assert_allclose(np.sinh(trace.states[:4, 8:]), below[:, 8:], rtol=1e-4, atol=1e-5)
    h_alone = ml.record(model, words, layers="rnn.l0", state="h")
    np.testing.assert_allclose(h_alone.states, trace.states[:, :8])


def test_recorded_columns_bear_the_names_of_parts():
    model = build({"cell": "slstm", "hidden": 4}, n_symbols=2, n_classes=2)
    (layer,) = find_layers(model, None)
    wanted = {"h": (0, 4), "c": (4, 8), "n": (8, 12), "m": (12, 16)}
    assert columns_of(layer, 16, state="all") == wanted
    assert columns_of(layer, 4, state="h") == {"h": (0, 4)}


@pytest.mark.parametrize("cell", WHOLE)
def test_noise_leaves_normalisers_and_windows_alone(cell):
    module = drawn(cell)
    state = module(torch.randn(2, 3, 3))[1].detach()
    moved = {name for name, scale in module.apart(module.spread(state)).items() if scale.any()}
    wanted = {"slstm": {"h", "c"}, "mlstm": {"c"}, "mamba": {"ssm"}, "rwkv": {"numerator"}}
    assert moved == wanted[cell]
    model = build({"cell": cell, "hidden": 8}, n_symbols=2, n_classes=3)
    logits = noisy_logits(model, torch.randint(2, (4, 12)))
    assert logits.shape == (4, 12, 3)
    assert logits.isfinite().all()


@pytest.mark.parametrize("cell", WHOLE)
def test_what_was_recorded_can_be_put_back(cell):
    """The other layer stays, and the network goes on as from the state that was recorded."""
    torch.manual_seed(0)
    model = build({"cell": cell, "hidden": 8, "layers": 2}, n_symbols=2, n_classes=2)
    network = Oracle(model).network
    observed = layer_of(model, "rnn.l1", "all")
    state, _ = network.step(network.initial(2), torch.tensor([0, 1]))
    other = {name: part + 0.1 for name, part in state.items()}
    back = observed.put(other, observed.of(state))
    for name, part in state.items():
        torch.testing.assert_close(back[name][:, 1], part[:, 1])
        torch.testing.assert_close(back[name][:, 0], other[name][:, 0])
