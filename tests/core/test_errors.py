import numpy as np
import pytest

from markovlens.errors import reason_of


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ValueError("singular\nand much more"), "singular"),
        (np.linalg.LinAlgError("no root"), "no root"),
        (ValueError(), "ValueError"),
    ],
)
def test_the_reason_is_the_first_line_or_else_the_kind(error, reason):
    assert reason_of(error) == reason


def test_an_error_of_linear_algebra_is_one_of_values():
    """Seen in numpy 2.0.0 and 2.4.6; fits that fail are caught as `ValueError`."""
    assert issubclass(np.linalg.LinAlgError, ValueError)
