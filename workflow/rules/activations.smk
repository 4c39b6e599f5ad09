rule activations_record:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        module=module_of_run,
    output:
        of_every_seed(*[f"activations/{{layer}}/{split}.parquet" for split in SPLITS]),
    log:
        "logs/activations_record/{task}/{model}/{layer}.log",
    benchmark:
        f"{RESULTS}/benchmarks/activations_record/{{task}}/{{model}}/{{layer}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("activations_record.py"),
        seed=config["seed"],
        own=own_of_run,
        n_train=config["activations"]["n_train"],
        length_train=config["activations"]["length_train"],
    message:
        "Record the activations of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/activations_record.py"


rule activations_trajectories:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        checkpoints=checkpoints_of_run,
    output:
        of_every_seed(*[f"activations/{name}.parquet" for name in (*SPLITS, "checkpoints")]),
    log:
        "logs/activations_trajectories/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/activations_trajectories/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("activations_trajectories.py"),
        n_windows=config["embedding"]["n_windows"],
    message:
        "Record the encoder-decoder {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/activations_trajectories.py"
