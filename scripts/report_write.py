"""Write the report of a run: one page, from the tables and figures that were made."""

from pathlib import Path

from markovlens.report.stage import write_report
from markovlens.running.workflow import job

with job(snakemake):
    given = snakemake.input
    write_report(
        snakemake.output[0],
        [*given.tables, *given.figures, *given.provenance],
        captions=Path(snakemake.scriptdir).parent / "workflow" / "report",
    )
