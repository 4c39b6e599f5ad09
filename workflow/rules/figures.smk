from markovlens.running.shipped import PACKAGE

FIGURES = f"{RESULTS}/figures"
# Of line figures; dense scatter plots are always png.
FORMAT = config["figures"]["format"]
NETWORK_FIGURES = [
    f"{FIGURES}/{{task}}/{{model}}/{name}"
    for name in (
        f"machine.{FORMAT}",
        f"selection.{FORMAT}",
        "states.png",
        f"graph.{FORMAT}",
        f"timeline.{FORMAT}",
    )
]
# Templates and scripts are no code that Python imports, but the explorer is made of them.
EXPLORER_LOOKS = [
    PACKAGE / room / folder
    for room, folder in (
        ("explorer", "static"),
        ("explorer", "templates"),
        ("explaining", "templates"),
        ("report", "static"),
    )
]
# The floors see no activation: they have no states to draw; more than a few are no picture.
DRAWN_METHODS = [
    method for method in config["abstractions"]["methods"] if method not in ("ngram", "majority")
][:4]


rule figures_network:
    input:
        activations=activations_of("test"),
        pods=of_every_seed("embedding/pod.npz"),
        studies=studies_of(DRAWN_METHODS),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    output:
        machine=report(
            f"{FIGURES}/{{task}}/{{model}}/machine.{FORMAT}",
            caption="../report/machine.rst",
            category="Networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "1 machine of the verdict"},
        ),
        words=f"{FIGURES}/{{task}}/{{model}}/machine.csv",
        dot=f"{FIGURES}/{{task}}/{{model}}/machine.dot",
        selection=report(
            f"{FIGURES}/{{task}}/{{model}}/selection.{FORMAT}",
            caption="../report/selection.rst",
            category="Networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "number of states"},
        ),
        states=report(
            f"{FIGURES}/{{task}}/{{model}}/states.png",
            caption="../report/states.rst",
            category="Networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "states in activation space"},
        ),
        graph=report(
            f"{FIGURES}/{{task}}/{{model}}/graph.{FORMAT}",
            caption="../report/graph.rst",
            category="Networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "transition graph"},
        ),
        timeline=report(
            f"{FIGURES}/{{task}}/{{model}}/timeline.{FORMAT}",
            caption="../report/timeline.rst",
            category="Networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "example sequences"},
        ),
    log:
        "logs/figures_network/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_network/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("figures_network.py"),
        seed=config["seed"],
        layer=layer_of_run,
        methods=DRAWN_METHODS,
        criterion=config["abstractions"]["criterion"],
        budget=max(config["abstractions"]["n_states"]),
    message:
        "Draw {wildcards.model} on {wildcards.task}: its machine, its states"
    script:
        "../../scripts/figures_network.py"


# Of the first seed, by every method of its verdict.
rule figures_explorer:
    input:
        cards=of_seeds(SEEDS[:1], "network/card.json"),
        weights=of_seeds(SEEDS[:1], "network/weights.safetensors"),
        module=module_of_run,
        pods=of_seeds(SEEDS[:1], "embedding/pod.npz"),
        activations=activations_of("train", "valid", "test", seeds=SEEDS[:1]),
        studies=of_seeds(
            SEEDS[:1],
            *[
                f"abstractions/{method}/machines.json"
                for method in config["abstractions"]["methods"]
            ],
        ),
        verdicts=of_every_seed("faithfulness/verdict.json"),
    output:
        f"{FIGURES}/{{task}}/{{model}}/explorer.html",
    log:
        "logs/figures_explorer/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_explorer/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/neural.yaml"
    threads: 1
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        code=code_of("figures_explorer.py"),
        looks=lambda wildcards: folder_hash(*EXPLORER_LOOKS),
        layer=layer_of_run,
        own=own_of_run,
    message:
        "Write the explorer of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_explorer.py"


rule figures_comparison:
    input:
        comparison=rules.faithfulness_compile.output.comparison,
        verdicts=rules.faithfulness_compile.output.verdicts,
        differences=rules.faithfulness_compile.output.differences,
        clusters=rules.faithfulness_compile.output.clusters,
    output:
        comparison=report(
            f"{FIGURES}/comparison.{FORMAT}",
            caption="../report/comparison.rst",
            category="Comparison",
            labels={"figure": "1 all abstractions, closed loop"},
        ),
        gap=report(
            f"{FIGURES}/gap.{FORMAT}",
            caption="../report/gap.rst",
            category="Comparison",
            labels={"figure": "2 open against closed loop"},
        ),
        budget=report(
            f"{FIGURES}/budget.{FORMAT}",
            caption="../report/budget.rst",
            category="Comparison",
            labels={"figure": "3 score against number of states"},
        ),
        pareto=report(
            f"{FIGURES}/pareto.{FORMAT}",
            caption="../report/pareto.rst",
            category="Comparison",
            labels={"figure": "4 fidelity against description length"},
        ),
        intervention=report(
            f"{FIGURES}/intervention.{FORMAT}",
            caption="../report/intervention.rst",
            category="Comparison",
            labels={"figure": "5 interventions on the networks"},
        ),
        differences=report(
            f"{FIGURES}/differences.{FORMAT}",
            caption="../report/differences.rst",
            category="Comparison",
            labels={"figure": "6 which differences are real"},
        ),
        clusters=report(
            f"{FIGURES}/clusters.{FORMAT}",
            caption="../report/clusters.rst",
            category="Comparison",
            labels={"figure": "7 clusters needed by each cell"},
        ),
    log:
        "logs/figures_comparison.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_comparison.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("figures_comparison.py"),
        level=config["faithfulness"]["level"],
    message:
        "Draw the comparison of all networks"
    script:
        "../../scripts/figures_comparison.py"


rule figures_task:
    input:
        rules.faithfulness_compile.output.comparison,
    output:
        report(
            f"{FIGURES}/{{task}}/fidelity.{FORMAT}",
            caption="../report/fidelity.rst",
            category="Tasks",
            labels={"figure": "all abstractions on {task}"},
        ),
    log:
        "logs/figures_task/{task}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_task/{{task}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("figures_task.py"),
        level=config["faithfulness"]["level"],
    message:
        "Draw all abstractions on {wildcards.task}"
    script:
        "../../scripts/figures_task.py"


rule figures_robustness:
    input:
        rules.faithfulness_withstand.output.robustness,
    output:
        report(
            f"{FIGURES}/robustness.{FORMAT}",
            caption="../report/robustness.rst",
            category="Comparison",
            labels={"figure": "8 noise and few sequences"},
        ),
    log:
        "logs/figures_robustness.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_robustness.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("figures_robustness.py"),
        level=config["faithfulness"]["level"],
    message:
        "Draw what withstands noise and few sequences"
    script:
        "../../scripts/figures_robustness.py"


rule figures_embedding:
    input:
        trajectories=of_every_seed("activations/test.parquet"),
        progress=of_every_seed("embedding/progress.parquet"),
        cards=of_every_seed("network/card.json"),
    output:
        embedding=report(
            f"{FIGURES}/{{task}}/{{model}}/embedding.png",
            caption="../report/embedding.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "trajectories"},
        ),
        clusters=report(
            f"{FIGURES}/{{task}}/{{model}}/clusters.png",
            caption="../report/cluster_map.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "clusters"},
        ),
        training=report(
            f"{FIGURES}/{{task}}/{{model}}/training.{FORMAT}",
            caption="../report/training.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "training as separability"},
        ),
    log:
        "logs/figures_embedding/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_embedding/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("figures_embedding.py"),
        seed=config["seed"],
    message:
        "Draw the encoder-decoder {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_embedding.py"


rule figures_skeletons:
    input:
        task=f"{TASK}/task.json",
        splits=expand(f"{TASK}/{{split}}.parquet", split=SPLITS, allow_missing=True),
        trajectories=of_every_seed("activations/test.parquet"),
        chosen=of_every_seed("embedding/chosen.npz"),
        cards=of_every_seed("network/card.json"),
    output:
        report(
            f"{FIGURES}/{{task}}/{{model}}/skeletons.{FORMAT}",
            caption="../report/skeletons.rst",
            category="Encoder-decoders",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "states over the body"},
        ),
    log:
        "logs/figures_skeletons/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_skeletons/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("figures_skeletons.py"),
    message:
        "Draw the states of {wildcards.model} over the body of {wildcards.task}"
    script:
        "../../scripts/figures_skeletons.py"


rule figures_seq2seq:
    input:
        energies=rules.seq2seq_compile.output.energies,
        states=rules.seq2seq_compile.output.states,
        swaps=rules.seq2seq_compile.output.swaps,
        forecasts=rules.seq2seq_compile.output.forecasts,
    output:
        energies=report(
            f"{FIGURES}/energies.{FORMAT}",
            caption="../report/energies.rst",
            category="Encoder-decoders",
            labels={"figure": "1 energy of the modes"},
        ),
        correspondence=report(
            f"{FIGURES}/correspondence.{FORMAT}",
            caption="../report/correspondence.rst",
            category="Encoder-decoders",
            labels={"figure": "2 what states stand for"},
        ),
        swaps=report(
            f"{FIGURES}/swaps.{FORMAT}",
            caption="../report/swaps.rst",
            category="Encoder-decoders",
            labels={"figure": "3 decoders started by hand"},
        ),
        forecasts=report(
            f"{FIGURES}/forecasts.{FORMAT}",
            caption="../report/forecasts.rst",
            category="Encoder-decoders",
            labels={"figure": "4 error by horizon"},
        ),
    log:
        "logs/figures_seq2seq.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_seq2seq.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("figures_seq2seq.py"),
        level=config["faithfulness"]["level"],
    message:
        "Draw the comparison of all encoder-decoders"
    script:
        "../../scripts/figures_seq2seq.py"


# What is drawn of an emulating network, by file.
EMULATOR_FIGURES = {
    f"fixed_points.{FORMAT}": "collapse without noise",
    "orbit.png": "orbit",
    "residency.png": "residency and zones",
    f"linearisation.{FORMAT}": "linearisation",
    f"sensitivity.{FORMAT}": "noise sensitivity",
    f"resonance.{FORMAT}": "resonance",
    f"kicks.{FORMAT}": "kick units",
    f"gains.{FORMAT}": "graded gains",
    "connectivity.png": "connectivity",
    f"emergence.{FORMAT}": "emergence in training",
}


rule figures_dynamics:
    input:
        tables=of_seeds(SEEDS[:1], *[f"dynamics/{name}.parquet" for name in DYNAMICS_TABLES]),
        weights=of_seeds(SEEDS[:1], "network/weights.safetensors"),
        cards=of_seeds(SEEDS[:1], "network/card.json"),
    output:
        **{
            file.split(".")[0]: report(
                f"{FIGURES}/{{task}}/{{model}}/{file}",
                caption=f"../report/{file.split('.')[0]}.rst",
                category="Emulating networks",
                subcategory="{task}",
                labels={"network": "{model}", "figure": label},
            )
            for file, label in EMULATOR_FIGURES.items()
        },
    log:
        "logs/figures_dynamics/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_dynamics/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("figures_dynamics.py"),
    message:
        "Draw the mechanism of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_dynamics.py"


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
        sources=report(
            f"{FIGURES}/sources.{FORMAT}",
            caption="../report/sources.rst",
            category="Emulating networks",
            labels={"figure": "claims by source"},
        ),
    log:
        "logs/figures_emulation.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_emulation.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("figures_emulation.py"),
    message:
        "Draw how networks match their sources"
    script:
        "../../scripts/figures_emulation.py"


rule figures_basins:
    input:
        tables=of_seeds(SEEDS[:1], "dynamics/regions.parquet", "dynamics/region_points.parquet"),
    output:
        report(
            f"{FIGURES}/{{task}}/{{model}}/basins.png",
            caption="../report/basins.rst",
            category="Emulating networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "basins"},
        ),
    log:
        "logs/figures_basins/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_basins/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("figures_basins.py"),
    message:
        "Draw the basins of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_basins.py"


rule figures_rest:
    input:
        tables=of_seeds(SEEDS[:1], "dynamics/rest.parquet", "dynamics/rest_paths.parquet"),
    output:
        report(
            f"{FIGURES}/{{task}}/{{model}}/rest.{FORMAT}",
            caption="../report/rest.rst",
            category="At rest",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "when nothing happens"},
        ),
    log:
        "logs/figures_rest/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_rest/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code_of("figures_rest.py"),
    message:
        "Draw what {wildcards.model} of {wildcards.task} does when nothing happens"
    script:
        "../../scripts/figures_rest.py"
