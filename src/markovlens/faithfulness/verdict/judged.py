"""The machine that a verdict speaks of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from markovlens.abstractions.study import load_study
from markovlens.files.runs import Run
from markovlens.machines.deciding import blocks_told_apart, told_apart
from markovlens.machines.machine import Machine
from markovlens.outputs import Output
from markovlens.sequences import Sequences


def judged_machine(
    run: Run, verdict: Mapping[str, Any] | pd.Series, inputs: Sequences
) -> Machine | None:
    """Return the machine of a verdict, as small as it is counted there; None if there is none.

    One that makes no decisions is as it was fitted.

    Args:
        run: the network.
        verdict: its `method` and `n_states_judged`, as its file or `verdict_table` has them.
        inputs: the test sequences.
    """
    if pd.isna(verdict["n_states_judged"]):
        return None
    kept = load_study(run.study(verdict["method"]))
    return as_counted(kept.machines[int(verdict["n_states_judged"])], inputs)


def as_counted(machine: Machine, inputs: Sequences) -> Machine:
    """Return a machine over the states that a verdict counts: those that strings tell apart.

    One that makes no decisions is as it was fitted.
    """
    return told_apart(machine, inputs) if machine.output == Output.DISTRIBUTION else machine


def counted_as(machine: Machine, inputs: Sequences) -> np.ndarray:
    """Return the number of each state (K,) of a machine among those of `as_counted`.

    States that it never enters, though activations may be decoded as such, and that decide like
    none of these are numbered after them.
    """
    if machine.output == Output.DISTRIBUTION:
        return blocks_told_apart(machine, inputs)
    return np.arange(machine.n_states)
