"""Arguments of the estimators' constructors, checked at first use as scikit-learn wants it."""

from collections.abc import Collection
from numbers import Integral, Real
from typing import Any

import numpy as np

from markovlens.errors import ConfigError


def check_choice(name: str, value: Any, choices: Collection[str]) -> None:
    """Raise unless the value is one of the choices."""
    if not isinstance(value, str) or value not in choices:
        raise ConfigError(
            f"{name}: expected one of {', '.join(choices)}, got {value!r}; choose one"
        )


def check_whole(name: str, value: Any, *, least: int) -> None:
    """Raise unless the value is a whole number of at least so much."""
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise ConfigError(
            f"{name}: expected a whole number, {least} or more, got {value!r}; use int(...) if it "
            "was computed"
        )


def check_number(name: str, value: Any, *, least: float = -np.inf) -> None:
    """Raise unless the value is a number, not NaN, of at least so much; finite if that is."""
    good = not isinstance(value, bool) and isinstance(value, Real) and float(value) >= least
    if not good or (np.isfinite(least) and np.isinf(value)):
        raise ConfigError(
            f"{name}: expected a number, {least:g} or more, got {value!r}; see the documentation "
            "of the class"
        )


def check_letters(name: str, value: Any, known: Collection[str]) -> None:
    """Raise unless the value is a string of known letters."""
    if not isinstance(value, str) or set(value) - set(known):
        raise ConfigError(
            f"{name}: expected letters of {''.join(known)!r}, got {value!r}; each stands for a "
            "parameter, see the documentation of the class"
        )
