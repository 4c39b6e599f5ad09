"""Files of rows, coded and run piece by piece."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from helpers.reader import CHANNELS, threshold, traces
from markovlens.abstractions.coded import coded
from markovlens.abstractions.streaming import code_file, run_file
from markovlens.abstractions.study import study
from markovlens.activations.store import load_trace, write_trace
from markovlens.channels import Channel
from markovlens.codebooks.cuts import cut_at
from markovlens.errors import DataError


@pytest.fixture
def recorded(tmp_path):
    trace = traces()["train"]
    pieces = [trace.select(part) for part in np.array_split(np.arange(len(trace)), 4)]
    write_trace(tmp_path / "rows.parquet", pieces, metadata={"layer": "rnn.l0"})
    return tmp_path


def test_a_file_of_rows_becomes_one_of_codes(recorded):
    code_file(recorded / "rows.parquet", recorded / "codes.parquet", threshold())
    found, wanted = load_trace(recorded / "codes.parquet"), coded(traces()["train"], threshold())
    assert found.symbols == threshold().names
    assert found.channels == ()
    np.testing.assert_array_equal(found.inputs, wanted.inputs)
    np.testing.assert_allclose(found.states, wanted.states)
    with pq.ParquetFile(recorded / "codes.parquet") as file:
        assert file.num_row_groups == 4


@pytest.mark.parametrize("method", ["kmeans", "hmm_input"])
def test_a_machine_runs_on_a_file(method, recorded):
    train, valid = traces()["train"], traces()["valid"]
    machine = study(method, train, valid, n_states=[3], seed=0, codebook=threshold()).best
    run_file(machine, recorded / "rows.parquet", recorded / "states.parquet")
    table = pq.read_table(recorded / "states.parquet")
    wanted = machine.run(train.sequences).argmax(axis=1)
    np.testing.assert_array_equal(table["state"].to_numpy(), wanted)
    sequence = np.repeat(np.arange(len(train)), train.lengths)
    np.testing.assert_array_equal(table["sequence"].to_numpy(), sequence)


def test_a_codebook_of_other_channels_is_said_in_words_and_leaves_no_file(recorded):
    other = cut_at((Channel("pressure", "kPa"), CHANNELS[1]), {"pressure": 0.3})
    with pytest.raises(DataError, match=r"rows of pressure \[kPa\]"):
        code_file(recorded / "rows.parquet", recorded / "codes.parquet", other)
    assert not (recorded / "codes.parquet").exists()
