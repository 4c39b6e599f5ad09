rule activations_record:
    message:
        "Record the activations of {wildcards.model} on {wildcards.task}"
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        networks=of_every_seed("network/card.json", "network/weights.safetensors"),
    output:
        of_every_seed(*[f"activations/{{layer}}/{split}.parquet" for split in SPLITS]),
    params:
        code=code_of("activations_record.py"),
        results=RESULTS,
        seed=config["seed"],
        seeds=SEEDS,
        spec=spec_of_run,
        n_train=config["activations"]["n_train"],
    log:
        "logs/activations_record/{task}/{model}/{layer}.log",
    benchmark:
        f"{RESULTS}/benchmarks/activations_record/{{task}}/{{model}}/{{layer}}.jsonl"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    conda:
        "../../envs/neural.yaml"
    script:
        "../../scripts/activations_record.py"
