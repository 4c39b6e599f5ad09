EMBEDDING = config["embedding"]
BY_EFFECT = EMBEDDING["method"] == "units"  # units are silenced in the network itself


rule embedding_fit:
    input:
        activations=activations_of("train", *(["valid"] if EMBEDDING["choose"] else [])),
        cards=of_every_seed("network/card.json") if BY_EFFECT else [],
        weights=of_every_seed("network/weights.safetensors") if BY_EFFECT else [],
        module=module_of_run if BY_EFFECT else [],
    output:
        pods=of_every_seed("embedding/pod.npz"),
        modes=of_every_seed("embedding/pod.json"),
    log:
        "logs/embedding_fit/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/embedding_fit/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml" if BY_EFFECT else "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("embedding_fit.py"),
        seed=config["seed"],
        layer=layer_of_run,
        own=own_of_run,
        settings={key: EMBEDDING[key] for key in ("method", "n_components")},
        choosing=(
            {"choose": EMBEDDING["choose"], "n_states": config["abstractions"]["n_states"]}
            if EMBEDDING["choose"] or BY_EFFECT
            else {}
        ),
    message:
        "Embed the activations of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/embedding_fit.py"
