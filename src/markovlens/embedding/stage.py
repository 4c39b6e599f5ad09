"""The embedding stage on the files of one run."""

from __future__ import annotations

from markovlens.activations.store import iter_traces
from markovlens.embedding.pod import pod, save_pod
from markovlens.runs import Run


def embed_run(run: Run, *, n_components: int) -> None:
    """Fit the POD on the training activations of a run and keep it."""
    chunks = (trace.states for trace in iter_traces(run.trace("train")))
    save_pod(run.pod, pod(chunks, n_components=n_components))
