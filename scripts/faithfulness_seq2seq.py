"""Merge the studies of all encoder-decoders into tables, and say what they make of the claims."""

from pathlib import Path

from markovlens.faithfulness.seq2seq_stage import compile_seq2seq
from markovlens.runs import Run
from markovlens.workflow import job

with job(snakemake):
    params = snakemake.params
    compile_seq2seq(
        [Run.holding(card, layer="") for card in snakemake.input.cards],
        Path(snakemake.output.claims).parent,
        level=params.level,
        seed=params.seed,
    )
