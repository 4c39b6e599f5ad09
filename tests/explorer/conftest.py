import numpy as np
import pytest

import markovlens as ml
from helpers.alarm import Alarm
from helpers.browser import lent, showing

CHANNELS = (ml.Channel("heart rate", "/min"), ml.Channel("SpO2", "%"))


@pytest.fixture(scope="session")
def example():
    return ml.example()


@pytest.fixture(scope="session")
def explained(example):
    return ml.explain(
        example.network, example.sequences, targets=example.targets, symbols=example.symbols,
        classes=example.classes, methods=("merging", "kmeans", "majority"), n_states=(6,),
        unit="word", name="reviews",
    )  # fmt: skip


@pytest.fixture(scope="session")
def patients():
    rng = np.random.default_rng(0)
    rows = rng.normal([75, 93], [8, 3], (80 * 20, 2))
    rows[rng.random(rows.shape) < 0.02] = np.nan
    return ml.Sequences(rows, np.full(80, 20), CHANNELS)


@pytest.fixture(scope="session")
def alarm(patients):
    return ml.explain(
        Alarm(), patients, classes=("quiet", "alarm"), link=None, unit="minute",
        methods=["kmeans"], n_states=[2, 3],
    )  # fmt: skip


@pytest.fixture(scope="session")
def url(explained, tmp_path_factory):
    path = tmp_path_factory.mktemp("explorer") / "explorer.html"
    ml.write_explorer(path, explained)
    return path.as_uri()


@pytest.fixture(scope="session")
def shared():
    yield from lent()


@pytest.fixture
def browser(shared, url):
    yield from showing(shared, url)
