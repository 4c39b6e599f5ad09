"""Make the three splits of one task."""

from pathlib import Path

from markovlens.running.workflow import job
from markovlens.tasks import make_task
from markovlens.tasks.store import save_task

with job(snakemake):
    name, params = snakemake.wildcards.task, snakemake.params
    places = {"resources": params.downloads, "arena": params.arena}
    task = make_task(name, sizes=params.sizes, seed=params.seed, **places)
    save_task(Path(snakemake.output.card).parent, task)
