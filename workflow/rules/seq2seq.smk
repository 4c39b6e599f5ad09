# The study of one encoder-decoder: what it is made from, and what it leaves.
RECORDED = [f"activations/{name}.parquet" for name in (*SPLITS, "checkpoints")]
STUDIES = [*[f"embedding/{table}.parquet" for table in STUDY_TABLES], "embedding/chosen.npz"]


rule seq2seq_analyse:
    input:
        task=f"{TASK}/task.json",
        trajectories=of_every_seed(*RECORDED),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
    output:
        of_every_seed(*STUDIES),
    log:
        "logs/seq2seq_analyse/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/seq2seq_analyse/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("seq2seq_analyse.py"),
        settings=study_settings(),
        options=fit_options("criterion") | {"restarts": 1},
        seed=config["seed"],
    message:
        "Study the states of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/seq2seq_analyse.py"


rule seq2seq_compile:
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
        "logs/seq2seq_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/seq2seq_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("seq2seq_compile.py"),
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Merge the studies of all encoder-decoders"
    script:
        "../../scripts/seq2seq_compile.py"
