"""Tables that a script alone makes, beside pages or in `numbers/`, as templates ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from kept_clusters import Clusters
from kept_criteria import Criteria
from kept_driven import Driven
from kept_durations import Durations
from kept_engines import Engines
from kept_groups import Groups
from kept_lumping import Lumping
from kept_real_languages import RealLanguages
from kept_recurrences import Recurrences
from kept_runs import Run
from kept_steps import NoiseSteps, RowSteps
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

    @cached_property
    def recurrences(self) -> Recurrences:
        """What networks of several recurrences say."""
        return Recurrences(self.table("recurrences"), self.table("recurrences_machines"))

    @cached_property
    def lumping(self) -> Lumping:
        """What machines are before and after their states are joined."""
        return Lumping(
            self.table("lumping"), self.table("size_interval"), self.table("size_interval_networks")
        )

    @cached_property
    def groups(self) -> Groups:
        """How often groups are called different."""
        return Groups(*(self.table(f"groups_{name}") for name in ("null", "power", "dwell")))

    @cached_property
    def durations(self) -> Durations:
        """What explicit durations bring."""
        return Durations(self.table("durations"), self.table("durations_networks"))

    @cached_property
    def criteria(self) -> Criteria:
        """How often each criterion finds the planted number of states."""
        return Criteria(self.table("planted_number"), self.table("planted_summary"))

    @cached_property
    def planted(self) -> Clusters:
        """What HMMs and clusters come to on planted machines."""
        return Clusters(*map(self.table, ("hmm_or_clusters", "hmm_or_clusters_machines")))

    @cached_property
    def engines(self) -> Engines:
        """What both engines of `hmm` come to."""
        return Engines(*(self.table(f"numbers/hmm_engines/{of}") for of in ("fits", "likelihoods")))

    @cached_property
    def driven(self) -> Driven:
        """What HMMs that rows drive come to."""
        return Driven(*(self.table(f"numbers/soft_{of}/{of}") for of in ("recovery", "passes")))

    @cached_property
    def row_steps(self) -> RowSteps:
        """What a step of a machine that reads rows takes."""
        return RowSteps(self.table("numbers/machine_step/steps"))

    @cached_property
    def noise_steps(self) -> NoiseSteps:
        """How many steps of noise a number of states takes."""
        return NoiseSteps(self.table("numbers/noise_steps/steps"))
