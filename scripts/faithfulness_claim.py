"""Decide the claims of all papers together."""

from markovlens.faithfulness.claims.together import decide_tables
from markovlens.running.workflow import job

with job(snakemake):
    outputs = snakemake.output
    decide_tables(list(snakemake.input), outputs.claims, differences=outputs.differences)
