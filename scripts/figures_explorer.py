"""Write the explorer of one network: its machine, states and sequences as linked views."""

from markovlens.explorer.stage import write_of_run
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    params, inputs = snakemake.params, snakemake.input
    run = Run.holding(inputs.cards[0], layer=params.layer, own=params.own)
    write_of_run(snakemake.output[0], run)
