"""Draw one encoder-decoder: its embedding, its clusters, its training."""

from markovlens.figures.seq2seq.stage import draw_encoder_decoder
from markovlens.files.runs import Run
from markovlens.running.workflow import job

with job(snakemake):
    runs = [Run.holding(card, layer="") for card in snakemake.input.cards]
    draw_encoder_decoder(runs, dict(snakemake.output.items()), seed=snakemake.params.seed)
