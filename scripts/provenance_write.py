"""Write the resolved config and what it ran on."""

from markovlens.running.provenance import write_provenance
from markovlens.running.workflow import job

with job(snakemake):
    out = snakemake.output
    write_provenance(out.config, out.versions, snakemake.params.config)
