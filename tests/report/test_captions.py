import pytest
from jinja2 import UndefinedError

from markovlens.report.captions import Captions
from markovlens.report.catalogue import CAPTIONS, NETWORK_FIGURES, PARTS

CONFIG = {"faithfulness": {"level": 0.9, "adequate": 0.97}, "abstractions": {"criterion": "bic"}}


def caption(folder, text, **place):
    (folder / "one.rst").write_text(text)
    return Captions(folder, CONFIG).of("one", **place)


def test_a_caption_knows_its_network_and_the_config(tmp_path):
    text = "*{{ snakemake.wildcards.model }}* {{ snakemake.config['faithfulness']['level'] }}"
    assert caption(tmp_path, text, model="gru_2") == "<p><em>gru_2</em> 0.9</p>\n"


@pytest.mark.parametrize(
    "name", ["*a*", "**a**", "``a``", "`x`_", "<b>bold</b>", "|x|", ".. raw", "a_", "x::"]
)
def test_a_name_is_never_markup(tmp_path, name):
    made = caption(tmp_path, "The {{ snakemake.wildcards.task }} task", task=name)
    assert made.striptags() == f"The {name} task"
    assert "<b>" not in made
    assert "<a" not in made


@pytest.mark.parametrize(
    "directive", [".. raw:: html\n\n   <script>x</script>", ".. include:: {path}"]
)
def test_a_caption_can_neither_write_html_nor_read_files(tmp_path, directive):
    secret = tmp_path / "secret.txt"
    secret.write_text("<script>secret")
    made = caption(tmp_path, f"Before\n\n{directive.format(path=secret)}\n\nafter\n")
    assert "script" not in made
    assert "secret" not in made
    assert "after" in made


def test_a_figure_without_a_caption_has_none(tmp_path):
    assert Captions(tmp_path, CONFIG).of("nothing") == ""


def test_a_caption_that_asks_for_what_is_not_there_fails(tmp_path):
    with pytest.raises(UndefinedError):
        caption(tmp_path, "{{ snakemake.output.figure }}")


def test_every_caption_of_a_figure_can_be_rendered(captions):
    every = Captions(captions, CONFIG)
    names = [path.stem for path in captions.glob("*.rst") if path.stem != "workflow"]
    assert set(NETWORK_FIGURES) < set(names)
    for name in names:
        made = every.of(name, task="parity", model="gru")
        assert len(made.striptags()) > 80, name
        assert not {"{{", "{%", "``", "system-message"} & set(made.split()), name


def test_every_caption_belongs_to_a_figure_or_a_table(captions):
    titled = {*NETWORK_FIGURES, *CAPTIONS.values()}
    for part in PARTS:
        titled |= {*part.together, *part.each}
    names = {path.stem for path in captions.glob("*.rst") if not path.stem.endswith("_table")}
    assert names - titled == {"workflow"}
