"""What a state is, seen on the body: stick figures where the state changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from markovlens.figures.colours import ink_on, state_colour
from markovlens.figures.panels import keys
from markovlens.figures.style import (
    FAINT,
    INK,
    MUTED,
    SMALL_SIZE,
    WIDTH,
    drawing_board,
    frame,
    method_name,
    styled,
)
from markovlens.lettering import shorten
from markovlens.spelling import count

LEFT = 1.25  # inches for the name of the movement
RIGHT = 0.35
STRIP, BODY, GAP = 0.2, 0.8, 0.12  # inches: the states, the figures above them, between windows
UP, SIDE = 1, 0  # axes of a skeleton: y is up, x is where the body looks
NARROWEST = 0.4  # inches between two figures
LIMB = 1.3


@dataclass(frozen=True, slots=True)
class Movement:
    """One window of a movement with the state of the network at each frame.

    Attributes:
        name: of the movement.
        shown: (T, J, 3), joints in metres: read by the encoder, then forecast by the decoder.
        true: (T, J, 3), what was recorded; the same as `shown` while the encoder reads.
        states: int (T,), the state after each frame.
        n_past: frames that the encoder read.
    """

    name: str
    shown: np.ndarray
    true: np.ndarray
    states: np.ndarray
    n_past: int


@styled()
def draw_skeletons(
    movements: Sequence[Movement],
    bones: Sequence[tuple[int, int]],
    *,
    rate: float,
    method: str = "hmm",
    network: str = "",
) -> Figure:
    """Return, for each window, a strip of its states with a stick figure where each one begins.

    Args:
        movements: the windows, all of one length.
        bones: pairs of joints between which a line is drawn.
        rate: frames a second.
        method: which abstraction the states are of.
        network: "task, cell, seed", for the foot line.
    """
    row = STRIP + BODY + GAP
    figure, axes = drawing_board(len(movements) * row + 0.4)
    n_frames = len(movements[0].states)
    step = (WIDTH - LEFT - RIGHT) / n_frames
    # One for all, so that bodies can be compared: one that lies is no taller for it.
    scale = (BODY - 0.06) / (max(float(np.ptp(each.true[..., UP])) for each in movements) or 1.0)
    for number, movement in enumerate(movements):
        bottom = axes.get_ylim()[1] - (number + 1) * row
        _draw_movement(axes, movement, bones, bottom=bottom, step=step, scale=scale)
    _draw_time(axes, movements[0], step=step, rate=rate)
    foot = (
        f"{network} \u00b7 {count(len(movements), 'test window')} \u00b7 a figure stands where its "
        "state begins (none where it would cover another), in the state's colour; grey behind it: "
        "what was recorded \u00b7 side view, seen from where the body looks to the right"
    )
    handles = keys(
        {
            "read by the encoder, or forecast": {"color": MUTED, "lw": LIMB},
            "recorded future": {"color": FAINT, "lw": LIMB},
            "the decoder begins": {"color": INK, "ls": (0, (2, 1.5))},
        }
    )
    frame(figure, skeleton_finding(movements, method=method), foot=foot, handles=[handles])
    return figure


def skeleton_finding(movements: Sequence[Movement], *, method: str) -> str:
    """Return the title: how many states a window runs through, and how many movements share one."""
    visited = [len(np.unique(movement.states)) for movement in movements]
    homes: dict[int, set[str]] = {}
    for movement in movements:
        for state in np.unique(movement.states):
            homes.setdefault(int(state), set()).add(movement.name)
    alone = sum(len(names) == 1 for names in homes.values())
    return (
        f"A window runs through {np.median(visited):g} states of the {method_name(method)} "
        f"(median); of the {len(homes)} states met here, {alone} belong to one movement only"
    )


def beginnings(states: np.ndarray) -> np.ndarray:
    """Return the frames at which a state begins, the first frame included."""
    return np.r_[0, np.flatnonzero(np.diff(states)) + 1]


def apart(frames: np.ndarray, step: float, least: float) -> list[int]:
    """Return the frames whose figures, `step` inches a frame, stand `least` apart."""
    kept: list[int] = []
    for each in frames:
        if not kept or (each - kept[-1]) * step >= least:
            kept.append(int(each))
    return kept


def _draw_movement(
    axes: Axes,
    movement: Movement,
    bones: Sequence[tuple[int, int]],
    *,
    bottom: float,
    step: float,
    scale: float,
) -> None:
    name = shorten(movement.name.replace("_", " "), longest=16)
    axes.text(0.08, bottom + STRIP / 2, name, va="center", fontsize=SMALL_SIZE + 1)
    _draw_strip(axes, movement.states, bottom=bottom, step=step)
    ground = float(movement.true[..., UP].min())
    widest = scale * float(np.ptp(movement.shown[..., SIDE], axis=1).max())
    for number in apart(beginnings(movement.states), step, max(NARROWEST, widest)):
        colour = state_colour(int(movement.states[number]))
        bodies = [(movement.shown[number], colour)]
        if number >= movement.n_past:
            bodies.insert(0, (movement.true[number], FAINT))
        for joints, ink in bodies:
            x = LEFT + (number + 0.5) * step + (joints[:, SIDE] - joints[:, SIDE].mean()) * scale
            y = bottom + STRIP + 0.03 + (joints[:, UP] - ground) * scale
            for bone in bones:
                pair = list(bone)
                axes.plot(x[pair], y[pair], color=ink, lw=LIMB, solid_capstyle="round")
    border = LEFT + movement.n_past * step
    axes.plot([border] * 2, [bottom, bottom + STRIP + BODY], color=INK, lw=0.9, ls=(0, (2, 1.5)))


def _draw_strip(axes: Axes, states: np.ndarray, *, bottom: float, step: float) -> None:
    """Draw the states as boxes as long as they last, with their numbers where there is room."""
    begins = beginnings(states)
    for begin, end in zip(begins, np.r_[begins[1:], len(states)], strict=True):
        state = int(states[begin])
        left, width = LEFT + begin * step, (end - begin) * step
        colour = state_colour(state)
        axes.add_patch(Rectangle((left, bottom), width, STRIP, fc=colour, ec="white", lw=0.8))
        if width > 0.16:
            axes.text(
                left + width / 2, bottom + STRIP / 2, str(state), color=ink_on(colour),
                ha="center", va="center_baseline", fontsize=7.5, weight="bold",
            )  # fmt: skip


def _draw_time(axes: Axes, movement: Movement, *, step: float, rate: float) -> None:
    """Write the seconds from where the decoder begins below the last window."""
    n_frames = len(movement.states)
    for edge in (0, movement.n_past, n_frames):
        seconds = (edge - movement.n_past) / rate
        axes.text(
            LEFT + edge * step, 0.24, f"{seconds:+.2f} s" if seconds else "0 s", va="top",
            ha="right" if edge == n_frames else "center", fontsize=SMALL_SIZE, color=MUTED,
        )  # fmt: skip
