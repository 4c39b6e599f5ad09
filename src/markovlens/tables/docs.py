"""The dictionary of columns in `results/README.md`, made from the definitions.

Run as `python -m markovlens.tables.docs --write results/README.md` (or `--check`).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from markovlens.errors import MarkovlensError
from markovlens.files.generated import Part, add_arguments, renew
from markovlens.tables.column import Column
from markovlens.tables.registry import TABLES
from markovlens.tables.table import Table

PART = Part("dictionary of columns", "python -m markovlens.tables.docs")


def dictionary() -> str:
    """Return the columns of all tables as Markdown, a section a table."""
    return "\n\n".join("\n".join(_section(table)) for table in TABLES)


def main(argv: Sequence[str] | None = None) -> int:
    """Write or check the dictionary in a Markdown file; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m markovlens.tables.docs", description=__doc__)
    add_arguments(parser)
    options = parser.parse_args(argv)
    try:
        wrong = renew(PART, dictionary(), options)
    except MarkovlensError as error:
        wrong = str(error)
    if wrong:
        parser.exit(1, f"{options.file}: {wrong}\n")
    return 0


def _section(table: Table) -> Iterator[str]:
    yield f"### {', '.join(f'`{file}`' for file in table.files)}"
    yield ""
    yield f"One row: {table.row}."
    yield ""
    yield "| Column | What may stand there | Meaning |"
    yield "| --- | --- | --- |"
    yield from (_line(column) for column in table.columns)


def _line(column: Column) -> str:
    cells = (f"`{column.name}`", column.said, column.meaning)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    sys.exit(main())
