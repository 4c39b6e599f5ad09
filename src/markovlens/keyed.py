"""Results by key or by number, where one that is not there is met in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import islice
from typing import Any, TypeVar

from markovlens.arguments import MOST_NAMES, probably
from markovlens.errors import DataError, MissingError

Key = TypeVar("Key")
Value = TypeVar("Value")
Made = TypeVar("Made")


class Keyed(dict[Key, Value]):
    """A dictionary that says what it has, and why not what it is asked for."""

    def __init__(
        self,
        items: Mapping[Key, Value] | Iterable[tuple[Key, Value]] = (),
        keys: str = "keys",
        failures: Mapping[Key, str] | None = None,
    ) -> None:
        """Take the items.

        Args:
            items: of a dictionary.
            keys: what they are, in words, several of them.
            failures: keys for which there is nothing, and why.
        """
        super().__init__(items)
        self._keys, self._failures = keys, dict(failures or {})

    def __getitem__(self, key: Any) -> Value:
        """Return what is there; raises `MissingError`, which is a `KeyError` as well.

        No `__missing__`: pandas takes dictionaries that have one for those with a default.
        """
        try:
            return super().__getitem__(key)
        except KeyError:
            raise self._missing(key) from None

    def _missing(self, key: Any) -> MissingError:
        shown = ", ".join(map(str, islice(self, MOST_NAMES)))
        more = f" and {len(self) - MOST_NAMES} more" if len(self) > MOST_NAMES else ""
        near = probably(key, self) if isinstance(key, str) else ""
        failed = self._failures.get(key)
        why = "" if failed is None else f"of {key} there is none, since {failed}; "
        return MissingError(
            f"expected one of the {self._keys} that there are, {shown or 'none'}{more}, got "
            f"{key!r}; {why}{near or 'take one of these'}",
            page="unknown-name",
        )


class Listing(tuple[Value, ...]):
    """A tuple that says how many it has where it is asked for another."""

    _what = "entries"

    def __new__(cls, items: Iterable[Value] = (), what: str = "entries") -> Listing[Value]:
        """Take the items; `what` are they in words, several of them."""
        made = super().__new__(cls, items)
        made._what = what
        return made

    def __getitem__(self, place: Any) -> Any:
        """Return one by its number, or a part.

        Raises:
            MissingError: also an `IndexError`, there is none of that number.
            DataError: a name, or whatever else is no number.
        """
        try:
            return super().__getitem__(place)
        except TypeError as error:
            raise DataError(
                f"expected a number or a part, such as [0] or [:2], as {self._what} have no names, "
                f"got {place!r}",
                page="wrong-kind",
            ) from error
        except IndexError as error:
            few = f"a number of 0..{len(self) - 1}, as there are {len(self)} {self._what}"
            raise MissingError(
                f"expected {few if self else f'none, as there are no {self._what}'}, got {place!r}",
                page="out-of-range",
            ) from error


def with_pointers(**places: str) -> Callable[[type[Made]], type[Made]]:
    """Return a decorator of classes that say where there is what they have not.

    Args:
        **places: by the name of an attribute that is looked for in vain, where to look.
    """

    def decorate(made: type[Made]) -> type[Made]:
        def missing(self: Any, name: str) -> Any:
            if name not in places:
                return object.__getattribute__(self, name)  # which raises what it would have
            said = f"{made.__name__!r} object has no attribute {name!r}; {places[name]}"
            raise AttributeError(said, name=name, obj=self)

        setattr(made, "__getattr__", missing)  # noqa: B010 - mypy allows no plain one
        return made

    return decorate


def with_keys(**names: str | tuple[str, ...]) -> Callable[[type[Made]], type[Made]]:
    """Return a decorator of dataclasses whose mappings and tuples of these names say what they are.

    Args:
        **names: of fields, each with what its keys or entries are in words; of mappings of mappings
            several. Reasons for keys that there are not are those of a field `failures`.
    """

    def decorate(made: type[Made]) -> type[Made]:
        begin: Any = made.__init__

        @wraps(begin)
        def kept(self: Any, *args: Any, **given: Any) -> None:
            begin(self, *args, **given)
            for name, words in names.items():
                failures = getattr(self, "failures", None) if name != "failures" else None
                object.__setattr__(self, name, _told(getattr(self, name), words, failures))

        setattr(made, "__init__", kept)  # noqa: B010 - mypy allows no plain one
        return made

    return decorate


def _told(
    value: Any, words: str | tuple[str, ...], failures: Mapping[Any, str] | None = None
) -> Any:
    """Return a mapping or a tuple that says what it has; anything else as it is."""
    first, *within = (words,) if isinstance(words, str) else words
    if isinstance(value, tuple | list):
        return Listing(value, first)
    if not isinstance(value, Mapping):
        return value
    if within:
        value = {key: _told(each, tuple(within)) for key, each in value.items()}
    return Keyed(value, first, failures)
