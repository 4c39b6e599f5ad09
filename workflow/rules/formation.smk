# How the states of machines form while networks are trained, where the config asks.
rule formation_train:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
    output:
        weights=of_every_seed("formation/network/weights.safetensors"),
        cards=of_every_seed("formation/network/card.json"),
        moments=directory(of_every_seed("formation/network/checkpoints")),
    log:
        "logs/formation_train/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/formation_train/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("formation_train.py"),
        spec=network_of,
        training=along_of,
    message:
        "Train {wildcards.model} for {wildcards.task}, and keep it on the way"
    script:
        "../../scripts/formation_train.py"


rule formation_follow:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=of_every_seed("formation/network/weights.safetensors"),
        cards=of_every_seed("formation/network/card.json"),
        moments=of_every_seed("formation/network/checkpoints"),
    output:
        tables=of_every_seed("formation/states.parquet"),
        figure=report(
            f"{FIGURES}/{{task}}/{{model}}/formation.{FORMAT}",
            caption="../report/formation.rst",
            category="Formation",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "states along training"},
        ),
    log:
        "logs/formation_follow/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/formation_follow/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("formation_follow.py"),
        settings=following(),
        seed=config["seed"],
    message:
        "Follow the states of {wildcards.model} while it learns {wildcards.task}"
    script:
        "../../scripts/formation_follow.py"


rule formation_compile:
    input:
        tables=of_every_run("formation/states.parquet", pairs=FORMATION_PAIRS),
        cards=of_every_run("formation/network/card.json", pairs=FORMATION_PAIRS),
    output:
        table=report(
            f"{RESULTS}/tables/formation.csv",
            caption="../report/formation_table.rst",
            category="Formation",
            labels={"figure": "formation table"},
        ),
        claims=f"{RESULTS}/tables/formation_claims.csv",
    log:
        "logs/formation_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/formation_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("formation_compile.py"),
        seed=config["seed"],
    message:
        "Merge the states of all networks along their training"
    script:
        "../../scripts/formation_compile.py"
