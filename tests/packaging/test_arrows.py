"""The picture in docs/architecture.md is the rule: which room may import from which."""

import ast
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "markovlens"
DIVIDED = ("faithfulness", "figures", "reliance")  # rooms with sub-rooms
PICTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
OPEN_TO_ALL = {"hall", "files", "tables"}  # not drawn: everybody may import from there


def room_of(parts):
    """Return the room of a module's path: `abstractions`, `figures.networks`, or the hall."""
    if len(parts) == 1:
        return "hall"
    divided = parts[0] in DIVIDED and len(parts) > 2
    return ".".join(parts[: 1 + divided])


def imported(path):
    """Return the paths of the modules of this package that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("markovlens."):
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                parts = tuple(name.split(".")[1:])
                if SOURCE.joinpath(*parts).with_suffix(".py").exists():
                    yield (*parts[:-1], f"{parts[-1]}.py")


def arrows():
    """Return the arrows (room, room it imports from) of the code, with an example each."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).parts
        for target in imported(path):
            arrow = (room_of(parts), room_of(target))
            if arrow[0] != arrow[1] and arrow[1] not in OPEN_TO_ALL:
                found.setdefault(arrow, f"{'/'.join(parts)} imports {'/'.join(target)}")
    return found


def drawn():
    """Return the arrows of the picture; `a --> b & c` reads: b and c import from a."""
    lines = re.findall(r"^ *([\w.]+) --> (.+)$", PICTURE, re.MULTILINE)
    return {(to.strip(), source) for source, heads in lines for to in heads.split("&")}


ROOMS = sorted({room_of(path.relative_to(SOURCE).parts) for path in SOURCE.rglob("*.py")})


def test_every_import_between_rooms_is_drawn():
    undrawn = {arrow: example for arrow, example in arrows().items() if arrow not in drawn()}
    assert undrawn == {}


def test_nothing_is_drawn_that_is_not_there():
    assert drawn() - arrows().keys() == set()


def test_no_arrows_make_a_circle():
    rooms = {}
    for head, source in drawn():
        rooms.setdefault(head, set()).add(source)
    assert list(TopologicalSorter(rooms).static_order())  # raises CycleError


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_is_named_on_the_page(room):
    assert room in PICTURE
