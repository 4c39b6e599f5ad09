"""The abstractions stage on the files of one run."""

from __future__ import annotations

from collections.abc import Sequence

from markovlens.abstractions.base import Options
from markovlens.abstractions.study import save_study, study
from markovlens.activations.store import load_trace
from markovlens.embedding.pod import embed, load_pod
from markovlens.runs import Run
from markovlens.seeding import seed_for
from markovlens.tasks.base import SPLITS


def abstract_run(
    run: Run, *, methods: Sequence[str], n_states: Sequence[int], options: Options, seed: int
) -> None:
    """Fit every method with every number of states on a run's training activations and keep all.

    The test activations are decoded for the later stages; nothing is fitted or chosen on them.
    """
    basis = load_pod(run.pod)
    traces = {split: embed(load_trace(run.trace(split)), basis) for split in SPLITS}
    for method in methods:
        child = seed_for(seed, run.task, run.model, run.seed, method)
        result = study(
            method,
            traces["train"],
            traces["valid"],
            n_states=n_states,
            seed=child,
            options=options,
        )
        save_study(run.study(method), result, traces)
