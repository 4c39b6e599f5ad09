"""The evidence along streams: quiet ones stay below the threshold, changed ones cross it."""

from __future__ import annotations

from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from markovlens.figures.panels import keys
from markovlens.figures.style import ALARM, FAINT, MUTED, frame, panels, styled
from markovlens.figures.text import listing
from markovlens.reliance.watching.study import NONE, Found, Settings
from markovlens.spelling import count

N_COLOURS, LINES = 5, ("-", "-.")
HEIGHT = 4.2  # inches
LEAST, MOST = 1e-1, 1e6  # evidence that is drawn
SAID = {
    "other_seed": "network of another seed",
    "noisy_weights": "noise on weights",
    "noise": "noise on inputs",
    "stuck": "stuck sensor",
}


@styled()
def draw_paths(found: Found, settings: Settings, *, name: str) -> Figure:
    """Return the largest evidence of all tests along streams, on a scale of powers of ten.

    Args:
        found: what came of watching one network.
        settings: by which it was tried.
        name: of the network.
    """
    figure, (axes,) = panels(1, columns=1, height=HEIGHT)
    threshold = len(found.tests) / settings.alpha
    changed = {change: paths[0] for change, paths in found.paths.items() if change != NONE}
    palette = sns.color_palette("colorblind", N_COLOURS)
    looks: dict[str, dict[str, Any]] = {
        change: {"color": palette[place % N_COLOURS], "ls": LINES[place // N_COLOURS]}
        for place, change in enumerate(changed)
    }
    steps = np.arange(1, found.paths[NONE].shape[1] + 1)
    for path in found.paths[NONE]:
        axes.plot(steps, path, color=FAINT, lw=0.8, zorder=1)
    for change, path in changed.items():
        axes.plot(steps, np.clip(path, LEAST, MOST), lw=1.8, zorder=2, **looks[change])
    axes.axhline(threshold, color=ALARM, lw=1.2, ls="--")
    axes.axvline(settings.before + 0.5, color=MUTED, lw=1.0, ls=":")
    axes.set(yscale="log", ylim=(LEAST, MOST), xlim=(1, len(steps)))
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,g}")
    axes.set_xlabel("sequences")
    axes.set_ylabel("evidence against no change")
    shown = {SAID.get(change, change): look for change, look in looks.items()}
    shown |= {
        "no change": {"color": FAINT},
        f"alarm at {threshold:g}": {"color": ALARM, "ls": "--"},
        "change": {"color": MUTED, "ls": ":"},
    }
    foot = (
        f"largest evidence of the tests {listing(found.tests)}, after each sequence · "
        f"{count(settings.ranked, 'sequence')} of calibration · "
        f"{count(len(found.paths[NONE]), 'stream')} without a change · chance of ever a false "
        f"alarm at most {settings.alpha:g}"
    )
    frame(figure, _finding(found, name), foot=foot, handles=[keys(shown)])
    return figure


def _finding(found: Found, name: str) -> str:
    by_change = {row["change"]: row for row in found.rows}
    quiet = by_change.pop(NONE)
    delays = [row["delay"] for row in by_change.values() if row["delay"]]
    false = f"{100 * quiet['alarms']:.1f} % of {count(quiet['n_streams'], 'quiet stream')}"
    within = f", in {min(delays):g} to {max(delays):g} sequences" if delays else ""
    return (
        f"{name}: false alarms in {false}; {len(delays)} of {count(len(by_change), 'change')} "
        f"mostly found{within}"
    )
