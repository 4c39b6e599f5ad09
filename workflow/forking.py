"""Snakemake whose scripts are forks of one process that has imported what they need.

    python workflow/forking.py [any arguments of snakemake]

Jobs of other environments and jobs on several threads start a Python as ever; so do all jobs where
libraries like torch must not be forked (macOS, Windows), and those of a cluster. The benchmark of a
fork is without the imports. As tested with Snakemake 9.27.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

# What takes long to import comes once Ctrl-C is answered: Snakemake, and what loads NumPy.
from markovlens.running.stopping import Stop, stopped_in_one_line

if TYPE_CHECKING:
    from markovlens.running.nursery import Nursery

# What Snakemake sets for a job on one thread.
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "GOTO_NUM_THREADS",
     "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS"), "1",
)  # fmt: skip
TEMPORARY = ("TMPDIR", "TMP", "TEMPDIR", "TEMP")


def main() -> None:
    """Become `snakemake` with the arguments of this process."""
    if sys.platform != "linux":
        with stopped_in_one_line() as stop:
            become_snakemake(stop)
    with stopped_in_one_line() as stop:
        from markovlens.running.nursery import nursery

        with nursery() as forks:
            fork_scripts(forks, stop)
            become_snakemake(stop)


def fork_scripts(forks: Nursery, stop: Stop) -> None:
    """Let Snakemake ask for forks in place of starting Python, and for nothing once stopped."""
    from snakemake.benchmark import benchmarked
    from snakemake.script import PythonScript

    start = PythonScript.execute_script

    def execute_script(self: Any, fname: str, edit: bool = False) -> None:
        if stop.asked:
            raise KeyboardInterrupt
        elsewhere = self.conda_env or self.container_img or self.env_modules
        if elsewhere or self.threads > 1:
            return start(self, fname, edit=edit)
        job = forks.start(fname, variables(self.resources))
        with benchmarked(False if self.bench_record is None else job.pid, self.bench_record):
            job.wait()
        return None

    PythonScript.execute_script = execute_script


def variables(resources: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables of the environment that Snakemake sets for a job on one thread."""
    folder = resources.get("tmpdir")
    return ONE_THREAD | dict.fromkeys(TEMPORARY if folder else (), str(folder))


def become_snakemake(stop: Stop) -> None:
    """Run Snakemake, which ends this process."""
    from snakemake.cli import main as snakemake

    keep_handler(stop)
    name_wrong_targets()
    sys.argv[0] = "snakemake"
    snakemake()


def keep_handler(stop: Stop) -> None:
    """Let Snakemake take `kill` as it takes Ctrl-C; by itself, it would wait for all its jobs."""
    from snakemake.scheduling.job_scheduler import JobScheduler

    JobScheduler.exit_gracefully = stop


def name_wrong_targets() -> None:
    """Let Snakemake end with the targets that are near, where it is asked for one that is none."""
    from snakemake.workflow import Workflow

    from markovlens.errors import WAY
    from markovlens.running.targets import makes_of, wrong_rules, wrong_targets

    prepare = Workflow._prepare_dag

    def prepared(self: Any, *args: Any, **kwargs: Any) -> None:
        asked, makes = self.dag_settings, makes_of(self)
        others = {*asked.forcerun, *asked.until, *asked.omit_from}
        if lines := [*wrong_targets(asked.targets, makes), *wrong_rules(others, makes)]:
            sys.exit("\n".join(["Bad target:", *lines, WAY.format(page="unknown-name")]))
        prepare(self, *args, **kwargs)

    Workflow._prepare_dag = prepared


if __name__ == "__main__":
    main()
