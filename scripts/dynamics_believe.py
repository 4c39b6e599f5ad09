"""Read the exact beliefs over a source's state from the hidden states of networks."""

from pathlib import Path

from markovlens.dynamics.stage import believe_runs
from markovlens.files.runs import Run
from markovlens.running.workflow import job
from markovlens.tasks.store import load_task

with job(snakemake):
    params = snakemake.params
    runs = [Run.holding(card, layer=params.layer) for card in snakemake.input.cards]
    task = load_task(Path(snakemake.input.task).parent)
    believe_runs(task, runs, n_states=params.n_states, seed=params.seed)
