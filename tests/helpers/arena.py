"""Small networks in the arena's format, and what they answer, worked out with numpy alone."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

V, UNITS, BETWEEN = 6, 4, 5  # symbols, units of a layer, units between the two dense layers
START, END = 4, 5
GATES = {"srn": 1, "gru": 3, "lstm": 4}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@dataclass(frozen=True)
class ByHand:
    """A network as its equations say, one step of one word at a time."""

    cell: str
    layers: int
    kind: str
    weights: dict
    words: list

    def states(self, word):
        """Return h of every layer and c of every layer of an LSTM, side by side, a row a step."""
        h, c = np.zeros((2, self.layers, UNITS))
        rows = []
        for symbol in word:
            x = np.eye(V)[symbol]
            for i in range(self.layers):
                x, c[i] = self._step(i, x, h[i], c[i])
                h[i] = x
            rows.append(np.concatenate([*h, *c] if self.cell == "lstm" else h))
        return np.array(rows)

    def outputs(self, word):
        """Return the network's distribution after each symbol."""
        top = slice(UNITS * (self.layers - 1), UNITS * self.layers)
        y = self.states(word)[:, top]
        for j in range(2):
            y = y @ self.weights[f"dense_{j}.weight"].T + self.weights[f"dense_{j}.bias"]
        e = np.exp(sigmoid(y))
        return e / e.sum(axis=1, keepdims=True)

    @property
    def reference(self):
        """Return the answer to each word."""
        if self.kind == "binary":
            return np.array([self.outputs(word)[-1].argmax() for word in self.words], float)
        return np.array(
            [np.prod(self.outputs(w)[np.arange(len(w) - 1), w[1:]]) for w in self.words]
        )

    def _step(self, layer, x, h, c):
        w_ih, w_hh, b_ih, b_hh = (
            self.weights[f"layer_{layer}.{name}"]
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        from_x, from_h = w_ih @ x + b_ih, w_hh @ h + b_hh
        if self.cell == "srn":
            return np.tanh(from_x + from_h), c
        if self.cell == "gru":
            (r_x, z_x, n_x), (r_h, z_h, n_h) = np.split(from_x, 3), np.split(from_h, 3)
            r, z = sigmoid(r_x + r_h), sigmoid(z_x + z_h)
            return (1 - z) * np.tanh(n_x + r * n_h) + z * h, c
        i, f, g, o = np.split(from_x + from_h, 4)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c


def write_network(folder, name, *, cell, layers, kind, change=None, n_words=40):
    """Write a random network and words with its answers; return it. None drops a tensor."""
    rng = np.random.default_rng(1)
    n_classes = V if kind == "language_model" else 2
    weights = _weights(rng, cell, layers, n_classes)
    lengths = rng.integers(0, 9, size=n_words)
    words = [np.array([START, *rng.integers(4, size=n), END], dtype=np.uint8) for n in lengths]
    by_hand = ByHand(cell, layers, kind, weights, words)
    description = {
        "alphabet": V, "cell": cell, "dense": 2, "end": END, "hidden": UNITS, "layers": layers,
        "name": name, "start": START, "task": kind,
    }  # fmt: skip
    Path(folder, f"{name}.json").write_text(json.dumps(description))
    changed = {**weights, **(change or {})}
    kept = {k: v.astype(np.float32) for k, v in changed.items() if v is not None}
    save_file(kept, Path(folder, f"{name}.safetensors"))
    write_words(folder, name, words, by_hand.reference)
    return by_hand


def write_words(folder, name, words, reference):
    """Write words with the answers to all of them."""
    np.savez(
        Path(folder, f"{name}.words.npz"),
        symbols=np.concatenate(words).astype(np.uint8),
        lengths=np.array([len(word) for word in words], dtype=np.int32),
        reference_index=np.arange(len(words), dtype=np.int32),
        reference=reference,
    )


def _weights(rng, cell, layers, n_classes):
    rows = GATES[cell] * UNITS
    shapes = {}
    for i in range(layers):
        shapes[f"layer_{i}.weight_ih"] = (rows, UNITS if i else V)
        shapes[f"layer_{i}.weight_hh"] = (rows, UNITS)
        shapes[f"layer_{i}.bias_ih"] = shapes[f"layer_{i}.bias_hh"] = (rows,)
    for j, (n_out, n_in) in enumerate([(BETWEEN, UNITS), (n_classes, BETWEEN)]):
        shapes[f"dense_{j}.weight"], shapes[f"dense_{j}.bias"] = (n_out, n_in), (n_out,)
    drawn = {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    return {name: values.astype(np.float64) for name, values in drawn.items()}
