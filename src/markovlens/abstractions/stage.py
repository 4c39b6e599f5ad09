"""The abstractions stage on the files of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markovlens.abstractions.base import Evidence, Options
from markovlens.abstractions.given import given_machine
from markovlens.abstractions.study import save_study, study_evidence
from markovlens.activations.basis import Basis
from markovlens.activations.oracle import Oracle, ask
from markovlens.activations.store import load_trace
from markovlens.embedding.pod import embed
from markovlens.embedding.storage import load_basis
from markovlens.files.runs import Run
from markovlens.networks.store import load_network
from markovlens.seeding import integer, seed_for
from markovlens.tasks.base import SPLITS
from markovlens.trace import Trace


def abstract_run(
    run: Run,
    *,
    methods: Sequence[str],
    n_states: Sequence[int],
    options: Options,
    seed: int,
    files: Mapping[str, str] | None = None,
) -> None:
    """Fit every method with every number of states on a run's training activations and keep all.

    The test activations are decoded for the later stages; nothing is fitted or chosen on them.

    Args:
        run: one network.
        methods: names in `METHODS` or `files`.
        n_states: numbers of states to try.
        options: settings of the fits.
        seed: the root seed.
        files: machines that somebody made, by the names under which they are compared.
    """
    basis = load_basis(run.pod)
    traces = {split: embed(load_trace(run.trace(split)), basis) for split in SPLITS}
    place = (run.task, run.model, run.seed)
    evidence = Evidence(
        traces["train"],
        traces["valid"],
        network_of_run(run, traces["train"], basis),
        integer(seed_for(seed, *place, "abstractions")),
    )
    for method in methods:
        child = seed_for(seed, *place, method)
        result = study_evidence(
            method,
            evidence,
            n_states=n_states,
            seed=child,
            options=options,
            fit=given_machine(files[method]) if files and method in files else None,
        )
        save_study(run.study(method), result, traces)


def network_of_run(run: Run, trace: Trace, basis: Basis | None = None) -> Oracle | None:
    """Return the run's network; None where only its activations are at hand, or it cannot be asked.

    Args:
        run: one network.
        trace: its training trace.
        basis: the coordinates in which it is asked.
    """
    if not run.card.exists():
        return None
    # Networks of symbols are tried on symbols of their own, as ever.
    like = None if trace.reads_symbols else trace.sequences
    model = load_network(run.card.parent, own=run.own)
    return ask(model, layer=run.layer, output=trace.output, basis=basis, like=like)
