"""The stages on a tiny scene, one after the other, in the process of the test."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
import rasterio
import spectral
import torch
from rasterio.errors import NotGeoreferencedWarning

import hsi
from hsi.cube.pixels import TEST, TRAIN
from hsi.files import md5
from tests.conftest import HEIGHT, WIDTH
from tests.pipeline.clone import NO_SERVER

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # by MLflow's tables
]

BEFORE_TRAINING = ("split", "reduce", "patches")
FROM_TRAINING = ("train", "infer", "evaluate", "deliver", "map")


def newest(clone):
    return clone.runs()[-1]


def map_of_the_classifier(clone):
    cube = np.load(clone.path / "data/raw/cube.npy")
    return hsi.load(clone.path / "data/classifier").predict(cube).classes


@pytest.mark.parametrize(
    ("network", "attention"), [("svm", "none"), ("se_resnet18", "se"), ("cnn3d", "strip")]
)
def test_other_models_go_through_the_same_stages(clone, run_stages, network, attention):
    clone.set(model={"name": network, "attention": attention}, train={"epochs": 8})
    run_stages(*FROM_TRAINING)
    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    assert scores["oa"] > (0.9 if network == "svm" else 0.3)
    run = newest(clone)
    assert run["params"]["model.name"] == network
    assert run["latest_metrics"]["parameters"] == scores["parameters"] > 0
    config = "classifier/artifacts/classifier/config.json"
    assert {"map.png", "evaluate.json", config} <= clone.artifacts(run)
    assert len(run["curve"]) == (1 if network == "svm" else 8)
    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert np.array_equal(raster, map_of_the_classifier(clone))


def test_blocks_hide_the_sides_from_each_other_in_scores_and_not_in_the_map(
    clone, run_stages, capsys
):
    clone.set(
        split={"method": "blocks", "blocks": {"side": 5}, "validation": 0.1},
        reduce={"fit_on": "train"},
        inference={"temperature": True},
    )
    run_stages(*BEFORE_TRAINING, *FROM_TRAINING)
    assert "inside training windows" not in capsys.readouterr().err
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert (split["test_inside_training_windows"], split["shared_pixels"]) == (0, 0)
    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    assert scores["temperature"] != 1
    assert 0 <= scores["ece"] <= 1
    run = newest(clone)
    assert run["tags"]["leak"] == "none"
    assert {"split.png", "calibration.png"} <= clone.artifacts(run)

    rows, columns, targets, sides = np.load(clone.path / "data/split/pixels.npy").T
    scored = np.load(clone.path / "data/inference/probability.npy")
    on_test = sides == TEST
    assert (scored.argmax(1) == targets)[on_test].mean() == pytest.approx(scores["oa"])
    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert np.array_equal(raster, map_of_the_classifier(clone))
    with pytest.warns(NotGeoreferencedWarning):
        entropy = rasterio.open(clone.path / "data/map/entropy.tif")
    assert entropy.shape == (HEIGHT, WIDTH)

    # Whatever stands in the training pixels, the answers on other sides are the same.
    owner = np.load(clone.path / "data/patches/owner.npy")
    cube = np.load(clone.path / "data/patches/cube.npy")
    np.save(clone.path / "data/patches/cube.npy", np.where(owner == TRAIN, -3 * cube, cube))
    before = np.load(clone.path / "data/inference/confidence.npy")[rows, columns]
    run_stages("infer")
    again = np.load(clone.path / "data/inference/probability.npy")
    assert np.array_equal(again[on_test], scored[on_test])
    assert not np.array_equal(again[sides == TRAIN], scored[sides == TRAIN])
    after = np.load(clone.path / "data/inference/confidence.npy")[rows, columns]
    assert not np.array_equal(after[on_test], before[on_test])


HONEST = {
    "split": {"method": "blocks", "blocks": {"side": 5}},
    "reduce": {"method": "mnf", "normalise": "unit", "fit_on": "train", "components": 6},
    "patches": {"window": 1},
    "model": {"name": "kernel_ridge"},
    "inference": {"smoothing": "random_walker", "random_walker": {"seeds": "training"}},
}


@pytest.mark.parametrize("self_training", [False, True])
def test_the_honest_preset_says_that_it_is_transductive_and_never_looks_at_test_labels(
    clone, run_stages, capsys, self_training
):
    clone.set(**HONEST | {"inference": HONEST["inference"] | {"self_training": self_training}})
    run_stages(*BEFORE_TRAINING, *FROM_TRAINING)
    assert "transductive" in capsys.readouterr().out
    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    assert scores["regime"] == "transductive"
    assert scores["oa"] > max(0.8, scores["floor_oa"])
    assert newest(clone)["tags"]["regime"] == "transductive"
    config = json.loads((clone.path / "data/classifier/config.json").read_text())
    assert config["evidence"]["regime"] == "transductive"
    assert config["smoothing"]["settings"]["seeds"] == "none"  # labels belong to the scene
    rows, columns, targets, sides = np.load(clone.path / "data/split/pixels.npy").T
    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    train = sides == TRAIN
    assert np.array_equal(raster[rows[train], columns[train]] - 1, targets[train])
    assert len(clone.table("metrics/plots/distance.csv")) > 1

    before = np.load(clone.path / "data/inference/probability.npy")
    moved = np.where(sides == TEST, (targets + 1) % 3, targets)
    table = np.stack([rows, columns, moved, sides], axis=1)
    np.save(clone.path / "data/split/pixels.npy", table)
    run_stages("infer")
    assert np.array_equal(np.load(clone.path / "data/inference/probability.npy"), before)


@pytest.mark.parametrize("model", ["kernel_ridge", "cnn3d"])
def test_a_model_of_all_labels_is_delivered_with_the_score_of_the_split(clone, run_stages, model):
    walker = {"seeds": "training", "sharpness": 1.0, "gamma": 0.1, "beta": 1.0, "borders": 0.5}
    changes = HONEST | {
        "model": {"name": model},
        "patches": {"window": 5},
        "train": {"epochs": 4},
        "inference": {
            "smoothing": "random_walker",
            "random_walker": walker,
            "self_training": model == "kernel_ridge",
        },
        "deliver": "all",
    }
    clone.set(**changes)
    run_stages(*BEFORE_TRAINING, *FROM_TRAINING)
    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    delivered = json.loads((clone.path / "metrics/deliver.json").read_text())
    truth = np.load(clone.path / "data/raw/truth.npy")
    assert delivered == {"deliver": "all", "pixels": int((truth > 0).sum())}
    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert np.array_equal(raster[truth > 0], truth[truth > 0])  # all labels anchor the walk
    whole = hsi.load(clone.path / "data/classifier")
    assert whole.evidence["scores"]["oa"] == scores["oa"]
    card = (clone.path / "data/classifier/README.md").read_text()
    assert f"trained on all {delivered['pixels']:,} labelled pixels" in card
    assert not (clone.path / "data/delivered/scratch").exists()
    scored = hsi.load(clone.path / "data/classifier").projection.mean
    reduced = np.load(clone.path / "data/reduced/projection.npz")["mean"]
    assert not np.array_equal(scored, reduced)  # it has seen the whole scene


def test_a_matched_split_has_as_many_pixels_of_each_class_as_blocks(clone, run_stages):
    counts = []
    for method in ("blocks", "random_matched"):
        clone.set(split={"method": method, method: {"side": 5}})
        run_stages("split")
        _, _, targets, sides = np.load(clone.path / "data/split/pixels.npy").T
        counts.append(np.unique(np.stack([targets, sides]), axis=1, return_counts=True))
    for blocks, matched in zip(*counts, strict=True):
        assert np.array_equal(blocks, matched)


def test_own_masks_are_the_split_and_its_leak_is_warned_of(clone, run_stages, capsys):
    labels = np.load(clone.path / "data/scenes/truth.npy")
    chosen = np.arange(labels.size).reshape(labels.shape) % 4
    for side, number in (("train", 0), ("test", 1)):
        mask = np.where((chosen == number) & (labels != 255), labels, 0)
        np.save(clone.path / f"data/scenes/{side}.npy", mask)
    files = {"train": "data/scenes/train.npy", "test": "data/scenes/test.npy"}
    clone.set(split={"method": "file", "file": files}, train={"epochs": 2})
    run_stages(*BEFORE_TRAINING, *FROM_TRAINING)
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert split["train"] == ((chosen == 0) & (labels != 255)).sum()
    assert split["test"] == ((chosen == 1) & (labels != 255)).sum()
    told = capsys.readouterr().err
    (warning,) = [line for line in told.splitlines() if "inside training windows" in line]
    assert "split.method=file" in warning
    run = newest(clone)
    assert run["tags"]["leak"] in warning
    assert run["latest_metrics"]["test_inside_training_windows"] == 1

    (clone.path / "data/scenes/test.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"^data/scenes/test.npy does not exist"):
        run_stages("split")


def test_labels_of_masks_replace_those_of_the_truth_if_asked_to(clone, run_stages, capsys):
    labels = np.load(clone.path / "data/scenes/truth.npy")
    train = np.where(np.arange(labels.size).reshape(labels.shape) % 4, 0, labels % 255)
    test = np.where(train, 0, labels % 255)
    unlabelled = np.argwhere(labels == 255)[:2]
    train[tuple(unlabelled.T)] = 5
    for side, mask in (("train", train), ("test", test)):
        np.save(clone.path / f"data/scenes/{side}.npy", mask)
    files = {"train": "data/scenes/train.npy", "test": "data/scenes/test.npy"}
    clone.set(split={"method": "file", "file": files})
    with pytest.raises(ValueError, match="has 2 pixels without a label in the truth and 0 labels"):
        run_stages("split")
    clone.set(split={"method": "file", "file": {**files, "labels": "mask"}})
    run_stages("split")
    assert "note: the masks of split.file label 2 pixels that the truth" in capsys.readouterr().err
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert (split["labels_added"], split["labels_changed"]) == (2, 0)
    rows, columns, targets, sides = np.load(clone.path / "data/split/pixels.npy").T
    for row, column in unlabelled:
        [place] = np.flatnonzero((rows == row) & (columns == column))
        assert (targets[place], sides[place]) == (1, TRAIN), "5 is the second of the labels 2, 5, 9"


def test_polygons_are_the_regions_of_a_truth_that_is_a_raster(clone, run_stages):
    clone.set(split={"method": "polygons"})
    run_stages("split")
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert (split["test_inside_training_windows"], split["shared_pixels"]) == (0, 0)
    regions = np.load(clone.path / "data/raw/regions.npy")
    owner = np.load(clone.path / "data/split/owner.npy")
    assert all(len(np.unique(owner[regions == k])) == 1 for k in range(1, regions.max() + 1))


def test_a_training_killed_halfway_goes_on_to_the_same_model(clone, run_stages, monkeypatch):
    clone.set(train={"epochs": 300})
    run_stages("train")
    model = clone.path / "data/model/model.safetensors"
    whole = model.read_bytes()
    model.unlink()

    code = clone.path / "src/experiments/training_run.py"
    often = code.read_text().replace("CHECKPOINTS = 20", "CHECKPOINTS = 0.2")
    assert often != code.read_text()
    code.write_text(often)
    scratch = clone.path / ".scratch"
    (first,) = scratch.glob("*.pt")
    killed = subprocess.Popen(
        [sys.executable, "-m", "stages.train"],
        cwd=clone.path,
        env=clone.environment(),
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while set(scratch.glob("*.pt")) == {first} and time.monotonic() < deadline:
        time.sleep(0.02)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not model.exists()

    run_stages("train")
    assert model.read_bytes() == whole
    first, second = clone.runs()[-2:]
    assert second["curve"] == first["curve"], "the resumed training logged into the same run, once"

    model.unlink()  # as if DVC had found no room for it
    run_stages("train")
    assert model.read_bytes() == whole
    (clone.path / ".dvc/cache/files/md5" / md5(model)[:2]).mkdir(parents=True, exist_ok=True)
    (clone.path / ".dvc/cache/files/md5" / md5(model)[:2] / md5(model)[2:]).touch()
    clone.set(train={"seed": 7})
    run_stages("train")
    assert len(clone.runs()) == 4, "the retry went on in the run of the training that it repeats"
    assert len(list(scratch.glob("*.pt"))) == 1, "the checkpoints of the stored model are removed"


@pytest.mark.parametrize(
    ("stage", "sections", "message"),
    [
        ("split", {"split": {"trian": 1}}, r"^params.yaml: split.trian: unknown key"),
        ("split", {"split": {"block": 5}}, r"^params.yaml: split.block: has moved to split.blocks"),
        ("train", {"model": {"dropout": 0.1}}, r"model.dropout: has moved to .* model.hybridsn"),
        ("split", {"split": {"train": 5000}}, r"split.train=5000"),
        ("reduce", {"reduce": {"components": 99}}, r"reduce.components=99 exceeds"),
        ("patches", {"patches": {"window": 27}}, r"patches.window=27 is larger"),
        ("train", {"patches": {"window": 7}}, r"patches.window=7 does not fit"),
        (
            "train",
            {"train": {"scene": {"rate": 1e20, "schedule": "constant"}}},
            r"lower train.scene.rate",
        ),
        ("fetch", {"scene": {"custom": {"cube": "data/scenes/no.mat"}}}, r"no.mat does not exist"),
    ],
)
def test_a_mistake_that_a_user_can_correct_is_one_line(clone, run_stages, stage, sections, message):
    clone.set(**sections)
    with pytest.raises((ValueError, OSError), match=message) as caught:
        run_stages(stage)
    assert "\n" not in str(caught.value)


def test_a_missing_file_names_the_command_that_makes_it(clone):
    (clone.path / "data/patches/owner.npy").unlink()
    done = clone.run(sys.executable, "-m", "stages.train", fails=True)
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("train: ")
    assert "owner.npy is missing; run `dvc repro`" in done.stderr
    assert (clone.path / "data/patches/cube.npy").is_file()


def test_mlflow_down_is_a_warning(clone, run_stages, monkeypatch, capsys):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", NO_SERVER)
    clone.set(train={"epochs": 2})
    run_stages(*FROM_TRAINING)
    warned = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning:")]
    assert sum("not tracked in MLflow" in line for line in warned) == 4
    assert len(clone.runs()) == 1


@pytest.mark.parametrize(("processor", "warnings"), [({}, 1), ({"avx512_bf16": True}, 0)])
def test_a_precision_that_the_processor_only_emulates_is_warned_of(
    clone, run_stages, monkeypatch, capsys, processor, warnings
):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: processor)
    clone.set(train={"epochs": 2, "precision": "bfloat16"})
    run_stages("train")
    said = capsys.readouterr().err
    assert said.count("slower with it than with train.precision=float32") == warnings
