"""Traces of networks that read rows, as traces of symbols: the one door to every method."""

from __future__ import annotations

from dataclasses import replace

from markovlens.codebooks.base import Codebook
from markovlens.codebooks.known import warn_of_unknown
from markovlens.trace import Trace


def coded(trace: Trace, codebook: Codebook | None, *, warns: bool = True) -> Trace:
    """Return the trace with the codes of its rows as symbols; as it is where it reads symbols.

    Args:
        trace: of rows or symbols.
        codebook: of its channels.
        warns: whether rows unlike those of the codebook are told; not where a machine that reads
            them next tells the same.
    """
    if codebook is None or trace.reads_symbols:
        return trace
    if warns:
        warn_of_unknown(codebook, trace.sequences)
    codes = codebook.encode(trace.sequences)
    return replace(trace, inputs=codes, symbols=codebook.names, channels=())
