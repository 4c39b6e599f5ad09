# The study of encoder-decoders, from their recorded states to tables and figures.
STUDIES = [
    f"embedding/{name}"
    for name in (
        *[f"{table}.parquet" for table in STUDY_TABLES],
        "chosen.npz",
    )
]
RECORDED = [f"activations/{name}.parquet" for name in (*SPLITS, "checkpoints")]


rule faithfulness_embedding:
    input:
        task=f"{TASK}/task.json",
        trajectories=of_every_seed(*RECORDED),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
    output:
        of_every_seed(*STUDIES),
    log:
        "logs/faithfulness_embedding/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_embedding/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_of("faithfulness_embedding.py"),
        settings=study_settings(),
        options=fit_options() | {"restarts": 1},
        seed=config["seed"],
    message:
        "Study the states of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/faithfulness_embedding.py"


rule faithfulness_seq2seq:
    input:
        studies=of_every_run(*STUDIES, pairs=EMBEDDING_PAIRS),
        cards=of_every_run("network/card.json", pairs=EMBEDDING_PAIRS),
    output:
        energies=f"{RESULTS}/tables/embedding.csv",
        modes=report(
            f"{RESULTS}/tables/embedding_modes.csv",
            caption="../report/energies.rst",
            category="Encoder-decoders",
            labels={"figure": "modes table"},
        ),
        progress=f"{RESULTS}/tables/separability.csv",
        correlation=report(
            f"{RESULTS}/tables/separability_correlation.csv",
            caption="../report/training.rst",
            category="Encoder-decoders",
            labels={"figure": "separability and loss table"},
        ),
        clusters=report(
            f"{RESULTS}/tables/seq2seq_clusters.csv",
            caption="../report/cluster_map.rst",
            category="Encoder-decoders",
            labels={"figure": "clusters and segments table"},
        ),
        states=report(
            f"{RESULTS}/tables/seq2seq_states.csv",
            caption="../report/correspondence.rst",
            category="Encoder-decoders",
            labels={"figure": "states table"},
        ),
        swaps=report(
            f"{RESULTS}/tables/seq2seq_swaps.csv",
            caption="../report/swaps.rst",
            category="Encoder-decoders",
            labels={"figure": "swaps table"},
        ),
        forecasts=report(
            f"{RESULTS}/tables/forecasts.csv",
            caption="../report/forecasts.rst",
            category="Encoder-decoders",
            labels={"figure": "forecasts table"},
        ),
        claims=f"{RESULTS}/tables/seq2seq_claims.csv",
    log:
        "logs/faithfulness_seq2seq.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_seq2seq.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code_of("faithfulness_seq2seq.py"),
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Merge the studies of all encoder-decoders"
    script:
        "../../scripts/faithfulness_seq2seq.py"


rule figures_embedding:
    input:
        trajectories=of_every_seed("activations/test.parquet"),
        progress=of_every_seed("embedding/progress.parquet"),
        cards=of_every_seed("network/card.json"),
    output:
        embedding=report(
            f"{FIGURES}/{{task}}/{{model}}/embedding.png",
            caption="../report/embedding.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "trajectories"},
        ),
        clusters=report(
            f"{FIGURES}/{{task}}/{{model}}/clusters.png",
            caption="../report/cluster_map.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "clusters"},
        ),
        training=report(
            f"{FIGURES}/{{task}}/{{model}}/training.{FORMAT}",
            caption="../report/training.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "training as separability"},
        ),
    log:
        "logs/figures_embedding/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_embedding/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code_of("figures_embedding.py"),
        seed=config["seed"],
    message:
        "Draw the encoder-decoder {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_embedding.py"


rule figures_skeletons:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        trajectories=of_every_seed("activations/test.parquet"),
        chosen=of_every_seed("embedding/chosen.npz"),
        cards=of_every_seed("network/card.json"),
    output:
        report(
            f"{FIGURES}/{{task}}/{{model}}/skeletons.{FORMAT}",
            caption="../report/skeletons.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "states over the body"},
        ),
    log:
        "logs/figures_skeletons/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_skeletons/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code_of("figures_skeletons.py"),
    message:
        "Draw the states of {wildcards.model} over the body of {wildcards.task}"
    script:
        "../../scripts/figures_skeletons.py"


rule figures_seq2seq:
    input:
        energies=rules.faithfulness_seq2seq.output.energies,
        states=rules.faithfulness_seq2seq.output.states,
        swaps=rules.faithfulness_seq2seq.output.swaps,
        forecasts=rules.faithfulness_seq2seq.output.forecasts,
    output:
        energies=report(
            f"{FIGURES}/energies.{FORMAT}",
            caption="../report/energies.rst",
            category="Encoder-decoders",
            labels={"figure": "1 energy of the modes"},
        ),
        correspondence=report(
            f"{FIGURES}/correspondence.{FORMAT}",
            caption="../report/correspondence.rst",
            category="Encoder-decoders",
            labels={"figure": "2 what states stand for"},
        ),
        swaps=report(
            f"{FIGURES}/swaps.{FORMAT}",
            caption="../report/swaps.rst",
            category="Encoder-decoders",
            labels={"figure": "3 decoders started by hand"},
        ),
        forecasts=report(
            f"{FIGURES}/forecasts.{FORMAT}",
            caption="../report/forecasts.rst",
            category="Encoder-decoders",
            labels={"figure": "4 error by horizon"},
        ),
    log:
        "logs/figures_seq2seq.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_seq2seq.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=1000,
        runtime=10,
    params:
        code=code_of("figures_seq2seq.py"),
        level=config["faithfulness"]["level"],
    message:
        "Draw the comparison of all encoder-decoders"
    script:
        "../../scripts/figures_seq2seq.py"
