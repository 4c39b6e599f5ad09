# Whether the machines can be relied on: one study for each key of `reliance` that is asked for.
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
            caption="../report/exports.rst",
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


def reliance_tables():
    """Return the tables of the studies that the config asks for."""
    exports = rules.reliance_export.output if config["reliance"]["exports"] else []
    return [*exports]


def reliance_figures():
    """Return the figures and files of the studies that the config asks for."""
    return []
