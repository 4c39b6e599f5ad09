"""What users hand over beside arrays: wrong settings and things of another kind, met in words."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from functools import wraps
from numbers import Integral, Real
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np

from markovlens.errors import ConfigError, DataError

MOST_NAMES = 60  # that a message lists
LONGEST_NAME = 255  # bytes of a file's or a folder's name on the usual systems
LONGEST_PATH = 4095  # bytes of a whole path on Linux, which has the longest

P = ParamSpec("P")
Made = TypeVar("Made")


def has_items(value: Any) -> bool:
    """Return whether a value can be gone through.

    Arrays and tensors of no dimension, a number alone, call themselves iterable and are not.
    """
    return isinstance(value, Iterable) and getattr(value, "ndim", 1) != 0


def check_kind(name: str, value: Any, kind: type, *, advice: str) -> None:
    """Raise `DataError` unless the value is of a class; `advice` is how to come by one."""
    if not isinstance(value, kind):
        raise DataError(
            f"{name}: expected {kind.__name__}, got {type(value).__name__}; {advice}",
            page="wrong-kind",
        )


def check_takes(name: str, value: Any, count: int, what: str) -> None:
    """Raise `ConfigError` unless the value is a function that may be called with so many things.

    Args:
        name: of the argument.
        value: the function.
        count: how many things it is given, one after the other.
        what: these, in words.
    """
    wanted = f"{name}: expected a function of {what}"
    if not callable(value):
        raise ConfigError(
            f"{wanted}, got {type(value).__name__}; give one, such as a lambda", page="wrong-kind"
        )
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):  # of some builtins nobody knows
        return
    try:
        signature.bind(*range(count))
    except TypeError as error:
        raise ConfigError(
            f"{wanted}, which are {count} arguments, got one of {signature}; {error}",
            page="wrong-kind",
        ) from error


def check_path(value: Any, endings: Collection[str] = ()) -> None:
    """Raise `DataError` unless the value is a path or text that a system may take for one.

    Raises `ConfigError` of a path with none of the endings, in capitals or not, where some are
    given: a file that is not what its name says is opened by the wrong program.
    """
    if not isinstance(value, str | Path):
        raise DataError(
            f"path: expected str or Path, got {type(value).__name__}; give where it is",
            page="wrong-kind",
        )
    if "\0" in str(value):
        raise DataError(
            f"path: expected text without null characters, got {str(value)!r}; leave them out",
            page="wrong-kind",
        )
    try:
        sizes = {part: _n_bytes(part) for part in (str(value), *Path(value).parts)}
    except UnicodeEncodeError as error:
        raise DataError(
            f"path: expected text that can be written as UTF-8, got {str(value)!r}; leave out "
            f"{error.object[error.start : error.end]!r}",
            page="wrong-kind",
        ) from error
    longest = max(Path(value).parts, key=sizes.__getitem__, default="")
    for what, most, given in (
        ("names", LONGEST_NAME, longest),
        ("all names together", LONGEST_PATH, str(value)),
    ):
        if sizes.get(given, 0) > most:
            raise DataError(
                f"path: expected {what} of at most {most} bytes, got {sizes[given]}, "
                f"{given[:20]}...; give a shorter one",
                page="wrong-kind",
            )
    if endings:
        _check_ending(value, endings)


def _check_ending(path: str | Path, endings: Collection[str]) -> None:
    """Raise `ConfigError` of a path with none of the endings, or of one that is nothing else."""
    name = Path(path).name.lower()
    if name not in endings and str(path).lower().endswith(tuple(endings)):
        return
    advice = "put a name before it" if name in endings else "name it so"
    raise ConfigError(
        f"{path}: expected a name that ends in {' or '.join(endings)}; {advice}",
        page="unknown-file-kind",
    )


def _n_bytes(name: str) -> int:
    return len(name.encode(errors="surrogateescape"))  # as systems write names of other encodings


def probably(name: Any, known: Iterable[Any]) -> str:
    """Return a question after the known name that was probably meant, "" if none is near."""
    close = get_close_matches(str(name), map(str, known), n=1)
    return f"did you mean {close[0]}?" if close else ""


def known_names(kind: str, name: str, known: Collection[str]) -> str:
    """Return the known names, before them the one that was probably meant; not all of very many."""
    hint, shown = probably(name, known), list(known)[:MOST_NAMES]
    more = f" and {len(known) - MOST_NAMES} more" if len(known) > MOST_NAMES else ""
    return f"{hint}{' ' if hint else ''}the {kind} are {', '.join(shown) or '(none)'}{more}"


def check_known(owner: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise `ConfigError` for a setting that a function or a class has not."""
    for name in sorted(set(given) - set(known)):
        raise ConfigError(
            f"unknown setting {name!r} of `{owner}`; {known_names('settings', name, known)}",
            page="unknown-name",
        )


def with_known_settings(made: type[Made]) -> type[Made]:
    """Return a class that users write by hand, whose misspelt settings are met in words.

    Python's own `TypeError` says neither which there are nor which is near. The signature stays.
    """
    begin: Any = made.__init__
    taken = [*inspect.signature(begin).parameters.values()][1:]
    if any(each.kind is each.VAR_KEYWORD for each in taken):
        return made  # which knows them itself
    known = [each.name for each in taken]

    @wraps(begin)
    def checked(self: Any, *args: Any, **given: Any) -> None:
        check_known(made.__name__, given, known)
        begin(self, *args, **given)

    setattr(made, "__init__", checked)  # noqa: B010 - mypy allows no plain one
    return made


def with_known_arguments(called: Callable[P, Made]) -> Callable[P, Made]:
    """Return a function that users call, whose misspelt arguments are met in words.

    As `with_known_settings` does it for classes; the signature stays. One that takes any keyword
    looks at them itself, but for those that it cannot do without.
    """
    taken = inspect.signature(called).parameters.values()
    takes_more = any(each.kind is each.VAR_KEYWORD for each in taken)
    known = {each.name: each for each in taken if each.kind is not each.VAR_KEYWORD}
    needed = [name for name, each in known.items() if each.default is each.empty]

    @wraps(called)
    def checked(*args: P.args, **given: P.kwargs) -> Made:
        if strange := given.keys() - known.keys():
            placed = list(known)[: len(args)]
            lacking = [name for name in needed if name not in (*placed, *given)]
            wrong = [name for name in strange if get_close_matches(name, lacking)]
            check_known(called.__name__, wrong if takes_more else strange, known)
        return called(*args, **given)

    return checked


def check_sizes(name: str, values: Any, *, of: str = "states") -> tuple[int, ...]:
    """Return numbers of something as they are; raises unless there is one, and each at least 1."""
    if isinstance(values, str) or not has_items(values):
        raise ConfigError(
            f"{name}: expected numbers of {of} to try, got {values!r}; give a list, such as "
            "[2, 4, 8], also of a single one",
            page="out-of-range",
        )
    sizes = tuple(values)
    if not sizes:
        raise ConfigError(
            f"{name}: expected at least one number of {of}, got none; give some",
            page="out-of-range",
        )
    for size in sizes:
        check_whole(name, size, least=1)
    return tuple(map(int, sizes))


def check_seed(seed: Any) -> None:
    """Raise unless the seed is a whole number, 0 or more, or a `numpy.random.SeedSequence`."""
    if not isinstance(seed, np.random.SeedSequence):
        check_whole("seed", seed, least=0)


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Raise unless the value is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        hint = probably(value, choices) or "choose one"
        raise ConfigError(
            f"{name}: expected one of {', '.join(choices)}, got {value!r}; {hint}",
            page="unknown-name",
        )


def check_choices(name: str, values: Any, choices: Collection[str] | None = None) -> None:
    """Raise unless the values are a list of different names, all of them choices if given."""
    listed = isinstance(values, Collection) and has_items(values) and not isinstance(values, str)
    if not listed or not len(values) or len(set(map(str, values))) < len(values):
        advice = f"; give [{values!r}]" if isinstance(values, str) else ""
        raise ConfigError(
            f"{name}: expected a list of different names, at least one, got {values!r}{advice}",
            page="wrong-names",
        )
    for value in values if choices else ():
        check_choice(name, value, choices or ())


def check_whole(name: str, value: Any, *, least: int) -> None:
    """Raise unless the value is a whole number of at least so much."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        computed = isinstance(value, Real) and not isinstance(value, Integral)
        advice = "use int(...) if it was computed" if computed else f"give {least}, or more"
        raise ConfigError(
            f"{name}: expected a whole number, {least} or more, got {value!r}; {advice}",
            page="out-of-range",
        )


def check_number(name: str, value: Any, *, least: float = -np.inf) -> None:
    """Raise unless the value is a number, not NaN, of at least so much; finite if that is."""
    good = not isinstance(value, bool) and isinstance(value, Real) and float(value) >= least
    if not good or (np.isfinite(least) and np.isinf(value)):
        raise ConfigError(
            f"{name}: expected a number, {least:g} or more, got {value!r}; see the documentation "
            "of the class",
            page="out-of-range",
        )


def check_truth(name: str, value: Any) -> None:
    """Raise unless the value is True or False: a text, such as "no", is as good as True."""
    if not isinstance(value, bool | np.bool_):
        raise ConfigError(
            f"{name}: expected True or False, got {value!r}; leave it out for the usual",
            page="wrong-kind",
        )


def check_level(value: Any) -> None:
    """Raise unless the value is a coverage of intervals: a number between 0 and 1, neither."""
    check_chance("level", value, "0.95 for 95 %")


def check_chance(name: str, value: Any, example: str) -> None:
    """Raise unless the value is a number between 0 and 1, neither of them."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < 1:
        raise ConfigError(
            f"{name}: expected a number between 0 and 1, such as {example}, got {value!r}",
            page="out-of-range",
        )


def check_letters(name: str, value: Any, known: Collection[str]) -> None:
    """Raise unless the value is a string of known letters."""
    if not isinstance(value, str) or set(value) - set(known):
        raise ConfigError(
            f"{name}: expected letters of {''.join(known)!r}, got {value!r}; each stands for a "
            "parameter, see the documentation of the class",
            page="out-of-range",
        )
