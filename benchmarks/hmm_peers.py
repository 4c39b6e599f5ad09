"""EM iterations of other libraries on the benchmark's workloads, each from the same start.

Every function takes a workload and returns the steps it will process and a function that runs some
iterations. Libraries that loop over sequences in Python get a subset of them: their time is linear
in the number of sequences.
"""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np

Runner = tuple[int, Callable[[int], Any]]
"""Steps processed in an iteration, and a function that runs iterations."""


def hmmlearn_runner(workload: Any, implementation: str) -> Runner:
    """Engine of hmmlearn, by the implementation log (its default) or scaling, without priors."""
    from hmmlearn.hmm import GaussianHMM

    logging.getLogger("hmmlearn").setLevel(logging.ERROR)
    X, lengths = workload.subset(workload.small)
    options = {"min_covar": 0, "covars_prior": 0, "covars_weight": 0, "tol": -np.inf}
    start = workload.start()

    def run(n_iter: int) -> None:
        model = GaussianHMM(
            workload.n_states,
            workload.kind,
            n_iter=n_iter,
            init_params="",
            implementation=implementation,
            **options,
        )
        model.startprob_, model.transmat_, model.means_, model.covars_ = start
        model.fit(X, lengths)

    return len(X), run


def dynamax_runner(workload: Any) -> Runner:
    """Engine of dynamax in float64 with its default priors; compiled before it is timed."""
    import jax
    import jax.numpy as jnp
    import jax.random as jr

    jax.config.update("jax_enable_x64", True)
    from dynamax.hidden_markov_model import DiagonalGaussianHMM, GaussianHMM

    X, _ = workload.subset(workload.medium)
    batch = jnp.asarray(X.reshape(workload.medium, -1, X.shape[1]))
    start, moves, means, covariances = workload.start()
    chain = {"initial_probs": jnp.asarray(start), "transition_matrix": jnp.asarray(moves)}
    chain["emission_means"] = jnp.asarray(means)
    if workload.kind == "diag":
        model = DiagonalGaussianHMM(workload.n_states, X.shape[1])
        chain["emission_scale_diags"] = jnp.sqrt(jnp.asarray(covariances))
    else:
        model = GaussianHMM(workload.n_states, X.shape[1])
        chain["emission_covariances"] = jnp.asarray(covariances)
    parameters, properties = model.initialize(jr.PRNGKey(0), **chain)
    state = model.initialize_m_step_state(parameters, properties)

    @jax.jit
    def step(parameters: Any, state: Any) -> Any:
        statistics, scores = jax.vmap(lambda y: model.e_step(parameters, y))(batch)
        parameters, state = model.m_step(parameters, properties, statistics, state)
        return parameters, state, scores.sum()

    def run(n_iter: int) -> None:
        current, memory = parameters, state
        for _ in range(n_iter):
            current, memory, score = step(current, memory)
        score.block_until_ready()

    return len(X), run


def pomegranate_runner(workload: Any) -> Runner:
    """Engine of pomegranate in float64; it learns end probabilities too: a slightly other model."""
    import torch
    from pomegranate.distributions import Normal
    from pomegranate.hmm import DenseHMM

    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    X, _ = workload.subset(workload.medium if workload.kind == "full" else workload.small)
    n_sequences = len(X) // workload.n_steps
    batch = torch.as_tensor(X.reshape(n_sequences, -1, X.shape[1]))
    start, moves, means, covariances = (np.array(part) for part in workload.start())
    kind = workload.kind
    nodes = [Normal(m, c, covariance_type=kind) for m, c in zip(means, covariances, strict=True)]
    ends = np.full(workload.n_states, 1e-6)
    model = DenseHMM(nodes, edges=moves, starts=start, ends=ends)

    def run(n_iter: int) -> None:
        for _ in range(n_iter):
            model.summarize(batch)
            model.from_summaries()

    return len(X), run


PEERS: dict[str, Callable[[Any], Runner]] = {
    "hmmlearn": lambda workload: hmmlearn_runner(workload, "log"),
    "hmmlearn-scaling": lambda workload: hmmlearn_runner(workload, "scaling"),
    "dynamax": dynamax_runner,
    "pomegranate": pomegranate_runner,
}
