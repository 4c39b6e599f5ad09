"""Networks that answer differently have different digests, and one network has one."""

import copy
import io

import numpy as np
import pytest
import torch
from torch import nn

import markovlens as ml
from markovlens.adapters.adapting import Adapted
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError
from markovlens.records.digests import digest

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor:UserWarning"),
    pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning"),
    pytest.mark.filterwarnings("ignore:The tensor attributes .* were assigned during export"),
]
ROWS = ml.Sequences(np.random.default_rng(0).normal(size=(40, 2)), np.full(8, 5))


class Own(nn.Module):
    """A network whose answers depend on more than its parameters."""

    def __init__(self, scale=1.0, sizes=(1, 2), act=torch.tanh, mask=0.0, last=None):
        super().__init__()
        self.gru = nn.GRU(2, 3, batch_first=True)
        self.scale, self.sizes, self._act = scale, sizes, act
        self.register_buffer("mask", torch.full((3,), mask), persistent=False)
        self.shift = torch.zeros(3)
        self.last = last or nn.Identity()

    def forward(self, rows):
        return self.last(self._act(self.gru(rows)[0] * self.scale + self.mask + self.shift))


class Stateful(nn.Module):
    """A network that writes as it reads, everywhere it can, and answers alike all the same."""

    def __init__(self):
        super().__init__()
        self.gru = nn.GRU(2, 3, batch_first=True)
        self.register_buffer("h", torch.zeros(1, 1, 3))
        self.register_buffer("seen", torch.zeros(1), persistent=False)
        self.calls, self.cache, self.lengths = 0, None, []

    def forward(self, rows):
        states, end = self.gru(rows)
        self.h = end[:, :1].detach()
        self.seen += rows.abs().sum()
        self.calls += 1
        self.lengths.append(rows.shape[1])
        self.cache = torch.ones(3) if self.cache is None else self.cache
        return states * self.cache


class Mixer:
    """A network of numpy, no module of torch."""

    def __init__(self, weight):
        self.weight = weight

    def initial(self, batch):
        return {"h": torch.zeros(batch, 2)}

    def step(self, state, inputs):
        table = torch.as_tensor(self.weight, dtype=torch.float32)
        h = torch.tanh(0.5 * state["h"] + table[inputs])
        return {"h": h}, h


def made(kind=Own, **settings):
    torch.manual_seed(0)
    return kind(**settings)


def plain_rnn(nonlinearity):
    return nn.Sequential(made(nn.RNN, input_size=2, hidden_size=3, nonlinearity=nonlinearity))


@pytest.mark.parametrize(
    "changed",
    [
        {"scale": 2.0},
        {"sizes": (2, 1)},
        {"act": torch.relu},
        {"act": lambda rows: rows},
        {"mask": 1.0},
        {"last": nn.Tanh()},
        {"last": nn.LeakyReLU(0.5)},
    ],
)
def test_settings_functions_and_buffers_that_are_not_saved_count(changed):
    assert digest(made()) == digest(made())
    assert digest(made(**changed)) != digest(made())


def test_unregistered_tensors_nonlinearities_and_code_count():
    other = made()
    other.shift += 1
    assert digest(other) != digest(made())
    assert digest(plain_rnn("tanh")) != digest(plain_rnn("relu"))
    assert digest(nn.LeakyReLU(0.1)) != digest(nn.LeakyReLU(0.2))

    class Twice(Own):
        def forward(self, rows):
            return 2 * super().forward(rows)

    once, Twice.__qualname__ = made(), "Own"
    assert digest(made(Twice)) != digest(once)


def test_a_compiled_network_is_the_network():
    assert digest(torch.compile(made())) == digest(made())


@pytest.mark.parametrize("kind", [Own, Stateful])
def test_a_network_is_one_however_often_it_is_loaded_copied_and_read(kind):
    network = made(kind)
    wanted = digest(network)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert digest(network) == wanted
    for name, value in network.state_dict().items():  # telling it leaves it as it was
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    file = io.BytesIO()
    torch.save(network, file)
    file.seek(0)
    assert digest(torch.load(file, weights_only=False)) == wanted
    assert digest(copy.deepcopy(network).eval()) == digest(network.train()) == wanted
    ml.record(network, ROWS)
    network(torch.randn(3, 9, 2))
    assert digest(network) == wanted
    with torch.no_grad():
        network.gru.bias_hh_l0[0] += 1e-3
    assert digest(network) != wanted


def test_telling_a_network_leaves_the_state_of_random_numbers():
    network = nn.Sequential(nn.GRU(2, 2), nn.Identity())
    torch.manual_seed(5)
    wanted = torch.rand(1)
    torch.manual_seed(5)
    digest(network)
    assert torch.rand(1) == wanted


def test_quantised_networks_are_told_by_their_weights():
    def quantised():
        both = nn.Sequential(
            made(nn.LSTM, input_size=2, hidden_size=3),
            made(nn.Linear, in_features=3, out_features=2),
        )
        return both, lambda: torch.ao.quantization.quantize_dynamic(both, {nn.LSTM, nn.Linear})

    plain, make = quantised()
    first = digest(make())
    assert digest(make()) == first
    with torch.no_grad():
        plain[0].weight_hh_l0 += 0.5
    assert digest(make()) != first


def test_graphs_are_told_by_what_they_do():
    def scripted(nonlinearity):
        file = io.BytesIO()
        torch.jit.save(torch.jit.script(plain_rnn(nonlinearity)), file)
        file.seek(0)
        return torch.jit.load(file)

    assert digest(scripted("tanh")) == digest(scripted("tanh")) != digest(scripted("relu"))
    exported = [
        torch.export.export(made(act=act), (torch.zeros(2, 4, 2),))
        for act in (torch.tanh, torch.tanh, torch.relu)
    ]
    first, same, other = map(digest, exported)
    assert first == same != other


@pytest.mark.parametrize("symbol", [0, 29, 59])
def test_every_symbol_of_a_network_that_shows_no_weights_counts(symbol):
    weight = np.random.default_rng(0).normal(size=(60, 2))
    other = weight.copy()
    other[symbol] += 1e-3
    shown = [Adapted(Foreign("x", Reads(60), Mixer(each))) for each in (weight, weight, other)]
    first, same, changed = map(digest, shown)
    assert first == same != changed


def test_an_object_of_ones_own_is_told_by_what_it_keeps():
    weight = np.ones((3, 2))
    like = ml.Sequences(np.array([0, 1, 2, 0, 1, 2]), np.array([3, 3]))
    for tell in (digest, lambda network: digest(ml.adapt(network, like=like))):
        assert tell(Mixer(weight)) == tell(Mixer(weight.copy())) != tell(Mixer(2 * weight))
    odd = Mixer(weight)
    odd.session = object()
    with pytest.raises(DataError, match="Mixer.session: expected arrays, modules of torch"):
        digest(odd)


def _itself(network):
    network.__dict__["me"] = network


def _parent(network):
    network.last.parent = [network]


def _loop(network):
    network.cfg = {"scale": 2}
    network.cfg["me"] = network.cfg


def _aside(network):
    network.aside = [nn.Linear(1, 1)]
    network.aside[0].back = network


@pytest.mark.parametrize("kept", [_itself, _parent, _loop, _aside])
def test_networks_that_lead_back_to_themselves_are_told(kept):
    first, same, other = made(), made(), made()
    for each in (first, same, other):
        torch.manual_seed(1)
        kept(each)
    assert digest(first) == digest(same)
    with torch.no_grad():
        next(other.parameters()).add_(1)
    assert digest(first) != digest(other)


def test_what_a_module_keeps_aside_counts_also_where_it_leads_back():
    digests = set()
    for bias in (0.0, 1.0):
        network = made()
        torch.manual_seed(1)
        _aside(network)
        nn.init.constant_(network.aside[0].bias, bias)
        digests.add(digest(network))
    assert len(digests) == 2


def test_the_order_of_its_own_parts_in_a_list_counts():
    network = nn.Sequential(nn.Tanh(), nn.Tanh())
    network.order = [network[0], network[1]]
    before = digest(network)
    network.order.reverse()
    assert digest(network) != before
