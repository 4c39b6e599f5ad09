"""Networks whose rows or steps are not where they belong, and others that only look so."""

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from markovlens.sequences import Sequences

N_SYMBOLS, WIDTH, HIDDEN = 4, 5, 6


class Reader(nn.Module):
    """Reads symbols, or signals of `WIDTH` channels, and answers at every step."""

    def __init__(self, rnn=None, n_hidden=HIDDEN):
        super().__init__()
        self.embedding = nn.Embedding(N_SYMBOLS + 1, WIDTH)
        self.rnn = rnn or nn.GRU(WIDTH, HIDDEN, batch_first=True)
        self.head = nn.Linear(n_hidden, 3)

    def embed(self, x):
        return x if x.is_floating_point() else self.embedding(x)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0])


class Shuffling(Reader):
    """Hands its layer the rows in another order, and puts the answers back."""

    def order(self, x):
        raise NotImplementedError

    def forward(self, x):
        order = self.order(x)
        return super().forward(x[order])[order.argsort()]


class Flipping(Shuffling):
    def order(self, x):
        return torch.arange(len(x)).flip(0)


class Swapping(Shuffling):
    """Exchanges the first two rows only."""

    def order(self, x):
        order = torch.arange(len(x))
        return torch.cat([order[:2].flip(0), order[2:]])


class SortingByContent(Shuffling):
    def order(self, x):
        return x.reshape(len(x), -1).sum(dim=1).argsort()


class UnsortedAnswers(Reader):
    """Keeps its states in order and not its answers."""

    def forward(self, x):
        return super().forward(x).flip(0)


class BatchNormalised(Reader):
    def forward(self, x):
        embedded = self.embed(x)
        return self.head(self.rnn(embedded - embedded.mean(dim=0))[0])


class ShiftedRight(Reader):
    """Puts a start token in front and drops the last symbol, as decoders do."""

    def forward(self, x):
        start = torch.full((len(x), self.delay), N_SYMBOLS)
        return super().forward(torch.cat([start, x], dim=1)[:, : x.shape[1]])

    delay = 1


class ShiftedByTwo(ShiftedRight):
    delay = 2


class Noisy(Reader):
    def forward(self, x):
        return self.head(self.rnn(self.embed(x) + 0.1 * torch.randn(*x.shape[:2], WIDTH))[0])


class Remembering(Reader):
    """Goes on where its last call ended; `keep` says in what it keeps its state."""

    def forward(self, x):
        before = self.recall()
        begin = None if before is None else before.expand(1, len(x), HIDDEN).contiguous()
        states, last = self.rnn(self.embed(x), begin)
        self.keep(last[:, :1])
        return self.head(states)


class InAttribute(Remembering):
    memory = None

    def recall(self):
        return self.memory

    def keep(self, last):
        self.memory = last


class InTensor(Remembering):
    def __init__(self):
        super().__init__()
        self.memory = torch.zeros(1, 1, HIDDEN)

    def recall(self):
        return self.memory

    def keep(self, last):
        self.memory.data.copy_(last)


class InList(Remembering):
    def __init__(self):
        super().__init__()
        self.memory = []

    def recall(self):
        return self.memory[-1] if self.memory else None

    def keep(self, last):
        self.memory.append(last)


class InParameter(Remembering):
    def __init__(self):
        super().__init__()
        self.memory = nn.Parameter(torch.zeros(1, 1, HIDDEN))

    def recall(self):
        return self.memory

    def keep(self, last):
        self.memory.copy_(last)


class Cell:
    """Somebody's own object, which nobody can look into."""

    state = None


class InObject(Remembering):
    def __init__(self):
        super().__init__()
        self.cell = Cell()

    def recall(self):
        return self.cell.state

    def keep(self, last):
        self.cell.state = last


class Packing(Reader):
    def forward(self, x):
        lengths = torch.full((len(x),), x.shape[1])
        packed = pack_padded_sequence(
            self.embed(x), lengths, batch_first=True, enforce_sorted=False
        )
        return self.head(pad_packed_sequence(self.rnn(packed)[0], batch_first=True)[0])


class Normalised(Reader):
    def __init__(self):
        super().__init__()
        self.norm, self.dropout = nn.LayerNorm(HIDDEN), nn.Dropout(0.5)
        self.batch_norm = nn.BatchNorm1d(HIDDEN)

    def forward(self, x):
        states = self.dropout(self.norm(self.rnn(self.embed(x))[0]))
        return self.head(self.batch_norm(states.transpose(1, 2)).transpose(1, 2))


class Saturated(Reader):
    def __init__(self):
        super().__init__(nn.RNN(WIDTH, HIDDEN, batch_first=True))
        for parameter in self.rnn.parameters():
            parameter.data *= 1000


class Chaotic(Reader):
    """Lets rounding errors grow until batches of other sizes have nothing in common."""

    def __init__(self):
        super().__init__(nn.RNN(WIDTH, 64, batch_first=True), 64)
        self.rnn.weight_hh_l0.data.normal_(std=4 / 8)


class Blind(Reader):
    def embed(self, x):
        return torch.ones(*x.shape[:2], WIDTH)


class TreatsTwoSymbolsAlike(Reader):
    def embed(self, x):
        return super().embed(x // 2)


class Counter(nn.Module):
    """Counts in an LSTM's cell, with a gate that opens on symbol 1 only: h hides the count."""

    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(2, 1, batch_first=True)
        for parameter in self.lstm.parameters():
            parameter.data.zero_()
        gates = [[40, -40], [0, 0], [0.3, 0], [-40, 40.0]]
        self.lstm.weight_ih_l0.data = torch.tensor(gates)
        self.lstm.bias_ih_l0.data[1] = 40

    def forward(self, x):
        states = self.lstm(functional.one_hot(x % 2, 2).float())[0]
        return torch.cat([states, -states], dim=2)


class ForOneLength(Reader):
    """Takes sequences of 40 steps, and answers at the end."""

    def __init__(self):
        super().__init__(n_hidden=40 * HIDDEN)

    def forward(self, x):
        return self.head(self.rnn(self.embed(x))[0].flatten(1))


class ForPairs(Reader):
    """Fails on a single sequence."""

    def forward(self, x):
        if len(x) == 1:
            raise RuntimeError("expected more than one value")
        return super().forward(x)


class Bidirectional(Reader):
    def __init__(self):
        super().__init__(nn.GRU(WIDTH, HIDDEN, batch_first=True, bidirectional=True), 2 * HIDDEN)


class LookingAhead(Reader):
    """Sees one symbol further, by a convolution."""

    def __init__(self):
        super().__init__()
        self.convolution = nn.Conv1d(WIDTH, WIDTH, 3, padding=1)

    def embed(self, x):
        return self.convolution(super().embed(x).transpose(1, 2)).transpose(1, 2)


class LateAnswers(Reader):
    """Has states after each symbol, and answers from those before it."""

    def forward(self, x):
        states = self.rnn(self.embed(x))[0]
        return self.head(functional.pad(states, (0, 0, 1, 0))[:, :-1])


def words(lengths, seed=0, n_symbols=N_SYMBOLS):
    rng = np.random.default_rng(seed)
    return Sequences(rng.integers(n_symbols, size=sum(lengths)), np.array(lengths))


def signals(lengths, seed=0):
    rng = np.random.default_rng(seed)
    return Sequences(rng.normal(size=(sum(lengths), WIDTH)).astype("f4"), np.array(lengths))


class Framed(Reader):
    """Puts a token in front and one behind, and answers for symbols, or for all steps."""

    def __init__(self, *, cut):
        super().__init__()
        self.cut = cut

    def forward(self, x):
        token = torch.full((len(x), 1), N_SYMBOLS)
        answers = super().forward(torch.cat([token, x, token], dim=1))
        return answers[:, 1:-1] if self.cut else answers


class ShiftedByTwenty(ShiftedRight):
    delay = 20


ALIKE = [8] * 40
DATA = [words(ALIKE), words([5, 9, 5, 12, 9, 5, 5, 9]), signals(ALIKE)]
