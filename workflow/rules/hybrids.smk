# LSTMs, hidden Markov models and both in one, of as many parameters, on the tasks of `hybrids.tasks`.


rule hybrids_train:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
    output:
        f"{RESULTS}/hybrids/{{task}}/models.parquet",
    log:
        "logs/hybrids_train/{task}.log",
    benchmark:
        f"{RESULTS}/benchmarks/hybrids_train/{{task}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
    params:
        code=code_of("hybrids_train.py"),
        settings={key: value for key, value in config["hybrids"].items() if key != "tasks"},
        training=training_of_task,
        scoring=scoring("bootstraps", "level"),
        seeds=SEEDS,
        seed=config["seed"],
    message:
        "Train hidden Markov models, LSTMs and both in one on {wildcards.task}"
    script:
        "../../scripts/hybrids_train.py"


rule hybrids_compile:
    input:
        models=expand(f"{RESULTS}/hybrids/{{task}}/models.parquet", task=config["hybrids"]["tasks"]),
    output:
        scores=report(
            f"{RESULTS}/tables/hybrids.csv",
            caption="../report/hybrids_table.rst",
            category="Hybrids",
            labels={"figure": "hybrids table"},
        ),
        claims=f"{RESULTS}/tables/hybrids_claims.csv",
        figure=report(
            f"{FIGURES}/hybrids.{FORMAT}",
            caption="../report/hybrids.rst",
            category="Hybrids",
            labels={"figure": "hidden Markov models inside"},
        ),
    log:
        "logs/hybrids_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/hybrids_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("hybrids_compile.py"),
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Compare hybrids with machines that are read off afterwards"
    script:
        "../../scripts/hybrids_compile.py"
