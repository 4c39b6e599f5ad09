"""Train an LSTM, a hidden Markov model and both in one on a task, and judge them."""

from pathlib import Path

from markovlens.hybrids.stage import settings_of, train_hybrids
from markovlens.running.workflow import job

with job(snakemake):
    params = snakemake.params
    settings = settings_of(params.settings, params.scoring, params.training, seed=params.seed)
    folder = Path(snakemake.input.task).parent
    train_hybrids(folder, snakemake.output[0], settings, seeds=params.seeds)
