"""Config files as Snakemake would read them: no key twice, and mistakes with their place."""

import json

import pytest
import yaml

from markovlens.config.documents import check_config_files
from markovlens.errors import ConfigError


def message(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        check_config_files([path])
    return str(caught.value).replace(str(path), "config.yaml")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            "seeds: [0]\nseed: 1\nseeds: [1]\n",
            "config.yaml, line 3, column 1: key 'seeds' stands there a second time, after line 1; "
            "keep one",
        ),
        ("a:\n  b: {c: 1, c: 2}\n", "line 2, column 13: key 'c' stands there a second time"),
        ("runs:\n- tasks: [a]\n  tasks: [b]\n", "line 3, column 3: key 'tasks' stands there"),
        ("a: 1\n'a': 2\n", "line 2, column 1: key 'a' stands there a second time, after line 1"),
        ("no: 1\nno: 2\n", "line 2, column 1: key 'no' stands there a second time"),
        (
            "base: &b {x: 1, x: 2}\nother: {<<: *b, y: 3}\n",
            "line 1, column 17: key 'x' stands there a second time",
        ),
        ("a: [1\nb: 2\n", "config.yaml, line 2, column 2: expected YAML, expected ',' or ']'"),
        (
            "a:\n\t- 1\n",
            "line 2, column 1: expected YAML, found character '\\t' that cannot start any token; "
            "indent with spaces",
        ),
        ("a: 1\n b: 2\n", "line 2, column 3: expected YAML, mapping values are not allowed here"),
        ("a: *b\n", "line 1, column 4: expected YAML, found undefined alias"),
        ("a: 1\n---\nb: 2\n", "line 2, column 1: expected YAML, but found another document"),
        ("a: \x07\n", "config.yaml: expected YAML, unacceptable character #x0007"),
        ("a: ä".encode("latin-1"), "config.yaml: expected UTF-8, got another encoding"),
        ("[" * 5000, "config.yaml: expected a config, got one that is nested too deep"),
        ('{"a": {"b": 1,\n\t"b": 2}}', "config.yaml: key 'b' stands there twice; keep one"),
    ],
)
def test_a_file_that_says_two_things_or_nothing_is_named_with_its_place(
    tmp_path, content, expected
):
    text = message(tmp_path, content)
    assert expected in text
    assert len(text.splitlines()) == 1


def test_every_file_and_every_key_has_a_line(tmp_path):
    for name, content in (("a.yaml", "x: 1\nx: 2\ny: 1\ny: 2\n"), ("b.yaml", "z: {u: 1, u: 2}\n")):
        (tmp_path / name).write_text(content)
    with pytest.raises(ConfigError) as caught:
        check_config_files([tmp_path / "a.yaml", tmp_path / "b.yaml", tmp_path / "missing.yaml"])
    assert [line.split(":")[0].rpartition("/")[2] for line in str(caught.value).splitlines()] == [
        "a.yaml, line 2, column 1",
        "a.yaml, line 4, column 1",
        "b.yaml, line 1, column 11",
    ]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffseeds: [0]\n",
        "base: &b {x: 1}\nother: {<<: *b, x: 2}\n",
        "a: &a [*a]\n",
        "one: {x: 1}\ntwo: {x: 1}\n",
        "? [1, 2]\n: 3\n",
        json.dumps({"a": {"b": [1, 2]}}, indent="\t"),
    ],
)
def test_what_snakemake_reads_as_it_stands_is_taken(tmp_path, content):
    path = tmp_path / "config.yaml"
    path.write_text(content)
    check_config_files([path])


def test_the_line_is_that_of_the_yaml_parser(tmp_path):
    content = yaml.safe_dump({"a": list(range(40))}) + "b: }\n"
    assert f"line {len(content.splitlines())}, column 4" in message(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "got"),
    [
        *(("", "none"), ("# nothing yet\n", "none"), ("null", "none"), ("~\n", "none")),
        *(("- seeds\n", "a list"), ("[1]", "a list"), ("seeds\n", "a single value")),
        ("3", "a single value"),
    ],
)
def test_a_config_without_keys_is_told_with_what_it_holds(tmp_path, content, got):
    assert f"expected keys with values, got {got}; " in message(tmp_path, content)
