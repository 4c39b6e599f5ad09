"""What users set by hand (parameters, priors), checked where it is first used.

A wrong number here would not stop a fit: it gives scores of NaN, paths that stay in state 0, or the
score of one triangle of a matrix. Messages name the attribute, the state and what stands there.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from markovlens.errors import DataError
from markovlens.hmm.arrays import as_array
from markovlens.hmm.gaussians import Gaussians, full_covariances

ROW_SUM_TOLERANCE = 1e-6
"""Largest error of a sum of probabilities."""

SYMMETRY_TOLERANCE = 1e-6
"""Largest difference of two mirrored covariances, over the root of the product of the variances."""

AXES = {
    "startprob_": ("symbol", "state"),
    "transmat_": ("symbol", "state", "next state"),
    "emissionprob_": ("state", "symbol"),
    "means_": ("state", "feature"),
}
"""What the last axes of an attribute count; the first symbol only where transitions are driven."""


def check_finite(name: str, values: ArrayLike, axes: tuple[str, ...] = ()) -> NDArray[np.float64]:
    """Values as finite floats; `axes` say what their indices count."""
    checked = as_array(name, values).astype(np.float64)
    wrong = ~np.isfinite(checked)
    _refuse(name, checked, wrong, axes, expected="finite numbers", advice="set all of them")
    return checked


def check_probabilities(
    name: str, values: ArrayLike, shape: tuple[int, ...]
) -> NDArray[np.float64]:
    """Probabilities of the given shape, rows summing to one."""
    checked = as_array(name, values)
    if checked.shape != shape:
        raise DataError(
            f"{name}: expected shape {shape}, got {checked.shape}; there are n_components states, "
            "and the first axis is the input symbol when transitions='input'",
            page="wrong-hmm",
        )
    axes = AXES[name][-len(shape) :]
    checked = check_finite(name, checked, axes)
    wrong = checked < 0.0
    _refuse(name, checked, wrong, axes, expected="probabilities", advice="set it to 0 or more")
    sums = checked.sum(axis=-1)
    wrong = np.abs(sums - 1.0) > ROW_SUM_TOLERANCE
    advice = "divide each row by its sum"
    _refuse(name, sums, wrong, axes[:-1], expected="rows that sum to 1", advice=advice)
    return checked


def check_means(values: ArrayLike, n_states: int) -> NDArray[np.float64]:
    """(K, D) finite means."""
    checked = as_array("means_", values)
    if checked.ndim != 2 or len(checked) != n_states or checked.size == 0:
        raise DataError(
            f"means_: expected shape ({n_states}, D), one row a state, got {checked.shape}; set "
            "n_components to the number of states",
            page="wrong-hmm",
        )
    return check_finite("means_", checked, AXES["means_"])


def covariance_shape(kind: str, n_states: int, n_features: int) -> tuple[int, ...]:
    """Shape in which covariances of a kind are stored."""
    return {
        "spherical": (n_states,),
        "diag": (n_states, n_features),
        "tied": (n_features, n_features),
        "full": (n_states, n_features, n_features),
    }[kind]


def check_covariances(kind: str, values: ArrayLike, means: NDArray) -> NDArray[np.float64]:
    """Covariances in the shape of their kind: positive variances, or symmetric definite matrices.

    Taken are that shape, the (K, D, D) in which `covars_` reads and, of spherical ones, K numbers
    in any shape that begins with K, or (K, D) equal ones.

    Args:
        kind: spherical, diag, tied or full.
        values: as set by the user.
        means: (K, D).
    """
    axes = ("feature", "feature") if kind == "tied" else ("state", "feature", "feature")
    checked = as_array("covars_", values).astype(np.float64)
    if checked.shape != covariance_shape(kind, *means.shape):
        checked = _reduced(kind, checked, means)
    checked = check_finite("covars_", checked, axes)
    if kind in ("tied", "full"):
        return check_matrices("covars_", checked, axes)
    wrong, advice = checked <= 0.0, "they are squares of standard deviations"
    _refuse("covars_", checked, wrong, axes, expected="variances above 0", advice=advice)
    return checked


def _reduced(kind: str, values: NDArray, means: NDArray) -> NDArray[np.float64]:
    """Covariances of another shape that say the same, in the shape of their kind."""
    n_states, n_features = means.shape
    if kind == "spherical" and values.size == n_states == len(np.atleast_1d(values)):
        return values.reshape(n_states)
    full = values
    if kind == "spherical" and values.shape == means.shape:
        full = values[:, :, None] * np.eye(n_features)
    if kind != "full" and full.shape == (*means.shape, n_features):
        variances = np.diagonal(full, axis1=1, axis2=2)
        reduced = {"spherical": variances[:, 0], "diag": variances, "tied": full[0]}[kind].copy()
        again = full_covariances(Gaussians(kind, means, reduced))
        if np.allclose(again, full, rtol=1e-9, atol=0.0, equal_nan=True):
            return reduced
    raise DataError(
        f"covars_: expected shape {covariance_shape(kind, *means.shape)} for {kind!r} covariances "
        f"and means_ of shape {means.shape}, or {(*means.shape, n_features)} with nothing that "
        f"{kind!r} ones cannot hold, got {values.shape}; set covariance_type to what they are",
        page="wrong-hmm",
    )


def check_matrices(name: str, matrices: NDArray, axes: tuple[str, ...]) -> NDArray[np.float64]:
    """(.., D, D) symmetric positive definite matrices, rounding errors of symmetry taken out."""
    mirrored = np.swapaxes(matrices, -1, -2)
    scale = np.sqrt(np.abs(np.diagonal(matrices, axis1=-2, axis2=-1)))
    allowed = SYMMETRY_TOLERANCE * scale[..., :, None] * scale[..., None, :]
    wrong = np.abs(matrices - mirrored) > allowed
    advice = "the mirrored entry is another; average both"
    _refuse(name, matrices, wrong, axes, expected="symmetric matrices", advice=advice)
    symmetric = 0.5 * (matrices + mirrored)
    try:
        np.linalg.cholesky(symmetric)
    except np.linalg.LinAlgError:
        least = np.linalg.eigvalsh(symmetric)[..., 0]
        low = np.broadcast_to(least == least.min(), least.shape)
        expected = "positive definite matrices, whose eigenvalues are above 0"
        advice = "add a little to the diagonal, or leave out features that follow from others"
        _refuse(name, least, low, axes[:-2], expected=expected, advice=advice)
    return symmetric


def check_prior(
    name: str, values: ArrayLike, shape: tuple[int, ...], *, least: float = -np.inf
) -> NDArray[np.float64]:
    """A prior: one finite number or an array that broadcasts to a shape, all at least so much."""
    checked = check_finite(name, values)
    try:
        np.broadcast_to(checked, shape)
    except ValueError:
        raise DataError(
            f"{name}: expected one number or shape {shape}, got {checked.shape}; the first axis "
            "has the n_components states",
            page="wrong-hmm",
        ) from None
    wrong = checked < least
    advice = "that is the value of no prior"
    _refuse(name, checked, wrong, (), expected=f"{least:g} or more", advice=advice)
    return checked


def _refuse(
    name: str,
    values: NDArray,
    wrong: NDArray,
    axes: tuple[str, ...],
    *,
    expected: str,
    advice: str,
) -> None:
    """Raise, naming the first entry that is wrong, if any is."""
    if not wrong.any():
        return
    entry = tuple(int(i) for i in np.argwhere(wrong)[0])
    names = axes or tuple(f"axis {n} index" for n in range(len(entry)))
    place = ", ".join(f"{what} {i}" for what, i in zip(names, entry, strict=False))
    place = f" ({place})" if place else ""
    raise DataError(
        f"{name}: expected {expected}, got {values[entry]:.6g}{place}; {advice}", page="wrong-hmm"
    )


def check_scale(
    kind: str, values: ArrayLike, shape: tuple[int, int], *, name: str = "covars_prior"
) -> NDArray[np.float64]:
    """A covariance prior: 0 or more by feature, or matrices (.., D, D) of tied and full ones."""
    checked = check_finite(name, values)
    if kind in ("spherical", "diag") or checked.ndim < 2:
        within = shape if kind in ("spherical", "diag") else shape[1:]
        return check_prior(name, checked, within, least=0.0)
    check_prior(name, checked, covariance_shape(kind, *shape))
    widest = float(np.abs(checked).max()) or 1.0  # all zero is no prior
    ridge = np.finfo(np.float32).eps * widest
    check_matrices(name, checked + ridge * np.eye(shape[1]), ())
    return checked
