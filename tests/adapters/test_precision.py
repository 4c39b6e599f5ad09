"""Numbers on their way into a network and out of it."""

from __future__ import annotations

import numpy as np
import torch

from markovlens.adapters.precision import suited


def test_inputs_that_may_not_be_written_are_read_without_a_warning():
    values = np.ones((2, 3))
    values.flags.writeable = False
    read = suited(values, torch.zeros(1))
    read += 1
    assert read.dtype == torch.float32
    assert (values == 1).all()
