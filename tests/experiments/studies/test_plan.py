"""A study's plan: mistakes in it are one line each, before anything runs."""

from pathlib import Path

import pytest

from experiments.studies.plan import FOLDER, RunId, find, read
from hsi.choices import ATTENTIONS, NETWORKS

NAMES = sorted(path.parent.name for path in FOLDER.glob("*/study.yaml"))


@pytest.mark.parametrize("name", NAMES)
def test_every_study_of_the_repository_can_be_run_with_params_yaml(name):
    study = read(FOLDER / name, Path("params.yaml"))
    assert len(study.runs()) == len(study.splits) * len(study.variants) * len(study.seeds)


def test_the_study_of_attentions_holds_each_against_none():
    study = read(FOLDER / "attentions", Path("params.yaml"))
    assert list(study.variants) == list(ATTENTIONS)
    assert all(study.variants[name] == [f"model.attention={name}"] for name in ATTENTIONS)
    assert study.compare == [[name, "none"] for name in ATTENTIONS if name != "none"]


def test_the_study_of_networks_holds_each_with_attention_against_itself_without():
    study = read(FOLDER / "networks", Path("params.yaml"))
    both = [name for network in NETWORKS for name in (network, f"{network} se")]
    assert list(study.variants) == [*both, "svm"]
    for name, changes in study.variants.items():
        assert f"model.name={name.removesuffix(' se')}" in changes
        assert ("model.attention=se" in changes) == name.endswith(" se")
    assert study.compare == [[f"{network} se", network] for network in NETWORKS]


def test_the_leak_free_study_has_seeds_enough_to_show_a_difference():
    assert len(read(FOLDER / "leak_free", Path("params.yaml")).seeds) >= 8


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"sedes": [1]}, r"study.yaml: sedes: unknown key, may be about, scored_on, seeds, always"),
        ({"compare": [["se", "cbam"]]}, r"study.yaml: compare names 'cbam', may be plain, se"),
        ({"gaps": [["blocks", "rows"]]}, r"study.yaml: gaps names 'rows', may be blocks, random"),
        ({"seeds": []}, r"study.yaml: seeds: .*at least 1"),
        ({"compare": [["se"]]}, r"study.yaml: compare.0: .*at least 2"),
        ({"scored_on": "train"}, r"study.yaml: scored_on: should be 'test' or 'validation'"),
        ({"always": ["train.epohcs=3"]}, r"study.yaml: train.epohcs=3: .* has no train.epohcs"),
        ({"always": ["train.epochs.x=3"]}, r"train.epochs.x=3: params.yaml has no train.epochs.x"),
        (
            {"always": ["patches.window=4"]},
            r"study.yaml: plain on blocks: patches.window: may be an odd number",
        ),
        (
            {"scored_on": "validation"},
            r"scored_on: may be test, because plain on blocks sets no validation pixels aside",
        ),
        ({"always": ["train.epochs={1"]}, "train.epochs={1: '{1' is no value of YAML"),
        ({"always": ["train.epochs=!!python/name:os.system"]}, "is no value of YAML"),
    ],
)
def test_a_mistake_is_one_line_before_anything_runs(planned, changed, message):
    planned()
    with pytest.raises(ValueError, match=message) as caught:
        planned(**changed)
    assert "\n" not in str(caught.value)


def test_validation_pixels_may_score_where_every_run_has_some(planned):
    assert planned(scored_on="validation", always=["split.validation=0.1"])
    with pytest.raises(ValueError, match="se on blocks sets no validation pixels aside"):
        planned(
            scored_on="validation",
            always=["split.validation=0.1"],
            variants={"plain": [], "se": ["split.validation=0"]},
        )


def test_a_run_changes_what_all_runs_its_split_its_variant_and_its_seed_change(planned):
    study = planned()
    assert study.changes(RunId("random", "se", 3)) == [
        "train.epochs=2",
        "split.method=random_matched",
        "model.attention=se",
        "split.seed=3",
        "train.seed=3",
    ]
    assert study.runs()[:5] == [
        RunId("blocks", "plain", 1),
        RunId("blocks", "se", 1),
        RunId("random", "plain", 1),
        RunId("random", "se", 1),
        RunId("blocks", "plain", 2),
    ]


def test_a_study_is_found_by_name_by_folder_and_by_file(planned, folder, monkeypatch):
    planned()
    assert find("leak_free") == FOLDER / "leak_free"
    assert find(str(folder)) == find(str(folder / "study.yaml")) == folder
    monkeypatch.chdir(folder)
    assert find("study.yaml").resolve() == folder


@pytest.mark.parametrize("given", ["leek_free", "docs/studies/leek_free/study.yaml", "README.md"])
def test_a_study_that_is_not_there_is_refused_with_those_that_are(given):
    with pytest.raises(FileNotFoundError, match=", ".join(NAMES)):
        find(given)
