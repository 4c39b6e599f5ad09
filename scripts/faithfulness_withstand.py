"""Merge the robustness tables of all disturbed networks."""

from markovlens.faithfulness.claims.robustness import compile_robustness
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    compile_robustness(
        [Run.holding(file, layer="") for file in snakemake.input],
        snakemake.output.robustness,
        level=snakemake.params.level,
    )
