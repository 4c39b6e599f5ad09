# Networks with attention beside those of `attention.runs`, and what explanations of either are worth.


rule attention_attend:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
    output:
        scores=of_every_seed("attention/scores.parquet"),
        curves=of_every_seed("attention/curves.parquet"),
        networks=directory(of_every_seed("attention/network")),
    log:
        "logs/attention_attend/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/attention_attend/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("attention_attend.py"),
        settings={key: value for key, value in config["attention"].items() if key != "runs"},
        spec=network_of,
        training=training_of,
        scoring=scoring("bootstraps", "level"),
        seed=config["seed"],
    message:
        "Explain {wildcards.model} of {wildcards.task}, and its twin with attention"
    script:
        "../../scripts/attention_attend.py"


rule attention_compile:
    input:
        scores=of_every_run("attention/scores.parquet", pairs=ATTENTION_PAIRS),
        curves=of_every_run("attention/curves.parquet", pairs=ATTENTION_PAIRS),
    output:
        scores=report(
            f"{RESULTS}/tables/attention.csv",
            caption="../report/attention_table.rst",
            category="Attention",
            labels={"figure": "explanations table"},
        ),
        curves=f"{RESULTS}/tables/attention_curves.csv",
        claims=f"{RESULTS}/tables/attention_claims.csv",
        figure=report(
            f"{FIGURES}/attention.{FORMAT}",
            caption="../report/attention.rst",
            category="Attention",
            labels={"figure": "what explanations are worth"},
        ),
    log:
        "logs/attention_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/attention_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("attention_compile.py"),
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Say of all explanations what they are worth"
    script:
        "../../scripts/attention_compile.py"
