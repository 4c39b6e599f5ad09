import numpy as np
import pytest

from markovlens.machines.minimisation import equivalent
from markovlens.tasks import make_task
from markovlens.tasks.protocols import BEGIN, without_begin

SIZES = {"n_train": 200, "n_valid": 100, "n_test": 150, "length_train": 10, "length_test": 20}


@pytest.mark.parametrize("number", range(1, 8))
def test_merrill_strings_begin_and_are_labelled_as_tomitas(number):
    task = make_task(f"merrill_{number}", sizes=SIZES, seed=0)
    plain = make_task(f"tomita_{number}", sizes=SIZES, seed=0).machine
    begin = task.symbols.index(BEGIN)
    for split in task.splits.values():
        first = split.inputs.values[split.inputs.starts]
        assert (first == begin).all()
        assert (split.inputs.values == begin).sum() == len(split.inputs)
        answers = task.machine.predict(split.inputs).argmax(axis=1)
        np.testing.assert_array_equal(answers, split.targets)
    lengths = task.splits["test"].inputs.lengths - 1
    assert lengths.min() == 0
    assert lengths.max() == 20
    assert equivalent(without_begin(task.machine), plain) is None
