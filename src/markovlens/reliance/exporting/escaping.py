"""Names that people gave, as text of other languages: whatever they are, they stay names.

What is written is ASCII throughout, so that no reader's encoding changes what a file says.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

LONGEST_LITERAL = 4000  # bytes: C99 promises string literals of 4095
# Left out is what could end a comment, begin one, join two lines or be a trigraph.
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 _.,:;()<>=+/%\[\]!|&$#@^~-]")


def in_comment(text: str) -> str:
    """Return text in one line for a comment of any language; other characters become `_`."""
    return _NOT_PLAIN.sub("_", " ".join(str(text).split()))


def comment_lines(lines: Iterable[str], *, width: int = 96) -> list[str]:
    """Return lines for a comment, folded at `width` characters."""
    return [
        part
        for line in lines
        for part in textwrap.wrap(in_comment(line), width, break_on_hyphens=False) or [""]
    ]


def c_string(text: str) -> str:
    """Return UTF-8 text as an initialiser of a `const char *` in C."""
    escaped = [_c_byte(byte) for byte in _utf8(text)]
    if len(escaped) <= LONGEST_LITERAL:
        return f'"{"".join(escaped)}"'
    listed = ", ".join(f"'\\{byte:03o}'" for byte in _utf8(text))
    return f"(const char[]){{{listed}, 0}}"


def _c_byte(byte: int) -> str:
    """Return a byte within a literal; three octal digits are all that an escape reads."""
    plain = 32 <= byte < 127 and chr(byte) not in '"\\?%'
    return chr(byte) if plain else f"\\{byte:03o}"


def rust_string(text: str) -> str:
    """Return text as a `&str` in Rust."""
    whole = _utf8(text).decode("utf-8", errors="replace")
    escaped = (
        each if " " <= each <= "~" and each not in '"\\' else f"\\u{{{ord(each):x}}}"
        for each in whole
    )
    return f'"{"".join(escaped)}"'


def python_string(text: str) -> str:
    """Return text as a `str` in Python."""
    return ascii(str(text))


def _utf8(text: str) -> bytes:
    """Return the bytes of text; halves of characters, which no file can hold, become `?`."""
    return str(text).encode("utf-8", errors="replace")


def folded(items: Sequence[str], *, width: int = 96, indent: str = "  ") -> str:
    """Return items, separated by commas, in lines of at most `width` characters where they fit."""
    lines, line = [], indent
    for item in items:
        if len(line) + len(item) + 2 > width and line != indent:
            lines.append(line.rstrip())
            line = indent
        line += f"{item}, "
    return "\n".join([*lines, line.rstrip()])
