"""Hidden Markov models for activations: fast, robust, and driven by inputs where there are any."""

from markovlens.hmm.categorical import CategoricalHMM
from markovlens.hmm.durations import DurationHMM
from markovlens.hmm.input_output import InputOutputHMM
from markovlens.hmm.models import GaussianHMM
from markovlens.hmm.selection import StatesInterval, StatesStability, bootstrap_states, stability
from markovlens.hmm.storage import load_model, save_model
from markovlens.hmm.streaming import fit_batches
from markovlens.hmm.sweep import Sweep, sweep

__all__ = [
    "CategoricalHMM",
    "DurationHMM",
    "GaussianHMM",
    "InputOutputHMM",
    "StatesInterval",
    "StatesStability",
    "Sweep",
    "bootstrap_states",
    "fit_batches",
    "load_model",
    "save_model",
    "stability",
    "sweep",
]
