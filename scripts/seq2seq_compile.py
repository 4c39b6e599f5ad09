"""Merge the studies of all encoder-decoders into tables, and say what they make of the claims."""

from pathlib import Path

from markovlens.files.runs import Run
from markovlens.running.workflow import job
from markovlens.seq2seq.stage import compile_seq2seq

with job(snakemake):
    params = snakemake.params
    compile_seq2seq(
        [Run.holding(card, layer="") for card in snakemake.input.cards],
        Path(snakemake.output.claims).parent,
        level=params.level,
        seed=params.seed,
    )
