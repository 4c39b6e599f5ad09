"""Write the best machine of every network in other languages, and see whether they decide alike."""

from markovlens.files.runs import Run
from markovlens.reliance.exporting.stage import export_runs
from markovlens.running.workflow import job

with job(snakemake):
    params, output = snakemake.params, snakemake.output
    verdicts = snakemake.input.verdicts
    runs = [
        Run.holding(path, layer=layer) for path, layer in zip(verdicts, params.layers, strict=True)
    ]
    export_runs(runs, output.table, output.folder, languages=params.languages)
