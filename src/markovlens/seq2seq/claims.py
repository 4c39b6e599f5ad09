"""The claims of Su & Shlizerman (2020), measured on our own encoder-decoders."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from markovlens.faithfulness.claims.claims import Claim, measured
from markovlens.faithfulness.claims.ranges import SMALL
from markovlens.seq2seq.optimality import beyond_time, rank_correlation

ENERGY = "modes_90"
AUTHORS_MEASURES = ("pointwise", "centroid")
CELL = ["task", "model", "seed"]


def seq2seq_claims(
    modes: pd.DataFrame,
    progress: pd.DataFrame,
    clusters: pd.DataFrame,
    swaps: pd.DataFrame,
    *,
    seed: int,
) -> list[Claim]:
    """Return the claims, undecided as yet: `claims.decide` takes all claims of the table together.

    Clusters are a task and a seed; networks below their gate are left out by the caller.

    Args:
        modes: rows of `modes_rows` with task, model, seed.
        progress: rows of `progress_row` with task, model, seed.
        clusters: rows of `cluster_table` with task, model, seed.
        swaps: rows of `swap_rows` and `return_row` with task, model, seed.
        seed: of the sign flips.
    """
    rng = np.random.default_rng(seed)
    return [
        measured(name, statement, measure, found, rng, system="S3")
        for name, statement, measure, found in [
            *_dimensions(modes, progress),
            *_clusters(clusters, progress),
            *_roles(swaps),
            *_optimality(progress),
        ]
    ]


Finding = tuple[str, str, str, pd.DataFrame]  # name, statement, measure, rows with `difference`


def _dimensions(modes: pd.DataFrame, progress: pd.DataFrame) -> Iterator[Finding]:
    statement = "A small share of the hidden dimensions carries the dynamics"
    joint = modes[modes["part"] == "joint"]
    yield (
        "few_dimensions",
        statement,
        f"{SMALL} less the share of units that as many modes are as hold 90 % of the variance of "
        "encoder and decoder states",
        joint.assign(difference=SMALL - joint[ENERGY] / joint["n_units"]),
    )
    ends = progress.sort_values("step").groupby(CELL)["joint_participation"].agg(["first", "last"])
    yield (
        "training_makes_few_dimensions",
        "It is training that leaves only few of them",
        "participation ratio (modes in use) at the first checkpoint less that at the last, as a "
        "share of the first",
        ends.assign(difference=1 - ends["last"] / ends["first"]).reset_index(),
    )


def _clusters(clusters: pd.DataFrame, progress: pd.DataFrame) -> Iterator[Finding]:
    steps = clusters[(clusters["unit"] == "step") & (clusters["score"] == "ari")]
    for method, words in (("kmeans", "k-means"), ("single_linkage", "single linkage, cosine")):
        rows = steps[(steps["method"] == method) & (steps["space"] == "states")]
        yield (
            f"clusters_are_types:{method}",
            "The decoder's states form clusters, one for each type of sequence",
            f"adjusted Rand index of clusters of decoder steps ({words}) with the classes, less "
            "its mean when classes are dealt anew to windows",
            rows.assign(difference=rows["value"] - rows["control"]).dropna(subset="difference"),
        )
    last = progress.sort_values("step").groupby(CELL, as_index=False).last()
    yield (
        "clusters_are_well_separated",
        "The clusters of types are well separated",
        "mean silhouette of decoder steps by class, after training",
        last.assign(difference=last["silhouette"]),
    )


def _roles(swaps: pd.DataFrame) -> Iterator[Finding]:
    swaps = swaps[swaps["of"] == "states"]
    wide = swaps.assign(what=swaps["condition"] + ":" + swaps["score"]).pivot_table(
        index=CELL, columns="what", values="value"
    )
    wanted = (
        "other_class:class_of_donor", "other_class:leaves_class", "same_class:leaves_class",
        "none:leaves_class", "input_only:class_of_donor", "displaced:return_ratio",
    )  # fmt: skip
    wide = wide.reindex(columns=list(wanted)).reset_index()
    donor = wide["other_class:class_of_donor"]
    # Nearest neighbours name the class, and err alike in both: the score must be the same one.
    control = wide["same_class:leaves_class"].fillna(wide["none:leaves_class"])
    yield (
        "encoder_initialises",
        "The encoder's end decides which dynamics the decoder runs",
        "share of late decoder states that leave the window's class when the decoder starts from "
        "the end of another class, less the share when it starts from another end of its own",
        wide.assign(difference=wide["other_class:leaves_class"] - control).dropna(
            subset="difference"
        ),
    )
    yield (
        "encoder_and_not_the_input",
        "It is the encoder's end and not the decoder's first input that decides",
        "share of late decoder states of the donor's class when only the start is the donor's, "
        "less the share when only the first input is",
        wide.assign(difference=donor - wide["input_only:class_of_donor"]).dropna(
            subset="difference"
        ),
    )
    yield (
        "decoder_attracts",
        "The decoder's trajectory is an attractor",
        "1 less the share of a displacement's distance from the trajectory that is left at the "
        "decoder's end",
        wide.assign(difference=1 - wide["displaced:return_ratio"]).dropna(subset="difference"),
    )


def _optimality(progress: pd.DataFrame) -> Iterator[Finding]:
    for measure in AUTHORS_MEASURES:
        rows = []
        for key, run in progress.sort_values("step").groupby(CELL):
            values, losses = run[measure].to_numpy(float), run["test_loss"].to_numpy(float)
            plain = rank_correlation(values, losses)
            timed = beyond_time(values, losses, run["step"].to_numpy(float))
            rows.append(dict(zip(CELL, key, strict=True)) | {"plain": -plain, "timed": -timed})
        found = pd.DataFrame(rows, columns=[*CELL, "plain", "timed"])
        for kind, name, words in (
            ("plain", "", "rank correlation, sign turned, of the test loss with"),
            ("timed", ":beyond_time", "the same given the training step:"),
        ):
            yield (
                f"separability_tracks_optimality:{measure}{name}",
                "The better the classes are separated, the better the network is trained",
                f"{words} the {measure} distance of decoder states of different classes, over "
                "checkpoints",
                found.assign(difference=found[kind]).dropna(subset="difference"),
            )
