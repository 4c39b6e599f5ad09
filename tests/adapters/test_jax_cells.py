"""Cells of Equinox and Haiku, and pure functions of JAX, do step by step what a scan does."""

import numpy as np
import pytest

pytest.importorskip("equinox", reason="needs equinox: `make test-frameworks`")
pytest.importorskip("haiku", reason="needs dm-haiku: `make test-frameworks`")

import equinox as eqx  # noqa: E402
import haiku as hk  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

import markovlens as ml  # noqa: E402
from helpers.conformance import check_asked  # noqa: E402
from markovlens.adapters.haiku_cores import Core  # noqa: E402
from markovlens.adapters.jax_functions import OnJax  # noqa: E402
from markovlens.errors import DataError  # noqa: E402
from markovlens.sequences import Sequences  # noqa: E402

ROWS = Sequences(
    np.random.default_rng(0).normal(size=(20, 3)).astype("float32"), np.array([10, 10])
)
WORDS = Sequences(np.arange(20) % 5, np.array([10, 10]))
KEYS = jax.random.split(jax.random.key(0), 3)


class Tagger(eqx.Module):
    """A loop over time as users of Equinox write it."""

    embed: eqx.nn.Embedding
    cell: eqx.nn.GRUCell
    out: eqx.nn.Linear

    def __call__(self, word):
        def step(h, code):
            h = self.cell(self.embed(code), h)
            return h, self.out(h)

        return jax.lax.scan(step, jnp.zeros(self.cell.hidden_size), word)[1]


def tagger():
    return Tagger(
        eqx.nn.Embedding(5, 3, key=KEYS[0]),
        eqx.nn.GRUCell(3, 4, key=KEYS[1]),
        eqx.nn.Linear(4, 2, key=KEYS[2]),
    )


def test_a_cell_of_equinox_with_what_stands_around_it():
    model = tagger()
    adapted = ml.adapt(model.cell, before=model.embed, after=model.out, like=WORDS)
    check_asked(adapted, lambda inputs: jax.vmap(model)(jnp.asarray(inputs.numpy())))


def test_an_lstm_of_equinox_keeps_h_then_c():
    cell = eqx.nn.LSTMCell(3, 4, key=KEYS[0])

    def run(word):
        def step(state, row):
            state = cell(row, state)
            return state, state

        return jax.lax.scan(step, (jnp.zeros(4), jnp.zeros(4)), word)[1]

    def states(inputs):
        return dict(zip("hc", jax.vmap(run)(jnp.asarray(inputs.numpy())), strict=True))

    adapted = ml.adapt(cell)
    assert list(adapted.parts) == ["h", "c"]
    check_asked(adapted, lambda inputs: states(inputs)["h"], states)


def unrolled(build):
    def network(x):
        core = build()
        outputs, _ = hk.dynamic_unroll(core, x, core.initial_state(x.shape[1]))
        return outputs

    return hk.without_apply_rng(hk.transform(network))


CORES = {
    "VanillaRNN": lambda: hk.VanillaRNN(4),
    "GRU": lambda: hk.GRU(4),
    "LSTM": lambda: hk.LSTM(4),
    "DeepRNN": lambda: hk.DeepRNN([hk.LSTM(4), jax.nn.relu, hk.GRU(3), hk.Linear(2)]),
}


@pytest.mark.parametrize("kind", CORES)
def test_cores_of_haiku_are_stepped_as_they_run(kind):
    network = unrolled(CORES[kind])
    params = network.init(KEYS[0], jnp.zeros((2, 1, 3)))
    adapted = ml.adapt(Core(CORES[kind], params), like=ROWS)

    def framework(inputs):
        return network.apply(params, jnp.asarray(inputs.numpy().swapaxes(0, 1))).swapaxes(0, 1)

    check_asked(adapted, framework)
    wanted = {"LSTM": ["hidden", "cell"], "DeepRNN": ["0.hidden", "0.cell", "1"]}
    assert list(adapted.parts) == wanted.get(kind, ["h"])


def test_haiku_forgets_by_one_more_and_mixes_the_other_way_round():
    """Weights copied to torch as they are would be those of another network (dm-haiku 0.0.17)."""
    zero = hk.without_apply_rng(hk.transform(lambda x, s: hk.LSTM(1)(x, s)))
    state = hk.LSTMState(jnp.zeros((1, 1)), jnp.ones((1, 1)))
    weights = jax.tree.map(jnp.zeros_like, zero.init(KEYS[0], jnp.zeros((1, 1)), state))
    _, after = zero.apply(weights, jnp.zeros((1, 1)), state)
    assert float(after.cell[0, 0]) == pytest.approx(1 / (1 + np.exp(-1)))
    gru = hk.without_apply_rng(hk.transform(lambda x, s: hk.GRU(1)(x, s)))
    weights = gru.init(KEYS[0], jnp.zeros((1, 1)), jnp.ones((1, 1)))
    wide = {"gru": {**weights["gru"], "b": jnp.array([-100.0, 0.0, 0.0])}}  # z = 0
    assert float(gru.apply(wide, jnp.zeros((1, 1)), jnp.ones((1, 1)))[0][0, 0]) == 1.0


def test_two_functions_of_jax_are_a_network():
    def begin(batch):
        return {"sum": jnp.zeros((batch, 3)), "count": jnp.zeros((batch, 1))}

    def step(state, inputs):
        after = {"sum": state["sum"] / 2 + inputs, "count": state["count"] + 1}
        return after, after["sum"] / after["count"]

    def framework(inputs):
        x = inputs.numpy()
        weights = 0.5 ** np.arange(x.shape[1])
        sums = [
            (x[:, : end + 1] * weights[end::-1][None, :, None]).sum(1) / (end + 1)
            for end in range(x.shape[1])
        ]
        return np.stack(sums, axis=1)

    adapted = ml.adapt(OnJax(begin, step), like=ROWS)
    assert adapted.parts == {"count": (1,), "sum": (3,)}
    check_asked(adapted, framework)


def test_wrong_use_is_said_in_a_sentence():
    model = tagger()
    with pytest.raises(DataError, match="it holds GRUCell; give that cell, with `before`"):
        ml.adapt(model)
    with pytest.raises(DataError, match="expected `like`, sequences such as `before` reads"):
        ml.adapt(model.cell, before=model.embed)
    network = unrolled(CORES["LSTM"])
    with pytest.raises(DataError, match=r"Core\(build, params\)"):
        ml.adapt(network)
    params = network.init(KEYS[0], jnp.zeros((2, 1, 3)))
    with pytest.raises(DataError, match="expected `like`"):
        ml.adapt(Core(CORES["LSTM"], params))
    with pytest.raises(DataError, match="expected parameters gru of shapes .*got none; there are"):
        ml.adapt(Core(CORES["GRU"], params), like=ROWS)
    with pytest.raises(DataError, match=r"arrays \(B, \.\.\.\), got h \(2,\)"):
        OnJax(lambda batch: jnp.zeros(2), lambda state, inputs: (state, state))
