METHOD_STUDIES = [f"abstractions/{method}" for method in config["abstractions"]["methods"]]


rule faithfulness_score:
    input:
        task=f"{TASK}/task.json",
        cards=of_every_seed("network/card.json"),
        activations=activations_of("train", "test"),
        machines=of_every_seed(*[f"{study}/machines.json" for study in METHOD_STUDIES]),
        decoded=of_every_seed(*[f"{study}/decoded.parquet" for study in METHOD_STUDIES]),
    output:
        scores=of_every_seed("faithfulness/scores.parquet"),
    log:
        "logs/faithfulness_score/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_score/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=30,
    params:
        code=code_of("faithfulness_score.py"),
        seed=config["seed"],
        layer=layer_of_run,
        methods=config["abstractions"]["methods"],
        scoring=config["faithfulness"],
    message:
        "Score the state machines of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/faithfulness_score.py"


rule faithfulness_compile:
    input:
        cards=of_every_run("network/card.json"),
        scores=of_every_run("faithfulness/scores.parquet"),
        sweeps=of_every_run(*[f"{study}/sweep.parquet" for study in METHOD_STUDIES]),
    output:
        scores=f"{RESULTS}/tables/scores.parquet",
        comparison=report(
            f"{RESULTS}/tables/comparison.csv",
            caption="../report/comparison_table.rst",
            category="Comparison",
            labels={"figure": "comparison table"},
        ),
        sweep=f"{RESULTS}/tables/sweep.csv",
        networks=f"{RESULTS}/tables/networks.csv",
        digest=f"{RESULTS}/tables/comparison.md",
    log:
        "logs/faithfulness_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_compile.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_of("faithfulness_compile.py"),
        layers=LAYERS,
        methods=config["abstractions"]["methods"],
        level=config["faithfulness"]["level"],
        notes=NOTES,
        seed=config["seed"],
    message:
        "Merge the scores of all networks"
    script:
        "../../scripts/faithfulness_compile.py"
