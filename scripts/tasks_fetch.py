"""Fetch one resource, or check the one that is there."""

from pathlib import Path

from markovlens.tasks.fetch import fetch
from markovlens.workflow import job

with job(snakemake):
    resource_folder = Path(snakemake.output[0]).parent
    fetch(resource_folder.name, resource_folder.parent)
