"""Errors that a user can act on: what was expected, what came, and the next step."""


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
