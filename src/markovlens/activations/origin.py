"""Of what a trace is a recording: the network, told by a sample of its weights, layer and link."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from zlib import crc32

from torch import Tensor, nn

from markovlens.activations.reading import Reading
from markovlens.trace import ASSUMED, Trace

MOST = 4096  # numbers of each parameter that are looked at


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

    Buffers do not count: networks keep in them what they read.
    """
    parameters = list(network.parameters()) if isinstance(network, nn.Module) else []
    found = 0
    for parameter in parameters:
        found = crc32(_some(parameter.detach()), found)
    return f"{found:08x}" if parameters else type(network).__name__


def _some(values: Tensor) -> bytes:
    flat = values.reshape(-1)
    return flat[:: 1 + flat.numel() // MOST].cpu().double().numpy().tobytes()
