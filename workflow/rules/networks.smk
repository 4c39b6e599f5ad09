rule networks_train:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=weights_of_run,
        module=module_of_run,
    output:
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
    log:
        "logs/networks_train/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/networks_train/{{task}}/{{model}}.jsonl"
    wildcard_constraints:
        task="|".join(map(re.escape, [*TASKS, *ARENA_TASKS, *CUSTOM_TASKS])),
        model="|".join(name for name in config["networks"]["models"] if name not in GENERATORS)
        or "(?!)",
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("networks_train.py"),
        downloads=DOWNLOADS,
        arena=ARENA,
        seeds=SEEDS,
        spec=network_of,
        training=training_of,
    message:
        "Train or load {wildcards.model} for {wildcards.task}"
    script:
        "../../scripts/networks_train.py"


rule networks_forecast:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
    output:
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
        checkpoints=directory(of_every_seed("network/checkpoints")),
    log:
        "logs/networks_forecast/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/networks_forecast/{{task}}/{{model}}.jsonl"
    wildcard_constraints:
        task="|".join(FORECASTS),
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("networks_forecast.py"),
        seeds=SEEDS,
        spec=network_of,
        training=forecast_training_of,
    message:
        "Train the encoder-decoder {wildcards.model} for {wildcards.task}"
    script:
        "../../scripts/networks_forecast.py"


rule networks_emulate:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
    output:
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
        checkpoints=directory(of_every_seed("network/checkpoints")),
    log:
        "logs/networks_emulate/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/networks_emulate/{{task}}/{{model}}.jsonl"
    wildcard_constraints:
        model="|".join(GENERATORS) or "(?!)",
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(90),
    params:
        code=code_of("networks_emulate.py"),
        seeds=SEEDS,
        spec=network_of,
        training=emulation_training(),
    message:
        "Train {wildcards.model} to write like {wildcards.task}"
    script:
        "../../scripts/networks_emulate.py"
