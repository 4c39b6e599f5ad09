"""Fetch one resource, or check the one that is there."""

from pathlib import Path

from markovlens.running.workflow import job
from markovlens.tasks.fetch import fetch

with job(snakemake):
    resource_folder = Path(snakemake.output[0]).parent
    fetch(resource_folder.name, resource_folder.parent)
