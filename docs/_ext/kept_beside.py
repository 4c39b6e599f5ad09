"""The tables that lie beside pages, as templates ask for them: each made by a script alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kept_real_languages import RealLanguages
from kept_runs import Run
from kept_volatility import Volatility
from kept_wild import Wild


@dataclass(frozen=True)
class Beside(Run):
    """Tables in `docs/`."""

    @cached_property
    def real_languages(self) -> RealLanguages:
        """What networks say that read languages off real values."""
        return RealLanguages(self.table("real_languages"))

    @cached_property
    def wild(self) -> Wild:
        """What networks say that packages ship."""
        return Wild(self.table("wild"), self.table("wild_rest"))

    @cached_property
    def volatility(self) -> Volatility:
        """Who ranks turbulent days."""
        return Volatility(self.table("volatility"), "auc")

    @cached_property
    def log_volatility(self) -> Volatility:
        """Who says how volatile days will be."""
        return Volatility(self.table("log_volatility"), "r2")
