"""The README's figures are those of the committed records, and it stays short."""

import re
import subprocess
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import yaml
from small_classifier import classifier

import hsi
from experiments.studies.plan import RunId, read
from hsi.files import write_array

README = Path("README.md").read_text(encoding="utf-8")
VARIANTS = {
    "SVM on spectra": "svm",
    "HybridSN, window 25": "hybridsn 25",
    "HybridSN, window 11": "hybridsn 11",
}


def test_the_table_of_scores_is_that_of_the_committed_study():
    runs = pd.read_csv("docs/studies/leak_free/runs.csv")
    section = re.search(r"<!-- leak_free -->(.*)<!-- end -->", README, re.DOTALL)[1]
    rows = [line.strip("| ").split(" | ") for line in section.strip().splitlines()[2:]]
    assert [name for name, *_ in rows] == [*VARIANTS, "floor"]
    for name, *cells in rows:
        expected = []
        for split in ("random 12", "blocks 12"):
            own = runs[(runs["split"] == split) & (runs["variant"] == VARIANTS.get(name, "svm"))]
            for score in ("oa", "aa"):
                values = 100 * own[score if name in VARIANTS else f"floor_{score}"]
                expected.append(f"{values.mean():.2f} ± {values.std():.2f}")
        assert cells == expected


def test_it_is_short_and_its_links_lead_to_files():
    assert len(README.splitlines()) < 150
    for page in [Path("README.md"), *Path("docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text()):
            if not link.startswith("http"):
                assert (page.parent / link).exists(), f"{page} links to {link}"


def test_every_place_that_names_the_version_names_the_same():
    assert (
        yaml.safe_load(Path("CITATION.cff").read_text(encoding="utf-8"))["version"]
        == hsi.__version__
    )
    assert f"## {hsi.__version__} " in Path("CHANGELOG.md").read_text(encoding="utf-8")
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    assert project["tool"]["setuptools"]["dynamic"]["version"]["attr"] == "hsi.__version__"


@pytest.mark.parametrize("page", ["README.md", "docs/classifier.md"])
def test_the_examples_in_python_run(page, cube, truth, tmp_path, monkeypatch):
    classifier(cube, truth).save(tmp_path / "data/classifier")
    write_array(tmp_path / "data/raw/cube.npy", cube)
    examples = re.findall(r"```python\n(.*?)```", Path(page).read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)
    names = {"cube": cube}
    for example in examples:
        if "onnxruntime" not in example:  # tests/test_export_onnx.py runs an exported file
            exec(example, names)
    assert names["prediction"].classes.shape == truth.shape


def test_the_honest_preset_is_the_line_that_its_page_has_and_names_known_values(tmp_path):
    """`make -n` prints the command of the preset; the page shows it, and params.yaml takes it."""
    shown = subprocess.run(
        ["make", "--no-print-directory", "-n", "honest", "CHANGE=split.seed=7"],
        capture_output=True,
        text=True,
        check=True,
    )
    line = shown.stdout.strip().splitlines()[-1]
    page = Path("docs/honest.md").read_text(encoding="utf-8")
    written = re.search(r"<!-- honest -->\n```\n(.*)\n```\n<!-- end -->", page)
    assert written is not None
    assert line == f"{written[1]} -S split.seed=7"
    plan = tmp_path / "study.yaml"
    changes = [change for change in line.split() if "=" in change]
    content = {
        "about": "the preset", "scored_on": "test", "seeds": [7], "always": [], "compare": [],
        "splits": {"blocks": []}, "variants": {"honest": changes}, "gaps": [],
    }  # fmt: skip
    plan.write_text(yaml.safe_dump(content), encoding="utf-8")
    study = read(tmp_path, Path("params.yaml"))
    assert list(study.variants) == ["honest"]


def test_a_variant_of_the_honest_study_is_the_preset():
    page = Path("docs/honest.md").read_text(encoding="utf-8")
    written = re.search(r"<!-- honest -->\n```\n(.*)\n```\n<!-- end -->", page)
    assert written is not None
    study = read(Path("docs/studies/honest_steps"), Path("params.yaml"))
    run = RunId("blocks 16", "borders", 1)
    asked = {change for change in written[1].split() if "=" in change} - {"model.attention=none"}
    assert asked <= set(study.changes(run))
