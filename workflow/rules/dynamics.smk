# The mechanism inside networks that emulate hidden Markov sources.
DYNAMICS_TABLES = ["numbers", "paths", "points", "decay", "roles"]


rule dynamics_analyse:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        weights=of_every_seed("network/weights.safetensors"),
        cards=of_every_seed("network/card.json"),
        checkpoints=of_every_seed("network/checkpoints"),
    output:
        of_every_seed(*[f"dynamics/{name}.parquet" for name in DYNAMICS_TABLES]),
    log:
        "logs/dynamics_analyse/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_analyse/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=60,
    params:
        code=code_of("dynamics_analyse.py"),
        seed=config["seed"],
    message:
        "Look into {wildcards.model}, which writes like {wildcards.task}"
    script:
        "../../scripts/dynamics_analyse.py"


rule dynamics_believe:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        activations=activations_of("train", "test"),
        cards=of_every_seed("network/card.json"),
    output:
        of_every_seed("dynamics/beliefs.parquet"),
    log:
        "logs/dynamics_believe/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_believe/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=20,
    params:
        code=code_of("dynamics_believe.py"),
        layer=layer_of_run,
        n_states=config["abstractions"]["n_states"],
        seed=config["seed"],
    message:
        "Read beliefs from the states of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/dynamics_believe.py"


rule dynamics_compile:
    input:
        numbers=of_every_run("dynamics/numbers.parquet", pairs=DYNAMICS_PAIRS),
        beliefs=of_every_run("dynamics/beliefs.parquet", pairs=BELIEF_PAIRS),
        cards=of_every_run("network/card.json", pairs=[*DYNAMICS_PAIRS, *BELIEF_PAIRS]),
    output:
        numbers=report(
            f"{RESULTS}/tables/dynamics.csv",
            caption="../report/dynamics_table.rst",
            category="Emulating networks",
            labels={"figure": "numbers of all analyses"},
        ),
        claims=f"{RESULTS}/tables/dynamics_claims.csv",
    log:
        "logs/dynamics_compile.log",
    benchmark:
        f"{RESULTS}/benchmarks/dynamics_compile.jsonl"
    conda:
        "../../envs/classic.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
    params:
        code=code_of("dynamics_compile.py"),
        seed=config["seed"],
    message:
        "Merge the analyses of all emulating networks"
    script:
        "../../scripts/dynamics_compile.py"


rule figures_dynamics:
    input:
        tables=[
            f"{RUN}/dynamics/{name}.parquet".replace("{seed}", str(SEEDS[0]))
            for name in DYNAMICS_TABLES
        ],
        weights=f"{RUN}/network/weights.safetensors".replace("{seed}", str(SEEDS[0])),
    output:
        fixed_points=report(
            f"{FIGURES}/{{task}}/{{model}}/fixed_points.{FORMAT}",
            caption="../report/fixed_points.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "collapse without noise"},
        ),
        orbit=report(
            f"{FIGURES}/{{task}}/{{model}}/orbit.png",
            caption="../report/orbit.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "orbit"},
        ),
        residency=report(
            f"{FIGURES}/{{task}}/{{model}}/residency.png",
            caption="../report/residency.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "residency and zones"},
        ),
        linearisation=report(
            f"{FIGURES}/{{task}}/{{model}}/linearisation.{FORMAT}",
            caption="../report/linearisation.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "linearisation"},
        ),
        sensitivity=report(
            f"{FIGURES}/{{task}}/{{model}}/sensitivity.{FORMAT}",
            caption="../report/sensitivity.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "noise sensitivity"},
        ),
        resonance=report(
            f"{FIGURES}/{{task}}/{{model}}/resonance.{FORMAT}",
            caption="../report/resonance.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "resonance"},
        ),
        composition=report(
            f"{FIGURES}/{{task}}/{{model}}/composition.{FORMAT}",
            caption="../report/composition.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "pairs of symbols"},
        ),
        kicks=report(
            f"{FIGURES}/{{task}}/{{model}}/kicks.{FORMAT}",
            caption="../report/kicks.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "kick units"},
        ),
        gains=report(
            f"{FIGURES}/{{task}}/{{model}}/gains.{FORMAT}",
            caption="../report/gains.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "graded gains"},
        ),
        connectivity=report(
            f"{FIGURES}/{{task}}/{{model}}/connectivity.png",
            caption="../report/connectivity.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "connectivity"},
        ),
        emergence=report(
            f"{FIGURES}/{{task}}/{{model}}/emergence.{FORMAT}",
            caption="../report/emergence.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "emergence in training"},
        ),
    log:
        "logs/figures_dynamics/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_dynamics/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code_of("figures_dynamics.py"),
    message:
        "Draw the mechanism of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_dynamics.py"


EMULATOR_FIGURES = list(rules.figures_dynamics.output)


rule figures_emulation:
    input:
        rules.dynamics_compile.output.numbers,
    output:
        match=report(
            f"{FIGURES}/match.{FORMAT}",
            caption="../report/match.rst",
            category="Emulating networks",
            labels={"figure": "match with the sources"},
        ),
        bridge=report(
            f"{FIGURES}/bridge.{FORMAT}",
            caption="../report/bridge.rst",
            category="Emulating networks",
            labels={"figure": "hidden states as the source's states"},
        ),
        losses=report(
            f"{FIGURES}/losses.{FORMAT}",
            caption="../report/losses.rst",
            category="Emulating networks",
            labels={"figure": "the loss and the orbit"},
        ),
    log:
        "logs/figures_emulation.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_emulation.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=1500,
        runtime=10,
    params:
        code=code_of("figures_emulation.py"),
    message:
        "Draw how networks match their sources"
    script:
        "../../scripts/figures_emulation.py"
