"""How a network is run when it is recorded."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from torch import nn

from markovlens.activations.outputs import Link
from markovlens.adapters.stepping import Forward
from markovlens.arguments import (
    check_known,
    check_takes,
    check_truth,
    check_whole,
    with_known_settings,
)
from markovlens.arrays import check_names
from markovlens.recurrence.layers import StateKind


@with_known_settings
@dataclass(frozen=True, slots=True)
class Reading:
    """How a network is run and what its trace is called.

    Attributes:
        symbols, classes: names for the trace; numbers when None. Then there are as many symbols as
            the model's `nn.Embedding` has rows, if it has exactly one, and otherwise as many as the
            data show: give `symbols` if such a model is recorded on several splits one by one, or
            their traces may have different alphabets.
        forward: how to call the model on a batch of symbols (B, T). It returns the output
            (B, T, C), or (B, C) or (B, 1, C) for an output at the last step only, or a tuple that
            starts with it, or a mapping that has it as `logits`, or None. Axes in another order are
            found out from their sizes, never guessed: where two orders fit, a small batch of other
            sizes is run.
        link: `softmax` where the output is logits, `sigmoid` where it is a single logit, that of
            the second of two classes, or the logits of several labels, None where it is
            probabilities already; `identity` where it is values (regression, forecast), `rank`
            where it is one risk, of which only the order counts. `classes`, which the workflow
            gives, is `sigmoid` of one column and `softmax` of more.
        batch_size: sequences at a time; one where dynamic quantisation lets them affect each other.
        state: `all` of a layer's state, or `h` without the cell state of an LSTM; see `record`.
        steps_before, steps_after: steps that the network itself puts in front of each sequence (a
            start token, a warm-up) and behind it; their states and outputs are left out.
        verify: whether a few sequences are run again, alone and with a symbol changed, to see that
            rows and steps are where they belong.
        seed: of torch's random numbers while the network runs, if it draws any.
    """

    symbols: Sequence[str] | None = None
    classes: Sequence[str] | None = None
    forward: Forward = nn.Module.__call__
    link: Link = "softmax"
    batch_size: int = 256
    state: StateKind = "all"
    steps_before: int = 0
    steps_after: int = 0
    verify: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_whole("batch_size", self.batch_size, least=1)
        for name in ("steps_before", "steps_after"):
            check_whole(name, getattr(self, name), least=0)
        check_whole("seed", self.seed, least=0)
        check_truth("verify", self.verify)
        check_takes("forward", self.forward, 2, "the network and a batch of its inputs")

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Reading:
        """Return the settings by name; raises `ConfigError` for a name that is none."""
        check_known("record", settings, _names(cls))
        classes = settings.get("classes")
        named = {} if classes is None else {"classes": check_names("classes", classes)}
        return cls(**{**settings, **named})


def check_settings(function: Callable[..., Any], reading: Mapping[str, Any]) -> None:
    """Raise `ConfigError` for a setting that neither a function has nor `Reading`.

    Args:
        function: what was called; it takes the fields of `Reading` beside its own settings.
        reading: what it was given beside its own.
    """
    given = inspect.signature(function).parameters.values()
    own = [each.name for each in given if each.kind is each.KEYWORD_ONLY]
    check_known(function.__name__, reading, list(dict.fromkeys([*own, *_names(Reading)])))


def _names(settings: type[Reading]) -> list[str]:
    return [field.name for field in fields(settings)]
