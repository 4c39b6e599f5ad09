"""Merge what monitors of all networks did."""

from markovlens.reliance.watching.stage import compile_watching
from markovlens.running.workflow import job

with job(snakemake):
    files = dict(snakemake.input.items())
    tables = {name: [found] if isinstance(found, str) else found for name, found in files.items()}
    compile_watching(tables, dict(snakemake.output.items()))
