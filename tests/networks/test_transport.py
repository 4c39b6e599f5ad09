"""Distances between sets of sequences: by brute force, at zero, and their gradients."""

from itertools import permutations

import numpy as np
import pytest
import torch

from markovlens.networks.generator import draw_one_hot
from markovlens.networks.transport import LOSSES, energy, pairs_at, sinkhorn, transport


def one_hot(n, length, seed):
    symbols = np.random.default_rng(seed).integers(0, 3, (n, length))
    return torch.eye(3)[torch.from_numpy(symbols)]


def test_transport_is_the_best_of_all_matchings():
    left, right = one_hot(5, 7, 0), one_hot(5, 7, 1)
    costs = np.array([[(7 - (a * b).sum()).item() for b in right] for a in left])
    best = min(costs[range(5), order].mean() for order in permutations(range(5)))
    assert transport(left, right).item() == pytest.approx(best)


@pytest.mark.parametrize("name", [name for name in LOSSES if name != "energy"])
def test_a_set_is_at_no_distance_from_itself_in_another_order(name):
    sequences = one_hot(12, 9, 2)
    assert LOSSES[name](sequences, sequences.flip(0)).item() == pytest.approx(0, abs=1e-4)


def test_sinkhorn_at_the_published_blur_is_the_exact_transport():
    left, right = one_hot(16, 10, 3), one_hot(16, 10, 4)
    assert sinkhorn(left, right).item() == pytest.approx(transport(left, right).item(), rel=0.02)


def gradient_of(loss, written, wanted):
    """Return what a loss asks of each drawn symbol, times the batch."""
    written = written.clone().requires_grad_()
    loss(written, wanted).backward()
    return len(written) * written.grad


def test_the_published_loss_has_another_gradient_than_the_exact_transport_of_its_value():
    wanted = one_hot(16, 10, 3)
    turned = wanted[:, :, [1, 2, 0]]
    written = torch.cat([wanted[:, :9], turned[:, 9:]], dim=1)  # right in 9 of 10 steps
    assert sinkhorn(written, wanted).item() == pytest.approx(transport(written, wanted).item())
    torch.testing.assert_close(gradient_of(transport, written, wanted), -wanted)
    published = gradient_of(sinkhorn, written, wanted)
    torch.testing.assert_close(published, written - wanted, atol=1e-3, rtol=0)
    assert published[:, :9].abs().max() < 1e-3  # nothing is asked where the symbol is right


def test_energy_prefers_the_spread_of_the_source_to_its_commonest_sequence():
    wanted = one_hot(400, 4, 5)
    wanted[:, :, 0] += wanted[:, :, 1]  # symbol 0 in two of three steps
    wanted[:, :, 1] = 0
    spread = one_hot(400, 4, 6)
    spread[:, :, 0] += spread[:, :, 1]
    spread[:, :, 1] = 0
    constant = torch.eye(3)[torch.zeros((400, 4), dtype=torch.long)]
    assert energy(spread, wanted) < energy(constant, wanted)


def test_the_loss_with_lags_tells_apart_what_transport_of_single_steps_cannot():
    alternating = torch.eye(3)[torch.tensor([0, 1] * 5)].repeat(4, 1, 1)
    held = torch.eye(3)[torch.tensor([0] * 5 + [1] * 5)].repeat(4, 1, 1)
    assert LOSSES["transport+lags"](alternating, held) > 10 + transport(alternating, held)


def test_pairs_are_counted_by_hand():
    sequence = torch.eye(3)[torch.tensor([[0, 1, 1, 2]])]
    np.testing.assert_allclose(pairs_at(sequence, 2).numpy()[:2], [[0, 1 / 2, 0], [0, 0, 1 / 2]])


@pytest.mark.parametrize("name", LOSSES)
def test_the_gradient_leads_towards_the_wanted_symbols(name):
    wanted = torch.eye(3)[torch.zeros((8, 20), dtype=torch.long)]
    logits = torch.zeros((8, 20, 3), requires_grad=True)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        LOSSES[name](draw_one_hot(logits), wanted).backward()
    means = logits.grad.mean(dim=(0, 1))
    assert means[0] < 0 < min(means[1], means[2])


def test_drawn_symbols_are_one_hot_and_follow_the_softmax():
    logits = torch.log(torch.tensor([0.7, 0.2, 0.1])).repeat(20_000, 1)
    drawn = draw_one_hot(logits, torch.Generator().manual_seed(0)).detach()
    np.testing.assert_allclose(drawn.mean(0), [0.7, 0.2, 0.1], atol=0.015)
    np.testing.assert_allclose(drawn.max(dim=1).values, 1)
