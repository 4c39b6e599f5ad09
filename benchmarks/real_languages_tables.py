"""The tables of `docs/real_languages.md`, made of the rows of `real_languages.py`."""

import numpy as np
import pandas as pd
from scipy.stats import binomtest
from scipy.stats import t as student

from markovlens.tasks.real_formal import SUFFIX

METHODS = ("merging", "lstar", "overcluster", "lisor_k", "kmeans")
SHOWN = "overcluster"  # the method of the tables of fidelity and steps
NEAR = 0.05  # standard deviations
LASTING = ("parity", "tomita_5", "tomita_6")  # they never forget an error


def described(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with what their task's name says."""
    margin = rows["task"].str.endswith(SUFFIX)
    plain = rows["task"].str.removesuffix(SUFFIX)
    kind = plain.str.partition("_")[0]
    inputs = kind.map({"real": "x > .3", "oblique": "x1 > x2"}) + margin.map(
        {True: ", margin", False: ""}
    )
    language = plain.str.partition("_")[2]
    lasting = language.isin(LASTING).map({True: "never forgets", False: "forgets"})
    return rows.assign(inputs=inputs, language=language, memory=lasting)


def aims(rows: pd.DataFrame) -> dict[str, pd.Series]:
    """Return what was aimed at and, for the networks that it is meant for, whether it was reached.

    It is asked of the machines of `SHOWN`; one that could not be made has not reached it.
    """
    own = rows[rows["method"] == SHOWN]
    margin, lasts = own["inputs"].str.endswith("margin"), own["language"].isin(LASTING)
    oblique = own["inputs"].str.startswith("x1")
    within, without = own[margin], own[~margin & ~lasts]
    lasting, tilted = own[~margin & lasts], own[oblique]
    return {
        "margin: the exact automaton": within["exact"] == 1,
        "margin: fidelity of .99": within["fidelity"] >= 0.99,
        "no margin, forgets: fidelity of .97": without["fidelity"] >= 0.97,
        "no margin, never forgets: steps, upper end, reach what the best threshold has": (
            lasting["steps_high"] >= lasting["steps_best"]
        ),
        "threshold within .05 sd of the true one": own["threshold_error"].abs() <= NEAR,
        "angle within 5 degrees": tilted["angle"].abs() <= 5,
    }


def aims_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return of how many networks each aim was reached, in all and by cell and seed."""
    table = []
    for aim, reached in aims(rows).items():
        named = rows.loc[reached.index]
        row = {"aim": aim, "reached": share(reached)}
        for column in ("cell", "seed"):
            for value, mine in reached.groupby(named[column]):
                name = f"seed {value}" if column == "seed" else value
                row[name] = f"{mine.sum()} of {len(mine)}"
        table.append(row)
    return pd.DataFrame(table)


def misses_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the networks whose codes are not two, or that miss an aim, with what is known."""
    missed: dict[int, list[str]] = {}
    for aim, reached in aims(rows).items():
        for place in reached.index[~reached]:
            missed.setdefault(place, []).append(aim)
    own = rows[(rows["method"] == SHOWN) & (rows["exact"].fillna(0) != 1)]
    for place in own.index:
        missed.setdefault(place, ["(the exact automaton, without a margin)"])
    names = ["task", "cell", "seed", "rules", "threshold_error", "network_error", "from_own"]
    names += ["network_spread", "fidelity", "code_purity"]
    found = rows.loc[sorted(missed), names].copy()
    found.insert(3, "missed", ["; ".join(missed[place]) for place in found.index])
    return found.round(3)


def exact_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return of how many networks each method has the exact automaton; none where a fit failed."""
    table = []
    for inputs, group in rows.groupby("inputs", sort=False):
        counts = {method: share(own["exact"].fillna(0)) for method, own in group.groupby("method")}
        table.append({"inputs": inputs, "networks": len(group) // len(METHODS)} | counts)
    return pd.DataFrame(table)


def fidelity_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how faithful the machines of `SHOWN` are in closed loop."""
    own = rows[rows["method"] == SHOWN]
    return pd.DataFrame(
        {
            "inputs": inputs,
            "language": memory,
            "networks": len(group),
            "fidelity": mean_of(group["fidelity"]),
            "code purity": mean_of(group["code_purity"]),
            "least": f"{group['fidelity'].min():.3f}",
            "network's accuracy": mean_of(group["accuracy"]),
        }
        for (inputs, memory), group in own.groupby(["inputs", "memory"], sort=False)
    )


def boundary_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return how far boundaries are from the true one, standard deviations and degrees."""
    own = rows[rows["method"] == SHOWN]
    table = []
    for inputs, group in own.groupby("inputs", sort=False):
        distances = {
            "machine to true": group["threshold_error"].abs(),
            "machine to network's own": group["from_own"].abs(),
            "network's own to true": group["network_error"].abs(),
        }
        row = {"inputs": inputs, "two codes": share(group["n_codes"] == 2)}
        for name, error in distances.items():
            row[name] = f"{share(error <= NEAR)}, largest {error.max():.3f}"
        angle = group["angle"].abs().max() if "angle" in group else np.nan
        table.append(row | {"largest angle": "" if np.isnan(angle) else f"{angle:.1f}"})
    return pd.DataFrame(table)


def steps_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the steps to the first disagreement beside what the best threshold allows."""
    own = rows[(rows["method"] == SHOWN) & rows["steps"].notna()]
    return pd.DataFrame(
        {
            "inputs": inputs,
            "language": language,
            "cell": cell,
            "networks": len(group),
            "steps": in_steps(group["steps"]),
            "least of a network": in_steps(group["steps_low"]),
            "best threshold": in_steps(group["steps_best"]),
        }
        for (inputs, language, cell), group in own.groupby(["inputs", "language", "cell"])
    )


def share(values: pd.Series) -> str:
    """Return how many there are of how many, with a 95 % Wilson interval."""
    ends = binomtest(int(values.sum()), len(values)).proportion_ci(method="wilson")
    return f"{int(values.sum())} of {len(values)} [{ends.low:.2f}, {ends.high:.2f}]"


def mean_of(values: pd.Series) -> str:
    """Return a mean over networks with its 95 % t interval."""
    half = values.sem() * student.ppf(0.975, len(values) - 1) if len(values) > 1 else 0.0
    return f"{values.mean():.3f} ± {half:.3f}"


def in_steps(values: pd.Series) -> str:
    """Return the median of steps; strings end after `LONG`, so that means may have no bound."""
    return "none in all strings" if np.isinf(values.median()) else f"{values.median():.0f}"


ALL = (aims_table, misses_table, exact_table, fidelity_table, boundary_table, steps_table)
