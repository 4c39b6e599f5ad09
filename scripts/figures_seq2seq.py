"""Draw what all encoder-decoders have in common, from their tables."""

from markovlens.figures.seq2seq.stage import draw_encoder_decoders
from markovlens.running.workflow import job

with job(snakemake):
    draw_encoder_decoders(
        dict(snakemake.input.items()),
        dict(snakemake.output.items()),
        level=snakemake.params.level,
    )
