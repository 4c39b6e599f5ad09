"""A monitor beside a live network: the machine's state, what it says, and evidence of a change.

`monitor = ml.Monitor.calibrated(machine, heldout, network, alpha=0.01)`, then `monitor.step(read)`
for each step and `monitor.end()` after each sequence.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from markovlens.arguments import check_chance, check_kind, check_seed, with_known_settings
from markovlens.codebooks.gate import Row
from markovlens.errors import DataError
from markovlens.keyed import Listing, with_keys
from markovlens.listed import Listed
from markovlens.machines.machine import Machine
from markovlens.machines.words import sequences_for
from markovlens.places import MACHINE, NETWORK, SEQUENCES, TRACE, check_places
from markovlens.reliance.watching.calibration import Calibration, calibrate
from markovlens.reliance.watching.kept import check_kept
from markovlens.reliance.watching.live import Live, asked
from markovlens.reliance.watching.reading import Reader, check_answer
from markovlens.reliance.watching.testing import Alarm, Evidence
from markovlens.trace import Trace

ALPHA = 0.05


@with_keys(evidence="tests", alarms="alarms")
@dataclass(frozen=True, slots=True)
class Seen:
    """One step of a network that is watched.

    Attributes:
        sequence, step: which one, from 0.
        state: the machine's state after it, the likeliest of a belief.
        belief: (K,), of a machine that carries one; else None.
        said: (C,), the machine's answer.
        answer: (C,), the network's; None where there is none.
        disagrees: whether they say different things; None without an answer.
        evidence: what 1 has become that was bet against "nothing has changed", by test.
        alarms: the alarms so far, each once.
    """

    sequence: int
    step: int
    state: int
    belief: np.ndarray | None
    said: np.ndarray
    answer: np.ndarray | None
    disagrees: bool | None
    evidence: Mapping[str, float]
    alarms: tuple[Alarm, ...]


@with_known_settings
class Monitor:
    """A machine that runs beside a live network and says when things are no longer as recorded.

    Four tests, each a test martingale over sequences (see `betting`): of the `network`, whose
    answers lie further from the machine's than is usual in these states; of `inputs` that surprise
    the machine more, or less, than usual; of a `stuck` sensor, the longest run of one value; and of
    the `length` of sequences. While sequences are exchangeable with those of the calibration, the
    chance that any of them ever raises an alarm, in an endless stream and looked at after every
    step, is at most `alpha`. The steps within a sequence may depend on each other as they like.

    Attributes:
        machine, calibration, alpha: as they were given.
    """

    def __init__(
        self,
        machine: Machine,
        network: Any = None,
        *,
        calibration: Calibration,
        alpha: float = ALPHA,
        seed: int = 0,
    ) -> None:
        """Begin before the first sequence.

        Args:
            machine: the machine.
            network: asked at each step: an `Oracle` or a network that one can be made of. Without
                one its answers may be given to `step`.
            calibration: what is usual, of `calibrate`.
            alpha: the chance of ever raising a false alarm, of all tests together.
            seed: by which ties between scores are broken.

        Raises:
            ConfigError: an alpha that is no chance between 0 and 1.
            DataError: a network that cannot be asked, or a calibration that knows no answers of it.
        """
        check_kind("machine", machine, Machine, advice="`explained.machine` is one")
        check_kind("calibration", calibration, Calibration, advice="use `Monitor.calibrated`")
        check_seed(seed)
        check_chance("alpha", alpha, "0.05")
        if len(calibration.surprise.nats) != machine.n_states + 1:
            raise DataError(
                "calibration: of another machine; make one with `Monitor.calibrated`",
                page="another-network",
            )
        if network is not None and calibration.comparison is None:
            raise DataError(
                "expected a calibration with the network's answers; give a trace, or the network "
                "with the sequences, to `Monitor.calibrated`",
                page="no-answers",
            )
        self.machine, self.calibration, self.alpha = machine, calibration, alpha
        self._reader = Reader(machine, calibration.comparison)
        self._live = None if network is None else Live(asked(network, machine), machine)
        self._evidence = Evidence(calibration, alpha, seed)
        self._tally = calibration.tally()
        self._step = 0
        self._settings = (alpha, seed, network is not None)

    @classmethod
    def calibrated(
        cls,
        machine: Machine,
        heldout: Trace | Listed,
        network: Any = None,
        *,
        alpha: float = ALPHA,
        seed: int = 0,
    ) -> Monitor:
        """Return a monitor that knows what is usual from held-out sequences.

        Args:
            machine: the machine.
            heldout: sequences on which neither network nor machine was made, such as will come, at
                least 40: a recorded trace, or inputs as `explain` takes them, to which the network
                is then asked.
            network: the live network, an `Oracle` or what one can be made of; None to give its
                answers to `step`, or to watch inputs alone.
            alpha: the chance of ever raising a false alarm.
            seed: of what is drawn.

        Raises:
            DataError: too few sequences, or such as the machine does not read.
        """
        check_places(
            "Monitor.calibrated(machine, heldout, network)",
            machine=(machine, (MACHINE,)),
            heldout=(heldout, (SEQUENCES, TRACE)),
            network=(network, (NETWORK,)),
        )
        check_kind("machine", machine, Machine, advice="`explained.machine` is one")
        check_seed(seed)
        recorded = isinstance(heldout, Trace)
        inputs = (
            heldout.sequences
            if isinstance(heldout, Trace)
            else sequences_for(machine, heldout, name="heldout")
        )
        oracle = None if network is None else asked(network, machine, inputs)
        outputs = heldout.outputs if isinstance(heldout, Trace) else None
        if not recorded and oracle is not None:
            outputs = oracle.outputs(inputs)
        if outputs is not None and outputs.shape[1] != len(machine.classes):
            raise DataError(
                f"expected the {len(machine.classes)} answers of the machine, got "
                f"{outputs.shape[1]} columns of the network's; take a machine of this network",
                page="another-network",
            )
        calibration = calibrate(machine, inputs, outputs, seed=seed)
        return cls(machine, oracle, calibration=calibration, alpha=alpha, seed=seed)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """The alarms so far, each test's first."""
        return Listing(self._evidence.alarms, "alarms")

    @property
    def threshold(self) -> float:
        """The evidence at which a test raises an alarm: the number of tests over alpha."""
        return self._evidence.threshold

    def step(self, read: Row | int | str, output: Any = None) -> Seen:
        """Take one step more of the running sequence.

        Args:
            read: what the network reads, as `Runner.step` takes it: a symbol's code or name, or a
                row.
            output: (C,), the network's answer, NaN where it gives none; not given where the
                monitor asks the network itself.

        Raises:
            DataError: what is read is nothing the machine reads, or the answer is none; the
                sequence then stands where it was.
        """
        if output is not None and self._live is not None:
            raise DataError(
                "output: expected none, since the monitor asks the network itself",
                page="wrong-kind",
            )
        if output is not None and self.calibration.comparison is None:
            raise DataError(
                "output: expected none, since the calibration knows no answers; give a trace with "
                "outputs to `Monitor.calibrated`",
                page="no-answers",
            )
        given = None if output is None else check_answer(output, self.machine)
        ask = (lambda _: given) if self._live is None else self._live.answer
        step, said, answer = self._reader.step(read, ask)
        self._step += 1
        evidence = self._evidence.look(self._tally.add(step), self._step - 1)
        return Seen(
            sequence=self._evidence.n_sequences,
            step=self._step - 1,
            state=step.state,
            belief=self._reader.runner.belief,
            said=said,
            answer=answer,
            disagrees=None if answer is None else self._reader.disagrees(said, answer),
            evidence=evidence,
            alarms=self.alarms,
        )

    def end(self) -> None:
        """End the running sequence, if one was begun; the next step begins another."""
        if not self._step:
            return
        self._evidence.end()
        self._begin()

    def _begin(self) -> None:
        self._reader.runner.reset()
        self._tally = self.calibration.tally()
        self._step = 0
        if self._live is not None:
            self._live.reset()

    @property
    def plain(self) -> dict[str, Any]:
        """Where it stands now, as values that JSON has, also in the middle of a sequence."""
        network = None if self._live is None else self._live.state
        return {
            "of": self._fingerprint,
            "step": self._step,
            "runner": self._reader.runner.place(),
            "tally": self._tally.plain(),
            "network": None if network is None else network.tolist(),
            "evidence": self._evidence.plain(),
        }

    def go_on(self, plain: Mapping[str, Any]) -> None:
        """Take over where another monitor stood, as its `plain` said.

        Raises:
            DataError: it was one of another machine, calibration, alpha or seed, or parts of it are
                missing or damaged; this monitor then stands where it stood.
        """
        if not isinstance(plain, Mapping) or plain.get("of") != self._fingerprint:
            raise DataError(
                "expected what `plain` said of a monitor of the same machine, calibration, alpha "
                "and seed; make this one as that one was made",
                page="another-network",
            )
        before = self.plain
        try:
            check_kept(plain, before, self.machine.n_states)
            self._take_over(plain)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            self._take_over(before)
            raise DataError(
                f"expected what `plain` said of a monitor, whole and unchanged, got {error}; take "
                "a copy that is not damaged, or begin anew",
                page="damaged-file",
            ) from error

    def _take_over(self, plain: Mapping[str, Any]) -> None:
        self._begin()
        self._step = plain["step"]
        self._reader.runner.go_on(plain["runner"])
        self._tally.go_on(plain["tally"])
        self._evidence.go_on(plain["evidence"])
        if self._live is not None and plain["network"] is not None:
            self._live.state = np.array(plain["network"], dtype=np.float32)

    @property
    def _fingerprint(self) -> str:
        """What tells monitors apart that must not be mixed up."""
        made = (repr(self.calibration), self.machine.transition.tobytes(), self._settings)
        return hashlib.sha256(repr(made).encode()).hexdigest()
