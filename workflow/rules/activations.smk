rule activations_record:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        networks=of_every_seed("network/card.json", "network/weights.safetensors"),
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
        mem_mb=2000,
        runtime=30,
    params:
        code=code_of("activations_record.py"),
        results=RESULTS,
        seed=config["seed"],
        seeds=SEEDS,
        n_train=config["activations"]["n_train"],
    message:
        "Record the activations of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/activations_record.py"
