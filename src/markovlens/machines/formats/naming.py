"""Names that other tools take, and the legend that says what each stands for."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from markovlens.errors import DataError

UNSAFE = re.compile(r"[^A-Za-z0-9_]+")
LONGEST = 40  # characters of a name that a token repeats
MARK = "markovlens-legend: "
_LEGEND = re.compile(re.escape(MARK) + r"(\{.*\})")
# What a comment of some format must not hold, or what readers that go line by line fall over.
_SPELLED = {
    "--": "-\\u002d",
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "label": "\\u006cabel",
}


def tokens(names: Sequence[str], *, prefix: str) -> tuple[str, ...]:
    """Return different identifiers of ASCII letters, digits and `_`, one for each name.

    Each begins with `prefix`, so that none is a keyword. A name that it does not repeat whole, or
    that would be there twice, has its number in it.
    """
    plain = [name for name in names if name and not UNSAFE.search(name) and len(name) <= LONGEST]
    taken = {prefix + name for name in plain}
    found = []
    for number, name in enumerate(names):
        token = prefix + name
        if name not in plain:
            cleaned = UNSAFE.sub("_", name)[:LONGEST].strip("_")
            token = "_".join(filter(None, (f"{prefix}{number}", cleaned)))
            while token in taken:
                token += "_"
            taken.add(token)
        found.append(token)
    return tuple(found)


def kept_or_replaced(
    names: Sequence[str], *, fits: re.Pattern[str], prefix: str, taken: Collection[str] = ()
) -> tuple[str, ...]:
    """Return names as they are where they fit a pattern whole, else different tokens with numbers.

    Args:
        names: to be kept or replaced.
        fits: what a name must be.
        prefix: of a token, before the number of its name.
        taken: names that mean something else in the file.
    """
    kept = {name for name in names if fits.fullmatch(name) and name not in taken}
    found = []
    for number, name in enumerate(names):
        token = name if name in kept else f"{prefix}{number}"
        while name not in kept and (token in kept or token in taken):
            token += "_"
        found.append(token)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Legend:
    """What the tokens of a file stand for, and what the file says of its machine beside.

    Attributes:
        symbols, classes, states: names by token, in order.
        more: plain values beside that only we read.
    """

    symbols: Mapping[str, str] = field(default_factory=dict)
    classes: Mapping[str, str] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """Return it as one line of ASCII that may stand in a comment of any format."""
        told = {
            name: list(map(list, getattr(self, name).items()))
            for name in ("symbols", "classes", "states")
        }
        text = json.dumps({**told, **self.more})
        for unsafe, spelled in _SPELLED.items():
            text = text.replace(unsafe, spelled)
        return MARK + text


def text_of(content: bytes) -> str:
    """Return the text of a file; raises `DataError` for another encoding than UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _other_encoding(f"{error.reason} at byte {error.start}") from error
    if "\0" in text:  # as of UTF-16 without a mark
        raise _other_encoding(f"a zero at character {text.index(chr(0))}")
    return text


def _other_encoding(got: str) -> DataError:
    return DataError(
        f"expected text in UTF-8, got {got}; save the file as UTF-8", page="unreadable-machine"
    )


def legend_in(text: str) -> Legend:
    """Return the legend of a file; an empty one where it has none.

    Raises:
        DataError: the line is there and is no legend.
    """
    found = _LEGEND.search(text)
    if found is None:
        return Legend()
    try:
        plain = json.loads(found[1])
        parts = {name: _names(plain.pop(name)) for name in ("symbols", "classes", "states")}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise DataError(
            f"expected the legend that markovlens writes after {MARK!r}, got something else; "
            "remove that line, or write the file anew",
            page="unreadable-machine",
        ) from error
    return Legend(**parts, more=plain)


def _names(pairs: Any) -> dict[str, str]:
    found = {token: name for token, name in pairs}
    if not all(isinstance(text, str) for pair in found.items() for text in pair):
        raise TypeError("expected text")
    return found
