"""Compare the groups of a user's task in the states of the networks of one (task, model)."""

from markovlens.files.runs import Run
from markovlens.groups.stage import compare_runs
from markovlens.running.workflow import job
from markovlens.tasks import members_of

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    members = members_of(snakemake.wildcards.task, sizes=params.sizes, seed=params.seed)
    runs = [Run.holding(table, layer=params.layer) for table in output.tables]
    compare_runs(runs, members, output.figure, level=params.level, seed=params.seed)
