from markovlens.running.ending import made_in
from markovlens.running.shipped import PACKAGE

# Templates, style and captions are no code that Python imports, but the page is made of them.
LOOKS = [
    PACKAGE / "report" / "templates",
    PACKAGE / "report" / "static",
    Path(workflow.basedir, "workflow", "report"),
]


rule report_write:
    input:
        tables=rules.tables.input,
        figures=rules.figures.input,
        provenance=rules.provenance_write.output,
    output:
        f"{RESULTS}/report.html",
    log:
        "logs/report_write.log",
    benchmark:
        f"{RESULTS}/benchmarks/report_write.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("report_write.py"),
        looks=lambda wildcards: folder_hash(*LOOKS),
    message:
        "Write the report"
    script:
        "../../scripts/report_write.py"


onsuccess:
    sys.stdout.write(made_in(RESULTS))
