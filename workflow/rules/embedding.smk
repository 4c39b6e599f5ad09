rule embedding_fit:
    input:
        activations=activations_of("train"),
    output:
        pods=of_every_seed("embedding/pod.npz"),
        modes=of_every_seed("embedding/pod.json"),
    log:
        "logs/embedding_fit/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/embedding_fit/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("embedding_fit.py"),
        layer=layer_of_run,
        n_components=config["embedding"]["n_components"],
    message:
        "Embed the activations of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/embedding_fit.py"
