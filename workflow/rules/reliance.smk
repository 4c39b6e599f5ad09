# Whether the machines can be relied on: one study for each key of `reliance` that is asked for.

WATCHING = f"{RESULTS}/reliance/watching/{{task}}/{{model}}"
OF_PAIRS = {"task": [task for task, _ in PAIRS], "model": [model for _, model in PAIRS]}


# The best machine of every network in other languages, each file run over all test sequences.
rule reliance_export:
    input:
        verdicts=of_every_run("faithfulness/verdict.json"),
        studies=of_every_run(
            *[
                f"abstractions/{method}/machines.json"
                for method in config["abstractions"]["methods"]
            ]
        ),
        traces=[
            f"{RUN}/activations/{{layer}}/test.parquet".format(
                task=task, model=model, seed=seed, layer=LAYERS[model]
            )
            for task, model in PAIRS
            for seed in SEEDS
        ],
    output:
        table=report(
            f"{RESULTS}/tables/exports.csv",
            caption="../report/exports_table.rst",
            category="Reliance",
            labels={"figure": "machines in other languages"},
        ),
        folder=directory(f"{RESULTS}/reliance/exports"),
    log:
        "logs/reliance_export.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_export.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("reliance_export.py"),
        languages=config["reliance"]["exports"],
        layers=[LAYERS[model] for _, model in PAIRS for _ in SEEDS],
    message:
        "Write the machines of all networks in other languages"
    script:
        "../../scripts/reliance_export.py"


REPAIR = config["reliance"]["repair"]
TRUST = config["reliance"]["trust"]
# Networks that are trained here, of languages over bits whose automaton is known.
REPAIR_PAIRS = [
    (task, model)
    for task, model in PAIRS
    if REPAIR is not None
    and task in bit_languages()
    and "cell" in config["networks"]["models"][model]
]


rule reliance_repair:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
    output:
        tables=of_every_seed("reliance/repair.parquet"),
        folders=directory(of_every_seed("reliance/repair")),
    log:
        "logs/reliance_repair/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_repair/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("reliance_repair.py"),
        repair=REPAIR,
        sizes=sizes_of_task,
        spec=network_of,
        training=training_of,
        scoring=scoring("bootstraps", "level"),
        seed=config["seed"],
    message:
        "Repair {wildcards.model} of {wildcards.task}, and one with a planted bug"
    script:
        "../../scripts/reliance_repair.py"


rule reliance_repair_compile:
    input:
        of_every_run("reliance/repair.parquet", pairs=REPAIR_PAIRS),
    output:
        report(
            f"{RESULTS}/tables/repair.csv",
            caption="../report/repair_table.rst",
            category="Reliance",
            labels={"figure": "repair table"},
        ),
    log:
        "logs/reliance_repair_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_repair_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("reliance_repair_compile.py"),
        level=config["faithfulness"]["level"],
    message:
        "Merge the repairs of all networks"
    script:
        "../../scripts/reliance_repair_compile.py"


rule reliance_trust:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        tables=of_every_seed("reliance/repair.parquet"),
        folders=of_every_seed("reliance/repair"),
    output:
        of_every_seed("reliance/trust.parquet"),
    log:
        "logs/reliance_trust/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_trust/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("reliance_trust.py"),
        trust=TRUST,
        scoring=scoring("bootstraps", "level"),
        seed=config["seed"],
    message:
        "Disturb {wildcards.model} of {wildcards.task}, its machine and its repaired copy"
    script:
        "../../scripts/reliance_trust.py"


rule reliance_trust_compile:
    input:
        of_every_run("reliance/trust.parquet", pairs=REPAIR_PAIRS),
    output:
        trust=report(
            f"{RESULTS}/tables/trust.csv",
            caption="../report/trust_table.rst",
            category="Reliance",
            labels={"figure": "trust table"},
        ),
        verdicts=report(
            f"{RESULTS}/tables/trust_verdicts.csv",
            caption="../report/trust_verdicts_table.rst",
            category="Reliance",
            labels={"figure": "trust verdicts"},
        ),
        figure=report(
            f"{FIGURES}/trust.{FORMAT}",
            caption="../report/trust.rst",
            category="Reliance",
            labels={"figure": "what can be trusted"},
        ),
    log:
        "logs/reliance_trust_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_trust_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("reliance_trust_compile.py"),
        level=config["faithfulness"]["level"],
    message:
        "Say of all networks who can be trusted how far"
    script:
        "../../scripts/reliance_trust_compile.py"


# What must hold of the networks of some tasks: checked on their machines, tried on themselves.
PROPERTIES = config["reliance"]["properties"]
PROPERTY_PAIRS = [(task, model) for task, model in PAIRS if task in PROPERTIES]


rule reliance_check:
    input:
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        module=module_of_run,
        activations=activations_of("train", "test"),
        studies=studies_of(config["abstractions"]["methods"]),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    output:
        of_every_seed("reliance/properties.parquet"),
    log:
        "logs/reliance_check/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_check/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("reliance_check.py"),
        seed=config["seed"],
        layer=layer_of_run,
        own=own_of_run,
        level=config["faithfulness"]["level"],
        properties=lambda wildcards: PROPERTIES[wildcards.task],
    message:
        "Check what must hold of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/reliance_check.py"


rule reliance_check_compile:
    input:
        of_every_run("reliance/properties.parquet", pairs=PROPERTY_PAIRS),
    output:
        report(
            f"{RESULTS}/tables/properties.csv",
            caption="../report/properties_table.rst",
            category="Reliance",
            labels={"figure": "properties"},
        ),
    log:
        "logs/reliance_check_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_check_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("reliance_check_compile.py"),
    message:
        "Merge what is said of the properties of all networks"
    script:
        "../../scripts/reliance_check_compile.py"


# How monitors of the networks of one (task, model) do in streams without and with planted changes.
rule reliance_watch:
    input:
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        module=module_of_run,
        activations=activations_of("train", "test"),
        studies=studies_of(config["abstractions"]["methods"]),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    output:
        alarms=f"{WATCHING}/watching.parquet",
        strangers=f"{WATCHING}/strangers.parquet",
        figure=report(
            f"{FIGURES}/{{task}}/{{model}}/watching.{FORMAT}",
            caption="../report/watching.rst",
            category="Reliance",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "a monitor's evidence"},
        ),
    log:
        "logs/reliance_watch/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_watch/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("reliance_watch.py"),
        layer=layer_of_run,
        own=own_of_run,
        settings=config["reliance"].get("watching"),
        bootstraps=config["faithfulness"]["bootstraps"],
        level=config["faithfulness"]["level"],
        seeds=SEEDS,
        seed=config["seed"],
    message:
        "Watch {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/reliance_watch.py"


rule reliance_watch_compile:
    input:
        alarms=expand(rules.reliance_watch.output.alarms, zip, **OF_PAIRS),
        strangers=expand(rules.reliance_watch.output.strangers, zip, **OF_PAIRS),
    output:
        alarms=report(
            f"{RESULTS}/tables/watching.csv",
            caption="../report/watching_table.rst",
            category="Reliance",
            labels={"figure": "alarms table"},
        ),
        strangers=report(
            f"{RESULTS}/tables/strangers.csv",
            caption="../report/strangers_table.rst",
            category="Reliance",
            labels={"figure": "strangers table"},
        ),
    log:
        "logs/reliance_watch_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/reliance_watch_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("reliance_watch_compile.py"),
    message:
        "Merge what monitors did"
    script:
        "../../scripts/reliance_watch_compile.py"
