"""Merge the robustness tables of all disturbed networks, and say where clusters beat HMMs."""

from markovlens.faithfulness.claims.hmm_or_clusters import claim_of_runs
from markovlens.faithfulness.claims.robustness import compile_robustness
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(file, layer="") for file in snakemake.input]
    compile_robustness(runs, snakemake.output.robustness, level=snakemake.params.level)
    claim_of_runs(runs, snakemake.output.claims, seed=snakemake.params.seed)
