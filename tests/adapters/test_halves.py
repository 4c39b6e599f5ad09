"""One direction of a network that reads both ways: what is left, and what is lost."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

import markovlens as ml
from helpers.conformance import check_asked
from markovlens.errors import ConfigError, DataError
from markovlens.sequences import Sequences

SYMBOLS, WIDTH, UNITS = 5, 3, 4
DIRECTIONS = ["forward", "backward"]
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore:LSTM with projections is not supported:UserWarning"
)
RNG = np.random.default_rng(5)
LIKE = Sequences.from_list([RNG.integers(SYMBOLS, size=n) for n in (6, 9, 9, 1, 4, 6)])
KINDS = {
    "rnn": {"kind": nn.RNN, "nonlinearity": "relu"},
    "gru, two layers": {"kind": nn.GRU, "num_layers": 2},
    "lstm, no bias": {"kind": nn.LSTM, "bias": False},
    "lstm, projected": {"kind": nn.LSTM, "num_layers": 3, "proj_size": 2},
}


class Tagger(nn.Module):
    def __init__(self, kind=nn.GRU, **options):
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Embedding(SYMBOLS, WIDTH)
        self.rnn = kind(WIDTH, UNITS, batch_first=True, bidirectional=True, **options)
        self.head = nn.Linear(2 * (options.get("proj_size") or UNITS), 2)

    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols))[0])


class Packed(Tagger):
    def forward(self, symbols):
        lengths = [symbols.shape[1]] * len(symbols)
        packed = pack_padded_sequence(self.table(symbols), lengths, batch_first=True)
        return self.head(pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0])


class TimeFirst(Tagger):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(WIDTH, UNITS, bidirectional=True)

    def forward(self, symbols):
        return self.head(self.rnn(self.table(symbols.transpose(0, 1)))[0]).transpose(0, 1)


class Classifier(Tagger):
    """Answers once, from the states in which both directions end, begun in one of its own."""

    def __init__(self):
        super().__init__()
        self.begin = nn.Parameter(torch.randn(2, 1, UNITS))

    def forward(self, symbols):
        begin = self.begin.expand(-1, len(symbols), -1).contiguous()
        last = self.rnn(self.table(symbols), begin)[1]
        return self.head(torch.cat([last[0], last[1]], dim=1))


class Beside(Tagger):
    """A layer that reads forward alone on top of one that reads both ways."""

    def __init__(self):
        super().__init__()
        self.above = nn.GRU(2 * UNITS, 2 * UNITS, batch_first=True)

    def forward(self, symbols):
        return self.head(self.above(self.rnn(self.table(symbols))[0])[0])


def silenced(model, *, backward):
    """Return a network with one direction whose weights are zero, in every layer."""
    with torch.no_grad():
        for name, parameter in model.rnn.named_parameters():
            if name.endswith("_reverse") != backward:
                parameter.zero_()
    return model.eval()


def by_hand(model, inputs, *, backward):
    """Return what one layer's network answers with the other direction at its mean on `LIKE`."""
    own = slice(UNITS, None) if backward else slice(UNITS)
    other = slice(UNITS) if backward else slice(UNITS, None)
    said = [model.rnn(model.table(torch.tensor(each)[None]))[0][0] for each in LIKE]
    states = model.rnn(model.table(inputs.flip(1) if backward else inputs))[0].clone()
    states[..., other] = torch.cat(said)[:, other].mean(dim=0)
    assert states[..., own].shape[-1] == UNITS
    found = model.head(states)
    return found.flip(1) if backward else found


def as_is(model):
    return model


def as_script(model):
    return torch.jit.script(model)


@pytest.mark.parametrize("make", [as_is, as_script])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("name", KINDS)
@torch.no_grad()
def test_where_the_other_direction_says_nothing_half_of_it_is_all_of_it(name, direction, make):
    backward = direction == "backward"
    model = silenced(Tagger(**KINDS[name]), backward=backward)
    half = ml.adapt(make(model), direction=direction, like=LIKE)

    def whole(x):
        return model(x.flip(1)).flip(1) if backward else model(x)

    check_asked(half, whole)
    assert f"keeps 100.0% of {LIKE.n_steps} answers" in half.limits[0]


@pytest.mark.parametrize("make", [as_is, as_script])
@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("kind", [nn.GRU, nn.LSTM])
@torch.no_grad()
def test_the_other_direction_is_at_its_mean_over_all_steps(kind, direction, make):
    model, backward = Tagger(kind).eval(), direction == "backward"
    half = ml.adapt(make(model), direction=direction, like=LIKE)
    check_asked(half, lambda x: by_hand(model, x, backward=backward))
    assert list(half.parts.values())[0] == (1, UNITS)
    assert direction in half.about


@pytest.mark.parametrize("make", [as_is, as_script])
@torch.no_grad()
def test_the_share_that_is_stated_is_that_of_answers_kept(make):
    """Forward shows the symbol read, backward the one after it, and the head wants the latter."""
    model = Tagger(nn.RNN).eval()
    for parameter in model.parameters():
        parameter.zero_()
    model.table.weight[1, 0] = 1.0
    model.rnn.weight_ih_l0[0, 0] = model.rnn.weight_ih_l0_reverse[0, 0] = 9.0
    # What comes after: the reverse state of unit 1 is what unit 0 was one step before.
    model.rnn.weight_hh_l0_reverse[1, 0] = 9.0
    model.head.weight[1, UNITS + 1], model.head.bias[1] = 1.0, -0.4
    like = Sequences.from_list([np.array([0, 1, 0, 0, 1]), np.array([1, 0, 0])])
    # The next symbol is a 1 at two of eight steps; its mean, a quarter, is held: always no.
    half = ml.adapt(make(model), direction="forward", like=like)
    assert "keeps 75.0% of 8 answers of the whole network on `like` (which output" in half.limits[0]
    half = ml.adapt(make(model), direction="backward", like=like)
    assert "keeps 100.0% of 8 answers" in half.limits[0]
    assert "`Sequences.reversed`" in half.limits[0]


@pytest.mark.parametrize("direction", DIRECTIONS)
@pytest.mark.parametrize("kind", [Packed, TimeFirst])
@torch.no_grad()
def test_batches_may_be_packed_or_laid_out_time_first(kind, direction):
    model = kind().eval()
    plain = Tagger().eval()
    plain.load_state_dict(model.state_dict())
    half = ml.adapt(model, direction=direction, like=LIKE)
    check_asked(half, lambda x: by_hand(plain, x, backward=direction == "backward"))


@pytest.mark.parametrize("make", [as_is, as_script])
@pytest.mark.parametrize("direction", DIRECTIONS)
@torch.no_grad()
def test_where_the_last_states_are_read_the_other_is_where_it_ends_on_average(direction, make):
    model, own = Classifier().eval(), int(direction == "backward")
    half = ml.adapt(make(model), direction=direction, like=LIKE)
    begun = next(iter(half.initial(1).values()))
    torch.testing.assert_close(begun[0], model.begin[own::2, 0])
    ends = [model.rnn(model.table(torch.tensor(each)[None]), model.begin)[1] for each in LIKE]
    mean = torch.stack(ends)[:, 1 - own].mean(dim=0)
    for each, end in zip(LIKE, ends, strict=True):
        read = torch.tensor(each[::-1].copy() if own else each)[None]
        parts = [end[0], mean] if own == 0 else [mean, end[1]]
        said = half.read(half.initial(1), read)[1][:, -1]
        torch.testing.assert_close(said, model.head(torch.cat(parts, dim=1)))


@torch.no_grad()
def test_halves_are_recorded_and_the_network_is_left_alone():
    model = Tagger(num_layers=2).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    torch.manual_seed(3)
    drawn = torch.get_rng_state()
    half = ml.adapt(model, direction="backward", like=LIKE)
    assert torch.equal(torch.get_rng_state(), drawn)
    trace = ml.record(half, LIKE.reversed())
    assert trace.states.shape == (LIKE.n_steps, 2 * UNITS)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert model.rnn.bidirectional
    assert not model.rnn._forward_hooks
    alone = ml.adapt(model.rnn, direction="forward", like=Sequences.from_list([np.eye(3)]))
    assert list(alone.parts) == ["own.h"]


@pytest.mark.parametrize("make", [as_is, as_script])
def test_what_cannot_be_parted_is_refused_in_a_sentence(make):
    model = make(Tagger().eval())
    with pytest.raises(ConfigError, match="direction: expected one of forward, backward"):
        ml.adapt(model, direction="left", like=LIKE)
    with pytest.raises(DataError, match="direction: expected `like`"):
        ml.adapt(model, direction="forward")
    plain = Tagger().eval()
    plain.rnn, plain.head = nn.GRU(WIDTH, UNITS, batch_first=True), nn.Linear(UNITS, 2)
    with pytest.raises(DataError, match=r"no bidirectional layers.*without `direction`"):
        ml.adapt(make(plain), direction="forward", like=LIKE)
    beside = make(Beside().eval())
    with pytest.raises(DataError, match=r"reads forward alone.*forward direction can be had"):
        ml.adapt(beside, direction="backward", like=LIKE)
    assert "forward" in ml.adapt(beside, direction="forward", like=LIKE).about
    with pytest.raises(DataError, match="direction: expected the network itself"):
        ml.adapt(ml.adapt(model, direction="forward", like=LIKE), direction="backward", like=LIKE)


class Counting:
    def initial(self, batch):
        return {"count": torch.zeros(batch, 1)}

    def step(self, state, inputs):
        return {"count": state["count"] + 1}, state["count"]


@pytest.mark.filterwarnings("ignore:.*LeafSpec.*:FutureWarning")
@pytest.mark.filterwarnings("ignore:The tensor attributes .* were assigned during export")
@pytest.mark.parametrize("what", ["networks of torch.export", "an object with `initial`"])
def test_networks_of_other_kinds_say_what_to_do_instead(what):
    example = (torch.zeros(2, 3, dtype=torch.long),)
    model = torch.export.export(Tagger().eval(), example) if "torch" in what else Counting()
    with pytest.raises(DataError, match=rf"{what}.* cannot be parted.*build its layers in torch"):
        ml.adapt(model, direction="forward", like=LIKE)


def test_modules_of_their_own_kind_are_refused():
    class Own(nn.GRU):
        pass

    model = Tagger().eval()
    model.rnn = Own(WIDTH, UNITS, batch_first=True, bidirectional=True)
    with pytest.raises(DataError, match=r"rnn is Own, whose directions cannot be parted"):
        ml.adapt(model, direction="forward", like=LIKE)


def test_sequences_are_reversed_one_by_one():
    given = Sequences.from_list([np.array([1, 2, 3]), np.array([4]), np.array([5, 6])])
    assert given.reversed().values.tolist() == [3, 2, 1, 4, 6, 5]
    assert [*map(len, given.reversed())] == [3, 1, 2]
