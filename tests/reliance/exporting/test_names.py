"""Names are names: whatever they hold, nothing of them is run, and they read back the same."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.exports import CHANNELS, LANGUAGES, mixed, on_codebook, rows_of, symbols_of
from helpers.machines import random_machine
from markovlens.codebooks.cuts import cut_at
from markovlens.reliance.exporting.escaping import (
    c_string,
    comment_lines,
    in_comment,
    python_string,
    rust_string,
)
from markovlens.reliance.exporting.running import STRICT, called, why_not
from markovlens.reliance.exporting.trials import tried

HARMLESS = (
    "*/ int injected(void) { return 1; } /*", '"; int injected; "', "??/ trigraph ??'", "\\",
    "a\nb\r\n#define machine_step injected", "\\\" + injected + \\\"", "'''", '"""', "%s %n",
    "\x00end", "é ☃ 𝕏", "{{ head }}", "\\u0041\\x41\\101", "\u202e right to left", "//", "#",
    "\ud800 half", "-",     "x" * 5000, "// \\",
)  # fmt: skip
needs_cc = pytest.mark.skipif(bool(why_not("c")), reason=why_not("c"))


@pytest.fixture(scope="module")
def odd():
    return mixed(random_machine(5, len(HARMLESS), 4), HARMLESS)


def in_utf8(name):
    return name.encode("utf-8", errors="replace")


@needs_cc
def test_c_keeps_every_name_as_it_is(tmp_path, odd):
    (tmp_path / "shown.c").write_bytes(
        odd.export("c").content
        + b"""
#include <stdio.h>
int main(void) {
  int i;
  for (i = 0; i < MACHINE_N_SYMBOLS; i++) printf("%s%c", machine_symbols[i], 0);
  return 0;
}
"""
    )
    called("cc", *STRICT, tmp_path / "shown.c", "-o", tmp_path / "shown")
    shown = called(tmp_path / "shown")
    # A name of C ends where it holds a zero.
    assert shown.split(b"\0")[:-1] == [in_utf8(name).split(b"\0")[0] for name in HARMLESS]


def test_python_keeps_every_name_as_it_is(odd):
    space = {"__name__": "machine"}
    exec(compile(odd.export("python").text, "machine.py", "exec"), space)
    assert space["SYMBOLS"] == HARMLESS
    assert "injected" not in space


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_machine_of_odd_names_is_a_machine_like_others(language, odd):
    inputs = symbols_of(len(HARMLESS))
    trial = tried(odd.export(language, data=HARMLESS[0]), odd, inputs)
    assert trial.n_equal == inputs.n_steps


@pytest.mark.parametrize("language", LANGUAGES)
def test_so_are_odd_channels_and_units(language):
    channels = tuple(
        replace(each, name=HARMLESS[place], unit=HARMLESS[place + 2])
        for place, each in enumerate(CHANNELS)
    )
    machine = on_codebook(cut_at(channels, {HARMLESS[0]: 0.5}))
    inputs = replace(rows_of(), channels=channels)
    assert tried(machine.export(language), machine, inputs).n_equal == inputs.n_steps


@given(name=st.text(max_size=60))
@settings(max_examples=200)
def test_literals_hold_nothing_that_could_end_them(name):
    inner = c_string(name)[1:-1]
    assert not set(inner) & {'"', "?", "%", "\n"}
    assert inner.isascii()
    assert eval(python_string(name)) == name
    assert rust_string(name).isascii()
    assert "\n" not in rust_string(name)
    for line in comment_lines([name, name * 20], width=40):
        assert not set(line) & set("*\\?\"'\n{}`")
        assert len(line) <= 40
    assert in_comment(name).isascii()
