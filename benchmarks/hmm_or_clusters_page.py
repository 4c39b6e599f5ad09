"""What the rows of `hmm_or_clusters.py` come to: a table of conditions, a page, a figure."""

from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from hmm_or_clusters_figure import draw_conditions

from markovlens.faithfulness.claims.claims import Claim, claims_table, decide, t_interval
from markovlens.faithfulness.claims.hmm_or_clusters import (
    ALIKE,
    BRANCHING,
    CHANCE,
    HMMS,
    LITTLE_NOISE,
    WORDS,
    cluster_claims,
    regions,
)
from markovlens.faithfulness.scores.tally import Bootstrap, Tally
from markovlens.figures.save import save_figure
from markovlens.figures.style import method_name

UNIT = ["task", "seed"]
CELL = ["aliasing", "n_train", "noise", "method"]
SHARES = ("found", "found_lumped", "exact", "exact_lumped")
PACKAGES = ("markovlens", "scikit-learn", "numpy")
PLANTED = "planted"  # in place of a network's name
SEED = 0  # of sign flips


def write_pages(rows: pd.DataFrame, out: Path) -> None:
    """Write `out`.csv, `out`_claims.csv, `out`.svg and `out`.md."""
    rows = counted(rows)
    table, claims = summary(rows), decide(cluster_claims(rows, seed=SEED))
    table.round(4).to_csv(out.with_suffix(".csv"), index=False)
    claims_table(claims).round(4).to_csv(out.with_name(f"{out.stem}_claims.csv"), index=False)
    save_figure(out.with_suffix(".svg"), draw_conditions(table, claims))
    out.with_suffix(".md").write_text("\n".join(page(rows, claims)) + "\n", encoding="utf-8")


def counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with a method that has no machine at chance, having found nothing."""
    values = dict.fromkeys(("value", "value_lumped"), CHANCE) | dict.fromkeys(SHARES, 0.0)
    return rows.assign(model=PLANTED).fillna(values)


def summary(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a condition and method: means over units, the interval for other units."""
    made = []
    for key, cell in rows.groupby(CELL, sort=False):
        score = of_units(cell.groupby(UNIT)["value"].mean().to_numpy())
        numbers = {"value": score.value, "low": score.low, "high": score.high}
        means = cell[["value_lumped", *SHARES, "ceiling"]].mean().to_dict()
        made.append(dict(zip(CELL, key, strict=True)) | {"n_units": len(cell)} | numbers | means)
    return pd.DataFrame(made)


def of_units(values: np.ndarray):
    """Return the mean of a share over units (n,) as a score, with its interval."""
    bootstrap = Bootstrap.draw(len(values), n_resamples=1, rng=np.random.default_rng(SEED))
    return bootstrap.score(Tally(values[:, None], np.ones((len(values), 1))))


def page(rows: pd.DataFrame, claims: list[Claim]) -> Iterator[str]:
    """Yield the lines of the page."""
    units = rows[UNIT].drop_duplicates()
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    yield "# Hidden Markov models or chains over clusters\n"
    yield (
        f"{len(units)} planted machines ({units['seed'].nunique()} seeds of "
        f"{' and '.join(units['task'].unique())}); {versions}. `benchmarks/hmm_or_clusters.py` "
        "says what was planned and makes this page; `hmm_or_clusters.csv` has every condition.\n"
    )
    yield f"## The claim: {claims[0].statement}\n"
    yield _row(["conditions", "k-means less", "effect", "95 % interval", "p", "verdict"])
    yield _row(["---"] * 6)
    for claim in claims:
        _, region, hmm = claim.claim.split(":")
        numbers = [f"{claim.effect:+.3f}", f"{claim.low:+.3f} to {claim.high:+.3f}"]
        yield _row([WORDS[region], HMMS[hmm], *numbers, f"{claim.p:.4f}", claim.verdict])
    yield (
        "\nStudent's interval over machines; p by flipping their signs; verdicts at 5 % for all "
        "rows together (Holm). LUNA judges by what abstract states tell of a language model's "
        "failures, this page by what a machine says when it runs without the network. Gaussian "
        "noise around points, alike for all states, is what these HMMs (tied covariances) assume."
    )
    yield from _at_little_noise(rows)
    yield from _by_region(rows, "Balanced agreement in closed loop, mean over conditions", "value")
    yield from _by_region(rows, "The same after lumping", "value_lumped")
    yield from _by_region(rows, "The true number of states was chosen, share", "found")
    yield from _by_region(rows, "After lumping, share", "found_lumped")
    yield from _by_region(rows, "The true automaton by most likely moves, share", "exact")
    yield from _by_region(rows, "After lumping, share", "exact_lumped")


def _at_little_noise(rows: pd.DataFrame) -> Iterator[str]:
    """Yield what aliasing does by itself: looked at after the claims were decided, and no claim."""
    yield f"\n## k-means less the HMM where noise is at most {LITTLE_NOISE:g} sd\n"
    yield (
        "The last four claims pool all amounts of noise. With little of it (looked at afterwards, "
        "means over machines with 95 % intervals):\n"
    )
    yield _row(["conditions", *HMMS.values()])
    yield _row(["---"] * (1 + len(HMMS)))
    quiet = rows[rows["noise"] <= LITTLE_NOISE]
    for aliasing in (ALIKE, BRANCHING):
        inside = quiet[quiet["aliasing"] == aliasing]
        wide = inside.pivot_table(index=UNIT, columns="method", values="value")
        gaps = [(wide["kmeans"] - wide[hmm]).to_numpy() for hmm in HMMS]
        ends = [t_interval(gap) for gap in gaps]
        means = [f"{gap.mean():+.3f}" for gap in gaps]
        cells = [
            f"{mean} [{end[0]:+.3f}, {end[1]:+.3f}]" for mean, end in zip(means, ends, strict=True)
        ]
        yield _row([WORDS[aliasing], *cells])


def _by_region(rows: pd.DataFrame, title: str, column: str) -> Iterator[str]:
    methods = list(dict.fromkeys(rows["method"]))
    ceiling = ["true machine"] if column.startswith("value") else []
    yield f"\n## {title}\n"
    yield _row(["conditions", *map(method_name, methods), *ceiling])
    yield _row(["---"] * (1 + len(methods) + len(ceiling)))
    for region, inside in regions(rows).items():
        some = rows[inside]
        means = some.groupby("method")[column].mean()
        cells = [means[method] for method in methods] + [some["ceiling"].mean()] * len(ceiling)
        yield _row([WORDS[region], *(f"{cell:.3f}" for cell in cells)])


def _row(cells: list) -> str:
    return f"| {' | '.join(map(str, cells))} |"
