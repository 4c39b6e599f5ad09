"""Evidence of rows as evidence of codes, and what was made of codes as what reads rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from markovlens.abstractions.base import Evidence, Fitted, Options
from markovlens.abstractions.coded import coded
from markovlens.abstractions.coding import Coding, coding_of
from markovlens.abstractions.exemplars import CodedOracle, draw_exemplars
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.known import with_known
from markovlens.errors import DataError, EvidenceWarning, warn
from markovlens.spelling import count, inflected
from markovlens.trace import Trace

MOST_SHOWN = 3  # codes that a warning repeats


def codebook_of(
    evidence: Evidence, codebook: Codebook | Coding | None, options: Options
) -> Codebook | None:
    """Return the codebook of traces of rows: the given one, or the one chosen on them.

    Of what `choose_codebook` returns it is the chosen one.

    Raises:
        DataError: a codebook for traces of symbols, or something that is none.
    """
    if isinstance(codebook, Coding):
        codebook = codebook.codebook
    if codebook is not None and not (hasattr(codebook, "encode") and hasattr(codebook, "names")):
        raise DataError(
            f"codebook: expected one with `names`, `channels` and `encode`, got "
            f"{type(codebook).__name__}; see `markovlens.codebooks`",
            page="needs-a-codebook",
        )
    if evidence.train.reads_symbols:
        if codebook is not None:
            raise DataError(
                "codebook: expected none, since the traces hold symbols already, got one; leave "
                "it out, or give traces of rows",
                page="needs-a-codebook",
            )
        return None
    if codebook is None:
        return coding_of(evidence, options).codebook
    given = codebook
    return evidence.once(("known", id(given)), lambda: with_known(given, evidence.train.sequences))


def coded_evidence(evidence: Evidence, codebook: Codebook | None) -> Evidence:
    """Return what methods that read symbols look at: codes, and a network that is asked by them.

    Where traces hold symbols already it is the evidence itself. Rows are coded once, however many
    methods share the evidence.

    Warns:
        EvidenceWarning: validation sequences hold codes that no training row has.
    """
    if codebook is None:
        return evidence

    def make() -> Evidence:
        train = coded(evidence.train, codebook)
        valid = None if evidence.valid is None else coded(evidence.valid, codebook)
        network = evidence.network
        if network is not None:
            exemplars = draw_exemplars(evidence.train, codebook, seed=evidence.seed)
            network = CodedOracle(network, exemplars, evidence.train.output)
        return Evidence(train, valid, network, evidence.seed, rows=evidence)

    return evidence.once(("coded", id(codebook)), make)


def warn_of_unread(train: Trace, valid: Trace) -> None:
    """Warn of symbols in validation sequences that no training sequence has."""
    counts = np.bincount(valid.inputs, minlength=len(valid.symbols))
    unread = np.setdiff1d(np.flatnonzero(counts), train.inputs)
    if len(unread):
        names = ", ".join(repr(valid.symbols[code]) for code in unread[:MOST_SHOWN])
        more = ", ..." if len(unread) > MOST_SHOWN else ""
        n_steps = int(counts[unread].sum())
        warn(
            f"{n_steps} validation {inflected(n_steps, 'step')} read "
            f"{count(len(unread), 'symbol')} that no training sequence has ({names}{more}): what a "
            "machine does there is a rule for the unseen; draw both from one kind of sequences",
            EvidenceWarning,
        )


def warn_of_unmet(train: Trace, valid: Trace) -> None:
    """Warn of codes that no row has, such as those above a cut outside of all data."""
    unmet = np.setdiff1d(
        np.arange(len(train.symbols)), np.concatenate([train.inputs, valid.inputs])
    )
    if len(unmet):
        names = ", ".join(repr(train.symbols[code]) for code in unmet[:MOST_SHOWN])
        more = ", ..." if len(unmet) > MOST_SHOWN else ""
        warn(
            f"{len(unmet)} of the {len(train.symbols)} codes are of no row ({names}{more})"
            ": nothing is learnt of them; look whether the cuts are in the units of the channels",
            EvidenceWarning,
        )


def with_codebook(fitted: Fitted, codebook: Codebook | None) -> Fitted:
    """Return the abstraction as one that reads rows, whose machine and decoder code them first."""
    if codebook is None:
        return fitted
    machine, decode = replace(fitted.machine, codebook=codebook), fitted.decode
    if decode is None or fitted.reads_rows:
        return replace(fitted, machine=machine)

    def decode_rows(trace: Trace) -> np.ndarray:
        return decode(coded(trace, codebook))

    return replace(fitted, machine=machine, decode=decode_rows)
