"""Studies: their file, their record, what the report says of it, and one from end to end."""

import csv
import re
import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from benchmarks.study_plan import Study, refuse_unknown
from benchmarks.study_report import comparisons, gap_table, score_table, write_report
from hsi.config import load
from hsi.files import write_table

PLAN = {
    "seeds": [1, 2, 3, 4, 5, 6],
    "always": ["train.epochs=2"],
    "splits": {"blocks": ["split.method=blocks"], "random": ["split.method=random_matched"]},
    "variants": {"plain": ["model.attention=none"], "se": ["model.attention=se"]},
    "compare": [["se", "plain"]],
    "gaps": [["random", "blocks"]],
}


def planned(tmp_path, **changed) -> Study:
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(PLAN | changed))
    return load(path, Study)


def test_the_study_in_the_repository_can_be_read():
    study = load(Path("benchmarks/studies/leak_free.yaml"), Study)
    refuse_unknown(study, Path("leak_free.yaml"), Path("params.yaml"))
    assert len(study.seeds) >= 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sedes": [1]}, r"mine.yaml: sedes: unknown key, may be seeds, always"),
        ({"compare": [["se", "cbam"]]}, r"mine.yaml: compare names 'cbam', may be plain, se"),
        ({"gaps": [["blocks", "rows"]]}, r"mine.yaml: gaps names 'rows', may be blocks, random"),
        ({"seeds": []}, r"mine.yaml: seeds: .*at least 1"),
        ({"compare": [["se"]]}, r"mine.yaml: compare.0: .*at least 2"),
    ],
)
def test_a_mistake_in_a_study_is_one_line(tmp_path, changed, message):
    with pytest.raises(ValueError, match=message) as caught:
        planned(tmp_path, **changed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("train.epohcs=3", r"mine.yaml: train.epohcs=3: params.yaml has no train.epohcs"),
        ("train.epochs.x=3", r"mine.yaml: train.epochs.x=3: params.yaml has no train.epochs.x"),
        ("patches.window=4", r"mine.yaml: plain on blocks: patches.window: may be an odd number"),
    ],
)
def test_what_params_yaml_cannot_take_is_refused_before_anything_runs(tmp_path, change, message):
    study = planned(tmp_path, always=[change])
    with pytest.raises(ValueError, match=message):
        refuse_unknown(study, Path("mine.yaml"), Path("params.yaml"))
    refuse_unknown(planned(tmp_path), Path("mine.yaml"), Path("params.yaml"))


def record(folder: Path, seeds: list[int], gain: float) -> pd.DataFrame:
    """A record in which se adds `gain` to plain on blocks, nothing on random, which adds 0.3."""
    folder.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    runs, pairs = [], []
    for seed in seeds:
        luck = generator.normal(0, 0.05)
        for split, more in (("blocks", 0.0), ("random", 0.3)):
            for variant in ("plain", "se"):
                oa = 0.5 + luck + more + generator.normal(0, 0.001)
                oa += gain * (variant == "se" and split == "blocks")
                scores = {"oa": oa, "aa": oa - 0.1, "kappa": oa - 0.05}
                floors = {f"floor_{score}": 0.6 for score in scores}
                runs.append({"split": split, "variant": variant, "seed": seed, **scores, **floors,
                             "test_inside_training_windows": float(split == "random"),
                             "recall wheat": oa, "recall fallow": "",
                             "experiment": "e", "commit": "c", "machine": "m"})  # fmt: skip
            counts = {"both": 50, "only_first": 20, "only_second": 10, "neither": 20}
            pairs.append({"split": split, "seed": seed, "first": "se", "second": "plain", **counts})
    write_table(folder / "runs.csv", runs)
    write_table(folder / "pairs.csv", pairs)
    return pd.read_csv(folder / "runs.csv")


@pytest.mark.parametrize(("gain", "verdict"), [(0.05, "better"), (-0.05, "worse")])
def test_a_difference_that_every_run_has_is_shown_and_none_is_not(tmp_path, gain, verdict):
    study = planned(tmp_path)
    runs = record(tmp_path / "out", study.seeds, gain)
    pairs = pd.read_csv(tmp_path / "out" / "pairs.csv")
    on_blocks, on_random = comparisons(study, runs, pairs)
    assert on_blocks.verdict == verdict
    assert on_blocks.p == pytest.approx(2 / 2**6)
    assert on_blocks.oa.mean() == pytest.approx(100 * gain, abs=0.3)
    assert on_random.verdict == "no difference shown"
    assert (on_random.only_first, on_random.only_second) == (6 * 20, 6 * 10)
    assert f"se against plain on blocks: {verdict} (OA " in on_blocks.sentence


def test_too_few_seeds_show_nothing_and_the_report_says_so(tmp_path):
    study = planned(tmp_path, seeds=[1, 2, 3])
    runs = record(tmp_path / "out", study.seeds, 0.05)
    pairs = pd.read_csv(tmp_path / "out" / "pairs.csv")
    assert all(each.verdict == "no difference shown" for each in comparisons(study, runs, pairs))
    write_report(study, "mine", tmp_path / "out")
    for name in ("report.html", "README.md"):
        assert "0.250" in (tmp_path / "out" / name).read_text()  # the least p of three runs


def test_tables_have_every_variant_the_floor_and_what_leaks(tmp_path):
    study = planned(tmp_path)
    runs = record(tmp_path / "out", study.seeds, 0.05)
    rows = score_table(study, runs)
    assert [row[1] for row in rows] == ["plain", "se", "floor"] * 2
    assert rows[2][3] == "60.00 ± 0.00 [60.00, 60.00]"
    assert rows[0][-1] == "0 %"
    assert rows[3][-1] == "100 %"
    ((_, variant, count, gain, *_), _) = gap_table(study, runs)
    assert (variant, count) == ("plain", "6")
    assert float(gain.split()[0]) == pytest.approx(30, abs=0.2)


def test_the_report_is_one_file_that_needs_nothing_else(tmp_path):
    study = planned(tmp_path)
    record(tmp_path / "out", study.seeds, 0.05)
    write_report(study, "<mine>", tmp_path / "out")
    page = (tmp_path / "out" / "report.html").read_text()
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 3
    assert all(source.startswith("data:image/png;base64,iVBOR") for source in sources)
    assert "&lt;mine&gt;" in page
    assert '<span class="better">better</span>' in page
    assert "not tested" in page  # of fallow there was no test pixel
    for name in ("scores.png", "differences.png", "recall.png"):
        assert (tmp_path / "out" / name).stat().st_size > 5000


def test_a_half_run_study_has_a_report_too(tmp_path):
    study = planned(tmp_path)
    record(tmp_path / "out", [1], 0.05)
    (tmp_path / "out" / "pairs.csv").unlink()
    write_report(study, "mine", tmp_path / "out")
    assert "20 of the study not run yet" in (tmp_path / "out" / "README.md").read_text()


def test_the_readme_has_the_scores_of_the_record():
    study = load(Path("benchmarks/studies/leak_free.yaml"), Study)
    rows = score_table(study, pd.read_csv("docs/studies/leak_free/runs.csv"))
    section = re.search(r"<!-- leak_free -->(.*)<!-- end -->", Path("README.md").read_text(), re.S)
    lines = re.findall(r"^\| (?:blocks|random) .*", section[1], re.MULTILINE)
    assert len(lines) == len(rows) == 24
    for line, (split, _, *scores, _) in zip(lines, rows, strict=True):
        first, _, *written = line.strip("| ").split(" | ")  # the README names variants in words
        assert (first, written) == (split, [score.split(" [")[0] for score in scores])


@pytest.mark.slow
def test_a_study_runs_goes_on_and_is_held_together_in_mlflow(clone):
    clone.set(split={"block": 5}, train={"epochs": 2})
    (clone.path / "mine.yaml").write_text(yaml.safe_dump(PLAN | {"seeds": [1], "always": []}))
    clone.commit("a study")
    study = ("python", "-m", "benchmarks.study", "mine.yaml", "--jobs", "2")
    clone.run(*study)

    folder = clone.path / "docs/studies/mine"
    with (folder / "runs.csv").open() as file:
        runs = list(csv.DictReader(file))
    assert [(row["split"], row["variant"]) for row in runs] == [
        (split, variant) for split in PLAN["splits"] for variant in PLAN["variants"]
    ]
    leaks = {row["split"]: float(row["test_inside_training_windows"]) for row in runs}
    assert leaks["blocks"] == 0
    assert leaks["random"] > 0.9
    of_split = {row["split"]: (row["train"], row["test"]) for row in runs}
    assert of_split["blocks"] == of_split["random"]
    with (folder / "pairs.csv").open() as file:
        for pair in csv.DictReader(file):
            counts = [int(pair[key]) for key in ("both", "only_first", "only_second", "neither")]
            assert sum(counts) == int(of_split[pair["split"]][1])

    store = sqlite3.connect(clone.path / ".mlflow/mlflow.db")
    (parent,) = store.execute("select run_uuid from tags where key='study'").fetchone()
    children = store.execute(
        "select count(*) from tags where key='mlflow.parentRunId' and value=?", [parent]
    )
    assert children.fetchone() == (4,)
    store.close()

    before = (folder / "runs.csv").read_bytes()
    (folder / "runs.csv").unlink()  # DVC still has every run
    clone.run(*study)
    assert (folder / "runs.csv").read_bytes() == before
