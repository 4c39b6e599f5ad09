"""Decide the claims of all papers together."""

from markovlens.faithfulness.claims.claims import decide_tables
from markovlens.running.workflow import job

with job(snakemake):
    decide_tables(list(snakemake.input), snakemake.output[0])
