# The mechanism inside networks that emulate hidden Markov sources.
DYNAMICS_TABLES = ["numbers", "paths", "points", "decay", "roles"]


rule dynamics_analyse:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
        checkpoints=of_every_seed("network/checkpoints"),
    output:
        of_every_seed(*[f"dynamics/{name}.parquet" for name in DYNAMICS_TABLES]),
    log:
        "logs/dynamics_analyse/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_analyse/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("dynamics_analyse.py"),
        seed=config["seed"],
    message:
        "Look into {wildcards.model}, which writes like {wildcards.task}"
    script:
        "../../scripts/dynamics_analyse.py"


rule dynamics_believe:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        activations=activations_of("train", "test"),
        cards=of_every_seed("network/card.json"),
    output:
        of_every_seed("dynamics/beliefs.parquet"),
    log:
        "logs/dynamics_believe/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_believe/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("dynamics_believe.py"),
        layer=layer_of_run,
        n_states=config["abstractions"]["n_states"],
        seed=config["seed"],
    message:
        "Read beliefs from the states of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/dynamics_believe.py"


rule dynamics_compile:
    input:
        numbers=of_every_run("dynamics/numbers.parquet", pairs=DYNAMICS_PAIRS),
        beliefs=of_every_run("dynamics/beliefs.parquet", pairs=BELIEF_PAIRS),
        cards=of_every_run("network/card.json", pairs=[*DYNAMICS_PAIRS, *BELIEF_PAIRS]),
    output:
        numbers=report(
            f"{RESULTS}/tables/dynamics.csv",
            caption="../report/dynamics_table.rst",
            category="Emulating networks",
            labels={"figure": "numbers of all analyses"},
        ),
        claims=f"{RESULTS}/tables/dynamics_claims.csv",
    log:
        "logs/dynamics_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_compile.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code_of("dynamics_compile.py"),
        seed=config["seed"],
    message:
        "Merge the analyses of all emulating networks"
    script:
        "../../scripts/dynamics_compile.py"


# Fixed points, cycles and basins, region by region, if the config asks.
rule dynamics_region:
    input:
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
    output:
        numbers=of_every_seed("dynamics/regions.parquet"),
        points=of_every_seed("dynamics/region_points.parquet"),
        cycles=of_every_seed("dynamics/fixed_points.parquet"),
    log:
        "logs/dynamics_region/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_region/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(30),
    params:
        code=code_of("dynamics_region.py"),
        asked=config["dynamics"].get("regions"),
        seed=config["seed"],
    message:
        "Search {wildcards.model} of {wildcards.task} region by region"
    script:
        "../../scripts/dynamics_region.py"


rule dynamics_region_compile:
    input:
        tables=of_every_run("dynamics/regions.parquet", pairs=DYNAMICS_PAIRS),
        cycles=of_every_run("dynamics/fixed_points.parquet", pairs=DYNAMICS_PAIRS),
        cards=of_every_run("network/card.json", pairs=DYNAMICS_PAIRS),
    output:
        numbers=report(
            f"{RESULTS}/tables/dynamics_regions.csv",
            caption="../report/dynamics_regions_table.rst",
            category="Emulating networks",
            labels={"figure": "fixed points, cycles and basins"},
        ),
        cycles=report(
            f"{RESULTS}/tables/fixed_points.csv",
            caption="../report/fixed_points_table.rst",
            category="Emulating networks",
            labels={"figure": "every fixed point and cycle"},
        ),
        claims=f"{RESULTS}/tables/dynamics_regions_claims.csv",
    log:
        "logs/dynamics_region_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_region_compile.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("dynamics_region_compile.py"),
        seed=config["seed"],
    message:
        "Merge what was found region by region"
    script:
        "../../scripts/dynamics_region_compile.py"


# What every network of the benchmark does when nothing happens, if the config asks.
rule dynamics_rest:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        files=weights_of_run,
        module=module_of_run,
        studies=studies_of(config["abstractions"]["methods"]),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    output:
        numbers=of_every_seed("dynamics/rest.parquet"),
        paths=of_every_seed("dynamics/rest_paths.parquet"),
    log:
        "logs/dynamics_rest/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_rest/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("dynamics_rest.py"),
        layer=layer_of_run,
        own=own_of_run,
    message:
        "See what {wildcards.model} of {wildcards.task} does when nothing happens"
    script:
        "../../scripts/dynamics_rest.py"


rule dynamics_rest_compile:
    input:
        tables=of_every_run("dynamics/rest.parquet"),
        cards=of_every_run("network/card.json"),
    output:
        report(
            f"{RESULTS}/tables/rest.csv",
            caption="../report/rest_table.rst",
            category="At rest",
            labels={"figure": "what becomes of every network"},
        ),
    log:
        "logs/dynamics_rest_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_rest_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("dynamics_rest_compile.py"),
    message:
        "Merge what all networks do when nothing happens"
    script:
        "../../scripts/dynamics_rest_compile.py"
