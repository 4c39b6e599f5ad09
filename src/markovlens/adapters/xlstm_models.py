"""Networks of the package `xlstm`, of sLSTM and mLSTM blocks, by their own `step`."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from markovlens.adapters.contract import State, one_by_one
from markovlens.adapters.foreign import Foreign
from markovlens.adapters.reads import Reads
from markovlens.errors import DataError
from markovlens.sequences import Sequences

# What the package calls each state, and the parts that it has: a tuple of them, or one stacked.
PARTS = {"conv_state": ("conv",), "mlstm_state": tuple("cnm"), "slstm_state": tuple("hcnm")}
STACKED = "slstm_state"
SOURCE = "known are those of xlstm 2.0"


def adapt_xlstm(model: Any, *, like: Sequences | None = None) -> Foreign:
    """Return a network of xLSTM blocks as what is asked one step at a time.

    The whole state is in each block the window of its convolution, `0.conv` (width, channels), and
    of mLSTM matrix memory, normaliser and largest exponent of each head, `0.c`, `0.n` and `0.m`; of
    sLSTM `0.h`, `0.c`, `0.n` and `0.m` (D,).

    Args:
        model: `xLSTMLMModel`, which reads tokens, or `xLSTMBlockStack`, which reads rows and
            answers with rows; put into evaluation mode.
        like: unused: it reads what its config says.

    Raises:
        DataError: a network whose state is another than these have.
    """
    about = f"{type(model).__name__} of xlstm"
    model.eval()
    vocabulary = getattr(model.config, "vocab_size", 0)
    is_stack = not hasattr(model, "token_embedding")
    wide = Reads(shape=(int(model.config.embedding_dim),))
    reads = wide if is_stack else Reads(n_symbols=int(vocabulary))
    return Foreign(about, reads, Blocks(model, reads, about), weights=model)


class Blocks:
    """Blocks one above the other, by what `step` hands on of each."""

    def __init__(self, model: Any, reads: Reads, about: str) -> None:
        """Keep the model, and see what it hands on; raises `DataError` for an unknown state."""
        self._model = model
        with torch.no_grad():
            _, after = model.step(reads.made(1, 1))
        self._blocks = {block: tuple(held) for block, held in after.items()}
        try:
            self._begun = self._parts(after)
        except (KeyError, ValueError) as error:
            raise DataError(
                f"{about}: expected other states of its blocks; {SOURCE}", page="not-adaptable"
            ) from error

    def initial(self, batch: int) -> State:
        """Return the state of `batch` sequences that have not begun: zeros."""
        return {name: part.new_zeros(batch, *part.shape[1:]) for name, part in self._begun.items()}

    def step(self, state: State, inputs: Tensor) -> tuple[State, Tensor]:
        """Return the state after one more input, tokens (B,) or rows (B, D), and answers."""
        outputs, after = self._model.step(inputs[:, None], self._states_of(state))
        return self._parts(after), outputs[:, -1]

    def watch(self, inputs: Tensor) -> tuple[State, Tensor]:
        """Return what it says in one run, which shows no states between.

        Its matrix memories are made for sequences up to `context_length`; longer ones are stepped.
        """
        if inputs.shape[1] > self._model.config.context_length:
            _, outputs = one_by_one(self, self.initial(len(inputs)), inputs)
            return {}, outputs
        return {}, self._model(inputs)

    def _parts(self, after: Any) -> dict[str, Tensor]:
        return {
            f"{block.rpartition('_')[2]}.{name}": part
            for block, held in after.items()
            for kind, value in held.items()
            if value is not None
            for name, part in zip(PARTS[kind], value, strict=True)
        }

    def _states_of(self, state: State) -> dict[str, dict[str, Any]]:
        """Return a state as `step` takes it; copied, since it writes into windows (xlstm 2.0.6)."""
        states: dict[str, dict[str, Any]] = {}
        for block, kinds in self._blocks.items():
            number = block.rpartition("_")[2]
            for kind in kinds:
                names = [f"{number}.{name}" for name in PARTS[kind]]
                if names[0] not in state:
                    continue  # no convolution
                parts = tuple(state[name].clone() for name in names)
                whole = torch.stack(parts) if kind == STACKED else parts
                states.setdefault(block, {})[kind] = whole
        return states
