"""Write outputs.csv, the simulated data of config/outputs.yaml; they stand for no patient.

Oxygen is given by a rule with a memory: 4 l/min once SpO2 is 90 % or less, 8 l/min once it is 87 %
or less, and none again once it is above 94 %. The pulse is fast from above 85 /min until below 80.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from simulate import minutes_of

SUBJECTS = 60


def flow_of(spo2: np.ndarray) -> list[int]:
    """Return the oxygen, l/min, that is given at each minute."""
    flow, given = 0, []
    for value in spo2:
        wanted = 8 if value <= 87 else 4 if value <= 90 else 0
        flow = 0 if value > 94 else max(flow, wanted)
        given.append(flow)
    return given


def fast_of(pulse: np.ndarray) -> list[int]:
    """Return at each minute whether the pulse is fast."""
    fast, said = False, []
    for value in pulse:
        fast = value > 85 or (fast and value >= 80)
        said.append(int(fast))
    return said


def left_of(flow: pd.Series) -> pd.DataFrame:
    """Return minutes until oxygen is given, and whether it was; nothing while it is given."""
    minutes = np.arange(len(flow))
    begins = np.where(flow > 0, minutes, np.inf)
    following = np.minimum.accumulate(begins[::-1])[::-1]
    seen = np.isfinite(following)
    left = np.where(seen, following, len(flow)) - minutes
    waits = flow.to_numpy() == 0
    return pd.DataFrame(
        {
            "minutes_left": pd.Series(left.astype(int), dtype="Int64").where(waits),
            "given": pd.Series(seen.astype(int), dtype="Int64").where(waits),
        }
    )


def subject_of(rng: np.random.Generator, subject: int) -> pd.DataFrame:
    """Return the minutes of one subject with all that can be asked of them."""
    table = minutes_of(rng, subject).drop(columns="state")
    table["oxygen"] = flow_of(table["spo2"])
    table["low"] = (table["oxygen"] > 0).astype(int)
    table["fast"] = fast_of(table["heart_rate"])
    return table.join(left_of(table["oxygen"]))


if __name__ == "__main__":
    rng = np.random.default_rng(1)
    table = pd.concat([subject_of(rng, subject) for subject in range(SUBJECTS)])
    table.to_csv(Path(__file__).with_name("outputs.csv"), index=False)
