"""Write the resolved config and what it ran on."""

from markovlens.provenance import write_provenance
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    out = snakemake.output  # noqa: F821
    write_provenance(out.config, out.versions, snakemake.params.config)  # noqa: F821
