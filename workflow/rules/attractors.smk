# Where networks whose dynamics are published rest, and what their machines see of it.
rule attractors_analyse:
    input:
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        activations=activations_of("test"),
        studies=studies_of(config["abstractions"]["methods"]),
    output:
        numbers=of_every_seed("attractors/numbers.parquet"),
        points=of_every_seed("attractors/points.parquet"),
        figure=report(
            f"{FIGURES}/{{task}}/{{model}}/attractors.png",
            caption="../report/attractors.rst",
            category="At rest",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "attractors"},
        ),
    log:
        "logs/attractors_analyse/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/attractors_analyse/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("attractors_analyse.py"),
        layer=layer_of_run,
        own=own_of_run,
        methods=[name for name in config["abstractions"]["methods"] if name in METHODS],
        attractors=config["attractors"],
        scoring=scoring("bootstraps", "level"),
        seed=config["seed"],
    message:
        "See where {wildcards.model} of {wildcards.task} rests"
    script:
        "../../scripts/attractors_analyse.py"


rule attractors_compile:
    input:
        tables=of_every_run("attractors/numbers.parquet", pairs=ATTRACTOR_PAIRS),
        cards=of_every_run("network/card.json", pairs=ATTRACTOR_PAIRS),
    output:
        numbers=report(
            f"{RESULTS}/tables/attractors.csv",
            caption="../report/attractors_table.rst",
            category="At rest",
            labels={"figure": "attractors of networks with published dynamics"},
        ),
        claims=f"{RESULTS}/tables/attractors_claims.csv",
    log:
        "logs/attractors_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/attractors_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("attractors_compile.py"),
        seed=config["seed"],
    message:
        "Merge where all networks rest"
    script:
        "../../scripts/attractors_compile.py"
