"""One method over all state counts on one network: fit, choose the size, decode, keep."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from markovlens.abstractions.base import Evidence, Fitted, Method, Options
from markovlens.abstractions.belonging import check_belongs, check_oracle
from markovlens.abstractions.certainty import size_interval
from markovlens.abstractions.choosing import by_size, choose
from markovlens.abstractions.coding import Coding, coding_of
from markovlens.abstractions.coresets import LIKELIHOODS, thinned
from markovlens.abstractions.lumped import (
    LUMPABLE,
    Lumping,
    lump_states,
    lumping_from_dict,
    lumping_to_dict,
)
from markovlens.abstractions.numbering import numbered
from markovlens.abstractions.results import by_reason, results_of, sizes_in_words
from markovlens.abstractions.rows import (
    codebook_of,
    coded_evidence,
    warn_of_unmet,
    warn_of_unread,
    with_codebook,
)
from markovlens.abstractions.sweep_table import sweep_table
from markovlens.abstractions.traces import check_traces, warn_of_one_sequence
from markovlens.arguments import check_kind, check_seed, check_sizes, with_known_arguments
from markovlens.codebooks.base import Codebook
from markovlens.codebooks.storage import codebook_from_dict, codebook_to_dict
from markovlens.errors import DataError
from markovlens.files.rows import sorted_rows
from markovlens.files.whole import naming, read_json, read_table, write_json
from markovlens.keyed import with_keys, with_pointers
from markovlens.machines.machine import Machine
from markovlens.machines.storage import machine_from_dict, machine_to_dict
from markovlens.sequences import steps_of
from markovlens.status import Criterion
from markovlens.tables.fits import DECODED, SWEEP_RUN
from markovlens.tables.writer import write_table
from markovlens.trace import Trace

if TYPE_CHECKING:
    from markovlens.activations.oracle import Askable

logger = logging.getLogger(__name__)


@with_pointers(machines="`fits[n_states].machine` is one, `best` that of the chosen size")
@with_keys(fits="numbers of states", failures="failed numbers of states")
@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """All sizes of one method on one network.

    Attributes:
        method: its name.
        fits: the fitted abstraction of each number of states, its states in the order of a walk
            from the start (`numbering.walk_order`).
        failures: the reason for each number of states that could not be fitted.
        chosen: the number of states chosen on training and validation data, None if all failed.
        sweep: one row a fit tried, `tables.fits.SWEEP_RUN`.
        lumped: the chosen machine over states with different futures, for methods in `LUMPABLE`.
        codebook: what turns rows into the symbols of all machines; None where symbols were read.
        codebooks: those that were tried, as `coding.Coding.table` has them; None if none was.
    """

    method: str
    fits: dict[int, Fitted]
    failures: dict[int, str]
    chosen: int | None
    sweep: pd.DataFrame
    lumped: Lumping | None = None
    codebook: Codebook | None = None
    codebooks: pd.DataFrame | None = None

    @property
    def best(self) -> Machine:
        """The machine with the chosen number of states; raises `DataError` if every fit failed."""
        if self.chosen is None:
            said = "; ".join(f"{why} ({sizes})" for why, sizes in by_reason(self.failures).items())
            raise DataError(f"every fit of {self.method} failed: {said}", page="every-fit-failed")
        return self.fits[self.chosen].machine

    def __repr__(self) -> str:
        """Return which sizes there are, which was chosen, and why others failed."""
        return f"Study: {self.method}, {sizes_in_words(self.fits, self.failures, self.chosen)}"


@with_pointers(
    fits="`machines[n_states]` are kept; fits are those of `study(method, train, valid, ...)`",
    best="`machines[chosen]` is the machine of the chosen size",
)
@with_keys(
    machines="numbers of states",
    failures="failed numbers of states",
    decoded=("splits", "numbers of states"),
)
@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """What later stages read of a study.

    Attributes:
        machines: by number of states; failures: reasons by number of states; chosen: as in `Study`.
        decoded: by split, then by number of states, the decoded states (N,); empty for the floors.
        lumped, codebook, codebooks: as in `Study`.
    """

    machines: dict[int, Machine]
    failures: dict[int, str]
    chosen: int | None
    decoded: dict[str, dict[int, np.ndarray]]
    lumped: Lumping | None = None
    codebook: Codebook | None = None
    codebooks: pd.DataFrame | None = None

    def __repr__(self) -> str:
        """Return which sizes there are, which was chosen, what is decoded, why others failed."""
        splits = ", ".join(self.decoded) or "none"
        words = sizes_in_words(self.machines, self.failures, self.chosen)
        return f"Kept: splits decoded {splits}, {words}"


@with_known_arguments
def study(
    method: str,
    train: Trace,
    valid: Trace,
    *,
    n_states: Sequence[int],
    seed: np.random.SeedSequence | int,
    options: Options | None = None,
    network: Askable | None = None,
    codebook: Codebook | Coding | None = None,
) -> Study:
    """Fit `method` with each number of states; a fit that fails becomes a row that says so.

    Args:
        method: a name in `METHODS`.
        train: what is fitted on.
        valid: what the number of states is chosen on, where the method has no likelihood.
        n_states: the numbers of states to try.
        seed: of the method's random starts.
        options: settings of the fits.
        network: the network itself, for the methods that ask it (`activations.oracle`).
        codebook: what turns rows into symbols, where the traces hold rows, or what
            `choose_codebook` returns; chosen on them when None.

    Raises:
        ConfigError: an unknown method, no number of states, one below 1, or a seed that is none.
        DataError: the traces have different alphabets or widths, or no output; the network is not
            the one that they were recorded of; a codebook where none belongs.

    Warns:
        EvidenceWarning: validation sequences hold symbols that no training sequence has, a
            codebook was given of which some codes are of no row, or both are one same sequence.
    """
    check_oracle(network)
    if network is not None:
        check_traces(train, valid)
        check_belongs(network, train)
    evidence = Evidence(train, valid, network)
    found = study_evidence(
        method, evidence, n_states=n_states, seed=seed, options=options, codebook=codebook
    )
    read = coded_evidence(evidence, found.codebook)
    warn_of_one_sequence(train, valid)
    warn_of_unread(read.train, read.validation)
    if codebook is not None:
        warn_of_unmet(read.train, read.validation)
    return found


def study_evidence(
    method: str,
    evidence: Evidence,
    *,
    n_states: Sequence[int],
    seed: np.random.SeedSequence | int,
    options: Options | None = None,
    codebook: Codebook | Coding | None = None,
    fit: Method | None = None,
) -> Study:
    """Do what `study` does on shared evidence, with a `fit` of its own for no name in `METHODS`."""
    n_states = check_sizes("n_states", n_states)
    check_seed(seed)
    options = Options() if options is None else options
    check_kind("options", options, Options, advice="`markovlens.Options(restarts=3)` makes them")
    check_traces(evidence.train, evidence.validation)
    given, codebook = codebook, codebook_of(evidence, codebook, options)
    tried = given.table if isinstance(given, Coding) else None
    if given is None and codebook is not None:
        tried = coding_of(evidence, options).table
    evidence = coded_evidence(evidence, codebook)
    if method in LIKELIHOODS:
        evidence = thinned(evidence, options)
    train, valid = evidence.train, evidence.validation
    logger.info("%s with %s states", method, list(n_states))
    rng = np.random.default_rng(seed)
    results = results_of(method, evidence, n_states=n_states, rng=rng, options=options, fit=fit)
    failures = {size: result for size, result in results.items() if isinstance(result, str)}
    for reason, sizes in by_reason(failures).items():  # expected of some methods and sizes
        logger.info("%s: no machine of %s states: %s", method, sizes, reason)
    fits = by_size([result for result in results.values() if isinstance(result, Fitted)], valid)
    chosen = choose(fits, valid)
    others = {
        budget: f"gave {result.machine.n_states} states, as another budget did"
        for budget, result in results.items()
        if isinstance(result, Fitted) and not any(result is one for one in fits.values())
    }
    table, ends = sweep_table(fits, failures, others, chosen), None
    if chosen is not None:
        likelihoods = {size: fit.likelihood for size, fit in fits.items()}
        if options.criterion == Criterion.BIC:
            ends = size_interval(likelihoods, chosen, train.lengths, seed=evidence.seed)
        table.loc[table["chosen"], ["n_states_low", "n_states_high"]] = ends or pd.NA
    fits = {size: numbered(fit) for size, fit in fits.items()}
    lumped = None
    if method in LUMPABLE and chosen is not None:
        lumped = lump_states(evidence, fits[chosen], options)
        table.loc[table["chosen"], "n_lumped"] = lumped.machine.n_states
        lumped = replace(lumped, machine=replace(lumped.machine, codebook=codebook))
    fits = {size: with_codebook(fit, codebook) for size, fit in fits.items()}
    return Study(method, fits, failures, chosen, table, lumped, codebook, tried)


def save_study(folder: str | Path, result: Study, traces: Mapping[str, Trace]) -> None:
    """Write `machines.json`, `sweep.parquet` and the decoded states of `traces`, by split."""
    machines = {
        str(size): machine_to_dict(replace(fit.machine, codebook=None))
        for size, fit in result.fits.items()
    }
    failures = {str(size): reason for size, reason in result.failures.items()}
    plain: dict[str, Any] = {"chosen": result.chosen, "machines": machines, "failures": failures}
    plain["lumped"] = None if result.lumped is None else lumping_to_dict(result.lumped)
    if result.codebook is not None:  # once for all machines
        plain["codebook"] = codebook_to_dict(result.codebook)
    if result.codebooks is not None:
        plain["codebooks"] = result.codebooks.to_dict("records")
    decoded = [_decode(result.fits, trace, split) for split, trace in traces.items()]
    write_table(Path(folder, "sweep.parquet"), result.sweep, SWEEP_RUN)
    write_table(Path(folder, "decoded.parquet"), pd.concat(decoded, ignore_index=True), DECODED)
    write_json(Path(folder, "machines.json"), plain)


def load_study(folder: str | Path) -> Kept:
    """Return what `save_study` wrote; raises `DataError` naming a damaged file."""
    path = Path(folder, "machines.json")
    plain = read_json(path)
    with naming(path):
        codebook = codebook_from_dict(plain["codebook"]) if "codebook" in plain else None
        tried = pd.DataFrame(plain["codebooks"]) if "codebooks" in plain else None
        machines = {
            int(size): replace(machine_from_dict(machine), codebook=codebook)
            for size, machine in plain["machines"].items()
        }
        failures = {int(k): reason for k, reason in plain["failures"].items()}
        lumped = plain.get("lumped")  # older results have none
        lumped = None if lumped is None else lumping_from_dict(lumped, codebook)
    path = Path(folder, "decoded.parquet")
    table = read_table(path)
    with naming(path):
        decoded = {str(split): _decoded(rows) for split, rows in table.groupby("split", sort=False)}
    return Kept(machines, failures, plain["chosen"], decoded, lumped, codebook, tried)


def _decoded(rows: pd.DataFrame) -> dict[int, np.ndarray]:
    """Return the states (N,) of one split by number of states, in the order of its trace."""
    order = sorted_rows(rows["sequence"].to_numpy(), rows["step"].to_numpy())
    sizes = [int(name[1:]) for name in rows.columns if name.startswith("k")]
    return {size: rows[f"k{size}"].to_numpy()[order] for size in sizes}


def _decode(fits: Mapping[int, Fitted], trace: Trace, split: str) -> pd.DataFrame:
    sequence = np.repeat(np.arange(len(trace), dtype=np.int32), trace.lengths)
    columns: dict[str, Any] = {
        "split": np.full(trace.n_steps, split),
        "sequence": sequence,
        "step": steps_of(trace.lengths).astype(np.int32),
    }
    for size, fitted in fits.items():
        if fitted.decode is not None:
            columns[f"k{size}"] = fitted.decode(trace).astype(np.int16)
    return pd.DataFrame(columns)
