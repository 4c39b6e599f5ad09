"""What an adapter makes of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from markovlens.adapters.contract import Stepwise, Watched
from markovlens.adapters.reads import Reads


@dataclass(frozen=True, slots=True)
class Foreign:
    """What an adapter makes of a network, not yet checked.

    Attributes:
        about: what it is, in words, for messages: `LSTM in tagger.onnx`.
        reads: what it reads at each step.
        network: its functions over torch tensors, whatever is inside: `initial` and `step` (and
            `read`, if many steps at once are faster), `watch`, or both. The state of `step` is the
            whole state; `watch` is the framework's own run, if it shows states.
        limits: what it cannot do, in words.
        alone: whether it takes one sequence at a time.
        instead: what to do where it can be neither asked nor watched, in words.
        weights: by what it is told from others in records: modules of torch, arrays, plain values
            or bytes; None where that is what it answers.
    """

    about: str
    reads: Reads
    network: Stepwise | Watched
    limits: tuple[str, ...] = ()
    alone: bool = False
    instead: str = ""
    weights: Any = None
