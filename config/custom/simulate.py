"""Write vital_signs.csv, simulated data that stand for no patient; run this file to do it anew.

An alarm is raised when SpO2 is 90 % or less, and stays until SpO2 is above 94 %.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SUBJECTS, MINUTES = 60, 30


def alarm_of(spo2: np.ndarray) -> list[str]:
    """Return whether there is an alarm at each minute."""
    raised, said = False, []
    for value in spo2:
        raised = value <= 90 or (raised and value <= 94)
        said.append("alarm" if raised else "quiet")
    return said


def minutes_of(rng: np.random.Generator, subject: int) -> pd.DataFrame:
    """Return the minutes of one subject."""
    steps = rng.normal(size=MINUTES)
    level = np.zeros(MINUTES)
    for minute in range(MINUTES):
        level[minute] = 0.8 * level[minute - 1] + steps[minute] if minute else steps[minute] / 0.6
    spo2 = np.clip(92 + 2.4 * level, 70, 100).round(1)
    pulse = (80 + 4 * rng.normal(size=MINUTES) - 0.5 * level).round().astype(int)
    return pd.DataFrame(
        {
            "subject": subject,
            "minute": np.arange(MINUTES),
            "heart_rate": pulse,
            "spo2": spo2,
            "state": alarm_of(spo2),
        }
    )


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    table = pd.concat([minutes_of(rng, subject) for subject in range(SUBJECTS)])
    table.to_csv(Path(__file__).with_name("vital_signs.csv"), index=False)
