"""List what a lock pins, as CycloneDX; `make audit` calls it. No network.

    python envs/sbom.py requirements.lock dist/sbom.json

cyclonedx-bom does this, too, but brings validators of every format to the environment, and
jsonschema loads those whenever it is imported: more than a second of each process.
"""

from __future__ import annotations

import sys
from pathlib import Path

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL
from sync import read_lock


def bom_of(versions: dict[str, str]) -> Bom:
    """Return the list of packages of some versions, by name, as they are on PyPI."""
    return Bom(components=[_component(*pin) for pin in versions.items()])


def main(lock: str, output: str) -> None:
    """Write what a lock pins."""
    bom = bom_of(read_lock(Path(lock).read_text(encoding="utf-8")))
    writer = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    writer.output_to_file(output, allow_overwrite=True, indent=2)


def _component(name: str, version: str) -> Component:
    url = PackageURL("pypi", name=name, version=version)
    return Component(
        name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url)
    )


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(f"usage: python envs/sbom.py LOCK OUTPUT, got {' '.join(sys.argv[1:])}")
    main(*sys.argv[1:])
