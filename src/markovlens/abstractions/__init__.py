"""Abstractions: ways to make a small state machine of a trace, each in a file of its own.

`METHODS` maps a method's name to where its `fit` function lives. Adding a method is one file with
`fit(evidence, *, n_states, rng, options)` (see `base.Method`) and one line here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module

from markovlens.arguments import known_names
from markovlens.errors import ConfigError

_MODULES = {
    "hmm": "markovlens.abstractions.hmm",
    "hmm_input": "markovlens.abstractions.hmm_input",
    "hmm_soft": "markovlens.abstractions.hmm_soft",
    "hmm_driven": "markovlens.abstractions.hmm_driven",
    "kmeans": "markovlens.abstractions.kmeans",
    "lisor_k": "markovlens.abstractions.lisor_k",
    "lisor_x": "markovlens.abstractions.lisor_x",
    "overcluster": "markovlens.abstractions.overcluster",
    "merging": "markovlens.abstractions.merging",
    "lstar": "markovlens.abstractions.lstar",
    "rpni": "markovlens.abstractions.rpni",
    "alergia": "markovlens.abstractions.alergia",
    "gmm": "markovlens.abstractions.gmm",
    "grid": "markovlens.abstractions.grid",
    "regions": "markovlens.abstractions.regions",
    "decisions": "markovlens.abstractions.decisions",
    "coclusters": "markovlens.abstractions.coclusters",
    "predictive": "markovlens.abstractions.predictive",
    "ngram": "markovlens.abstractions.ngram",
    "majority": "markovlens.abstractions.majority",
}
# They tell states apart by what the network decides there, and refuse networks that do not decide.
DECIDING = ("overcluster", "regions", "merging", "lstar", "rpni", "alergia", "predictive")

# Their machines go nowhere by themselves: scored in closed loop they are floors.
WITHOUT_MOVES = ("coclusters",)

# They read rows of real values as they are, and refuse symbols.
READING_ROWS = ("hmm_soft", "hmm_driven")


class Registry(Mapping[str, Callable]):
    """Fit functions by name, imported when first asked for, so that listing the names is cheap."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        """Keep where each method lives."""
        self._modules = dict(modules)

    def __getitem__(self, name: str) -> Callable:
        """Return the `fit` function of a method."""
        if name not in self:
            hint = known_names("methods", name, self._modules)
            raise ConfigError(f"unknown method {name!r}; {hint}", page="unknown-name")
        return import_module(self._modules[name]).fit

    def __contains__(self, name: object) -> bool:
        """Tell whether a method has this name; nothing is imported for it."""
        return isinstance(name, str) and name in self._modules

    def __iter__(self) -> Iterator[str]:
        """Yield the names."""
        return iter(self._modules)

    def __len__(self) -> int:
        """Return the number of methods."""
        return len(self._modules)


METHODS = Registry(_MODULES)
