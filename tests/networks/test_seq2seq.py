import numpy as np
import pytest
import torch

from markovlens.errors import ConfigError
from markovlens.networks.architectures import construct
from markovlens.networks.seq2seq import DECODERS, GATED, advance, build

B, TE, TD, F, D = 3, 5, 4, 2, 6


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def model_of(cell="gru", **spec):
    return build({"seq2seq": cell, "hidden": D, **spec}, n_channels=F)


def windows():
    return torch.randn(B, TE, F), torch.randn(B, TD, F)


@pytest.mark.parametrize("cell", GATED)
def test_a_step_is_that_of_the_module(cell):
    rnn = model_of(cell).encoder
    x = torch.randn(B, TE, F)
    wanted, last = rnn(x)
    state = torch.zeros(B, D)
    state = (state, state) if cell == "lstm" else state
    for step in range(TE):
        state = advance(rnn, x[:, step], state)
        h = state[0] if cell == "lstm" else state
        torch.testing.assert_close(h, wanted[:, step])
    if cell == "lstm":
        torch.testing.assert_close(state[1], last[1][0])


def whole(h, state):
    """Return h (B, D) of a step, and what is recorded of an LSTM's cell state beside it."""
    return torch.cat([h[:, 0], state[1][0].asinh()], dim=1) if isinstance(state, tuple) else h[:, 0]


@pytest.mark.parametrize("cell", GATED)
@pytest.mark.parametrize("mode", DECODERS)
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("tied", [True, False])
def test_the_decoder_goes_on_as_its_equations_say(cell, mode, order, tied):
    model = model_of(cell, decoder=mode, order=order, tied=tied)
    model.pace.copy_(torch.tensor([0.5, 2.0]))
    past, future = windows()
    taught = mode == "teacher"
    done = model(past, TD, frames=future if taught else None)
    frames = [*past.unbind(1)]
    changes = [(b - a) / model.pace for a, b in zip(frames, frames[1:], strict=False)]
    shown = torch.stack([changes[0], *changes] if order else frames, dim=1)
    state = None
    for step in range(TE):
        h, state = model.encoder(shown[:, step : step + 1], state)
        torch.testing.assert_close(done.encoder[:, step], whole(h, state))
    read = shown[:, -1]
    for step in range(TD):
        x = torch.zeros_like(read) if mode == "zero" else read
        h, state = model.decoder(x[:, None], state)
        said = model.head(h[:, 0])
        if order == 2:
            said = said + read
        output = frames[-1] + said * model.pace if order else said
        torch.testing.assert_close(done.decoder[:, step], whole(h, state))
        torch.testing.assert_close(done.outputs[:, step], output)
        frames.append(future[:, step] if taught else output)
        read = (frames[-1] - frames[-2]) / model.pace if order else frames[-1]


def test_a_decoder_that_was_taught_forecasts_by_itself():
    """Its weights are those of a decoder of its own outputs, and so is what it then says."""
    past, future = windows()
    for order in (0, 1, 2):
        taught, own = model_of(decoder="teacher", order=order), model_of(order=order)
        own.load_state_dict(taught.state_dict())
        forecast = taught(past, TD)
        torch.testing.assert_close(forecast.outputs, own(past, TD).outputs)
        torch.testing.assert_close(forecast.decoder, own(past, TD).decoder)
        shown = taught(past, TD, frames=future).outputs
        torch.testing.assert_close(shown[:, 0], forecast.outputs[:, 0])
        assert (shown[:, 1:] != forecast.outputs[:, 1:]).all()


def test_tied_means_one_cell():
    tied, untied = model_of(tied=True), model_of(tied=False)
    assert tied.decoder is tied.encoder
    n_cell = sum(p.numel() for p in tied.encoder.parameters())
    counts = [sum(p.numel() for p in model.parameters()) for model in (tied, untied)]
    assert counts[1] - counts[0] == n_cell
    # One GRU of 16 units with two channels and its readout, as published.
    published = build({"seq2seq": "gru", "hidden": 16}, n_channels=2)
    assert sum(p.numel() for p in published.parameters()) == 3 * 16 * (2 + 16 + 2) + 2 * 17


def test_a_silent_network_stands_still_or_moves_on():
    past, _ = windows()
    for order, wanted in ((1, past[:, -1:]), (2, None)):
        model = model_of(order=order)
        torch.nn.init.zeros_(model.head.weight)
        torch.nn.init.zeros_(model.head.bias)
        if wanted is None:
            steps = torch.arange(1, TD + 1)[:, None]
            wanted = past[:, -1:] + steps * (past[:, -1:] - past[:, -2:-1])
        torch.testing.assert_close(model(past, TD).outputs, wanted.expand(B, TD, F))


def test_going_on_from_another_state_is_what_the_other_would_have_done():
    model = model_of()
    past, _ = windows()
    _, state = model.encode(model.read(past))
    swapped, _ = model.decode(past[[1], -1], past[[1], -1], state[[1]], TD)
    torch.testing.assert_close(swapped, model(past, TD).outputs[[1]])


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"seq2seq": "srn"}, "seq2seq 'srn' is unknown; choose of mgu, gru, lstm"),
        ({"seq2seq": "gru", "decoder": "all"}, "decoder 'all' is unknown; choose of own, zero"),
        ({"seq2seq": "gru", "order": 3}, "order 3 is unknown; choose of 0, 1, 2"),
        ({"seq2seq": "gru", "units": 3}, r"unknown keys \['units'\]; the known ones are seq2seq"),
    ],
)
def test_unknown_settings_are_named(spec, message):
    with pytest.raises(ConfigError, match=message):
        build(spec, n_channels=2)


def test_a_card_says_how_to_build_it_again():
    architecture = {"seq2seq": "lstm", "hidden": D, "tied": False, "decoder": "own", "order": 1}
    model = construct(architecture | {"n_channels": F})
    done = model(windows()[0], TD)
    assert done.outputs.shape == (B, TD, F)
    assert np.isfinite(done.decoder.detach().numpy()).all()
