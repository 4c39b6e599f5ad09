import io
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from markovlens.errors import DataError
from markovlens.wild.reading import (
    below,
    from_keras_gru,
    from_keras_lstm,
    keras_h5,
    pickled_arrays,
    plain_pickle,
    torch_tensors,
)


class Bomb:
    def __reduce__(self):
        return print, ("never",)


def test_plain_values_are_read_and_anything_else_is_refused(capsys):
    value = [50, {"a": 0}]
    assert plain_pickle(pickle.dumps(value), "model.pkl") == value
    for content in (pickle.dumps(Bomb()), pickle.dumps(np.zeros(2)), b"no pickle", b""):
        with pytest.raises(DataError, match="model.pkl: .*fetch it again"):
            plain_pickle(content, "model.pkl")
    assert "never" not in capsys.readouterr().out


def test_arrays_of_numbers_are_unpickled_and_anything_else_is_refused(capsys):
    arrays = {"weight": np.arange(6, dtype=np.float32).reshape(2, 3), "bias": np.zeros(2)}
    for protocol in (3, 4):  # 5 names what holds a buffer
        found = pickled_arrays(pickle.dumps(arrays, protocol=protocol), "w.pkl")
        assert list(found) == list(arrays)
        np.testing.assert_array_equal(found["weight"], arrays["weight"])
    objects = np.array([Bomb(), 1], dtype=object)
    for value in ({"weight": objects}, {"weight": Bomb()}, [np.zeros(2)], {"weight": 1.0}):
        with pytest.raises(DataError, match=r"w\.pkl: .*fetch it again"):
            pickled_arrays(pickle.dumps(value), "w.pkl")
    assert "never" not in capsys.readouterr().out


def test_a_state_dict_is_read_and_anything_else_is_refused(capsys):
    def saved(value):
        buffer = io.BytesIO()
        torch.save(value, buffer)
        return buffer.getvalue()

    found = torch_tensors(saved({"gru.bias": torch.ones(2)}), "w.pt")
    assert below(found, "gru")["bias"].tolist() == [1.0, 1.0]
    for content in (saved([1]), saved({"a": 1}), saved({"a": Bomb()}), b"damaged"):
        with pytest.raises(DataError, match=r"w\.pt: expected .*fetch it again"):
            torch_tensors(content, "w.pt")
    assert "never" not in capsys.readouterr().out


def test_what_is_no_hdf5_is_said_in_words():
    with pytest.raises(DataError, match=r"w\.h5"):
        keras_h5(b"nothing", "w.h5")


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_keras_lstm_has_its_own_equations_in_torch():
    rng = np.random.default_rng(0)
    kernel, recurrent, bias = (rng.standard_normal(size) for size in ((3, 8), (2, 8), 8))
    arrays = {"lstm/kernel": kernel, "lstm/recurrent_kernel": recurrent, "lstm/bias": bias}
    cell = nn.LSTMCell(3, 2).double()
    cell.load_state_dict(from_keras_lstm(arrays, "lstm", suffix=""))
    x, h, c = rng.standard_normal(3), rng.standard_normal(2), rng.standard_normal(2)
    i, f, g, o = np.split(x @ kernel + h @ recurrent + bias, 4)  # Keras: i, f, c, o
    wanted = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    found = cell(torch.from_numpy(x)[None], tuple(torch.from_numpy(p)[None] for p in (h, c)))
    np.testing.assert_allclose(found[1][0].detach(), wanted)
    np.testing.assert_allclose(found[0][0].detach(), sigmoid(o) * np.tanh(wanted))


def test_a_keras_gru_has_its_own_equations_in_torch():
    rng = np.random.default_rng(1)
    kernel, recurrent, bias = (rng.standard_normal(size) for size in ((3, 6), (2, 6), (2, 6)))
    arrays = {"gru/0": kernel, "gru/1": recurrent, "gru/2": bias}
    cell = nn.GRUCell(3, 2).double()
    cell.load_state_dict(from_keras_gru(arrays, "gru", suffix=""))
    x, h = rng.standard_normal(3), rng.standard_normal(2)
    from_x, from_h = np.split(x @ kernel + bias[0], 3), np.split(h @ recurrent + bias[1], 3)
    z, r = sigmoid(from_x[0] + from_h[0]), sigmoid(from_x[1] + from_h[1])  # Keras: z, r, n
    wanted = z * h + (1 - z) * np.tanh(from_x[2] + r * from_h[2])
    found = cell(torch.from_numpy(x)[None], torch.from_numpy(h)[None])
    np.testing.assert_allclose(found[0].detach(), wanted)
