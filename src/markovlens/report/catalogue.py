"""Which figures there are, what each is called, and in which part of the report it stands.

A figure that is not listed is not lost: it stands at the end of its part under its file's name,
with the caption of that name if there is one.
"""

from __future__ import annotations

from dataclasses import dataclass

NETWORKS = "networks"
COMPARISON = "comparison"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the report.

    Attributes:
        name: of the part, in links.
        short: title in the menu.
        title: as a heading.
        about: what was asked, in a sentence or two.
        together: titles of the figures of all networks together, by the name of the file.
        each: titles of the figures of one network, or of one task.
        tables: what a table holds, by the name of its file.
    """

    name: str
    short: str
    title: str
    about: str
    together: dict[str, str]
    each: dict[str, str]
    tables: dict[str, str]


PARTS = (
    Part(
        COMPARISON,
        "Comparison",
        "All methods compared",
        "Every method on every network, on the same held-out sequences: how faithful, how large, "
        "how sure, and what the network does when it is put into another state.",
        {
            "comparison": "All abstractions, closed loop",
            "gap": "Open against closed loop",
            "budget": "Score against number of states",
            "pareto": "Fidelity against description length",
            "intervention": "Interventions on the networks",
            "differences": "Which differences are shown",
            "clusters": "Clusters needed by each cell",
        },
        {"fidelity": "All abstractions on the networks of one task"},
        {
            "comparison.csv": "every score of every method at every size",
            "verdicts.csv": "the verdict on every network",
            "counterexamples.csv": "where machine and network part",
            "counterfactuals.csv": "whether networks confirm what would have led elsewhere",
            "differences.csv": "which differences between methods are shown",
            "clusters.csv": "states that an automaton needs to be as accurate as its network",
            "networks.csv": "every network: accuracy, gate, parameters",
            "sweep.csv": "every fit that was tried",
            "sizes.csv": "how sure the number of states of each machine is",
            "codebooks.csv": "by which rules rows are read, and what else was tried",
            "scores.parquet": "every score, seed by seed",
        },
    ),
    Part(
        "robustness",
        "Noise",
        "Noise and few sequences",
        "Machines learned from noisy activations of few sequences, as dropout, quantisation or a "
        "neural recording would leave them.",
        {"robustness": "What withstands noise and few sequences"},
        {},
        {"robustness.csv": "every machine learned from noisy activations"},
    ),
    Part(
        "emulators",
        "Emulators",
        "Networks that emulate hidden Markov sources",
        "Networks driven by noise that write like a hidden Markov source, and the mechanism by "
        "which they do.",
        {
            "match": "Match with the sources",
            "bridge": "Hidden states as the source's states",
            "losses": "The loss and the orbit",
            "sources": "Claims by source",
        },
        {
            "fixed_points": "Collapse without noise",
            "orbit": "Orbit",
            "residency": "Residency and zones",
            "linearisation": "Linearisation",
            "sensitivity": "Noise sensitivity",
            "resonance": "Resonance",
            "kicks": "Kick units",
            "gains": "Graded gains",
            "connectivity": "Connectivity",
            "emergence": "Emergence in training",
            "basins": "Basins without noise",
        },
        {
            "dynamics.csv": "every number of every analysis, with its interval",
            "dynamics_regions.csv": "fixed points, cycles and basins, region by region",
            "fixed_points.csv": "every fixed point and cycle that the regions hold",
        },
    ),
    Part(
        "groups",
        "Groups",
        "What differs between groups",
        "Groups of sequences in the states of each network's machine, which is not fitted again: "
        "how long, how often and whereto they go, by permutations of sequences or subjects.",
        {},
        {"groups": "What differs between groups"},
        {"groups.csv": "every measure of every state in every two groups"},
    ),
    Part(
        "layers",
        "Layers",
        "Readable, and used",
        "In which layers of a network the true state can be read by a linear probe, and in which "
        "it is used: put into another state, the network goes on from there.",
        {"layers": "Readable and used, layer by layer"},
        {},
        {
            "layers.csv": "every probe, every exchange and every control, by layer",
            "layers_claims.csv": "what they make of the claims",
        },
    ),
    Part(
        "formation",
        "Formation",
        "How states form in training",
        "Machines of networks at moments of their training: states that are the same from one to "
        "the next, that are born, split, merge and die, and the words that a learner of automata "
        "saves by beginning with the machine before.",
        {},
        {"formation": "States along training"},
        {"formation.csv": "every moment of every training"},
    ),
    Part(
        "hybrids",
        "Hybrids",
        "Hidden Markov models inside",
        "LSTMs, hidden Markov models and both in one, of as many parameters: what they get right, "
        "and how much of the whole a part that can be read says, beside machines read off later.",
        {"hybrids": "How right each is, and how faithful its parts"},
        {},
        {"hybrids.csv": "every model, part and measure"},
    ),
    Part(
        "attention",
        "Attention",
        "Attention beside machines",
        "What explanations of last answers are worth, attention and machines among them: whether "
        "they find planted evidence, and what the network does when they are taken at their word.",
        {"attention": "Evidence found, changed and taken away"},
        {},
        {
            "attention.csv": "every explanation, network and measure",
            "attention_curves.csv": "what becomes of the answer while steps go or come back",
        },
    ),
    Part(
        "attractors",
        "Attractors",
        "Attractors beside states",
        "Where networks rest that solve tasks of which the dynamics are published, and whether the "
        "states of machines are these places.",
        {},
        {"attractors": "Fixed points and states"},
        {"attractors.csv": "fixed points, slow modes and states, by network"},
    ),
    Part(
        "reliance",
        "Reliance",
        "Whether they can be relied on",
        "Networks that break their specification, before and after repair; and machine, network "
        "and repaired network under edits, lengths, noise and bit flips, against what is right; "
        "and a monitor that says when things are no longer as they were recorded.",
        {"trust": "What can be trusted under which disturbance"},
        {"watching": "A monitor's evidence"},
        {
            "watching.csv": "false alarms of monitors, and sequences to an alarm",
            "strangers.csv": "sequences of other kinds told from usual ones",
            "exports.csv": "the machines in other languages, and how their files decide",
            "properties.csv": "what must hold of networks, and whether it does",
            "repair.csv": "networks before and after repair, with a control",
            "trust.csv": "how often each is right under every disturbance",
            "trust_verdicts.csv": "who can be trusted how far, in words",
        },
    ),
    Part(
        "rest",
        "At rest",
        "When nothing happens",
        "The same input again and again: does the state of each network come to rest, go round, or "
        "count, how long does it take, and does its machine rest where it does?",
        {},
        {"rest": "The way to rest"},
        {"rest.csv": "what becomes of every network, and of its machine"},
    ),
    Part(
        "encoder-decoders",
        "Encoder-decoders",
        "Encoder-decoders",
        "Networks that read the past of a movement and forecast its future: where their states "
        "run, and what those states stand for.",
        {
            "energies": "Energy of the modes",
            "correspondence": "What states stand for",
            "swaps": "Decoders started by hand",
            "forecasts": "Error by horizon",
        },
        {
            "embedding": "Trajectories",
            "clusters": "Clusters",
            "training": "Training as separability",
            "skeletons": "States over the body",
        },
        {
            "forecasts.csv": "error at each horizon against simple forecasts",
            "embedding.csv": "energy of every mode",
            "embedding_modes.csv": "how many modes hold 90, 95 and 99 % of it",
            "separability.csv": "loss and separability of classes along the training",
            "separability_correlation.csv": "how separability goes with the loss",
            "seq2seq_clusters.csv": "whether clusters of states match the classes",
            "seq2seq_states.csv": "what states of each method stand for",
            "seq2seq_swaps.csv": "decoders started from another window's encoder end",
        },
    ),
)
# Of one network of the benchmark; the drawing of its machine is the first of these that it has.
DRAWINGS = {
    "machine": "The machine of the verdict",
    "graph": "Transition graph (HMM)",
}
NETWORK_FIGURES = DRAWINGS | {
    "selection": "Number of states",
    "states": "States in activation space",
    "timeline": "Example sequences",
}
CAPTIONS = {("encoder-decoders", "clusters"): "cluster_map"}  # the others bear the figure's name


def part_of(stem: str, *, of_one: bool) -> str:
    """Return the part in which a figure stands, of one network or task or of all together."""
    for part in PARTS:
        if stem in (part.each if of_one else part.together):
            return part.name
    return NETWORKS if of_one else COMPARISON


def titles_of(name: str, *, of_one: bool) -> dict[str, str]:
    """Return the titles of a part's figures by the name of the file, in their order."""
    if name == NETWORKS:
        return NETWORK_FIGURES
    part = next(part for part in PARTS if part.name == name)
    return part.each if of_one else part.together


def caption_of(name: str, stem: str, *, of_one: bool) -> str:
    """Return the name of the caption of a figure in a part."""
    return CAPTIONS.get((name, stem), stem) if of_one else stem
