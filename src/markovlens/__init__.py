"""markovlens: which small state machine does a trained recurrent network run?

The names below are the public contract; everything else is reached through its stage's package.
They are imported when first used, so that `import markovlens` costs nothing and torch is loaded
only by those who record or train.
"""

from importlib import import_module
from sys import modules
from typing import Any

_HOMES = {
    "Adapted": "markovlens.adapters.adapting",
    "CategoricalHMM": "markovlens.hmm",
    "Channel": "markovlens.channels",
    "GaussianHMM": "markovlens.hmm",
    "Explanation": "markovlens.explaining.explanation",
    "FrozenNoise": "markovlens.formation.noise",
    "Machine": "markovlens.machines.machine",
    "Monitor": "markovlens.reliance.watching.monitor",
    "Options": "markovlens.abstractions.base",
    "Reading": "markovlens.activations.reading",
    "RepairOptions": "markovlens.reliance.repairing.options",
    "Sequences": "markovlens.sequences",
    "Trace": "markovlens.trace",
    "adapt": "markovlens.adapters.adapting",
    "check": "markovlens.reliance.properties.check",
    "choose_codebook": "markovlens.abstractions.coding",
    "choose_dimension": "markovlens.abstractions.dimensions",
    "choose_units": "markovlens.abstractions.silencing",
    "compare_evidence": "markovlens.attention.comparing",
    "compare_groups": "markovlens.groups.comparing",
    "compare_layers": "markovlens.layers.comparing",
    "cut_along": "markovlens.codebooks.cuts",
    "cut_at": "markovlens.codebooks.cuts",
    "embed": "markovlens.embedding.pod",
    "example": "markovlens.examples.reviews",
    "explain": "markovlens.explaining.building",
    "export": "markovlens.reliance.exporting.exported",
    "fixed_points_of_relu": "markovlens.dynamics.relu",
    "fidelity": "markovlens.faithfulness.scores.fidelity",
    "follow_training": "markovlens.formation.building",
    "load_explanation": "markovlens.explaining.finished",
    "load_machine": "markovlens.faithfulness.verdict.finished",
    "load_run": "markovlens.faithfulness.verdict.finished",
    "load_trace": "markovlens.activations.store",
    "loss_between": "markovlens.faithfulness.scores.dimensions",
    "make_task": "markovlens.tasks",
    "pod": "markovlens.embedding.pod",
    "random_projection": "markovlens.embedding.projections",
    "read_machine": "markovlens.machines.formats.registry",
    "read_trace": "markovlens.activations.importing",
    "record": "markovlens.activations.recorder",
    "read_record": "markovlens.records.record",
    "refine": "markovlens.abstractions.refining",
    "repair": "markovlens.reliance.repairing.repair",
    "replay": "markovlens.records.replaying",
    "resting_points": "markovlens.attractors.resting_points",
    "study": "markovlens.abstractions.study",
    "sweep": "markovlens.hmm",
    "unit_projection": "markovlens.embedding.projections",
    "withstand": "markovlens.reliance.trust.stand",
    "write_explorer": "markovlens.explorer.page",
    "write_machine": "markovlens.machines.formats.registry",
    "write_record": "markovlens.records.record",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name from where it lives; the version is looked up as slowly."""
    if name == "__version__":
        from importlib.metadata import version

        return version("markovlens")
    if name not in _HOMES:
        said = f"module 'markovlens' has no attribute {name!r}"
        raise AttributeError(said, name=name, obj=modules[__name__])  # Python names the nearest
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return [*__all__, "__version__"]
