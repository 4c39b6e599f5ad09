from __future__ import annotations

import re
from pathlib import Path

import pytest

from markovlens.config.docs import PART, key_table, main
from markovlens.config.schema import read_schema

ROOT = Path(__file__).resolve().parents[2]
SCHEMA = ROOT / "workflow" / "schemas" / "config.schema.yaml"
README = ROOT / "config" / "README.md"


def test_the_readme_has_the_table_of_the_schema():
    text = README.read_text(encoding="utf-8")
    assert PART.put(text, key_table(read_schema(SCHEMA))) == text


def test_check_fails_on_another_table_and_write_mends_it(tmp_path, capsys):
    copy = tmp_path / "README.md"
    copy.write_text(README.read_text(encoding="utf-8").replace("| `seed` |", "| `sed` |"))
    arguments = [str(copy), "--schema", str(SCHEMA)]
    with pytest.raises(SystemExit) as caught:
        main([*arguments, "--check"])
    assert caught.value.code == 1
    assert "key table is not that of" in capsys.readouterr().err
    main([*arguments, "--write"])
    assert main([*arguments, "--check"]) == 0
    assert copy.read_text(encoding="utf-8") == README.read_text(encoding="utf-8")


def test_every_key_of_every_depth_has_a_row():
    table = key_table(read_schema(SCHEMA))
    for key in ("seeds", "runs[].tasks", "networks.models.<name>.cell", "tasks.formal.n_test"):
        assert table.count(f"| `{key}` |") == 1
    # Trained cells, encoder-decoders and generators say for themselves what it means.
    assert table.count("| `networks.models.<name>.hidden` |") == 3


def test_bounds_and_defaults_are_in_words():
    table = key_table(read_schema(SCHEMA))
    assert "| `faithfulness.level` | number, at least 0.5, less than 1 | `0.95` |" in table
    assert (
        "| `abstractions.covariance` | list, each `spherical`, `diag`, `tied`, `full` | `[full]` |"
        in table
    )


def in_the_catalogue(properties, above=""):
    """Yield what Snakemake's workflow catalogue shows: `properties` in `properties`, no more."""
    for name, key in properties.items():
        yield f"{above}{name}", key
        yield from in_the_catalogue(key.get("properties", {}), f"{above}{name}.")


def test_the_workflow_catalogue_shows_every_key_that_is_no_entry_of_a_list_or_of_names():
    shown = dict(in_the_catalogue(read_schema(SCHEMA)["properties"]))
    rows = re.findall(r"^\| `([^`]+)` \|", key_table(read_schema(SCHEMA)), re.MULTILINE)
    plain = [key for key in rows if "<" not in key and "[]" not in key]
    assert len(plain) > 150
    assert set(plain) <= set(shown)
    for key in shown.values():  # its cells are of one line, in a table of Markdown
        assert key["description"].strip()
        assert not {"\n", "|"} & set(key["description"].strip())


def test_every_config_that_comes_along_is_said_what_it_is_for():
    shipped = {path.name for path in (ROOT / "config").glob("*.yaml")}
    listed = set(re.findall(r"^\| `([a-z_]+\.yaml)` \|", README.read_text(), re.M))
    assert listed == shipped
