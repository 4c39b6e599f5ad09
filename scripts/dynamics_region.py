"""Find fixed points, cycles and basins of the generator of each seed, region by region."""

from markovlens.dynamics.region_stage import region_runs
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(card, layer="") for card in snakemake.input.cards]
    region_runs(runs, asked=snakemake.params.asked, seed=snakemake.params.seed)
