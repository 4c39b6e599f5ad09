"""Recurrent language models of transformers: Mamba, xLSTM and RWKV, each by its own cache."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from markovlens.adapters.contract import State
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError
from markovlens.sequences import Sequences

RWKV_PARTS = ("feed_forward", "attention", "numerator", "denominator", "maximum")
XLSTM_PARTS = ("c", "n", "m")
MAMBA_PARTS = {"conv": "conv_states", "ssm": "recurrent_states"}
NOTHING = -1e30  # what RWKV begins the maximum of its exponents with
CHECKED = (1, 3)  # sequences and steps


def adapt_transformers(model: Any, *, like: Sequences | None = None) -> Foreign:
    """Return a recurrent language model as what is asked one token at a time.

    The whole state of Mamba is, in each layer, the window of its convolution and the state of its
    recurrence: `0.conv` (channels, width) and `0.ssm` (channels, states); that of RWKV what its two
    parts saw last, and numerator, denominator and largest exponent of its average: `0.attention`;
    that of xLSTM matrix memory, normaliser and largest exponent of each head: `0.c`, `0.n`, `0.m`.

    Args:
        model: `MambaForCausalLM`, `Mamba2ForCausalLM`, `FalconMambaForCausalLM`,
            `xLSTMForCausalLM` or `RwkvForCausalLM`; put into evaluation mode.
        like: unused: it reads the tokens of its vocabulary.

    Raises:
        DataError: a model without a head, or one whose cache is another than these have.
    """
    about = f"{type(model).__name__} of transformers"
    if model.get_output_embeddings() is None:
        raise DataError(
            f"{about} says nothing of tokens; give the one that ends in ForCausalLM, which does",
            page="not-adaptable",
        )
    model.eval()
    reads = Reads(n_symbols=int(model.config.vocab_size))
    if type(model).__name__.startswith("xLSTM"):
        return Foreign(about, reads, Xlstm(model), weights=model)
    is_rwkv = type(model).__name__.startswith("Rwkv")
    # RWKV mixes the sequences of a batch at single tokens (transformers 5.24.0).
    network = Rwkv(model) if is_rwkv else Mamba(model, about)
    limits = ["it is run one sequence at a time"] if is_rwkv else []
    return Foreign(about, reads, network, tuple(limits), alone=is_rwkv, weights=model)


class Rwkv:
    """RWKV by its five tensors (B, D, L)."""

    def __init__(self, model: Any) -> None:
        """Keep the model."""
        self._model = model

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun."""
        config = self._model.config
        widths = [config.hidden_size] * 2 + [config.attention_hidden_size] * 3
        like = self._model.get_output_embeddings().weight
        return {
            f"{layer}.{name}": like.new_full((batch, width), self._begun(name)).float()
            for layer in range(config.num_hidden_layers)
            for name, width in zip(RWKV_PARTS, widths, strict=True)
        }

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more token (1,), and the logits (1, V)."""
        layers = range(self._model.config.num_hidden_layers)
        # Copied: it writes into what it is given.
        given = [
            torch.stack([state[f"{layer}.{name}"] for layer in layers], dim=-1)
            for name in RWKV_PARTS
        ]
        found = self._model(inputs[:, None], state=given, use_cache=True)
        parts = dict(zip(RWKV_PARTS, found.state, strict=True))
        after = {f"{i}.{name}": parts[name][..., i].clone() for i in layers for name in RWKV_PARTS}
        return after, found.logits[:, -1].float()

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return what it says in one run, which shows no states between."""
        return {}, self._model(inputs, use_cache=False).logits.float()

    @staticmethod
    def _begun(name: str) -> float:
        return NOTHING if name == "maximum" else 0.0


class Mamba:
    """Mamba, of either number, by what its cache keeps of each layer."""

    def __init__(self, model: Any, about: str) -> None:
        """Keep the model, and see what it keeps; raises `DataError` for an unknown cache."""
        self._model, self._about = model, about
        # Renamed in transformers 5.24.0; the old name goes in 5.40.0.
        takes = inspect.signature(model.forward).parameters
        self._cache = "cache" if "cache" in takes else "cache_params"
        self._places = self._found(torch.zeros(CHECKED, dtype=torch.long, device=model.device))

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun: zeros."""
        return {name: part.new_zeros(batch, *part.shape[1:]) for name, part in self._places.items()}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more token (B,), and the logits (B, V)."""
        given = {self._cache: self._cache_of(state)}
        found = self._model(inputs[:, None], use_cache=True, **given)
        return self._parts(getattr(found, self._cache)), found.logits[:, -1].float()

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return what it says in one run, which shows no states between."""
        return {}, self._model(inputs, use_cache=False).logits.float()

    @torch.no_grad()
    def _found(self, inputs: Tensor) -> dict[str, Tensor]:
        cache = getattr(self._model(inputs, use_cache=True), self._cache)
        try:
            return self._parts(cache)
        except (AttributeError, KeyError, TypeError) as error:
            raise DataError(
                f"{self._about}: expected a cache with the states of convolutions and recurrences "
                f"of each layer, got {type(cache).__name__}; known are those of "
                "transformers 5.24",
                page="not-adaptable",
            ) from error

    def _parts(self, cache: Any) -> dict[str, Tensor]:
        """Return copies of what a cache keeps: the next step writes into it."""
        return {
            f"{i}.{name}": _only(getattr(layer, place)).clone()
            for i, layer in enumerate(cache.layers)
            for name, place in MAMBA_PARTS.items()
        }

    def _cache_of(self, state: State) -> Any:
        """Return a cache that keeps a state, made by a run over a token that is overwritten."""
        first = next(iter(state.values()))
        begun = torch.zeros(len(first), 1, dtype=torch.long, device=first.device)
        cache = getattr(self._model(begun, use_cache=True), self._cache)
        for i, layer in enumerate(cache.layers):
            for name, place in MAMBA_PARTS.items():
                _only(getattr(layer, place)).copy_(state[f"{i}.{name}"])
        return cache


class Xlstm:
    """XLSTM, which is mLSTM throughout, by what its cache keeps of each block."""

    def __init__(self, model: Any) -> None:
        """Keep the model, and the sizes of its heads.

        They are those of its weights: a cache made of the config rounds them up to 64, and does not
        fit a model whose layers are smaller (transformers 5.24.0).
        """
        self._model, heads = model, model.config.num_heads
        layers = [block.mlstm_layer for block in model.backbone.blocks]
        keys, values = (
            [getattr(layer, name).weight.shape[0] // heads for layer in layers] for name in "qv"
        )
        self._shapes = {
            f"{i}.{part}": shape
            for i, (key, value) in enumerate(zip(keys, values, strict=True))
            for part, shape in zip(
                XLSTM_PARTS, [(heads, key, value), (heads, key), (heads, 1)], strict=True
            )
        }

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun: zeros."""
        like = self._model.get_output_embeddings().weight
        return {name: like.new_zeros(batch, *shape) for name, shape in self._shapes.items()}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more token (B,), and the logits (B, V)."""
        found = self._model(inputs[:, None], cache=self._cache_of(state), use_cache=True)
        after = {
            f"{i}.{part}": value.clone()
            for i, held in found.cache.rnn_state.items()
            for part, value in zip(XLSTM_PARTS, held, strict=True)
        }
        return after, found.logits[:, -1].float()

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return what it says in one run, which shows no states between.

        With a cache: a long run without one carries its state on in bfloat16.
        """
        begun = self._cache_of(self.initial(len(inputs)))
        return {}, self._model(inputs, cache=begun, use_cache=True).logits.float()

    def _cache_of(self, state: State) -> Any:
        from transformers.models.xlstm.modeling_xlstm import xLSTMCache

        first = next(iter(state.values()))
        cache = xLSTMCache(self._model.config, len(first), first.dtype, str(first.device))
        cache.rnn_state = {  # copied: the model writes into it
            i: tuple(state[f"{i}.{part}"].clone() for part in XLSTM_PARTS) for i in cache.rnn_state
        }
        return cache


def _only(held: Mapping[int, Tensor]) -> Tensor:
    (value,) = held.values()
    return value
