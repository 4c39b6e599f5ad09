"""Expressions of the PRISM language: parsed once, with a bound on their depth, then evaluated."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from markovlens.errors import DataError

Value: TypeAlias = int | float | bool
Values: TypeAlias = Mapping[str, Value]
DEEPEST = 40  # brackets, one in the other
LARGEST = 10**18
MOST_PIECES = 2**20
TOKEN = re.compile(
    r"\s+|//[^\n]*|(?P<number>(?:\d+\.(?!\.)\d*|(?<!\.)\.\d+|\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<quoted>\"[^\"\n]*\")|(?P<name>[A-Za-z_][A-Za-z0-9_]*'?)"
    r"|(?P<sign>\.\.|->|<=>|=>|<=|>=|!=|[-+*/=<>!&|?:;,()\[\]{}])"
)


class Token(NamedTuple):
    """A piece of the text: its kind (`number`, `quoted`, `name`, `sign`), itself, its line."""

    kind: str
    text: str
    line: int


class Node(NamedTuple):
    """An expression.

    Attributes:
        value: how it is evaluated.
        names: those that it asks for.
        itself: the name or number that it is, where it is no more than that.
        only: the name and the value without which it cannot be true, as of s=3 & x<2 (s, 3).
        size: of how many names, numbers and operations it is made: how long it takes.
    """

    value: Callable[[Values], Value]
    names: frozenset[str]
    itself: str | Value | None = None
    only: tuple[str, Value] | None = None
    size: int = 1


def tokens_of(text: str) -> Iterator[Token]:
    """Yield the pieces of a text without its comments; raises `DataError` for what is none."""
    place, line, count = 0, 1, 0
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise DataError(
                f"line {line}: expected the PRISM language, got {text[place]!r}",
                page="unreadable-machine",
            )
        if match.lastgroup:
            count += 1
            if count > MOST_PIECES:
                raise DataError(
                    f"expected at most {MOST_PIECES} names, numbers and signs, got more; give "
                    "machines of large vocabularies in our own JSON",
                    page="unreadable-machine",
                )
            yield Token(match.lastgroup, match[0], line)
        line += match[0].count("\n")
        place = match.end()
    yield Token("end", "the end of the file", line)


class Reader:
    """Pieces of a text, read one after the other."""

    def __init__(self, tokens: Iterator[Token]) -> None:
        self._tokens = tokens
        self.next = next(tokens)
        self.after = next(tokens, self.next)
        self.depth = 0

    def _go_on(self) -> str:
        text = self.next.text
        self.next, self.after = self.after, next(self._tokens, self.after)
        return text

    def take(self, kind: str = "") -> str:
        """Return the next piece and go on; raises `DataError` where it is of another kind."""
        if self.next.kind == "end" or (kind and self.next.kind != kind):
            raise self.expected(f"a {kind}" if kind else "more")
        return self._go_on()

    def skip(self, text: str) -> bool:
        """Return whether the next piece is this text, and go on if so."""
        if self.next.text != text or self.next.kind == "quoted":
            return False
        self._go_on()
        return True

    def need(self, text: str) -> None:
        """Go on after a text; raises `DataError` where something else comes."""
        if not self.skip(text):
            raise self.expected(repr(text))

    def expected(self, what: str) -> DataError:
        """Return the error that says what should have come."""
        return DataError(
            f"line {self.next.line}: expected {what}, got {self.next.text!r}",
            page="unreadable-machine",
        )


def _divided(a: Value, b: Value) -> Value:
    if b == 0:
        raise DataError("expected a number to divide by, got 0", page="unreadable-machine")
    return a / b


def _power(a: Value, b: Value) -> Value:
    if abs(b) > 64 or abs(a) > LARGEST:
        raise DataError(
            f"expected a power of at most 64, got {a} to the {b}", page="unreadable-machine"
        )
    try:
        return float(a) ** b if b < 0 or a < 0 else a**b
    except (OverflowError, ZeroDivisionError) as error:
        raise DataError(
            f"expected a power that is a number, got {a} to the {b}", page="unreadable-machine"
        ) from error


# The weakest first; `!` stands between `&` and `=`, so that !x=1 is !(x=1).
LEVELS: tuple[dict[str, Callable[[Value, Value], Value]], ...] = (
    {"=>": lambda a, b: not a or bool(b)},
    {"<=>": lambda a, b: bool(a) == bool(b)},
    {"|": lambda a, b: bool(a) or bool(b)},
    {"&": lambda a, b: bool(a) and bool(b)},
    {"=": operator.eq, "!=": operator.ne},
    {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge},
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": _divided},
)
NOT = 4  # level of what `!` is said of
FUNCTIONS: dict[str, Callable[..., Value]] = {
    "min": min,
    "max": max,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": lambda a: math.floor(a + 0.5),
    "pow": _power,
    "mod": lambda a, b: a % b if b else _divided(a, b),
}


def expression(reader: Reader) -> Node:
    """Return the expression that comes next; raises `DataError` where none does."""
    reader.depth += 1
    if reader.depth > DEEPEST:
        raise DataError(
            f"line {reader.next.line}: expected at most {DEEPEST} brackets in another",
            page="unreadable-machine",
        )
    found = _binary(reader, 0)
    if reader.skip("?"):
        yes = expression(reader)
        reader.need(":")
        no = expression(reader)
        found = _joined(_choice, found, yes, no)
    reader.depth -= 1
    return found


def _choice(test: Value, yes: Value, no: Value) -> Value:
    return yes if test else no


def _joined(function: Callable[..., Value], *parts: Node) -> Node:
    values = [part.value for part in parts]
    names = frozenset().union(*(part.names for part in parts))
    return Node(
        lambda known: function(*(value(known) for value in values)), names, size=_size(parts)
    )


def _size(parts: Sequence[Node]) -> int:
    return 1 + sum(part.size for part in parts)


def _binary(reader: Reader, level: int) -> Node:
    if level == len(LEVELS):
        return _signed(reader, "-", operator.neg, _atom)
    if level == NOT and reader.next.text == "!":
        return _signed(reader, "!", operator.not_, lambda left: _binary(left, NOT))
    found = [_binary(reader, level + 1)]
    signs = []
    while reader.next.kind == "sign" and reader.next.text in LEVELS[level]:
        signs.append(reader.take())
        found.append(_binary(reader, level + 1))
    if not signs:
        return found[0]
    folded = _folded(found, [LEVELS[level][sign] for sign in signs])
    return folded._replace(only=_only(found, signs))


def _only(parts: list[Node], signs: list[str]) -> tuple[str, Value] | None:
    """Return what the first variable must be for a guard to hold, where that can be seen."""
    if signs == ["="]:
        name, value = parts[0].itself, parts[1].itself
        return None if not isinstance(name, str) or not isinstance(value, int) else (name, value)
    return next((part.only for part in parts if part.only), None) if signs[0] == "&" else None


def _folded(parts: list[Node], signs: list[Callable[[Value, Value], Value]]) -> Node:
    """Return a chain of one level, from the left, however long, without a call for each."""
    values = [part.value for part in parts]
    names = frozenset().union(*(part.names for part in parts))

    def value(known: Values) -> Value:
        total = values[0](known)
        for sign, other in zip(signs, values[1:], strict=True):
            total = sign(total, other(known))
            if abs(total) > LARGEST:
                raise DataError(
                    f"expected numbers of at most {LARGEST:g}, got a larger one",
                    page="unreadable-machine",
                )
        return total

    return Node(value, names, size=_size(parts))


def _signed(
    reader: Reader, sign: str, function: Callable[[Value], Value], rest: Callable[[Reader], Node]
) -> Node:
    """Return what stands after any number of one sign, of which two take each other away."""
    odd = False
    while reader.skip(sign):
        odd = not odd
    found = rest(reader)
    return _joined(function, found) if odd else found


def _atom(reader: Reader) -> Node:
    if reader.skip("("):
        found = expression(reader)
        reader.need(")")
        return found
    if reader.next.kind == "number":
        return constant(number(reader))
    name = reader.take("name")
    if name in ("true", "false"):
        return constant(name == "true")
    if name in FUNCTIONS and reader.skip("("):
        return _call(reader, name)
    return Node(lambda known: known[name], frozenset([name]), name)


def _call(reader: Reader, name: str) -> Node:
    parts = [expression(reader)]
    while reader.skip(","):
        parts.append(expression(reader))
    reader.need(")")
    wanted = {"floor": 1, "ceil": 1, "round": 1, "pow": 2, "mod": 2}.get(name, max(len(parts), 2))
    if len(parts) != wanted:
        raise reader.expected(f"{wanted} arguments of {name}")
    return _joined(FUNCTIONS[name], *parts)


def evaluate(node: Node, known: Values) -> Value:
    """Return the value of an expression; raises `DataError` where it has none."""
    try:
        return node.value(known)
    except (ArithmeticError, TypeError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(
            f"expected an expression with a value, got none ({error})", page="unreadable-machine"
        ) from error


def constant(value: Value) -> Node:
    """Return the expression that is always the same."""
    return Node(lambda known: value, frozenset(), value)


def number(reader: Reader) -> Value:
    """Return the number that comes next; raises `DataError` for one that is not finite."""
    text = reader.take("number")
    whole = text.isdigit()
    value: Value = int(text) if whole and len(text) < 19 else float(text)
    if not math.isfinite(value):
        raise DataError(f"expected a finite number, got {text[:30]}", page="unreadable-machine")
    return value
