from markovlens.networks.resources import weight_files


def training_of(wildcards):
    """Return the training options of a task's family: `default`, and what overrides it."""
    section = config["networks"]["training"]
    family = TASKS[wildcards.task].family
    return dict(sorted((section["default"] | section.get(family, {})).items()))


rule networks_train:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=lambda wildcards: weight_files(spec_of_run(wildcards), DOWNLOADS),
    output:
        of_every_seed("network/weights.safetensors", "network/card.json"),
    log:
        "logs/networks_train/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/networks_train/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("networks_train.py"),
        results=RESULTS,
        downloads=DOWNLOADS,
        seeds=SEEDS,
        layer=layer_of_run,
        spec=spec_of_run,
        training=training_of,
    message:
        "Train or load {wildcards.model} for {wildcards.task}"
    script:
        "../../scripts/networks_train.py"
