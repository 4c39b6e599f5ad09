"""Train the encoder-decoder of each seed and write its weights, card and checkpoints."""

from functools import partial
from pathlib import Path

from markovlens.networks.checkpoints import train_each
from markovlens.networks.forecasting import ForecastOptions, train_forecaster
from markovlens.networks.store import save_forecaster
from markovlens.running.workflow import job
from markovlens.tasks.windows_store import load_forecast

with job(snakemake):
    params = snakemake.params
    task = load_forecast(Path(snakemake.input.task).parent)
    options = ForecastOptions(**params.training)
    train = partial(train_forecaster, task, params.spec, training=options)
    train_each(train, save_forecaster, seeds=params.seeds, cards=snakemake.output.cards)
