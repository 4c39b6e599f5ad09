"""What is said of a property, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan
from typing import TYPE_CHECKING

from markovlens.channels import Channel
from markovlens.machines.machine import BELIEF
from markovlens.outputs import Output
from markovlens.reliance.properties.inputs import ENDS
from markovlens.reliance.properties.patterns import bounded_above
from markovlens.reliance.properties.replaying import UNSHOWN, Replay
from markovlens.reliance.properties.witness import Word, spelt
from markovlens.sequences import Sequences
from markovlens.spelling import count, significant

if TYPE_CHECKING:
    from markovlens.reliance.properties.checked import Checked

MOST_SHOWN = 3  # words
MOST_ROWS = 6  # of a word


def lines_of(checked: Checked) -> Iterator[str]:
    """Yield the finding, the words that show it, what the network did, and on which words."""
    from markovlens.reliance.properties.checked import Finding

    said, chance = str(checked.finding), _chance(checked)
    asked = checked.finding == Finding.VALUE
    alone = checked.finding in (Finding.HOLDS, Finding.VIOLATED)
    shown = [chance] if asked else [said, chance if alone else ""]
    yield f"{checked.stated}: {', '.join(filter(None, shown))}"
    if chance and not (asked or alone):
        yield f"  {Finding.HOLDS if checked.on_machine else Finding.VIOLATED}, {chance}"
    if checked.replay is None or checked.replay.counterexample is None:
        yield from _of_machine(checked)
    if checked.replay is not None:
        yield from _of_network(checked, checked.replay)
    for found in checked.measured if checked.stated.asks else ():
        yield f"  the network: {found}"
    if checked.kept is not None:
        yield f"  the network keeps it on {checked.kept}"
    drawn = "; the machine carries a belief, and was checked as drawing a state at each step"
    yield f"  on {_which(checked)}{drawn if checked.machine.carries == BELIEF else ''}"


def _which(checked: Checked) -> str:
    """Return the words that are meant, in words; a probability is one of words that go on."""
    if not checked.stated.asks:
        return checked.inputs.said
    if checked.inputs.weight is not None:
        return f"{checked.inputs.said}, ended as often: lengths vary more than theirs"
    marked = (checked.inputs.follows == ENDS).any()
    return f"words of any symbols that never end{' but by an end mark' if marked else ''}"


def _chance(checked: Checked) -> str:
    """Return the probability, and of what: of a pattern it is that of a breach."""
    if checked.probability is None:
        return ""
    least, most = checked.probability
    of = "" if checked.stated.text.startswith("probability") else " of a breach"
    return f"probability{of} {f'{most:.6g}' if least == most else f'{least:.6g} to {most:.6g}'}"


def _of_machine(checked: Checked) -> Iterator[str]:
    """Yield the words by which the machine breaches it."""
    words, machine = checked.words, checked.machine
    for word in words[:MOST_SHOWN]:
        yield f"  {spelt(word.symbols, machine)} ({_about(word, checked)})"
    if len(words) > 1:
        rest = len(words) - MOST_SHOWN
        more = f", {rest} of them not shown," if rest > 0 else ""
        total = sum(word.part for word in words)
        by = ", each symbol chosen by the state" if checked.inputs.weight is None else ""
        yield (
            f"  the {len(words)} likeliest words{more} have a probability of {total:.3g} "
            f"together{by}"
        )
    if not words and checked.on_machine is False and bounded_above(checked.stated):
        yield f"  {UNSHOWN}"


def _about(word: Word, checked: Checked) -> str:
    path = " ".join(map(str, word.states))
    likely = "" if checked.inputs.weight is None else f", probability {word.probability:.3g}"
    unseen = "" if word.seen else "; some move was never seen when the machine was built"
    return f"states {path}{likely}{unseen}"


def _of_network(checked: Checked, replay: Replay) -> Iterator[str]:
    machine = checked.machine
    if replay.counterexample is not None:
        length = len(replay.counterexample)
        longer = replay.shrunk_from > length
        short = f", shrunk from {replay.shrunk_from} symbols" if longer else ""
        yield f"  {spelt(replay.counterexample, machine)} (the network itself{short})"
        if replay.rows is not None:
            yield f"  read as recorded rows: {_rows(replay.rows)}"
    for word in replay.spurious[:MOST_SHOWN]:
        yield f"  spurious: {spelt(word, machine)} (of a machine; the network does not)"
    if len(replay.spurious) > MOST_SHOWN:
        yield f"  and {count(len(replay.spurious) - MOST_SHOWN, 'more spurious word')}"
    if replay.n_refined and replay.machine is not None:
        sizes = f"from {machine.n_states} to {replay.machine.n_states} states"
        yield (
            f"  the machine was refined {_times(replay.n_refined)}, {sizes}: by words on which it "
            "and the network differ, until it does as the network; what is said is of that machine "
            "(`refined`)"
        )
    if replay.agreement is not None:
        graded = machine.output in (Output.VALUES, Output.RISK)
        alike = "answer alike, to a standard deviation," if graded else "decide alike"
        yield f"  machine and network {alike} on {replay.agreement}"
    if replay.reason:
        yield f"  no further: {replay.reason}"
    given = f"{count(replay.n_given, 'sequence')} given looked at, " if replay.n_given else ""
    yield f"  {given}{count(replay.n_asked, 'word')} asked"


def _rows(rows: Sequences) -> str:
    """Return the rows of a word by channel, with units; not all of many."""
    told = [", ".join(map(_valued, rows.channels, row)) for row in rows.rows[:MOST_ROWS].tolist()]
    more = rows.n_steps - MOST_ROWS
    return "; ".join(told) + (f"; and {count(more, 'more row')}" if more > 0 else "")


def _valued(channel: Channel, value: float) -> str:
    """Return a value with its channel and unit."""
    if isnan(value):
        return f"{channel.name} missing"
    if channel.levels:
        return f"{channel.name} {channel.levels[int(value)]}"
    return f"{channel.name} {significant(value, 4)}" + (f" {channel.unit}" if channel.unit else "")


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"
