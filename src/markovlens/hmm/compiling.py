"""numba's compiler with its cache on disk, which helps where it can and never stands in the way.

numba 0.68 lets trouble with the cache through to the caller: no writable folder beside the code nor
in the home is a RuntimeError when the module is imported; a full disk, a folder that has gone or a
file cut short by a crash are OSError, EOFError or UnpicklingError at the first call. All of them
mean here that the function is compiled as if there were no cache (`NUMBA_CACHE_DIR` names a folder
for one, see its documentation).

numba 0.68 looks at a function's own file to see whether its cache is stale, and not at the files of
the functions that became part of it: after a change there the old code runs on, silently. Here the
key of the cache holds all files beside the function's.
"""

import hashlib
import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import FunctionCache

logger = logging.getLogger(__name__)


@cache
def digest_of_folder(folder: Path) -> str:
    """Digest of all modules in a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


class Cache(FunctionCache):
    """Compiled forms of one function on disk, of which any trouble means to compile it anew."""

    def _index_key(self, sig: Any, codegen: Any) -> Any:
        folder = Path(self._py_func.__code__.co_filename).parent
        return (*super()._index_key(sig, codegen), digest_of_folder(folder))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """What is stored for a signature, or None; what cannot be read is thrown away."""
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:  # a damaged pickle may raise anything
            logger.info("compiling anew, as the cache in %s says: %r", self.cache_path, error)
            self._or_do_without(self.flush)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Store a compiled form, if that is possible."""
        self._or_do_without(super().save_overload, sig, data)

    def _or_do_without(self, action: Callable[..., None], *arguments: Any) -> None:
        try:
            action(*arguments)
        except Exception as error:  # the same damaged pickles, or a disk that takes nothing more
            logger.info("no cache of compiled code in %s: %r", self.cache_path, error)
            self.disable()


inline_njit = numba.njit(nogil=True, forceinline=True, error_model="numpy")
"""Decorator for parts of compiled functions, which become part of their callers' code."""


def cached_njit(**options: Any) -> Callable[[Callable[..., Any]], Any]:
    """Decorator as `numba.njit`, without the interpreter's lock, and with a cache if possible."""

    def compiled(function: Callable[..., Any]) -> Any:
        dispatcher = numba.njit(nogil=True, **options)(function)
        try:
            dispatcher._cache = Cache(function)  # as its `enable_caching` does with numba's own
        except RuntimeError as error:  # of numba: there is no folder that can be written to
            logger.info("compiling at each start: %s", error)
        return dispatcher

    return compiled
