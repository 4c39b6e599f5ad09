# Driven by all results, so that it comes after them, as the report does.
rule provenance_write:
    input:
        # Driven by all results, so that it cannot be older than any of them.
        tables=rules.tables.input,
        figures=rules.figures.input,
    output:
        config=f"{RESULTS}/provenance/config.resolved.yaml",
        versions=f"{RESULTS}/provenance/versions.json",
    log:
        "logs/provenance_write.log",
    benchmark:
        f"{RESULTS}/benchmarks/provenance_write.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        code=code_of("provenance_write.py"),
        config=config,
    message:
        "Write down what made these results"
    script:
        "../../scripts/provenance_write.py"
