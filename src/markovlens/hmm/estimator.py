"""What scikit-learn asks of an estimator, without importing it, which took most of our import.

scikit-learn's `clone`, searches and pipelines go by these methods and not by its base class
(version 1.9; its developer's guide calls that class a convenience).
"""

from inspect import signature
from typing import Any, Self

import numpy as np

from markovlens.arguments import known_names, with_known_settings
from markovlens.errors import ConfigError


class Estimator:
    """Arguments of the constructor, stored under their names: read, set and shown."""

    def __init_subclass__(cls, **settings: Any) -> None:
        """Have a misspelt argument told in words."""
        super().__init_subclass__(**settings)
        if "__init__" in cls.__dict__:
            with_known_settings(cls)

    @classmethod
    def _defaults(cls) -> dict[str, Any]:
        """Each argument of the constructor and its default."""
        return {name: each.default for name, each in signature(cls).parameters.items()}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The constructor's arguments, by name; estimators in them as they are."""
        return {name: getattr(self, name) for name in sorted(self._defaults())}

    def set_params(self, **params: Any) -> Self:
        """Set arguments of the constructor.

        Raises:
            ConfigError: one is unknown; nothing is set then.
        """
        known = self._defaults()
        for name in params:
            if name not in known:
                raise ConfigError(
                    f"{type(self).__name__}: expected known arguments, got {name!r}; "
                    f"{known_names('arguments', name, known)}",
                    page="unknown-name",
                )
        for name, value in params.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        """The call that makes such an estimator: arguments that differ from their defaults."""
        given, defaults = self.get_params(), self._defaults()
        changed = [
            f"{name}={given[name]!r}"
            for name in defaults
            if not np.array_equal(given[name], defaults[name])
        ]
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn, which asks, says of an estimator that has no tags of its own."""
        from sklearn.base import BaseEstimator

        return BaseEstimator().__sklearn_tags__()
