"""What a config says of a user's data: which column is what, and how it is split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import inf
from numbers import Integral
from pathlib import Path
from typing import Any

from markovlens.arguments import known_names
from markovlens.errors import ConfigError, DataError
from markovlens.outputs import TIME_AND_EVENT, Output
from markovlens.tasks.custom.reading import check_columns, columns_in, files_in

BY = ("sequence", "group", "time")
MISSING = ("keep", "refuse", "last")
SHARES = (0.6, 0.2, 0.2)
WIDTHS = {
    # Least and most columns of a target, and what they are.
    Output.DISTRIBUTION: (1, 1, "one column of classes (several need `output`)"),
    Output.LABELS: (2, inf, "two columns or more, one a label (one label is two classes)"),
    Output.VALUES: (1, inf, "columns of numbers"),
    Output.RISK: (1, TIME_AND_EVENT, "one column, the higher the sooner, or time and event"),
}
MOST_LOOKED_AT = 20  # files of a folder whose columns are looked at before any job


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How sequences are split into training, validation and test.

    Attributes:
        column: whose values are `train`, `valid` and `test`, one a sequence; None to draw.
        by: what is drawn: each `sequence`, each `group` as a whole, or none, by `time`: earlier
            sequences are for training, later ones for validation, the last for the test.
        shares: of the three.
        seed: of what is drawn; None for a child of the benchmark's.
    """

    column: str | None = None
    by: str = "sequence"
    shares: tuple[float, ...] = SHARES
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """Groups of sequences that are compared.

    Attributes:
        column: whose values are the groups, one a sequence.
        paired: whether every value of `group` is in all of them.
        splits: which splits are compared.
    """

    column: str
    paired: bool = False
    splits: tuple[str, ...] = ("test",)


@dataclass(frozen=True, slots=True)
class Description:
    """A section `tasks.custom.NAME` of the config.

    Attributes:
        data: a file or a folder of files, see `reading`.
        sequence: the column that tells sequences apart; where there is none, each file is one.
        step: the column that orders the steps of a sequence; where there is none, they are in
            order.
        inputs: columns that become channels, or
        symbols: the column of symbols.
        target: the column of the right class, or those of labels or values, or of a risk: one that
            is the higher the sooner, or time and event. Empty cells ask for nothing at that step.
        output: what is asked for: one of the classes, labels, values or a risk.
        horizon: steps by which what is asked for lies ahead: a forecast. The last steps of a
            sequence then ask for nothing, nor do those before a gap, as told by `step`.
        group: the column of what must not be in two splits, such as the subject.
        split: how it is split.
        compare: groups that are compared; None for none.
        window: steps of the pieces into which sequences are cut; None keeps them whole.
        units: of columns, inputs and values that are asked for.
        levels: names of the categories of columns, in the order of their codes 0, 1, ...: of
            inputs, symbols or the target. Without them, whole numbers of symbols and targets are
            codes, and text is in alphabetical order.
        static: columns of one value a sequence.
        missing: what is done about empty cells of inputs: they are kept as missing (`keep`),
            refused, or filled with the last value of the sequence (`last`; those before the first
            value stay missing).
        missing_values: what else stands for an empty cell of inputs and target, such as -999.
    """

    data: str
    sequence: str | None = None
    step: str | None = None
    inputs: tuple[str, ...] = ()
    symbols: str | None = None
    target: tuple[str, ...] = ()
    output: Output = Output.DISTRIBUTION
    horizon: int = 0
    group: str | None = None
    split: SplitRule = field(default_factory=SplitRule)
    compare: Compare | None = None
    window: int | None = None
    units: Mapping[str, str] = field(default_factory=dict)
    levels: Mapping[str, Sequence[str]] = field(default_factory=dict)
    static: tuple[str, ...] = ()
    missing: str = "keep"
    missing_values: tuple[Any, ...] = ()

    @classmethod
    def of(
        cls, name: str, section: Mapping[str, Any], *, look_at_files: bool = False
    ) -> Description:
        """Return what a section says.

        Args:
            name: of the section.
            section: as the config has it.
            look_at_files: whether the files' headers are looked at, before names are compared with
                each other: a misspelt target is then named itself, and not its right unit.

        Raises:
            ConfigError: parts do not go together.
            DataError: a file or a column is not there.
        """
        known = [each.name for each in fields(cls)]
        place = f"tasks.custom.{name}"
        for key in section:
            if key not in known:
                raise wrong(f"{place}: unknown key {key!r}; {known_names('keys', key, known)}")
        split = dict(section.get("split") or {})
        if "shares" in split:
            split["shares"] = tuple(split["shares"])
        parts = {key: value for key, value in section.items() if value is not None}
        if isinstance(parts.get("target"), str):
            parts["target"] = (parts["target"],)
        for key in ("inputs", "target", "static", "missing_values"):
            parts[key] = tuple(parts.get(key) or ())
        parts["output"] = _output(place, parts.get("output", Output.DISTRIBUTION))
        found = cls(**{**parts, "split": SplitRule(**split), "compare": _compare(parts)})
        _check(place, found)
        if look_at_files:
            for path in files_in(found.data)[:MOST_LOOKED_AT]:
                check_columns(path, found.columns, columns_in(path))
        check_names(place, found)
        return found

    @property
    def compared(self) -> str | None:
        """The column of groups that are compared."""
        return self.compare.column if self.compare else None

    @property
    def columns(self) -> list[str]:
        """Every column that is read."""
        named = [self.sequence, self.step, self.symbols, self.group, self.split.column]
        named += [self.compared]
        return [*dict.fromkeys([*filter(None, named), *self.inputs, *self.target])]

    def takes_levels(self, name: str) -> bool:
        """Return whether a column may hold names, as no target but a class may."""
        return self.output == Output.DISTRIBUTION or name not in self.target

    @property
    def texts(self) -> list[str]:
        """Columns whose cells are names, also where they look like numbers."""
        named = (self.sequence, self.group, self.split.column, self.compared, *self.levels)
        return [*dict.fromkeys(filter(None, named))]


def _compare(parts: Mapping[str, Any]) -> Compare | None:
    section = parts.get("compare")
    if section is None:
        return None
    return Compare(**{**section, "splits": tuple(section.get("splits", ("test",)))})


def _check(place: str, found: Description) -> None:
    """Raise `ConfigError` for parts of a description that do not go together."""
    if bool(found.inputs) == bool(found.symbols):
        raise wrong(
            f"{place}: expected inputs (columns of numbers) or symbols (a column), got "
            f"{'both' if found.inputs else 'neither'}"
        )
    _check_counts(place, found)
    check_target(place, found)
    _check_split(place, found)


def wrong(said: str) -> ConfigError:
    """Return the error of a description, to raise it."""
    return ConfigError(said, page="task-description")


def _check_counts(place: str, found: Description) -> None:
    window = 1 if found.window is None else found.window
    counts: dict[str, tuple[Any, int]] = {"horizon": (found.horizon, 0), "window": (window, 1)}
    for key, (value, least) in counts.items():
        if not isinstance(value, Integral) or value < least:
            raise wrong(
                f"{place}.{key}: expected a whole number of steps, {least} or more, got {value!r}"
            )
    for key, word, known in (("missing", found.missing, MISSING), ("split.by", found.split.by, BY)):
        if word not in known:
            raise wrong(f"{place}.{key}: got {word!r}; {known_names(key, word, known)}")


def _output(place: str, output: str) -> Output:
    if output not in list(Output):
        raise wrong(
            f"{place}.output: got {output!r}; {known_names('outputs', output, list(Output))}"
        )
    return Output(output)


def check_target(place: str, found: Description) -> None:
    """Raise `ConfigError` for a target that does not go with the output or with the inputs."""
    if not found.target:
        raise wrong(f"{place}.target: expected the column of the right answer, got none")
    least, most, wanted = WIDTHS[found.output]
    if not least <= len(found.target) <= most:
        raise wrong(
            f"{place}.target: expected {wanted}, since the output is {found.output}, got "
            f"{', '.join(found.target)}"
        )
    if len(set(found.target)) < len(found.target):
        raise wrong(f"{place}.target: expected different columns, got {list(found.target)}")
    read = [name for name in found.target if name in (*found.inputs, found.symbols)]
    if read and not found.horizon:
        raise wrong(
            f"{place}.target: got {read[0]!r}, which the network reads, too; a network that "
            "is given the answer learns nothing; to forecast it, give `horizon`, the steps ahead"
        )


def check_names(place: str, found: Description) -> None:
    """Raise `ConfigError` for columns of units, levels or constants that are none of those read."""
    values = found.target if found.output == Output.VALUES else ()
    wanted = ("no input and no target", "inputs and targets") if values else ("no input", "inputs")
    for key, named, known, (what, kind) in (
        ("static", found.static, found.inputs, ("no input", "inputs")),
        ("units", found.units, (*found.inputs, *values), wanted),
    ):
        for column in named:
            if column not in known:
                hint = known_names(kind, column, known)
                raise wrong(f"{place}.{key}: got {column!r}, which is {what}; {hint}")
    classes = found.target if found.output == Output.DISTRIBUTION else ()
    coded = [*filter(None, [found.symbols]), *classes, *found.inputs]
    for column, names in found.levels.items():
        if column not in coded:
            raise wrong(
                f"{place}.levels: got {column!r}, which is no input, symbol or class; "
                f"{known_names('columns', column, coded)}"
            )
        if len(set(names)) < max(len(names), 1):
            raise wrong(f"{place}.levels.{column}: expected different names, got {list(names)}")


def _check_split(place: str, found: Description) -> None:
    rule = found.split
    if rule.by == "group" and not rule.column and not found.group:
        raise wrong(f"{place}.split: by group needs the key group, the column of groups")
    if found.compare and found.compare.paired and not found.group:
        raise wrong(
            f"{place}.compare: paired needs the key group, the column that says what belongs "
            "together, such as the subject"
        )
    if len(rule.shares) != 3 or min(rule.shares) <= 0 or abs(sum(rule.shares) - 1) > 1e-6:
        raise wrong(
            f"{place}.split.shares: expected three shares above 0 that sum to 1 (train, valid, "
            f"test), got {list(rule.shares)}"
        )


def check_descriptions(
    sections: Mapping[str, Mapping[str, Any]], asked: Sequence[str]
) -> list[str]:
    """Return a line for each custom task in `asked` whose files or columns are not there.

    Only names of columns are read, and of a folder those of its first `MOST_LOOKED_AT` files, so
    that it is quick whatever there is. Cells are looked at next, by `checking.check_cells`.
    """
    lines = []
    for name in asked:
        try:
            Description.of(name, sections[name], look_at_files=True)
        except (ConfigError, DataError) as error:
            text = str(error)
            lines.append(text if text.startswith("tasks.") else f"tasks.custom.{name}: {text}")
    return lines


def data_files(data: str) -> list[Path]:
    """Return the files of a description's `data`, for a workflow that must see them change."""
    return files_in(data)
