"""Of what a trace is a recording: the network, told by a sample of its weights, layer and link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

from torch import Tensor, nn

from markovlens.activations.reading import Reading
from markovlens.adapters.adapting import Adapted
from markovlens.trace import ASSUMED, Trace

MOST = 4096  # numbers of each parameter that are looked at
STEPS = 6  # that a foreign network reads to be told from others
TINY = 1e-30  # instead of 0 to divide by


def with_origin(
    traces: Mapping[str, Trace], network: Any, reading: Mapping[str, Any]
) -> dict[str, Trace]:
    """Return the traces of a network's layers with what they are recordings of.

    Args:
        traces: by layer.
        network: what was recorded.
        reading: the settings that were given; the others are assumed.
    """
    how = Reading.of(reading)
    known = {"network": fingerprint(network), "state": how.state, "link": str(how.link)}
    known |= {} if "link" in reading else {ASSUMED: "link"}
    return {
        layer: replace(trace, origin=known | {"layer": layer}) for layer, trace in traces.items()
    }


def fingerprint(network: Any) -> str:
    """Return a checksum of a network's parameters; of one that torch knows none of, its class.

    Buffers do not count: networks keep in them what they read. A foreign network, which shows no
    parameters, is told by what it answers.
    """
    if isinstance(network, Adapted):
        return _of_answers(network)
    parameters = list(network.parameters()) if isinstance(network, nn.Module) else []
    found = 0
    for parameter in parameters:
        found = crc32(_some(parameter.detach()), found)
    return f"{found:08x}" if parameters else type(network).__name__


def _some(values: Tensor) -> bytes:
    flat = values.reshape(-1)
    return flat[:: 1 + flat.numel() // MOST].cpu().double().numpy().tobytes()


def _of_answers(network: Adapted) -> str:
    """Return a checksum of what a foreign network answers, to 1 % of the largest number.

    Finer, the same network would be another on a machine that rounds otherwise. Of symbols it reads
    the first alone, since how many there are may be known from what was recorded only.
    """
    inputs = network.reads.made(1, STEPS)
    try:
        _, outputs = network.watch(inputs if inputs.is_floating_point() else 0 * inputs)
    except Exception:  # frameworks raise what they please of inputs that they were not made for
        return type(network).__name__
    said = outputs.nan_to_num().double()
    coarse = (100 * said / said.abs().max().clamp(min=TINY)).round().int()
    return f"{crc32(coarse.cpu().numpy().tobytes()):08x}"
