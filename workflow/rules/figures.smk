FIGURES = f"{RESULTS}/figures"
# Of line figures; dense scatter plots are always png.
FORMAT = config["figures"]["format"]
NETWORK_FIGURES = [
    f"{FIGURES}/{{task}}/{{model}}/{name}"
    for name in (f"selection.{FORMAT}", "states.png", f"graph.{FORMAT}", f"timeline.{FORMAT}")
]
# The floors see no activation: they have no states to draw; more than a few are no picture.
DRAWN_METHODS = [
    method for method in config["abstractions"]["methods"] if method not in ("ngram", "majority")
][:4]
AUTOMATON = "lisor_k"
if AUTOMATON in config["abstractions"]["methods"]:
    NETWORK_FIGURES.append(f"{FIGURES}/{{task}}/{{model}}/automaton.{FORMAT}")


rule figures_network:
    input:
        activations=activations_of("test"),
        pods=of_every_seed("embedding/pod.npz"),
        studies=studies_of(DRAWN_METHODS),
    output:
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
    message:
        "Draw the states of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_network.py"


rule figures_automaton:
    input:
        activations=activations_of("test"),
        pods=of_every_seed("embedding/pod.npz"),
        studies=studies_of([AUTOMATON]),
    output:
        figure=report(
            f"{FIGURES}/{{task}}/{{model}}/automaton.{FORMAT}",
            caption="../report/automaton.rst",
            category="Networks",
            subcategory="{task}",
            labels={"network": "{model}", "figure": "automaton (LISOR-k)"},
        ),
        words=f"{FIGURES}/{{task}}/{{model}}/automaton.csv",
        dot=f"{FIGURES}/{{task}}/{{model}}/automaton.dot",
    log:
        "logs/figures_automaton/{task}/{model}.log",
    benchmark:
        f"{RESULTS}/benchmarks/figures_automaton/{{task}}/{{model}}.jsonl"
    conda:
        "../../envs/report.yaml"
    threads: 1
    resources:
        mem_mb=growing(1500),
        runtime=growing(10),
    params:
        code=code_of("figures_automaton.py"),
        layer=layer_of_run,
        method=AUTOMATON,
    message:
        "Draw the automaton of {wildcards.model} on {wildcards.task}"
    script:
        "../../scripts/figures_automaton.py"


rule figures_comparison:
    input:
        comparison=rules.faithfulness_compile.output.comparison,
        networks=rules.faithfulness_compile.output.networks,
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
        accuracy=report(
            f"{FIGURES}/accuracy.{FORMAT}",
            caption="../report/accuracy.rst",
            category="Comparison",
            labels={"figure": "3b accuracy against number of states"},
        ),
        gates=report(
            f"{FIGURES}/gates.{FORMAT}",
            caption="../report/gates.rst",
            category="Comparison",
            labels={"figure": "4 accuracy of the networks"},
        ),
        pareto=report(
            f"{FIGURES}/pareto.{FORMAT}",
            caption="../report/pareto.rst",
            category="Comparison",
            labels={"figure": "5 fidelity against description length"},
        ),
        intervention=report(
            f"{FIGURES}/intervention.{FORMAT}",
            caption="../report/intervention.rst",
            category="Comparison",
            labels={"figure": "6 interventions on the networks"},
        ),
        differences=report(
            f"{FIGURES}/differences.{FORMAT}",
            caption="../report/differences.rst",
            category="Comparison",
            labels={"figure": "7 which differences are real"},
        ),
        clusters=report(
            f"{FIGURES}/clusters.{FORMAT}",
            caption="../report/clusters.rst",
            category="Comparison",
            labels={"figure": "8 clusters needed by each cell"},
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


rule figures_robustness:
    input:
        rules.faithfulness_withstand.output.robustness,
    output:
        report(
            f"{FIGURES}/robustness.{FORMAT}",
            caption="../report/robustness.rst",
            category="Comparison",
            labels={"figure": "9 noise and few sequences"},
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
