"""Draw where the states of the first seed of one network are led."""

from markovlens.figures.dynamics.basins import draw_basins
from markovlens.figures.save import save_figure
from markovlens.files.runs import Run
from markovlens.files.whole import read_table
from markovlens.running.workflow import job

with job(snakemake):
    numbers, points = map(read_table, snakemake.input.tables)
    run = Run.holding(snakemake.input.tables[0], layer="")
    name = f"{run.task}, {run.model}, seed {run.seed}"
    save_figure(snakemake.output[0], draw_basins(numbers, points, name=name))
