rule faithfulness_score:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        cards=of_every_seed("network/card.json"),
        activations=activations_of("train", "test"),
        studies=studies_of(config["abstractions"]["methods"]),
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
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("faithfulness_score.py"),
        seed=config["seed"],
        layer=layer_of_run,
        methods=config["abstractions"]["methods"],
        scoring=scoring("bootstraps", "level", "smoothing"),
    message:
        "Score the state machines of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/faithfulness_score.py"


rule faithfulness_probe:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        cards=of_every_seed("network/card.json"),
        weights=of_every_seed("network/weights.safetensors"),
        module=module_of_run,
        # Of those of training codes are asked by example, and states steered by their means.
        activations=activations_of("train", "valid", "test"),
        studies=studies_of(config["abstractions"]["methods"]),
    output:
        probes=of_every_seed("faithfulness/probes.parquet"),
        counterfactuals=of_every_seed("faithfulness/counterfactuals.parquet"),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    log:
        "logs/faithfulness_probe/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_probe/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        code=code_of("faithfulness_probe.py"),
        seed=config["seed"],
        layer=layer_of_run,
        own=own_of_run,
        methods=config["abstractions"]["methods"],
        scoring=config["faithfulness"],
    message:
        "Ask {wildcards.model} on {wildcards.task} whether it is its state machines"
    script:
        "../../scripts/faithfulness_probe.py"


rule faithfulness_compile:
    input:
        # The tables of the sweeps, too, are older than the scores: see `studies_of`.
        cards=of_every_run("network/card.json"),
        scores=of_every_run("faithfulness/scores.parquet"),
        probes=of_every_run("faithfulness/probes.parquet"),
        counterfactuals=of_every_run("faithfulness/counterfactuals.parquet"),
        verdicts=of_every_run("faithfulness/verdict.json"),
    output:
        scores=f"{RESULTS}/tables/scores.parquet",
        comparison=report(
            f"{RESULTS}/tables/comparison.csv",
            caption="../report/comparison_table.rst",
            category="Comparison",
            labels={"figure": "comparison table"},
        ),
        verdicts=report(
            f"{RESULTS}/tables/verdicts.csv",
            caption="../report/verdicts_table.rst",
            category="Comparison",
            labels={"figure": "verdicts table"},
        ),
        differences=report(
            f"{RESULTS}/tables/differences.csv",
            caption="../report/differences.rst",
            category="Comparison",
            labels={"figure": "differences table"},
        ),
        counterexamples=report(
            f"{RESULTS}/tables/counterexamples.csv",
            caption="../report/counterexamples_table.rst",
            category="Comparison",
            labels={"figure": "counterexamples table"},
        ),
        counterfactuals=report(
            f"{RESULTS}/tables/counterfactuals.csv",
            caption="../report/counterfactuals_table.rst",
            category="Comparison",
            labels={"figure": "counterfactuals table"},
        ),
        clusters=report(
            f"{RESULTS}/tables/clusters.csv",
            caption="../report/clusters.rst",
            category="Comparison",
            labels={"figure": "clusters needed table"},
        ),
        claims=f"{RESULTS}/tables/lisor_claims.csv",
        sweep=f"{RESULTS}/tables/sweep.csv",
        sizes=f"{RESULTS}/tables/sizes.csv",
        codebooks=f"{RESULTS}/tables/codebooks.csv",
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
        mem_mb=growing(2000),
        runtime=growing(20),
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


rule faithfulness_disturb:
    input:
        activations=activations_of("train", "valid", "test"),
        cards=of_every_seed("network/card.json"),
    output:
        of_every_seed("faithfulness/robustness.parquet"),
    log:
        "logs/faithfulness_disturb/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_disturb/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(90),
    params:
        code=code_of("faithfulness_disturb.py"),
        seed=config["seed"],
        layer=layer_of_run,
        bootstraps=config["faithfulness"]["bootstraps"],
        n_components=config["embedding"]["n_components"],
        smoothing=config["faithfulness"]["smoothing"],
        options=fit_options("restarts", "covariance"),  # it has its own
        conditions={
            key: value for key, value in sorted(config["robustness"].items()) if key != "runs"
        },
    message:
        "Disturb the activations of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/faithfulness_disturb.py"


rule faithfulness_withstand:
    input:
        of_every_run("faithfulness/robustness.parquet", pairs=ROBUSTNESS_PAIRS),
    output:
        robustness=report(
            f"{RESULTS}/tables/robustness.csv",
            caption="../report/robustness.rst",
            category="Comparison",
            labels={"figure": "robustness table"},
        ),
        claims=f"{RESULTS}/tables/cluster_claims.csv",
    log:
        "logs/faithfulness_withstand.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_withstand.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("faithfulness_withstand.py"),
        level=config["faithfulness"]["level"],
        seed=config["seed"],
    message:
        "Merge what withstood noise and few sequences"
    script:
        "../../scripts/faithfulness_withstand.py"


# Claims of all papers on one table, so that a verdict holds for all of them together.
rule faithfulness_claim:
    input:
        if_abstracted(rules.faithfulness_compile.output.claims),
        if_disturbed(rules.faithfulness_withstand.output.claims),
        if_embedded(rules.seq2seq_compile.output.claims),
        if_emulating(f"{RESULTS}/tables/dynamics_claims.csv"),
        if_mixed(f"{RESULTS}/tables/hybrids_claims.csv"),
        if_regions(f"{RESULTS}/tables/dynamics_regions_claims.csv"),
        if_layered(f"{RESULTS}/tables/layers_claims.csv"),
        if_formed(f"{RESULTS}/tables/formation_claims.csv"),
        if_attracted(f"{RESULTS}/tables/attractors_claims.csv"),
        if_attended(f"{RESULTS}/tables/attention_claims.csv"),
    output:
        claims=report(
            f"{RESULTS}/claims.csv",
            caption="../report/claims_table.rst",
            category="Comparison",
            labels={"figure": "claims of the papers"},
        ),
        differences=f"{RESULTS}/tables/claims_differences.csv",
    log:
        "logs/faithfulness_claim.log",
    benchmark:
        f"{RESULTS}/benchmarks/faithfulness_claim.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        code=code_of("faithfulness_claim.py"),
    message:
        "Decide the claims of the papers"
    script:
        "../../scripts/faithfulness_claim.py"
