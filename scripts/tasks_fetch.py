"""Fetch one resource, or check the one that is there."""

from pathlib import Path

from markovlens.tasks.fetch import fetch
from markovlens.workflow import job

with job(snakemake):  # noqa: F821
    resource_folder = Path(snakemake.output[0]).parent  # noqa: F821
    fetch(resource_folder.name, resource_folder.parent)
