"""Properties as plain words: `after reads 'not', answers negative within 3 steps`.

    property  = pattern [, with probability at least P] | chance
    pattern   = never X [scope] | always X [scope] | X at most N times | at most N times X
              | X only after Y | after Y, never X [until Z] | after Y, always X [until Z]
              | after X, [always] Y within N steps | after X, next Y
    scope     = after Y [until Z]
    chance    = probability of [ever] [reaching] X [within N steps] [at most P | at least P]
    X         = X or X | X and X | not X | (X) | thing
    thing     = answers NAMES | answers NAME above P | answers NAME below P | reads NAMES
              | state NAMES | NAME
    NAMES     = NAME | NAME or NAME | NAME, NAME or NAME

A name that is a word of these rules, or has a blank, stands in quotation marks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from markovlens.errors import DataError
from markovlens.reliance.properties.letters import (
    ABOVE,
    ANSWERS,
    ANY,
    BELOW,
    READS,
    STATE,
    Atom,
    Joined,
    Not,
    Statement,
)
from markovlens.reliance.properties.patterns import Bound, Pattern, Property

KINDS = {"answers": ANSWERS, "reads": READS, "state": STATE}
WORDS = frozenset(
    ("never", "always", "after", "until", "within", "step", "steps", "at", "most", "least", "time",
     "times", "next", "only", "and", "or", "not", "with", "probability", "of", "ever", "reaching",
     ABOVE, BELOW, *KINDS)
)  # fmt: skip
MOST_NUMBER = 10_000  # times or steps that a property may count
_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>'[^']*'|"[^"]*")|(?P<mark>[(),:])|(?P<word>[^\s(),:'"]+))"""
)
HOW = (
    "write a property such as `never answers NAME`, `after reads NAME, answers NAME within 3 "
    "steps`, `answers NAME at most 2 times` or `probability of reaching answers NAME at most 0.1`; "
    "a name that is a word of these rules, such as 'not', stands in quotation marks"
)


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    quoted: bool
    place: int


@dataclass(slots=True)
class _Reader:
    """Tokens, one after the other."""

    text: str
    tokens: Sequence[_Token]
    at: int = field(default=0)

    @property
    def word(self) -> str:
        """The next token, "" at the end and for one in quotation marks."""
        token = self.token
        return "" if token is None or token.quoted else token.text

    @property
    def token(self) -> _Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def takes(self, *words: str) -> bool:
        """Return whether the next tokens are these words, and go past them if they are."""
        ahead = self.tokens[self.at : self.at + len(words)]
        found = [token.text for token in ahead if not token.quoted] == list(words)
        self.at += len(words) if found else 0
        return found

    def wants(self, *words: str) -> None:
        if not self.takes(*words):
            raise self.error(f"expected `{' '.join(words)}`")

    def error(self, expected: str) -> DataError:
        token = self.token
        got = "its end" if token is None else f"{token.text!r} at place {token.place}"
        return DataError(
            f"property {self.text!r}: {expected}, got {got}; {HOW}", page="wrong-property"
        )

    def name(self, *, known: bool = True) -> str:
        """Return a name; one that is a word of the rules only where nothing else can come."""
        token = self.token
        if token is None or (not token.quoted and (token.text in "(),:" or (
            known and token.text in WORDS))):  # fmt: skip
            raise self.error("expected a name")
        self.at += 1
        return token.text

    def number(self, what: str) -> int:
        text = self.word
        if not text.isdigit() or int(text) > MOST_NUMBER:
            raise self.error(f"expected a whole number of {what} up to {MOST_NUMBER:,}")
        self.at += 1
        return int(text)

    def share(self, what: str = "a probability", least: float = 0.0, most: float = 1.0) -> float:
        try:
            value = float(self.word)
        except ValueError:
            raise self.error(f"expected {what}") from None
        if not least <= value <= most:
            raise self.error(f"expected {what} in {least:g}..{most:g}")
        self.at += 1
        return value


def parsed(text: str) -> Property:
    """Return the property that a text states; raises `DataError` that says where it does not."""
    if not isinstance(text, str) or not text.strip():
        raise DataError(f"property: expected a text, got {text!r}; {HOW}", page="wrong-property")
    reader = _Reader(text, _tokens(text))
    made = _chance(reader) if reader.word == "probability" else _pattern(reader)
    if reader.token is not None:
        raise reader.error("expected its end")
    return made


def statement(text: str) -> Statement:
    """Return what a text says of one step, such as `answers positive`; raises as `parsed`."""
    reader = _Reader(text, _tokens(text))
    made = _either(reader)
    if reader.token is not None:
        raise reader.error("expected its end")
    return made


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise DataError(
                f"property {text!r}: a quotation mark at {at} has no other; {HOW}",
                page="wrong-property",
            )
        quoted = match["quoted"] is not None
        place = match.start(match.lastgroup or 0)
        found.append(_Token(match[0].strip()[1:-1] if quoted else match[0].strip(), quoted, place))
        at = match.end()
    return found


def _chance(reader: _Reader) -> Property:
    reader.wants("probability", "of")
    reader.takes("ever")
    reader.takes("reaching")
    reached = _either(reader)
    steps = _counted(reader, "step") if reader.takes("within") else None
    bound = _bound(reader) if reader.word == "at" else None
    return Property(reader.text, Pattern.NEVER, (reached,), bound=bound, asks=True, steps=steps)


def _bound(reader: _Reader) -> Bound:
    if reader.takes("at", "most"):
        return Bound(True, reader.share())
    reader.wants("at", "least")
    return Bound(False, reader.share())


def _pattern(reader: _Reader) -> Property:
    pattern, statements, number = _core(reader)
    bound = None
    reader.takes(",")
    if reader.takes("with", "probability"):
        reader.wants("at", "least")
        kept = Decimal(str(reader.share()))
        bound = Bound(True, float(1 - kept))  # of a breach
    return Property(reader.text, pattern, statements, number, bound, asks=bound is not None)


def _core(reader: _Reader) -> tuple[Pattern, tuple[Statement, ...], int]:
    if reader.word in ("never", "always"):
        return _barred(reader, _scope)
    if reader.takes("after"):
        return _after(reader)
    if reader.takes("at", "most"):
        number = _counted(reader, "time")
        return Pattern.COUNTED, (_either(reader),), number
    one = _either(reader)
    if reader.takes("at", "most"):
        return Pattern.COUNTED, (one,), _counted(reader, "time")
    if reader.takes("only", "after"):
        return Pattern.ONLY_AFTER, (one, _either(reader)), 0
    raise reader.error("expected `at most N times` or `only after`")


def _after(reader: _Reader) -> tuple[Pattern, tuple[Statement, ...], int]:
    """Return what follows `after`: a part in which something holds, or what must come."""
    opening = _either(reader)
    reader.takes(",")
    if reader.word == "never":
        return _barred(reader, lambda reader: _until(reader, opening))
    if reader.takes("next"):
        return Pattern.NEXT, (opening, _either(reader)), 0
    begin = reader.at
    reader.takes("always")
    then = _either(reader)
    if reader.takes("within"):
        return Pattern.FOLLOWED, (opening, then), _counted(reader, "step")
    reader.at = begin
    if reader.word == "always":
        return _barred(reader, lambda reader: _until(reader, opening))
    raise reader.error("expected `never`, `always`, `next`, or what comes `within N steps`")


def _barred(
    reader: _Reader, scope: Callable[[_Reader], tuple[Statement, ...]]
) -> tuple[Pattern, tuple[Statement, ...], int]:
    """Return `never X` or `always X` with the part in which it holds."""
    always = reader.takes("always")
    if not always:
        reader.wants("never")
    one = _either(reader)
    inside = scope(reader)
    if not inside:
        return (Pattern.ALWAYS if always else Pattern.NEVER), (one,), 0
    kept = Not(one) if always else one
    return (Pattern.AFTER if len(inside) == 1 else Pattern.AFTER_UNTIL), (kept, *inside), 0


def _scope(reader: _Reader) -> tuple[Statement, ...]:
    return _until(reader, _either(reader)) if reader.takes("after") else ()


def _until(reader: _Reader, opening: Statement) -> tuple[Statement, ...]:
    return (opening, _either(reader)) if reader.takes("until") else (opening,)


def _counted(reader: _Reader, what: str) -> int:
    """Return a number of steps or times, and go past that word."""
    number = reader.number(f"{what}s")
    if not (reader.takes(f"{what}s") or reader.takes(what)):
        raise reader.error(f"expected `{what}s`")
    return number


def _either(reader: _Reader) -> Statement:
    parts = [_both(reader)]
    while reader.takes("or"):
        parts.append(_both(reader))
    return parts[0] if len(parts) == 1 else Joined(False, tuple(parts))


def _both(reader: _Reader) -> Statement:
    parts = [_single(reader)]
    while reader.takes("and"):
        parts.append(_single(reader))
    return parts[0] if len(parts) == 1 else Joined(True, tuple(parts))


def _single(reader: _Reader) -> Statement:
    if reader.takes("not"):
        return Not(_single(reader))
    if reader.takes("("):
        inside = _either(reader)
        reader.wants(")")
        return inside
    kind = KINDS.get(reader.word)
    if kind is None:
        return Atom(ANY, (reader.name(),))
    reader.at += 1
    first = reader.name(known=False)
    if kind == ANSWERS and reader.word in (ABOVE, BELOW):
        side = reader.word
        reader.at += 1
        return Atom(kind, (first,), side, reader.share("a number", float("-inf"), float("inf")))
    return Atom(kind, (first, *_more(reader)))


def _more(reader: _Reader) -> list[str]:
    """Return further names of a list, which ends in `or NAME`; none if it is no list."""
    begin, names = reader.at, []
    try:
        while reader.takes(","):
            names.append(reader.name())
        reader.wants("or")
        names.append(reader.name())
    except DataError:
        reader.at = begin
        return []
    return names
