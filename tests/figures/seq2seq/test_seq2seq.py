import numpy as np
import pandas as pd
import pytest

from markovlens.figures.save import save_figure
from markovlens.figures.seq2seq.cluster_map import (
    cluster_finding,
    draw_cluster_map,
    shares_of,
)
from markovlens.figures.seq2seq.correspondence import beyond_control, draw_correspondence
from markovlens.figures.seq2seq.embedding import PER_CLASS, draw_embedding
from markovlens.figures.seq2seq.energies import draw_energies
from markovlens.figures.seq2seq.optimality import draw_optimality, optimality_finding
from markovlens.figures.seq2seq.skeletons import (
    Movement,
    apart,
    beginnings,
    draw_skeletons,
    skeleton_finding,
)
from markovlens.figures.seq2seq.swaps import draw_swaps
from markovlens.seq2seq.optimality import optimality_table
from markovlens.seq2seq.snapshots import Snapshots, bases, energy_rows


@pytest.fixture(scope="module")
def snapshots() -> Snapshots:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 6)
    angle = np.arange(16) / 3
    circle = np.stack([np.sin(angle), np.cos(angle), *np.zeros((3, 16))], axis=1)
    states = circle + 5 * np.eye(5)[labels][:, None] + 0.05 * rng.normal(size=(24, 16, 5))
    return Snapshots(states[:, :8], states[:, 8:], labels, ("a", "b", "c", "d"))


def title_of(figure) -> str:
    return figure.texts[0].get_text().replace("\n", " ").replace("\u00a0", " ")


def test_embedding_says_how_many_modes_and_how_far_the_decoder_begins(snapshots, tmp_path):
    figure = draw_embedding(snapshots, network="task, gru")
    modes = bases(snapshots)["joint"].modes_for(0.9)
    assert title_of(figure).startswith(f"{modes} modes of 5 hold 90 %")
    save_figure(tmp_path / "one.png", figure)
    save_figure(tmp_path / "two.png", draw_embedding(snapshots, network="task, gru"))
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "two.png").read_bytes()


def test_embedding_of_one_class_and_two_units_is_no_error():
    states = np.random.default_rng(0).normal(size=(1, 8, 2))
    figure = draw_embedding(Snapshots(states[:, :4], states[:, 4:], np.zeros(1, int), ("a",)))
    assert title_of(figure)


def titles_in(figure) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_embedding_has_a_panel_a_class_and_a_third_mode_where_classes_are_few(snapshots):
    figure = draw_embedding(snapshots)
    assert titles_in(figure) == ["0 a", "1 b", "2 c", "3 d"] * 2
    assert [axes.get_ylabel()[:6] for axes in figure.axes[::4]] == ["mode 2", "mode 3"]
    labels = np.arange(24) % 8
    many = Snapshots(snapshots.encoder, snapshots.decoder, labels, tuple("abcdefgh"))
    assert len(draw_embedding(many).axes) == 8


def test_embedding_draws_the_class_of_a_panel_before_the_others(snapshots):
    first = draw_embedding(snapshots).axes[0]
    thick = [line for line in first.lines if line.get_linewidth() == 1.8]
    faint = [line for line in first.lines if line.get_linewidth() == 0.5]
    assert len(thick) == PER_CLASS
    assert len(faint) == 2 * 3 * PER_CLASS  # encoder and decoder of three other classes


def test_clusters_bear_the_number_of_the_class_that_they_overlap_most():
    known = np.array([0, 0, 0, 0, 1, 1])
    shares = shares_of(known, np.array([1, 1, 1, 0, 0, 0]))
    assert shares.to_numpy() == pytest.approx(np.array([[0.75, 0.25], [0.0, 1.0]]))


def test_cluster_map_gives_the_index_of_both_kinds(snapshots):
    figure = draw_cluster_map(snapshots, seed=0)
    assert "1.00 (k-means)" in title_of(figure)
    known = np.repeat([0, 1], 5)
    said = cluster_finding({"kmeans": known, "single_linkage": np.zeros(10, int)}, known)
    assert said.endswith("1.00 (k-means) and 0.00 (single linkage, cosine)")


def test_energies_name_the_modes_of_every_network(snapshots):
    rows = pd.DataFrame(energy_rows(bases(snapshots)))
    two = [rows.assign(task=task, model="gru", seed=0) for task in ("first", "second")]
    modes = bases(snapshots)["joint"].modes_for(0.9)
    title = title_of(draw_energies(pd.concat(two)))
    assert title.endswith(f"{modes} (first) and {modes} (second)")


def progress(sign):
    steps = [10, 30, 100, 300, 1000]
    loss = [5.0, 4.0, 4.5, 2.0, 1.0]
    return pd.DataFrame(
        [
            {
                "task": "motion", "model": "gru", "seed": seed, "step": step, "test_loss": x,
                "pointwise": sign * x, "centroid": sign * x, "silhouette": -x, "fisher": -x,
                "encoder_modes_90": 3, "decoder_modes_90": 2,
            }
            for seed in (0, 1)
            for step, x in zip(steps, loss, strict=True)
        ]
    )  # fmt: skip


@pytest.mark.parametrize(("sign", "said"), [(-1, "-1.00 (pointwise)"), (1, "+1.00 (pointwise)")])
def test_training_says_the_correlation_with_its_sign(sign, said):
    rows = progress(sign)
    figure = draw_optimality(rows, optimality_table(rows), network="motion, gru")
    assert said in title_of(figure)
    labels = [t.get_text() for ax in figure.axes for t in ax.get_xticklabels()]
    assert not [text for text in labels if "$" in text]


def test_training_of_a_network_that_came_trained_says_so():
    rows = progress(-1)
    one = rows[rows["step"] == 10]
    figure = draw_optimality(one, optimality_table(one), network="words, g2p")
    assert title_of(figure) == "There is no training to follow"
    assert len(figure.axes) == 1


def test_training_leaves_out_what_is_nowhere_known():
    rows = progress(-1).assign(silhouette=np.nan, fisher=np.nan)
    titles = titles_in(draw_optimality(rows, optimality_table(rows)))
    assert [words.split()[0] for words in titles] == ["test", "pointwise", "distance", "modes"]


def test_training_of_two_checkpoints_says_that_they_are_too_few():
    rows = progress(-1)
    few = rows[rows["step"] < 100]
    assert "too few" in optimality_finding(optimality_table(few))


def movement(name, states):
    joints = np.random.default_rng(0).normal(size=(len(states), 3, 3))
    return Movement(name, joints, joints + 0.1, np.array(states), 3)


def test_skeletons_count_states_and_their_homes():
    movements = [movement("walk", [0, 0, 1, 1, 1, 2]), movement("run", [3, 3, 3, 1, 1, 1])]
    title = skeleton_finding(movements, method="hmm")
    assert "runs through 2.5 states" in title
    assert "of the 4 states met here, 3 belong to one movement only" in title
    figure = draw_skeletons(movements, [(0, 1), (1, 2)], rate=30.0)
    drawn = [text.get_text() for text in figure.axes[0].texts]
    assert {"walk", "run", "+0.10 s", "-0.10 s", "0 s"} <= set(drawn)


def test_figures_stand_where_states_begin_but_not_on_each_other():
    begins = beginnings(np.array([4, 4, 1, 2, 2, 4]))
    assert begins.tolist() == [0, 2, 3, 5]
    assert apart(begins, 0.2, 0.4) == [0, 2, 5]


@pytest.fixture
def correspondence():
    rows = [
        {
            "task": "motion", "model": "gru", "part": "joint", "method": method,
            "reference": reference, "score": "ami", "selection": "chosen", "value": value,
            "low": value - 0.05, "high": value + 0.05, "control": control,
            "control_high": control + 0.04, "n_seeds": 3,
        }
        for method in ("hmm", "kmeans")
        for reference, value, control in [
            ("class", 0.6, 0.52), ("position", 0.4, 0.0), ("phase", 0.3, 0.1),
            ("role", 0.2, np.nan),
        ]
    ]  # fmt: skip
    return pd.DataFrame(rows)


def test_correspondence_names_what_is_clearest_above_its_control(correspondence):
    title = title_of(draw_correspondence(correspondence))
    assert title.endswith("position (motion, 0.40, control 0.00)")


def test_only_what_is_clear_of_its_control_is_shaded(correspondence):
    beyond = beyond_control(correspondence).groupby(correspondence["reference"]).first()
    assert beyond.to_dict() == pytest.approx(
        {"class": 0.0, "position": 0.4, "phase": 0.2, "role": 0.0}
    )
    texts = [text.get_text() for text in draw_correspondence(correspondence).axes[0].texts]
    assert texts == ["0.60\n0.52"] * 2


def test_a_method_that_failed_leaves_its_cell_empty(correspondence):
    lost = (correspondence["method"] == "kmeans") & (correspondence["reference"] == "class")
    first = draw_correspondence(correspondence[~lost]).axes[0]
    assert [text.get_text() for text in first.texts] == ["0.60\n0.52"]
    assert [text.get_text() for text in first.get_xticklabels()] == ["HMM", "k-means"]


def test_swaps_say_how_often_the_donor_wins():
    rows = [
        {
            "task": "motion", "model": "gru", "condition": condition, "of": of, "score": score,
            "value": {"input_only": 0.25, "none": 0.1}.get(condition, 0.75), "low": 0.7,
            "high": 0.8,
            "n_seeds": 2,
        }
        for of in ("states", "outputs")
        for condition, score in [
            ("other_class", "class_of_donor"), ("input_only", "class_of_donor"),
            ("same_class", "leaves_class"), ("none", "leaves_class"),
            ("displaced", "return_ratio"),
        ]
    ]  # fmt: skip
    title = title_of(draw_swaps(pd.DataFrame(rows)))
    assert title.endswith("without a swap: 75 %, 25 %, 90 % (motion)")
    nothing = draw_swaps(pd.DataFrame(columns=list(rows[0])))
    assert "No decoder" in title_of(nothing)
