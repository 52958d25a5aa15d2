"""`dvc repro` and `dvc exp run` on a tiny scene, from a fresh clone to a map and an MLflow run."""

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import spectral
import yaml
from rasterio.errors import NotGeoreferencedWarning

import hsi
from tests.conftest import CLASSES, HEIGHT, LABELS, WIDTH
from tests.pipeline.clone import Clone
from tests.test_structure import NO_DEPENDENCY

pytestmark = pytest.mark.slow

KEPT = {
    *("split.png", "map.png", "confusion.png", "per_class.png", "calibration.png", "distance.png"),
    *("confusion.csv", "evaluate.json"),
    *(  # a model of MLflow
        f"classifier/{name}"
        for name in ("conda.yaml", "mlflow_served.py", "python_env.yaml", "requirements.txt")
    ),
    *(
        f"classifier/artifacts/classifier/{name}"
        for name in ("model.safetensors", "config.json", "item.json", "README.md")
    ),
}


def read(clone: Clone, name: str) -> Any:
    return json.loads((clone.path / name).read_text())


def md5s(cache: Path) -> set[str]:
    return {path.parent.name + path.name for path in cache.rglob("*") if path.is_file()}


def test_a_fresh_clone_becomes_a_map_and_an_mlflow_run(clone):
    scores = read(clone, "metrics/evaluate.json")
    assert scores["oa"] > 0.9
    assert scores["gain_over_floor"] == pytest.approx(scores["oa"] - scores["floor_oa"])
    assert list(scores["per_class"]) == ["wheat", "class 5", "fallow"]
    assert 0 <= scores["per_class"]["wheat"]["recall"] <= 1
    matrix = clone.table("metrics/plots/confusion.csv")
    split = read(clone, "metrics/split.json")
    assert sum(int(row["pixels"]) for row in matrix) == split["test"]
    right = sum(int(row["pixels"]) for row in matrix if row["actual"] == row["predicted"])
    assert scores["oa"] == pytest.approx(right / split["test"])

    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert raster.shape == (HEIGHT, WIDTH)
    assert set(np.unique(raster)) <= set(range(1, CLASSES + 1))
    labels = np.load(clone.path / "data/map/labels.npy")
    assert np.array_equal(np.array([255, *LABELS])[raster], labels)
    with pytest.warns(NotGeoreferencedWarning):
        in_labels = rasterio.open(clone.path / "data/map/classes.tif")
    assert np.array_equal(in_labels.read(1), np.array([0, *LABELS])[raster])
    assert {path.name for path in (clone.path / "data/map").iterdir()} == {
        *("classes.tif", "classes.tif.aux.xml", "classes.qml", "classes.hdr", "classes.img"),
        *("classes.png", "confidence.tif", "entropy.tif", "labels.npy"),
    }
    assert (clone.path / "metrics/plots/map.png").stat().st_size > 10_000
    pixels = np.load(clone.path / "data/split/pixels.npy")
    probability = np.load(clone.path / "data/inference/probability.npy")
    assert probability.shape == (len(pixels), CLASSES)
    assert len(clone.table("data/evaluation/test_pixels.csv")) == split["test"]

    (run,) = clone.runs()
    assert run["status"] == "FINISHED"
    assert run["latest_metrics"]["oa"] == pytest.approx(scores["oa"])
    assert run["latest_metrics"]["floor_oa"] == pytest.approx(scores["floor_oa"])
    assert run["latest_metrics"]["parameters"] > 0
    assert [step for step, _ in run["curve"]] == list(range(1, 31))
    assert run["params"]["model.attention"] == "none"
    assert run["tags"]["precision"] == "float32"
    assert "model.cbam.kernel" not in run["params"]
    lock = yaml.safe_load((clone.path / "dvc.lock").read_text())
    files = {out["path"]: out for out in lock["stages"]["train"]["outs"]}
    assert files["data/model"]["nfiles"] == 2
    assert run["tags"]["model_md5"] in md5s(clone.path / ".dvc/cache")
    start = clone.run("git", "rev-parse", "HEAD~").stdout.strip()
    assert run["tags"]["dvc.baseline_rev"] == start
    assert clone.artifacts(run) == KEPT


def test_each_stage_imports_what_dvc_yaml_names_and_only_three_run_a_network(imported):
    stages = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert list(imported) == list(stages)
    assert {stage for stage, modules in imported.items() if "torch" in modules} == {
        "train",
        "infer",
        "deliver",
    }
    for stage, modules in imported.items():
        listed = {Path(dep) for dep in stages[stage]["deps"]}
        ours = {name for name in modules if name.startswith(("hsi.", "experiments."))}
        assert ours
        files = {Path("src", *name.split(".")).with_suffix(".py") for name in ours}
        for file in files - NO_DEPENDENCY:
            assert not file.is_file() or listed & {file, *file.parents}, f"{stage} runs {file}"


def test_the_classifier_draws_the_map_of_the_pipeline_bit_for_bit(clone):
    cube = np.load(clone.path / "data/raw/cube.npy")
    answer = hsi.load(clone.path / "data/classifier").predict(cube)
    for name in ("classes", "confidence", "entropy"):
        ours = np.load(clone.path / f"data/delivered/{name}.npy")
        assert np.array_equal(getattr(answer, name), ours)
    for name in ("confidence", "entropy"):
        with pytest.warns(NotGeoreferencedWarning):
            layer = rasterio.open(clone.path / f"data/map/{name}.tif")
        assert np.array_equal(layer.read(1), getattr(answer, name))
    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert np.array_equal(raster, answer.classes)


def test_the_same_commit_gives_the_same_bits_and_an_mlflow_run_on_another_machine(clone, tmp_path):
    clone.run("git", "reset", "-q", "--soft", "HEAD~")  # the classifier names the commit
    before = (clone.path / "dvc.lock").read_text()
    shutil.rmtree(clone.path / ".mlflow")
    shutil.rmtree(clone.path / ".dvc/cache/runs")
    for folder in (clone.path / "data").iterdir():
        if folder.is_dir() and folder.name != "scenes":
            shutil.rmtree(folder)
    files = clone.path / ".dvc/cache/files"
    files.rename(tmp_path / "away")
    for name in ("cube", "truth"):  # the user's own files are all that a new machine is given
        file = yaml.safe_load((clone.path / f"data/scenes/{name}.npy.dvc").read_text())["outs"][0]
        part = Path("md5", file["md5"][:2], file["md5"][2:])
        (files / part).parent.mkdir(parents=True)
        shutil.copyfile(tmp_path / "away" / part, files / part)
    clone.run("dvc", "repro")
    assert (clone.path / "dvc.lock").read_text() == before, "the same seed gave other bits"
    assert not clone.run("git", "diff").stdout
    (run,) = clone.runs()
    assert "oa" in run["latest_metrics"]
    assert run["tags"]["dvc.exp_name"] == "workspace"
    assert clone.artifacts(run) == KEPT


def test_only_what_a_stage_uses_makes_it_run_again(clone):
    def stale() -> set[str]:
        """Stages that `dvc repro` would run first."""
        status = json.loads(clone.run("dvc", "status", "--json").stdout)
        return set(status)

    assert stale() == set()
    assert "Running stage" not in clone.run("dvc", "repro").stdout
    clone.set(model={"cbam": {"kernel": 3}}, train={"windows": {"batch": 7}})
    assert stale() == set(), "settings of a block that is not in use"
    clone.set(train={"scene": {"rate": 0.001}})
    assert "train" in stale()
    clone.run("git", "checkout", "-q", ".")
    np.save(clone.path / "data/scenes/mask.npy", np.zeros((HEIGHT, WIDTH)))
    assert {"fetch", "split"} <= stale()

    clone.set(model={"attention": "cbma"})
    done = clone.run("dvc", "repro", fails=True)
    told = "params.yaml: model.attention: may be none, se, channel, spatial, cbam, eca, nonlocal"
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def queue(clone: Clone) -> set[str]:
    """Run all queued experiments, two at a time, and return the names of those that succeeded."""
    start = ("dvc", "queue", "start", "-j", "2")  # its workers keep open what they print to
    subprocess.run(
        start, cwd=clone.path, env=clone.environment(), stdout=subprocess.DEVNULL, check=True
    )
    ended, status = "", "Running"
    deadline = time.monotonic() + 300
    while "Running" in status and time.monotonic() < deadline:
        time.sleep(0.5)
        if ended.count("\n") < 2:  # each success gets a reference in git, which is quick to ask for
            ended = clone.run("git", "for-each-ref", "refs/exps/??/*/*").stdout
        else:
            status = clone.run("dvc", "queue", "status").stdout
    return {line.split()[1] for line in status.splitlines()[1:] if "Success" in line}


def test_experiments_run_their_own_code_and_keep_their_runs_and_can_be_run_again(clone):
    shutil.rmtree(clone.path / ".mlflow")  # two processes at once then create the store
    clone.set(train={"epochs": 3})
    # Code that only the queued experiments have: they must run it, not that of this checkout.
    code = clone.path / "src/hsi/pictures/evaluation.py"
    original = code.read_text()
    code.write_text(original + "\nprint('queued code')\n")
    clone.run("dvc", "exp", "run", "--queue", "-S", "model.attention=se,cbam")
    code.write_text(original)
    names = queue(clone)
    assert len(names) == 2, clone.run("dvc", "queue", "status").stdout
    for name in names:
        assert "queued code" in clone.run("dvc", "queue", "logs", name).stdout
    found = {run["params"]["model.attention"]: run for run in clone.runs()}
    assert {run["tags"]["dvc.exp_name"] for run in found.values()} == names
    assert found.keys() == {"se", "cbam"}
    for run in found.values():
        assert run["status"] == "FINISHED"
        assert "oa" in run["latest_metrics"]
        assert clone.artifacts(run) == KEPT
        assert len(run["curve"]) == 3
    shown = clone.run("dvc", "exp", "show", "--csv").stdout
    assert all(name in shown for name in names)

    # A model that DVC restores from its cache has an MLflow run too, with the curve.
    again = clone.run("dvc", "exp", "run", "-n", "again", "-S", "model.attention=cbam").stdout
    assert "Stage 'train' is cached" in again
    assert "queued code" not in again
    run = clone.runs()[-1]
    assert run["tags"]["dvc.exp_name"] == "again"
    assert run["tags"]["dvc.restored_from"] == found["cbam"]["id"]
    assert run["curve"] == found["cbam"]["curve"]
    assert run["latest_metrics"]["oa"] == found["cbam"]["latest_metrics"]["oa"]
    assert clone.artifacts(run) == KEPT
    assert "model.attention" in clone.run("dvc", "params", "diff").stdout
    assert "oa" in clone.run("dvc", "metrics", "diff", "--all").stdout
