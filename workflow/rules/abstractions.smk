ABSTRACTION_FILES = ["machines.json", "decoded.parquet", "sweep.parquet"]


rule abstractions_fit:
    input:
        activations=activations_of("train", "valid", "test"),
        pods=of_every_seed("embedding/pod.npz"),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
    output:
        of_every_seed(
            *[
                f"abstractions/{method}/{file}"
                for method in config["abstractions"]["methods"]
                for file in ABSTRACTION_FILES
            ]
        ),
    log:
        "logs/abstractions_fit/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/abstractions_fit/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("abstractions_fit.py"),
        seed=config["seed"],
        layer=layer_of_run,
        own=own_of_run,
        methods=config["abstractions"]["methods"],
        n_states=config["abstractions"]["n_states"],
        options=fit_options(),
    message:
        "Fit state machines to {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/abstractions_fit.py"
