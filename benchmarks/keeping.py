"""Tables of a benchmark, kept in `docs/numbers/` with what made them, for pages to quote."""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from markovlens.running.provenance import describe

NUMBERS = Path(__file__).resolve().parents[1] / "docs" / "numbers"
DIGITS = 6  # pages show two to four of them: more, so that none is rounded twice


def made_by(packages: Sequence[str], config: Path | None = None) -> dict[str, Any]:
    """Return commit, processor, how busy it is, and versions: to be asked before it is measured.

    Args:
        packages: those whose versions are kept.
        config: of the run whose networks are measured, of which the digest is kept.
    """
    made = describe()
    kept = {key: made[key] for key in ("commit", "uncommitted_changes", "processor", "python")}
    kept |= {"packages": {name: made["packages"][name] for name in packages}}
    kept |= {"cores": os.cpu_count(), "load": round(os.getloadavg()[-1])}
    digest = {"config": hashlib.sha256(config.read_bytes()).hexdigest()[:16]} if config else {}
    return kept | digest


def keep(folder: Path, tables: Mapping[str, pd.DataFrame], made: Mapping[str, Any]) -> None:
    """Write tables by their names, and what made them beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.round(DIGITS).to_csv(folder / f"{name}.csv", index=False)
    said = json.dumps(dict(made), indent=2)
    (folder / "run.json").write_text(said + "\n", encoding="utf-8")
