"""Write the resolved config and what it ran on."""

from markovlens.provenance import write_provenance
from markovlens.workflow import job

with job(snakemake):
    out = snakemake.output
    write_provenance(out.config, out.versions, snakemake.params.config)
