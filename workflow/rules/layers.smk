# In which layers the true state is readable, and in which it is used, where the config asks.
rule layers_compare:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
        module=module_of_run,
    output:
        of_every_seed("layers/layers.parquet"),
    log:
        "logs/layers_compare/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/layers_compare/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("layers_compare.py"),
        layers={key: config["layers"][key] for key in ("n_train", "n_swaps")},
        scoring=scoring("bootstraps", "level"),
        seed=config["seed"],
        own=own_of_run,
    message:
        "Look into the layers of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/layers_compare.py"


rule layers_compile:
    input:
        of_every_run("layers/layers.parquet", pairs=LAYERED_PAIRS),
    output:
        layers=report(
            f"{RESULTS}/tables/layers.csv",
            caption="../report/layers_table.rst",
            category="Layers",
            labels={"figure": "layers table"},
        ),
        claims=f"{RESULTS}/tables/layers_claims.csv",
        figure=report(
            f"{FIGURES}/layers.{FORMAT}",
            caption="../report/layers.rst",
            category="Layers",
            labels={"figure": "readable and used, layer by layer"},
        ),
    log:
        "logs/layers_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/layers_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("layers_compile.py"),
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Merge the layers of all networks, and decide what is claimed of them"
    script:
        "../../scripts/layers_compile.py"
