"""Traces of networks that read rows, as traces of symbols: the one door to every method."""

from __future__ import annotations

from dataclasses import replace

from markovlens.codebooks.base import Codebook
from markovlens.codebooks.known import warn_of_unknown
from markovlens.trace import Trace


def coded(trace: Trace, codebook: Codebook | None) -> Trace:
    """Return the trace with the codes of its rows as symbols; as it is where it reads symbols."""
    if codebook is None or trace.reads_symbols:
        return trace
    warn_of_unknown(codebook, trace.sequences)
    codes = codebook.encode(trace.sequences)
    return replace(trace, inputs=codes, symbols=codebook.names, channels=())
