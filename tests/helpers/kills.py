"""Training that is stopped, as a kill does it, after so many steps."""

from dataclasses import dataclass


class Killed(BaseException):
    """Not an `Exception`: nothing may catch it, as nothing catches a kill."""


@dataclass
class Steps:
    """Counts the steps that a training takes, and kills it when `left` have been taken."""

    left: int | None = None
    taken: int = 0

    def watched(self, step):
        """Return `step`, a function that is called once in each training step, counted."""

        def counted(*args):
            if self.left == 0:
                raise Killed
            self.left = None if self.left is None else self.left - 1
            self.taken += 1
            return step(*args)

        return counted

    def run_until_done(self, train, path, *, every):
        """Train, killed after each `every` steps; return the network and the number of kills."""
        for kills in range(100):
            self.left = every
            try:
                return train(checkpoint=path), kills
            except Killed:
                assert path.exists()
        raise AssertionError("no progress from one kill to the next")


def files_of(folder):
    """Return the content of each file below a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
