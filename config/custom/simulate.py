"""Write vital_signs.csv, the simulated data of config/custom.yaml; they stand for no patient.

An alarm is raised at the third minute in a row with SpO2 of 90 % or less, and stays until SpO2 is
above 94 %.
"""

from pathlib import Path

import numpy as np
import pandas as pd

SUBJECTS, STAYS, MINUTES = 40, 2, 30


def alarm_of(spo2: np.ndarray) -> list[str]:
    """Return whether there is an alarm at each minute of a stay."""
    low, raised, said = 0, False, []
    for value in spo2:
        low = low + 1 if value <= 90 else 0
        raised = low >= 3 or (raised and value <= 94)
        said.append("alarm" if raised else "quiet")
    return said


def stay(rng: np.random.Generator, subject: int, number: int) -> pd.DataFrame:
    """Return one stay of one subject."""
    steps = rng.normal(size=MINUTES)
    level = np.zeros(MINUTES)
    for minute in range(MINUTES):
        level[minute] = 0.8 * level[minute - 1] + steps[minute] if minute else steps[minute] / 0.6
    spo2 = np.clip(92 + 2.4 * level, 70, 100).round(1)
    pulse = (80 + 4 * rng.normal(size=MINUTES) - 0.5 * level).round()
    return pd.DataFrame(
        {
            "subject": subject,
            "stay": f"{subject:02}-{number}",
            "minute": np.arange(MINUTES),
            "heart_rate": pulse,
            "spo2": spo2,
            "state": alarm_of(spo2),
        }
    )


if __name__ == "__main__":
    rng = np.random.default_rng(0)
    stays = [stay(rng, s, n) for s in range(SUBJECTS) for n in range(STAYS)]
    pd.concat(stays).to_csv(Path(__file__).with_name("vital_signs.csv"), index=False)
