"""The pages on errors, run as they are printed: what raises, what is said, and what helps."""

import doctest
import re
import shlex
import traceback
from pathlib import Path

from helpers.small_run import add_network
from markovlens.command.app import main
from markovlens.errors import MarkovlensError

FOLDER = Path(__file__).parents[2] / "docs" / "errors"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# What has to be there before a page begins.
FIXTURES = {
    "machine-refused": lambda folder: add_network(
        folder / "results", "dyck_1", seeds=(0,), steps=50, n_states=(2, 3)
    )
}
HEADINGS = ["Symptom", "Cause", "What to do"]


class Run:
    """Runs the blocks of a page one after another, in the folder where it is.

    Python and console are run, YAML is written to the file that its first line names, and a text
    is what was said just before it; what is said without a text after it is kept in `unshown`.
    """

    def __init__(self, capsys):
        self.names, self.capsys = {"__name__": "__page__"}, capsys
        self.unshown, self.pages, self.differences = [], [], []

    def page(self, text):
        for language, code in BLOCK.findall(text):
            getattr(self, language)(code)
        return self

    def python(self, code):
        try:
            exec(compile(code, "<page>", "exec"), self.names)
        except MarkovlensError as error:
            self.pages.append(error.page)
            self.unshown.append("".join(traceback.format_exception_only(error)))

    def console(self, code):
        for command in re.split(r"^\$ ", code.replace("\\\n", ""), flags=re.MULTILINE)[1:]:
            line, _, expected = command.partition("\n")
            program, *arguments = shlex.split(line)
            assert program == "markovlens"
            code = self._main(arguments)
            said = "".join(self.capsys.readouterr())
            if code:
                self.pages += re.findall(r"^why, .*markovlens errors (.*)$", said, re.MULTILINE)
            if code or expected:
                self._compare(expected, said)

    def yaml(self, code):
        path = Path(code.split("\n", 1)[0].removeprefix("# "))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code)

    def text(self, code):
        self._compare(code, self.unshown.pop() if self.unshown else "")

    def _compare(self, expected, said):
        one_line = [" ".join(each.split()) + "\n" for each in (expected, said)]
        if not doctest.OutputChecker().check_output(*one_line, doctest.ELLIPSIS):
            self.differences.append(said)

    @staticmethod
    def _main(arguments):
        try:
            main(arguments)
        except SystemExit as ended:
            return ended.code
