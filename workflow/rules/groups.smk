# Groups of a user's sequences in the states of every network's machine, where the config asks.
rule groups_compare:
    input:
        data=files_of_task,
        task=f"{TASK}/task.json",
        activations=activations_of("valid", "test"),
        studies=studies_of(config["abstractions"]["methods"]),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    output:
        tables=of_every_seed("faithfulness/groups.parquet"),
        figure=report(
            f"{FIGURES}/{{task}}/{{model}}/groups.{FORMAT}",
            caption="../report/groups.rst",
            category="Groups",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "what differs between groups"},
        ),
    log:
        "logs/groups_compare/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/groups_compare/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("groups_compare.py"),
        sizes=sizes_of_task,
        layer=layer_of_run,
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Compare the groups of {wildcards.task} in the states of {wildcards.model}"
    script:
        "../../scripts/groups_compare.py"


rule groups_compile:
    input:
        of_every_run("faithfulness/groups.parquet", pairs=GROUP_PAIRS),
    output:
        report(
            f"{RESULTS}/tables/groups.csv",
            caption="../report/groups_table.rst",
            category="Groups",
            labels={"figure": "groups table"},
        ),
    log:
        "logs/groups_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/groups_compile.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("groups_compile.py"),
    message:
        "Merge the comparisons of groups"
    script:
        "../../scripts/groups_compile.py"
