"""markovlens: which small state machine does a trained recurrent network run, and can it be trusted?"""


include: "workflow/rules/config_files.smk"


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/tasks.smk"
include: "workflow/rules/networks.smk"
include: "workflow/rules/activations.smk"
include: "workflow/rules/embedding.smk"
include: "workflow/rules/abstractions.smk"
include: "workflow/rules/seq2seq.smk"
include: "workflow/rules/faithfulness.smk"
include: "workflow/rules/dynamics.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/attractors.smk"
include: "workflow/rules/groups.smk"
include: "workflow/rules/layers.smk"
include: "workflow/rules/formation.smk"
include: "workflow/rules/attention.smk"
include: "workflow/rules/hybrids.smk"
include: "workflow/rules/reliance.smk"


localrules:
    all,
    tables,
    figures,


rule tables:
    input:
        tables_of_studies(),
        rules.faithfulness_claim.output,


rule figures:
    input:
        network_figures(),
        explorers(),
        figures_of_studies(),


include: "workflow/rules/provenance.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: True
    input:
        rules.report_write.input,
        rules.report_write.output,
