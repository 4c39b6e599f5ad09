"""What became of the states of a machine while its network was trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from markovlens.arguments import check_kind
from markovlens.figures.save import drawn
from markovlens.formation.alignment import Alignment
from markovlens.keyed import Keyed, with_keys
from markovlens.machines.machine import Machine

if TYPE_CHECKING:
    from matplotlib.figure import Figure


COLUMNS = [
    "step", "loss", "n_states", "n_merged", "agreement", "births", "splits", "merges", "deaths",
    "kept", "kept_shuffled", "resampled",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Written:
    """What is said of a network that noise drives, at one moment.

    Attributes:
        together: share (0..1) of the runs that no longer depend on where they began.
        machine_error: total variation, 0 to 1, between the pairs of symbols that the machine writes
            in the long run and those that the network wrote on the runs by which the machine's
            number of states was chosen.
        pair_error: the same between those that the network wrote and those of its source, exactly;
            None without a source.
        pair_error_floor: that of as many sequences of the source itself.
        source_states: the source's own.
    """

    together: float
    machine_error: float
    pair_error: float | None
    pair_error_floor: float | None
    source_states: int | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A network at one moment of its training.

    Attributes:
        step: of training, or the place among the checkpoints.
        machine: the smallest deterministic machine of it; of a network that noise drives, the
            smallest that foretells its next symbol.
        again: the same made of other sequences (noise), None where that is not asked for.
        n_merged: classes of prefixes that state merging leaves before they are minimised; None of
            a network that decides nothing.
        agreement: share (0..1) of its decisions that the machine makes on the half of the
            sequences by which its number of states was chosen, not one that nothing rests on; None
            of a network that noise drives.
        loss: of training, None where nobody says.
        written: of a network that noise drives; None of one that reads.
    """

    step: int
    machine: Machine
    again: Machine | None
    n_merged: int | None
    agreement: float | None
    loss: float | None = None
    written: Written | None = None


@with_keys(seen="moments", alignments="alignments", resampled="alignments", failures="failed steps")
@dataclass(frozen=True, slots=True, repr=False)
class Formation:
    """Machines along a training, and which of their states are the same.

    Attributes:
        seen: the moments, from the first to the last.
        alignments: of each moment with the next, one less.
        resampled: of each moment's machine with that of other sequences, the same network: what
            the choice of sequences alone does. Empty where that is not asked for.
        failures: the steps at which there is no machine, and why.
    """

    seen: tuple[Seen, ...]
    alignments: tuple[Alignment, ...]
    resampled: tuple[Alignment, ...] = ()
    failures: dict[int, str] = field(default_factory=dict)

    @property
    def machines(self) -> dict[int, Machine]:
        """The machine of each step."""
        found = {one.step: one.machine for one in self.seen}
        return Keyed(found, "steps", self.failures)

    @property
    def lineages(self) -> list[np.ndarray]:
        """For each moment the lineage (K,) of each state: the same number, the same state."""
        return lineages(self.alignments, [one.machine.n_states for one in self.seen])

    def frame(self) -> pd.DataFrame:
        """Return one row a moment: the machine, and what happened since the moment before.

        `kept` is the share of the steps whose two states are linked, `kept_shuffled` the same with
        the steps of one machine dealt anew, `resampled` the events between two machines of the
        same network made of different sequences (noise). Networks that noise drives have the
        fields of `Written` as well.
        """
        rng = np.random.default_rng(0)  # of the floor, which is of steps dealt anew
        rows: list[dict[str, Any]] = [
            {
                "step": one.step,
                "loss": one.loss,
                "n_states": one.machine.n_states,
                "n_merged": one.n_merged,
                "agreement": one.agreement,
            }
            | ({} if one.written is None else asdict(one.written))
            for one in self.seen
        ]
        for row, alignment in zip(rows[1:], self.alignments, strict=True):
            events = alignment.events
            row |= {name: getattr(events, name) for name in events.__slots__}
            row |= {"kept": alignment.kept, "kept_shuffled": alignment.shuffled(rng).kept}
        for row, alignment in zip(rows, self.resampled, strict=False):  # none without a control
            row["resampled"] = alignment.events.total
        writes = any(one.written for one in self.seen)
        return pd.DataFrame(rows, columns=[*COLUMNS, *(Written.__slots__ if writes else ())])

    def draw(self, path: str | Path | None = None, *, name: str = "") -> Figure:
        """Return a figure of the states as ribbons along training, under the loss.

        Args:
            path: where to write it as well; ends in .svg or .png.
            name: of the network, for the foot line.

        Raises:
            ConfigError: another ending of `path`.
            DataError: `path` is no path, or `name` no text.
        """
        from markovlens.formation.drawing import draw_formation

        check_kind("name", name, str, advice="give text, or leave it out")
        return drawn(partial(draw_formation, self, name=name), path)

    def __repr__(self) -> str:
        """Return the numbers of states along training, and all that happened to them."""
        sizes = ", ".join(f"{one.step}: {one.machine.n_states}" for one in self.seen)
        events = [alignment.events for alignment in self.alignments]
        said = ", ".join(
            f"{sum(getattr(each, name) for each in events)} {name}"
            for name in ("births", "splits", "merges", "deaths")
        )
        failed = "".join(f"\n  step {step} failed: {why}" for step, why in self.failures.items())
        return f"Formation: states by step {sizes}; {said}{failed}"


def lineages(alignments: Sequence[Alignment], sizes: Sequence[int]) -> list[np.ndarray]:
    """Return the lineage (K,) of each state of each machine.

    A state goes on in the linked one with which it shares most steps, if it is that one's largest
    as well; all others begin a lineage of their own.
    """
    found = [np.arange(sizes[0])]
    following = sizes[0]
    for alignment, size in zip(alignments, sizes[1:], strict=True):
        shared = np.where(alignment.links, alignment.shared, 0)
        mine = np.empty(size, dtype=np.int64)
        for state in range(size):
            parent = int(shared[:, state].argmax())
            goes_on = shared[parent, state] > 0 and int(shared[parent].argmax()) == state
            mine[state] = found[-1][parent] if goes_on else following
            following += not goes_on
        found.append(mine)
    return found
