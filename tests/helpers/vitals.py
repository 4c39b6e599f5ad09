"""Vital signs of a few subjects as files of every format, and the task that they make."""

import numpy as np
import pandas as pd
import pytest

from markovlens.tasks import make_task

N_SUBJECTS, STEPS = 12, 5


def vitals() -> pd.DataFrame:
    """Return twelve subjects of two stays each, rows of vital signs, an alarm at the last step."""
    rng = np.random.default_rng(0)
    stay = np.repeat(np.arange(2 * N_SUBJECTS), STEPS)
    minute = np.tile(np.arange(STEPS) * 10, 2 * N_SUBJECTS)
    pulse = rng.normal(80, 10, len(stay)).round(1)
    table = pd.DataFrame(
        {
            "stay": [f"s{number:02}" for number in stay],
            "minute": minute,
            "pulse": pulse,
            "drug": rng.choice(["none", "A"], len(stay)),
            "age": 40.0 + stay // 2,
            "subject": stay // 2,
            "alarm": np.where(pulse > 80, "yes", "no"),
        }
    )
    table.loc[table["minute"] < 40, "alarm"] = None
    return table


SECTION = {
    "sequence": "stay",
    "step": "minute",
    "inputs": ["pulse", "drug", "age"],
    "target": "alarm",
    "group": "subject",
    "split": {"by": "group"},
    "units": {"pulse": "/min", "age": "years"},
    "static": ["age"],
}


def written(table, path):
    """Write a table in the format that its path's ending says."""
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        columns = {name: column.to_numpy() for name, column in table.items()}
        texts = {name for name, column in columns.items() if column.dtype.kind == "O"}
        columns |= {name: columns[name].astype(str) for name in texts}
        if path.suffix == ".npz":
            np.savez(path, **columns)
        else:
            h5py = pytest.importorskip("h5py", reason="h5py reads HDF5")
            with h5py.File(path, "w") as file:
                for name, column in columns.items():
                    file[name] = column.astype("S") if name in texts else column
    return path


def made(path, seed=0, **change):
    section = {**SECTION, "data": str(path), **change}
    return make_task("custom_vitals", sizes=section, seed=seed)


def changed(column, row, value):
    """Return a change of one cell."""

    def change(table):
        table = table.astype({column: object})
        table.loc[row, column] = value
        return table

    return change


def rewritten(path, change):
    """Change the text of a file."""
    path.write_text(change(path.read_text()))
