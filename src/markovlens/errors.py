"""Errors that a user can act on: what was expected, what came, and the next step."""

from __future__ import annotations

import inspect
import warnings


class MarkovlensError(Exception):
    """Base of every error that markovlens raises on purpose."""


class ConfigError(MarkovlensError, ValueError):
    """A configuration that cannot be run."""


class DataError(MarkovlensError, ValueError):
    """Data, weights or activations that are missing, damaged or do not fit together."""


class StorageError(MarkovlensError, OSError):
    """A place where nothing can be written: full, read-only, or somebody else's."""


class EvidenceWarning(UserWarning):
    """Something that is right, but rests on less than it seems to: one answer, one seed of many."""


class RecordingWarning(UserWarning):
    """A recording that is right, but perhaps not of what was meant."""


def reason_of(error: Exception) -> str:
    """Return the first line of what an error says; its type where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def warn(message: str, kind: type[Warning]) -> None:
    """Warn at the line that called into markovlens, however many functions lie between."""
    level = deepest = 1
    frame = inspect.currentframe()
    while frame := frame.f_back if frame else None:
        level += 1
        if frame.f_globals.get("__name__", "").partition(".")[0] == "markovlens":
            deepest = level
    warnings.warn(message, kind, stacklevel=deepest + 1)
