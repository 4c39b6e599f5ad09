import os

from markovlens.running.ending import made_in


def test_the_table_and_the_places_of_what_is_there(tmp_path):
    assert made_in(tmp_path) == ""
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "comparison.md").write_text("| task |\n")
    (tmp_path / "tables" / "comparison.csv").touch()
    (tmp_path / "report.html").touch()
    assert made_in(tmp_path).splitlines() == [
        "", "| task |", "",
        f"Report: {tmp_path}/report.html", f"Table: {tmp_path}/tables/comparison.csv",
    ]  # fmt: skip


def test_a_report_of_an_earlier_run_is_not_told_as_this_one_s(tmp_path):
    (tmp_path / "tables").mkdir()
    for name in ("report.html", "tables/comparison.md", "tables/comparison.csv"):
        (tmp_path / name).touch()
    os.utime(tmp_path / "report.html", (1, 1))
    assert made_in(tmp_path).strip() == f"Table: {tmp_path}/tables/comparison.csv"
