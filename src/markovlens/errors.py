"""Errors that a user can act on: what was expected, what came, and the next step."""

from __future__ import annotations

import inspect
import warnings

WAY = "why, and what to do: markovlens errors {page}"  # a command that prints the page


class MarkovlensError(Exception):
    """Base of every error that markovlens raises on purpose.

    Attributes:
        page: the identifier of the page on it, `docs/errors/<page>.md`; None where there is none.
    """

    def __init__(self, *said: object, page: str | None = None) -> None:
        """Say something, and name the page on it.

        That is a note beside the message (PEP 678), which Python shows below it, and so do the
        command line and the logs of jobs. The message itself stays one sentence: others quote it,
        and tables keep it.
        """
        super().__init__(*said)
        self.page = page
        if page is not None:
            self.add_note(WAY.format(page=page))


class ConfigError(MarkovlensError, ValueError):
    """A configuration that cannot be run."""


class DataError(MarkovlensError, ValueError):
    """Data, weights or activations that are missing, damaged or do not fit together."""


class MissingError(DataError, KeyError, IndexError):
    """A key or a number of a result under which there is nothing."""

    __str__ = Exception.__str__  # that of a KeyError is its `repr`


class StorageError(MarkovlensError, OSError):
    """A place where nothing can be written: full, read-only, or somebody else's."""


class EvidenceWarning(UserWarning):
    """Something that is right, but rests on less than it seems to: one answer, one seed of many."""


class RecordingWarning(UserWarning):
    """A recording that is right, but perhaps not of what was meant."""


def reason_of(error: Exception) -> str:
    """Return the first line of what an error says; its type where it says nothing."""
    return next(iter(str(error).splitlines()), type(error).__name__)


def in_full(error: Exception) -> str:
    """Return what an error says and, a line each, the notes beside it."""
    return "\n".join([str(error), *getattr(error, "__notes__", [])])


def warn(message: str, kind: type[Warning]) -> None:
    """Warn at the line that called into markovlens, however many functions lie between."""
    level = deepest = 1
    frame = inspect.currentframe()
    while frame := frame.f_back if frame else None:
        level += 1
        if frame.f_globals.get("__name__", "").partition(".")[0] == "markovlens":
            deepest = level
    warnings.warn(message, kind, stacklevel=deepest + 1)
