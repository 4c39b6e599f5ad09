import numpy as np
import pytest
import torch

from markovlens.networks.restarting import decoder_of, ends_of
from markovlens.networks.seq2seq import build

PAST = np.random.default_rng(0).normal(size=(6, 5, 2)).astype(np.float32)


@pytest.mark.parametrize("cell", ["mgu", "gru", "lstm"])
@pytest.mark.parametrize("order", [0, 2])
def test_started_where_the_encoder_ends_the_decoder_does_what_the_network_does(cell, order):
    torch.manual_seed(0)
    model = build({"seq2seq": cell, "hidden": 8, "order": order}, n_channels=2)
    with torch.no_grad():
        whole = model(torch.from_numpy(PAST), 7)
    outputs, states = decoder_of(model, n_steps=7)(*ends_of(model, PAST))
    np.testing.assert_allclose(outputs, whole.outputs.numpy(), atol=1e-6)
    np.testing.assert_allclose(states, whole.decoder.numpy(), atol=1e-6)


def test_another_start_gives_another_output():
    torch.manual_seed(0)
    model = build({"seq2seq": "gru", "hidden": 8}, n_channels=2)
    starts, firsts = ends_of(model, PAST)
    decode = decoder_of(model, n_steps=4)
    assert np.abs(decode(starts, firsts)[0] - decode(starts[::-1], firsts)[0]).max() > 1e-3
