"""From a network at several moments of its training to machines, and to what became of states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from torch import nn

from markovlens.abstractions.base import Options
from markovlens.activations.reading import check_settings
from markovlens.arguments import check_kind, check_sizes, check_whole, with_known_arguments
from markovlens.errors import ConfigError, DataError, reason_of
from markovlens.formation.alignment import align
from markovlens.formation.checkpoints import Checkpoint, in_order, loaded
from markovlens.formation.fitting import METHOD, QUICK, SIZES, Fitting, seen_at
from markovlens.formation.noise import FrozenNoise, noisy_of
from markovlens.formation.result import Formation, Seen
from markovlens.formation.writing import Chains, Moment, align_driven, written_at
from markovlens.listed import Listed, sequences_of
from markovlens.sequences import Sequences

FEWEST = 4  # sequences: two to fit on and two to choose by


@with_known_arguments
def follow_training(
    checkpoints: Mapping[int, Any] | Sequence[Any],
    sequences: Listed | FrozenNoise,
    *,
    model: nn.Module | None = None,
    symbols: Sequence[str] | None = None,
    method: str | None = None,
    n_states: Sequence[int] = SIZES,
    layer: str | None = None,
    losses: Sequence[float] | None = None,
    options: Options | None = None,
    control: bool = True,
    seed: int = 0,
    **reading: Any,
) -> Formation:
    """Return the machines of a network along its training, and what became of their states.

    At each moment a machine is fitted on one half of the sequences, its number of states is chosen
    on the other, and it is minimised. States of one moment and the next are the same where the same
    words lie in them and they go on alike, see `Alignment`.

    Networks that noise drives are run under the same noise at each moment. Their machines read
    nothing: states write symbols and move by chance, see `writing.read_course`.

    Args:
        checkpoints: networks, as for `record`, or state dicts of `model`: by training step, or in
            their order. Beside `FrozenNoise`, `Generator` or `NoisyNetwork`.
        sequences: `Sequences`, or a list of texts (give `symbols`): what all of them read; or
            `FrozenNoise`, which drives them.
        model: the network that state dicts are of; it is left as it is.
        symbols: names of the input symbols, or of those that are written.
        method: what machines are fitted by, `overcluster` when None; they are made deterministic.
            Of networks that noise drives it is hidden Markov models, and `options.restarts` counts.
        n_states: the numbers of states tried.
        layer: whose states are recorded; the last recurrent one when None.
        losses: of training at each moment, in the order of `checkpoints`, for figures and tables.
        options: settings of the fits; one start when None.
        control: whether a second machine of each moment is fitted on the other sequences (runs).
        seed: of the fits.
        **reading: the other fields of `Reading`, such as `classes` and `link`.

    Raises:
        DataError: no checkpoint, or no machine at any; steps that are no whole numbers; fewer than
            four sequences, or of real values; state dicts without a model, or that do not fit it;
            losses that are not one number each; networks of another kind beside noise, or names of
            another number of symbols than they write; `options` that are none.
        ConfigError: an unknown method, or no number of states; what is of networks that read.
    """
    _check_given(options, reading)
    moments, sizes = in_order(checkpoints, losses), check_sizes("n_states", n_states)
    if isinstance(sequences, FrozenNoise):
        _check_driven(model, seed, {"method": method, "layer": layer, **reading})
        chains = Chains(sizes, (options or QUICK).restarts, control, seed, symbols)
        return follow_driven(loaded(moments, model), sequences, chains)
    given = sequences_of(sequences, symbols)
    _check(given, model, seed)
    reading |= {} if symbols is None else {"symbols": symbols}
    fitting = Fitting(method or METHOD, sizes, options or QUICK, layer, control, seed, reading)
    return _follow_readers(loaded(moments, model), given, fitting)


def _check_given(options: Any, reading: Mapping[str, Any]) -> None:
    """Raise for settings that there are not, and for options that are none."""
    check_settings(follow_training, reading)
    if options is not None:
        check_kind("options", options, Options, advice="as in `Options(restarts=1)`")


def _follow_readers(
    networks: Iterable[tuple[Checkpoint, Any]], sequences: Sequences, fitting: Fitting
) -> Formation:
    """Return what became of the states of networks that read, see `follow_training`."""
    seen: list[Seen] = []
    failures: dict[int, str] = {}
    for one, network in networks:
        try:
            seen.append(seen_at(one.step, network, sequences, fitting=fitting, loss=one.loss))
        except DataError as error:
            if error.page != "every-fit-failed":
                raise
            failures[one.step] = reason_of(error)
    return following(seen, sequences, failures)


def follow_driven(
    networks: Iterable[tuple[Checkpoint, Any]], noise: FrozenNoise, chains: Chains
) -> Formation:
    """Return what became of the states of networks that noise drives, see `follow_training`.

    A moment at which states grow without bound, or no machine can be fitted, is a failure.
    """
    found: list[Moment] = []
    failures: dict[int, str] = {}
    for one, network in networks:
        noise.check_emulated(network)
        driven = noisy_of(network)
        _check_written(chains.symbols, len(driven.readout))
        try:
            found.append(written_at(one.step, driven, noise, chains=chains, loss=one.loss))
        except DataError as error:
            if error.page not in ("every-fit-failed", "not-finite"):
                raise
            failures[one.step] = reason_of(error)
    _raise_without(found, failures)
    return Formation(
        tuple(one.seen for one in found),
        tuple(align_driven(a, b) for a, b in pairwise(found)),
        tuple(one.resampled() for one in found if one.again is not None),
        failures,
    )


def following(seen: Sequence[Seen], sequences: Sequences, failures: Mapping[int, str]) -> Formation:
    """Return what became of the states of machines that follow one another.

    Raises:
        DataError: there is no machine at all.
    """
    _raise_without(seen, failures)
    return Formation(
        tuple(seen),
        tuple(align(a.machine, b.machine, sequences) for a, b in pairwise(seen)),
        tuple(align(a.machine, a.again, sequences) for a in seen if a.again is not None),
        dict(failures),
    )


def _raise_without(found: Sequence[Any], failures: Mapping[int, str]) -> None:
    if not found:
        raise DataError(
            f"expected a machine at some checkpoint, got none: {'; '.join(failures.values())}",
            page="every-fit-failed",
        )


def _check_driven(model: Any, seed: Any, asked: Mapping[str, Any]) -> None:
    """Raise for what is said of how networks read, beside noise."""
    _check_model(model, seed)
    for name, value in asked.items():
        if value is not None:
            raise ConfigError(
                f"{name}: expected nothing beside `FrozenNoise`, got {value!r}; what noise drives "
                "reads nothing, and its machines are hidden Markov models; leave it out",
                page="unknown-name",
            )


def _check_written(symbols: Sequence[str] | None, n_symbols: int) -> None:
    """Raise unless there is a name for each symbol that a network writes, or none at all."""
    if symbols is not None and len(symbols) != n_symbols:
        raise DataError(
            f"symbols: expected a name for each of the {n_symbols} symbols that the network "
            f"writes, got {len(symbols)}; name them all, or leave `symbols` out",
            page="counts-differ",
        )


def _check_model(model: Any, seed: Any) -> None:
    if model is not None:
        check_kind("model", model, nn.Module, advice="give the network that the weights are of")
    check_whole("seed", seed, least=0)


def _check(sequences: Sequences, model: Any, seed: Any) -> None:
    _check_model(model, seed)
    if not sequences.are_symbols:
        raise DataError(
            "expected sequences of symbols, got rows: each checkpoint would turn them into symbols "
            "of its own, and words could not be compared; code them first by `choose_codebook`",
            page="wrong-kind",
        )
    if len(sequences) < FEWEST:
        raise DataError(
            f"expected at least {FEWEST} sequences, to fit on half and choose by the others, got "
            f"{len(sequences)}",
            page="too-few",
        )
