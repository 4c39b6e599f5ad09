"""The coordinates of one run: asked for by the config, or chosen by the machines made in them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from markovlens.abstractions.dimensions import choose_dimension, doubled
from markovlens.activations.store import load_trace
from markovlens.embedding.projections import UNITS, Projection, unit_projection
from markovlens.embedding.stage import keep_basis, seed_of
from markovlens.errors import DataError
from markovlens.files.runs import Run
from markovlens.trace import Trace


def choose_run(
    run: Run,
    *,
    method: str,
    n_components: int,
    choose: bool,
    n_states: Sequence[int],
    seed: int,
) -> None:
    """Choose the coordinates of a run and keep them; `embedding.stage` makes those of no choice.

    Args:
        run: one network.
        method: `units`, those of the largest effect; or, to choose how many, `pod` or a kind of
            random projection.
        n_components: how many, or how many at most.
        choose: whether fewer are taken where machines of clusters are as good on validation
            sequences, see `dimensions.choose_dimension`.
        n_states: of these machines.
        seed: the config's.

    Raises:
        DataError: units are wanted of a network that cannot be asked.
    """
    train = load_trace(run.trace("train"))
    basis = by_effect(run, train, seed) if method == UNITS else method
    most = min(n_components, train.states.shape[1])
    if isinstance(basis, Projection) and not choose:
        keep_basis(run, basis.first(most), n_components)
        return
    found = choose_dimension(
        train,
        load_trace(run.trace("valid")),
        n_states=n_states,
        basis=basis,
        sizes=doubled(most),
        seed=seed_of(run, seed),
    )
    keep_basis(run, found.basis, n_components, tried=found.table.to_dict("records"))


def by_effect(run: Run, train: Trace, seed: int) -> Projection:
    """Return all units of a run's layer, that with the largest effect on its answers first."""
    from markovlens.abstractions.silencing import ranking_effects  # with torch, for units alone
    from markovlens.abstractions.stage import network_of_run

    network = network_of_run(run, train)
    if network is None:
        raise DataError(
            f"embedding.method: units expected a network that can be asked, got {run.model}, which "
            "cannot; take pod, or give the network `initial` and `step`",
            page="cannot-be-asked",
        )
    effects = ranking_effects(network, train, seed=seed_of(run, seed))
    return unit_projection(train.states, np.argsort(-effects, kind="stable"))
