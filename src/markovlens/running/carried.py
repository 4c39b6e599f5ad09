"""Whether a finished run carries an estimate: of how many jobs it has measured the like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from markovlens.config.loading import Config
from markovlens.running.benchmarks import Job, Place
from markovlens.running.workload import family_of, kind_of, model_of
from markovlens.spelling import count

LEAST = 0.5  # of the jobs for one network, whose like has to be measured
ADVICE = (
    "measure one seed of {config} first (`markovlens run {config} --directory measured -- --config "
    "'seeds=[0]'`), and name that by MEASURED=measured/results"
)
Like = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Carried:
    """What of the jobs that are asked for a finished run has measured.

    Attributes:
        n_jobs: jobs for one network that are asked for.
        n_alike: those of whose rule a network of the same kind, on a task of the same family, was
            measured.
        n_networks: networks (task and model) that were measured.
        rules: of which nothing was measured.
        kinds: of networks, none of which was measured.
    """

    n_jobs: int
    n_alike: int
    n_networks: int
    rules: tuple[str, ...]
    kinds: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether enough was measured, and something of every rule and kind."""
        return self.n_alike >= LEAST * self.n_jobs and not self.rules and not self.kinds

    def said(self, measured: object, config: object) -> str:
        """Return what was measured in words, and what to do where that is too little.

        Args:
            measured: folder of the results of the finished run.
            config: file of the config that is asked for.
        """
        share = (
            f"{self.n_alike} of {self.n_jobs} jobs for one network have their like (rule, kind of "
            f"network, family of task) among the {count(self.n_networks, 'network')} measured"
        )
        if self.holds:
            return share
        never = [
            f"; {what} never measured: {', '.join(names)}"
            for what, names in (("rules", self.rules), ("kinds of network", self.kinds))
            if names
        ]
        return f"{share}{''.join(never)}\nnot carried by {measured}: {ADVICE.format(config=config)}"


def carried(
    wanted: Sequence[Job], config: Config, measured: Collection[Place], reference: Config
) -> Carried:
    """Return what of the jobs that `config` asks for was measured when `reference` was run."""
    asked = [job.place for job in wanted if job.place.model]
    likes = [_like(config, place) for place in asked]
    known = {_like(reference, place) for place in measured if place.model}
    rules = {job.place.rule for job in wanted} - {place.rule for place in measured}
    kinds = {kind for _, kind, _ in likes} - {kind for _, kind, _ in known}
    return Carried(
        n_jobs=len(likes),
        n_alike=sum(like in known for like in likes),
        n_networks=len({(place.task, place.model) for place in measured if place.model}),
        rules=tuple(sorted(rules)),
        kinds=tuple(sorted(kinds)),
    )


def _like(config: Config, place: Place) -> Like:
    return place.rule, kind_of(model_of(config, place)), family_of(place)
