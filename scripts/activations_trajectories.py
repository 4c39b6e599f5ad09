"""Record each seed's encoder-decoder on all splits, and its checkpoints on the test split."""

from pathlib import Path

from markovlens.activations.forecasts import record_encoder_decoder
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    task = Path(snakemake.input.task).parent
    for card in snakemake.input.cards:
        run = Run.holding(card, layer="")
        record_encoder_decoder(run, task, n_windows=snakemake.params.n_windows)
