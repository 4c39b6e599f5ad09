"""Train the encoder-decoder of each seed and write its weights, card and checkpoints."""

from pathlib import Path

from markovlens.networks.forecasting import ForecastOptions, train_forecaster
from markovlens.networks.store import save_forecaster
from markovlens.tasks.windows_store import load_forecast
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    task = load_forecast(Path(snakemake.input.task).parent)
    options = ForecastOptions(**params.training)
    for seed, card in zip(params.seeds, snakemake.output.cards, strict=True):
        network = train_forecaster(task, params.spec, training=options, seed=seed)
        save_forecaster(Path(card).parent, network)
