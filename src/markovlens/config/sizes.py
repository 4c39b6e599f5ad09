"""Numbers of a config that do not go together, such as more states than steps to fit them on.

Each check yields a line for each problem: the key, what came, what was expected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from markovlens.config.custom import FAMILY as CUSTOM
from markovlens.config.loading import Config, all_pairs
from markovlens.config.schema import show
from markovlens.status import LEAST_NOISE_STEPS, LEAST_SLOPE_SIZES, Criterion

Check = Callable[[Config], Iterator[str]]


def size_checks(tasks: Mapping[str, str]) -> list[Check]:
    """Return what is checked of the numbers of a config.

    Args:
        tasks: the family of every known task of symbols.
    """
    return [
        _bad_criterion,
        _bad_states,
        _bad_disturbed,
        lambda config: _bad_recorded(config, tasks),
        _bad_lengths,
        _bad_components,
        _bad_coreset,
        _bad_training,
        _bad_noise,
    ]


def _bad_criterion(config: Config) -> Iterator[str]:
    if config["abstractions"]["criterion"] != Criterion.SLOPE:
        return
    for section in ("abstractions", *(["robustness"] if config["robustness"]["runs"] else [])):
        sizes = config[section]["n_states"]
        if len(sizes) < LEAST_SLOPE_SIZES:
            yield (
                f"{section}.n_states: got {show(sizes)}, expected {LEAST_SLOPE_SIZES} numbers or"
                " more, which abstractions.criterion 'slope' needs"
            )


def _bad_states(config: Config) -> Iterator[str]:
    for section in ("abstractions", "robustness"):
        sizes = config[section]["n_states"]
        if sizes != sorted(sizes):
            yield f"{section}.n_states: got {show(sizes)}, expected rising numbers"


def _bad_disturbed(config: Config) -> Iterator[str]:
    n_recorded = config["activations"]["n_train"]
    if config["robustness"]["runs"] and max(config["robustness"]["n_train"]) > n_recorded:
        yield (
            f"robustness.n_train: got {max(config['robustness']['n_train'])}, expected at most"
            f" activations.n_train, which is {n_recorded}"
        )


def _bad_recorded(config: Config, tasks: Mapping[str, str]) -> Iterator[str]:
    n_recorded, states = config["activations"]["n_train"], config["abstractions"]["n_states"]
    families = {tasks[task] for task, _ in all_pairs(config)}
    for family in sorted(families - {CUSTOM}):  # how much there is, its files alone know
        sizes = config["tasks"][family]
        # Recorded are all, where data of a fixed size have fewer.
        if n_recorded > sizes.get("n_train", n_recorded):
            yield (
                f"activations.n_train: got {n_recorded}, expected at most"
                f" tasks.{family}.n_train, which is {sizes['n_train']}"
            )
        steps = n_recorded * sizes.get("length", sizes.get("length_train", 1))
        if max(states) > steps:
            yield (
                f"abstractions.n_states: got {max(states)}, expected at most {steps}, the steps of"
                f" the {n_recorded} {family} sequences that activations.n_train records"
            )


def _bad_lengths(config: Config) -> Iterator[str]:
    formal = config["tasks"]["formal"]
    if formal["length_test"] < formal["length_train"]:
        yield (
            f"tasks.formal.length_test: got {formal['length_test']}, expected at least"
            f" length_train, which is {formal['length_train']}"
        )


def _bad_components(config: Config) -> Iterator[str]:
    n_components = config["embedding"]["n_components"]
    for name in dict.fromkeys(model for _, model in all_pairs(config)):
        hidden = config["networks"]["models"][name].get("hidden", n_components)
        if n_components > hidden:
            yield (
                f"embedding.n_components: got {n_components}, expected at most {hidden},"
                f" the units of model {name}"
            )


def _bad_coreset(config: Config) -> Iterator[str]:
    """Yield a line where a coreset has fewer steps than some method makes clusters."""
    abstractions = config["abstractions"]
    most = max(abstractions["n_states"])
    if "overcluster" in abstractions["methods"]:
        most *= abstractions["overcluster"]
    coreset = abstractions["coreset"]
    if coreset is not None and coreset < most:
        yield f"abstractions.coreset: got {coreset}, expected at least {most}, a step a cluster"


def _bad_training(config: Config) -> Iterator[str]:
    training = config["networks"]["training"]
    for family, settings in training.items():
        if "evaluate_every" not in settings:
            continue
        every, steps = settings["evaluate_every"], settings["steps"]
        inherited = (training["default"]["evaluate_every"], training["default"]["steps"])
        if every > steps and (family == "default" or (every, steps) != inherited):
            yield (
                f"networks.training.{family}.evaluate_every: got {every},"
                f" expected at most steps, which is {steps}"
            )


def _bad_noise(config: Config) -> Iterator[str]:
    """Yield a line where noise has too few steps to fit machines on."""
    formation = config["formation"]
    fitted = formation["noise_runs"] // 2
    if fitted * formation["noise_steps"] < LEAST_NOISE_STEPS:
        yield (
            f"formation.noise_steps: got {formation['noise_steps']}, expected at least"
            f" {-(-LEAST_NOISE_STEPS // fitted)}, for {LEAST_NOISE_STEPS} steps in half of the"
            f" {formation['noise_runs']} noise_runs: of fewer a number of states says nothing"
        )
