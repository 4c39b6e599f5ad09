"""The embedding stage on the files of one run."""

from __future__ import annotations

import logging

from markovlens.activations.store import iter_traces
from markovlens.embedding.pod import pod
from markovlens.embedding.storage import save_basis
from markovlens.files.runs import Run
from markovlens.files.whole import write_json

log = logging.getLogger(__name__)

SHARES = (0.9, 0.95, 0.99)  # of the variance


def embed_run(run: Run, *, n_components: int) -> None:
    """Fit the POD on a run's training activations; keep it, and how many modes hold how much."""
    chunks = (trace.states for trace in iter_traces(run.trace("train")))
    basis = pod(chunks, n_components=n_components)
    if len(basis.components) < n_components:
        log.warning(
            "embedding.n_components: got %d, layer %s of %s has states of %d numbers; kept are "
            "all %d modes",
            n_components, run.layer, run.model, len(basis.mean), len(basis.components),
        )  # fmt: skip
    save_basis(run.pod, basis)
    modes = {f"{share:g}": basis.modes_for(share) for share in SHARES}
    write_json(run.pod.with_suffix(".json"), {"energies": basis.energies, "modes_for": modes})
