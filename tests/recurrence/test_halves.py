import pytest
import torch
from torch import nn

from markovlens.recurrence.halves import Means, arguments_of, half, half_of_linear, operator_of


def both_ways(kind, layers=2):
    torch.manual_seed(1)
    return kind(3, 4, layers, batch_first=True, bidirectional=True).eval()


def silenced(rnn, *, backward):
    """The network with one direction that says nothing but 0, in every layer."""
    with torch.no_grad():
        for name, parameter in rnn.named_parameters():
            if name.endswith("_reverse") != backward:
                parameter.zero_()
    return rnn


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU])
@torch.no_grad()
def test_where_the_other_direction_says_nothing_half_of_it_is_all_of_it(kind, backward):
    rnn, x = silenced(both_ways(kind), backward=backward), torch.randn(5, 6, 3)
    linear = nn.Linear(8, 2)
    left, mean = half(rnn, x, torch.ones(5, 6, dtype=torch.bool), backward=backward)
    head = half_of_linear(linear, mean, backward=backward)
    read = x.flip(1) if backward else x
    said = head(left(read)[0])
    torch.testing.assert_close(said.flip(1) if backward else said, linear(rnn(x)[0]))


@pytest.mark.parametrize("backward", [False, True])
@torch.no_grad()
def test_what_the_other_direction_says_is_its_mean(backward):
    rnn, x = both_ways(nn.GRU, layers=1), torch.randn(50, 6, 3)
    counted = torch.rand(50, 6) < 0.7
    left, mean = half(rnn, x, counted, backward=backward)
    said = rnn(x)[0]
    own, other = (said[..., 4:], said[..., :4]) if backward else (said[..., :4], said[..., 4:])
    torch.testing.assert_close(mean, other[counted].mean(dim=0))
    read = x.flip(1) if backward else x
    alone = left(read)[0]
    torch.testing.assert_close(alone.flip(1) if backward else alone, own)


@torch.no_grad()
def test_half_of_a_network_does_not_look_ahead():
    rnn, x = both_ways(nn.LSTM), torch.randn(4, 6, 3)
    left, _ = half(rnn, x, torch.ones(4, 6, dtype=torch.bool), backward=False)
    later = x.clone()
    later[:, -1] += 5
    assert torch.equal(left(x)[0][:, :-1], left(later)[0][:, :-1])
    assert not torch.allclose(rnn(x)[0][:, :-1], rnn(later)[0][:, :-1])


@pytest.mark.parametrize("backward", [False, True])
@torch.no_grad()
def test_what_the_layer_above_reads_of_the_other_direction_is_its_mean(backward):
    rnn, x = both_ways(nn.LSTM), torch.randn(5, 6, 3)
    left, _ = half(rnn, x, torch.ones(5, 6, dtype=torch.bool), backward=backward)
    below, above = nn.LSTM(3, 4, bidirectional=True), nn.LSTM(8, 4, bidirectional=True)
    for layer, module in enumerate((below, above)):
        for name, weight in module.named_parameters():
            weight.copy_(getattr(rnn, name.replace("l0", f"l{layer}")))
    said = below(x.transpose(0, 1))[0]
    other = slice(0, 4) if backward else slice(4, 8)
    said[..., other] = said[..., other].mean(dim=(0, 1))
    own = above(said)[0].transpose(0, 1)[..., 4:] if backward else above(said)[0].transpose(0, 1)
    read = left(x.flip(1) if backward else x)[0]
    torch.testing.assert_close(read.flip(1) if backward else read, own[..., :4])


@torch.no_grad()
def test_means_of_several_calls_are_those_of_one():
    rnn, x = both_ways(nn.GRU), torch.randn(7, 6, 3)
    found = []
    for parts in ([x], x.split([4, 1, 2])):
        means = Means(backward=False)
        for part in parts:
            means.add(operator_of(rnn), arguments_of(rnn, part))
        found.append(means.half())
    for one, several in zip(found[0].weights, found[1].weights, strict=True):
        torch.testing.assert_close(one, several)
    torch.testing.assert_close(found[0].ends[0], found[1].ends[0])
