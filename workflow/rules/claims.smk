# Claims of all papers on one table, so that a verdict holds for all of them together.
rule faithfulness_claim:
    input:
        rules.faithfulness_compile.output.claims,
        if_embedded(rules.faithfulness_seq2seq.output.claims),
        if_emulating(rules.dynamics_compile.output.claims),
    output:
        report(
            f"{RESULTS}/claims.csv",
            caption="../report/claims_table.rst",
            category="Comparison",
            labels={"figure": "claims of the papers"},
        ),
    log:
        "logs/faithfulness_claim.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_claim.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(600),
        runtime=growing(5),
    params:
        code=code_of("faithfulness_claim.py"),
    message:
        "Decide the claims of the papers"
    script:
        "../../scripts/faithfulness_claim.py"
