"""What a study's report says of its record."""

import re
from pathlib import Path

import pytest

from experiments.studies.comparison import read_runs, seeds_needed
from experiments.studies.plan import FOLDER, read
from experiments.studies.record import PAIRS, RUNS, write_record
from experiments.studies.report import (
    comparison_table,
    gap_table,
    recall_table,
    score_table,
    write_report,
)
from tests.experiments.studies.test_comparison import verdicts


def test_too_few_seeds_show_nothing_and_the_report_says_so(
    planned, folder, recorded, blank_pictures
):
    study = planned(seeds=[1, 2, 3])
    recorded(study.seeds, 0.05)
    assert all(each.verdict == "no difference shown" for each in verdicts(study, folder))
    write_report(study, folder)
    for name in ("report.html", "README.md"):
        text = (folder / name).read_text()
        assert "0.250" in text  # the least p of three runs
        assert re.search(r"cannot show any\s+difference, whatever its size", text)
        assert "t least 6 seeds" in text


def test_enough_seeds_are_not_called_too_few(planned, folder, recorded, blank_pictures):
    study = planned()
    recorded(study.seeds, 0.05)
    write_report(study, folder)
    assert "cannot show" not in (folder / "README.md").read_text()
    assert [seeds_needed(pairs) for pairs in (1, 4, 7)] == [6, 8, 9]


def test_tables_have_every_variant_the_floor_what_leaks_and_what_it_cost(planned, folder, recorded):
    study = planned()
    recorded(study.seeds, 0.05)
    runs = read_runs(study, folder / RUNS)
    table = score_table(study, runs)
    assert table.heads[-4:] == ["OA minus floor", "leak", "parameters", "training, s"]
    assert [row[1] for row in table.rows] == ["plain", "se", "floor"] * 2
    assert table.rows[2][3:] == ["60.00 ± 0.00 [60.00, 60.00]"] * 3 + [""] * 4
    assert table.rows[0][-3:] == ["0 %", "1,234", "35"]
    assert table.rows[3][-3:] == ["100 %", "1,234", "35"]
    ((_, variant, count, gain, *_), _) = gap_table(study, runs).rows
    assert (variant, count) == ("plain", "6")
    assert float(gain.split()[0]) == pytest.approx(30, abs=0.2)
    assert [row[0] for row in recall_table(study, runs, "blocks").rows] == ["wheat", "fallow"]


def test_the_report_is_one_file_that_needs_nothing_else(planned, folder, recorded):
    study = planned(about="Does <SE> help?")
    recorded(study.seeds, 0.05)
    write_report(study, folder)
    page = (folder / "report.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 3
    assert all(source.startswith("data:image/png;base64,iVBOR") for source in sources)
    assert "Does &lt;SE&gt; help?" in page
    assert "Study mine" in page
    assert '<span class="better">better</span>' in page
    assert "McNemar" in page
    assert "not tested" in page  # of fallow there was no test pixel
    for name in ("scores.png", "differences.png", "recall.png"):
        assert (folder / name).stat().st_size > 5000


def test_a_bar_in_a_name_is_no_column_of_a_table(planned, folder, recorded, blank_pictures):
    study = planned(variants={"a|b": [], "se": []}, compare=[["se", "a|b"]])
    rows = [
        row | {"variant": row["variant"].replace("plain", "a|b")}
        for row in recorded(study.seeds, 0.05)
    ]
    write_record(folder / RUNS, rows)
    write_report(study, folder)
    (row,) = [
        line
        for line in (folder / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| blocks") and "a\\|b" in line
    ]
    assert row.startswith("| blocks | a\\|b | 6 |")


def test_markup_in_a_name_is_shown_and_not_run(planned, folder, recorded, blank_pictures):
    name = "<img src=x onerror=alert(1)>"
    study = planned(variants={name: [], "se": []}, compare=[["se", name]])
    rows = [
        {key.replace("wheat", name): value for key, value in row.items()}
        | {"variant": row["variant"].replace("plain", name)}
        for row in recorded(study.seeds, 0.05)
    ]
    write_record(folder / RUNS, rows)
    write_report(study, folder)
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert "<img src=x" not in page
    assert page.count("&lt;img src=x onerror=alert(1)&gt;") > 3


def test_a_half_run_study_has_a_report_too(planned, folder, recorded, blank_pictures):
    study = planned()
    recorded([1], 0.05)
    (folder / PAIRS).unlink()
    write_report(study, folder)
    readme = (folder / "README.md").read_text()
    assert "20 runs of the study have not been run yet" in readme
    assert "pairs.csv" not in readme


def test_a_variant_that_has_not_been_run_is_in_the_table(planned, folder, recorded, blank_pictures):
    study = planned(variants={"plain": [], "se": [], "eca": ["model.attention=eca"]})
    recorded(study.seeds, 0.05)
    table = score_table(study, read_runs(study, folder / RUNS))
    assert ["blocks", "eca", "not run", *[""] * 7] in table.rows
    write_report(study, folder)
    assert "| blocks | eca | not run |" in (folder / "README.md").read_text()


def test_a_record_with_empty_cells_has_a_report(planned, folder, recorded, blank_pictures):
    study = planned()
    empty = dict.fromkeys(("kappa", "floor_kappa", "parameters", "train_seconds", "commit"), "")
    rows = [row | empty for row in recorded(study.seeds, 0.05)]
    for row in rows:
        del row["recall wheat"], row["recall fallow"], row["test_inside_training_windows"]
    write_record(folder / RUNS, rows)
    (folder / PAIRS).unlink()
    table = score_table(study, read_runs(study, folder / RUNS))
    assert table.heads == ["split", "variant", "runs", "OA", "AA", "kappa", "OA minus floor"]
    assert table.rows[0][5] == table.rows[2][5] == "not recorded"
    found = verdicts(study, folder)
    assert (found[0].verdict, found[0].only_first) == ("better", None)
    assert "McNemar p" not in comparison_table(found).heads
    write_report(study, folder)
    page = (folder / "report.html").read_text()
    assert "nan" not in re.sub(r"base64,\S+", "", page).lower()
    assert not (folder / "recall.png").exists()


def test_a_study_of_validation_pixels_shows_no_score_on_test_pixels(
    planned, folder, recorded, blank_pictures
):
    study = planned(scored_on="validation", always=["split.validation=0.1"])
    validated = {"validation_oa": 0.125, "validation_aa": 0.25, "validation_kappa": 0.5}
    write_record(folder / RUNS, [row | validated for row in recorded(study.seeds, 0.05)])
    rows = score_table(study, read_runs(study, folder / RUNS)).rows
    assert [row[1] for row in rows] == ["plain", "se"] * 2  # the floor is measured on test pixels
    assert rows[0][3].startswith("12.50 ± 0.00")
    write_report(study, folder)
    assert "The scores are those of validation pixels" in (folder / "README.md").read_text()
    assert not (folder / "recall.png").exists()


def test_names_that_pandas_takes_for_numbers_or_for_nothing_stay_names(
    planned, folder, recorded, blank_pictures
):
    study = planned(variants={"None": [], "1e3": []}, compare=[])
    rows = [
        row | {"variant": {"plain": "None", "se": "1e3"}[row["variant"]], "commit": "12345e7"}
        for row in recorded(study.seeds, 0.05)
    ]
    write_record(folder / RUNS, rows)
    runs = read_runs(study, folder / RUNS)
    assert set(runs["variant"]) == {"None", "1e3"}
    assert set(runs["commit"]) == {"12345e7"}
    write_report(study, folder)
    assert "12345e7" in (folder / "README.md").read_text()


@pytest.mark.parametrize(
    "name",
    [
        "attentions",
        "honest",
        "honest_networks",
        "networks",
        "honest_steps",
        "leak_free",
        "seeds",
        "training",
        "walker",
    ],
)
def test_the_report_in_the_repository_is_what_its_record_gives_today(
    name, tmp_path, blank_pictures
):
    folder = tmp_path / name
    folder.mkdir()
    for path in (FOLDER / name).glob("*.csv"):
        (folder / path.name).write_bytes(path.read_bytes())
    write_report(read(FOLDER / name, Path("params.yaml")), folder)
    written = (FOLDER / name / "README.md").read_text()
    assert (folder / "README.md").read_text() == written, f"make study STUDY={name}"


def test_the_regime_of_each_variant_stands_beside_its_scores_and_its_comparisons(
    planned, folder, recorded, blank_pictures
):
    study = planned()
    rows = recorded(study.seeds, 0.05)
    for row in rows:
        row["regime"] = "transductive" if row["variant"] == "se" else "inductive"
    write_record(folder / RUNS, rows)
    table = score_table(study, read_runs(study, folder / RUNS))
    column = table.heads.index("regime")
    assert [row[column] for row in table.rows[:3]] == ["inductive", "transductive", "transductive"]
    assert "(transductive against inductive)" in verdicts(study, folder)[0].sentence
    write_report(study, folder)
    assert "The two are different tasks" in (folder / "README.md").read_text()
