from collections import Counter

import numpy as np
import pytest

from markovlens.errors import DataError
from markovlens.tasks.base import SPLITS
from markovlens.tasks.labelled import stratified_splits
from markovlens.tasks.resources import resource_path
from markovlens.tasks.sentiment import (
    Review,
    make,
    read_reviews,
    vocabulary,
    words_of,
)


@pytest.fixture
def reviews_file(tmp_path):
    path = tmp_path / "reviews.txt"
    path.write_text(
        "1\t2.5\tIt's GOOD, really good!\r\n2\t-0.1\tNot so\r\n3\t0.0\tMeh\r\n4\t1\tnot so\r\n"
        "5\t1\t...\r\n6\t-3\tBad bad BAD\r\n",
        encoding="utf-8",
    )
    return path


def test_words_are_lower_case_without_punctuation():
    assert words_of("It's an O'Neill--cliché (1999)...") == (
        "it's",
        "an",
        "o'neill",
        "cliché",
        "1999",
    )
    assert words_of("the ''horrible'' one") == ("the", "horrible", "one")


def test_reviews_are_read_once_each_without_zeros_and_without_empty_ones(reviews_file):
    assert read_reviews(reviews_file) == [
        Review(("it's", "good", "really", "good"), 1),
        Review(("not", "so"), 1),
        Review(("bad", "bad", "bad"), 0),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("7\t1.0", "reviews.txt, line 7: expected number, rating and text"),
        ("no tabs at all", "reviews.txt, line 7: expected number, rating and text"),
        ("7\tgood\ttext", "reviews.txt: cannot be read .*'good'"),
    ],
)
def test_a_bad_line_is_named(reviews_file, line, message):
    with reviews_file.open("a", encoding="utf-8") as file:
        file.write(line)
    with pytest.raises(DataError, match=message):
        read_reviews(reviews_file)


def test_a_file_that_is_not_text_is_named(tmp_path):
    path = tmp_path / "reviews.txt"
    path.write_bytes(b"1\t1.0\t\xff\xfe\n")
    with pytest.raises(DataError, match=r"reviews.txt: cannot be read"):
        read_reviews(path)


def test_splits_are_disjoint_and_keep_the_proportions_of_the_classes():
    labels = np.array([1] * 700 + [0] * 300)
    sizes = {"n_train": 500, "n_valid": 100, "n_test": 200}
    splits = stratified_splits(labels, sizes, family="sentiment", rng=np.random.default_rng(0))
    assert [len(splits[split]) for split in SPLITS] == [500, 100, 200]
    assert len(np.unique(np.concatenate(list(splits.values())))) == 800
    for indices in splits.values():
        assert labels[indices].sum() == pytest.approx(0.7 * len(indices), abs=1)


def test_splits_larger_than_the_data_are_refused():
    sizes = {"n_train": 8, "n_valid": 1, "n_test": 2}
    with pytest.raises(DataError, match=r"at most 10 sequences.*8 \+ 1 \+ 2 = 11; lower"):
        stratified_splits(np.zeros(10), sizes, family="sentiment", rng=np.random.default_rng(0))


def test_the_vocabulary_is_ranked_by_count_then_by_alphabet():
    reviews = [Review(("b", "c", "a"), 1), Review(("c", "d"), 0)]
    assert vocabulary(reviews, size=3) == ("<unk>", "c", "a")
    assert vocabulary(reviews, size=100) == ("<unk>", "c", "a", "b", "d")


def test_the_real_file_holds_what_is_documented(resources):
    reviews = read_reviews(resource_path("movie_reviews", resources))
    # 10,605 lines; 37 rated zero, 2 that repeat another.
    assert len(reviews) == 10_605 - 37 - 2
    assert len({review.words for review in reviews}) == len(reviews)
    assert 0.49 < np.mean([review.label for review in reviews]) < 0.51
    assert max(len(review.words) for review in reviews) == 51


def test_a_review_is_asked_about_once_at_its_last_word(small):
    task = small("sentiment")
    assert task.classes == ("negative", "positive")
    assert len(task.symbols) == 200
    for split in task.splits.values():
        asked = np.flatnonzero(split.targets >= 0)
        np.testing.assert_array_equal(asked, np.cumsum(split.inputs.lengths) - 1)
        assert np.mean(split.targets[asked]) == pytest.approx(0.496, abs=0.025)
        assert (split.truth == -1).all()


def test_no_review_is_in_two_splits_and_words_mean_what_they_say(small, resources):
    known = {
        review.words: review.label
        for review in read_reviews(resource_path("movie_reviews", resources))
    }
    task = small("sentiment", n_train=4000, n_valid=1000, n_test=2000, vocabulary=100_000)
    seen = Counter()
    for split in SPLITS:
        part = task.splits[split]
        for words, end in zip(part.inputs, np.cumsum(part.inputs.lengths) - 1, strict=True):
            review = tuple(task.symbols[word] for word in words)
            if "<unk>" not in review:
                assert known[review] == part.targets[end]
                seen[review] += 1
            else:
                assert split != "train", "every training word is known at this size"
    assert max(seen.values()) == 1


def test_the_vocabulary_comes_from_the_training_split_only(small):
    task = small("sentiment", n_train=30, n_test=2000, vocabulary=100_000)
    used = set(task.splits["train"].inputs.values.tolist())
    assert used == set(range(1, len(task.symbols)))


def test_one_word_reviews_are_no_trouble(tmp_path):
    path = tmp_path / "reviews.txt"
    path.write_text("".join(f"{i}\t{(-1) ** i}\tword{i}\n" for i in range(6)))
    sizes = {"n_train": 2, "n_valid": 2, "n_test": 2, "vocabulary": 10}
    task = make("sentiment", sizes=sizes, seeds=np.random.SeedSequence(0), movie_reviews=path)
    assert task.splits["test"].inputs.lengths.tolist() == [1, 1]
