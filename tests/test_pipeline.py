"""The pipeline as its users run it: DVC over a copy of this repository, on a tiny scene."""

import ast
import csv
import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import spectral
import yaml
from conftest import CLASSES, HEIGHT, LABELS, WIDTH, Clone

from hsi.pixels import TEST
from stages import machine

STAGES = yaml.safe_load(Path("dvc.yaml").read_text())["stages"]
UNTRACKED = {Path("stages/tracking.py")}  # decides no output, see dvc.yaml


def module_files(name: str) -> Iterator[Path]:
    """Files that importing a dotted name of ours runs: the module and the packages above it."""
    parts = name.split(".")
    for end in range(1, len(parts) + 1):
        base = Path("src" if parts[0] == "hsi" else ".", *parts[:end])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                yield file


def is_for_types(node: ast.If) -> bool:
    return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def imported(file: Path, seen: set[Path]) -> set[Path]:
    if file in seen or file in UNTRACKED:
        return seen
    seen.add(file)
    tree = ast.parse(file.read_text())
    unseen = [node for node in ast.walk(tree) if isinstance(node, ast.If) and is_for_types(node)]
    skipped = {child for node in unseen for child in ast.walk(node)}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            if name.split(".")[0] in ("hsi", "stages"):
                for each in module_files(name):
                    imported(each, seen)
    return seen


@pytest.mark.parametrize("name", STAGES)
def test_deps_name_exactly_the_code_a_stage_runs(name):
    needed = imported(Path(f"stages/{name}.py"), {Path("stages/__init__.py")})
    listed = [Path(dep) for dep in STAGES[name]["deps"] if dep.startswith(("src", "stages"))]
    for folder in listed:  # of networks and attentions, which are found by name
        for file in folder.rglob("*.py"):
            imported(file, needed)
    missing = {f for f in needed if not any(f == d or d in f.parents for d in listed)}
    assert not missing, f"dvc.yaml stage {name} would stay cached after a change to {missing}"
    unused = {d for d in listed if not any(f == d or d in f.parents for f in needed)}
    assert not unused, f"dvc.yaml stage {name} would run again after a change to {unused}"


def test_every_file_a_stage_reads_is_an_output_of_an_earlier_one():
    made: set[str] = {"data/scenes"}
    for stage in STAGES.values():
        inputs = {dep for dep in stage["deps"] if dep.startswith(("data", "metrics"))}
        assert inputs <= made
        for out in stage.get("outs", []) + stage.get("metrics", []):
            made |= {out} if isinstance(out, str) else set(out)


def runs(clone: Clone) -> list[dict[str, dict[str, str]]]:
    """Each MLflow run of a clone's own store: its tags, parameters, latest metrics, and status."""
    store = sqlite3.connect(clone.path / ".mlflow/mlflow.db")
    found = []
    for run_id, name, status in store.execute("select run_uuid, name, status from runs"):
        rows = {
            table: dict(store.execute(f"select key, value from {table} where run_uuid=?", [run_id]))
            for table in ("tags", "params", "latest_metrics")
        }
        curve = store.execute(
            "select step, value from metrics where run_uuid=? and key='loss' order by step",
            [run_id],
        ).fetchall()
        found.append({"id": run_id, "name": name, "status": status, "curve": curve, **rows})
    store.close()
    return found


def artifacts(clone: Clone, run: dict) -> set[str]:
    folder = next((clone.path / ".mlflow/artifacts").rglob(run["id"]))
    return {path.name for path in folder.rglob("*.*")}


PICTURES = {
    *("split.png", "map.png", "confusion.png", "per_class.png", "calibration.png"),
    *("confusion.csv", "evaluate.json"),
}


@pytest.mark.slow
def test_from_a_fresh_clone_to_a_map_and_an_mlflow_run(clone):
    clone.run("dvc", "repro")

    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    assert scores["oa"] > 0.9
    assert scores["gain_over_floor"] == pytest.approx(scores["oa"] - scores["floor_oa"])
    assert list(scores["per_class"]) == ["wheat", "class 5", "fallow"]
    assert 0 <= scores["per_class"]["wheat"]["recall"] <= 1
    table = (clone.path / "metrics/plots/confusion.csv").read_text()
    matrix = list(csv.DictReader(table.splitlines()))
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert sum(int(row["pixels"]) for row in matrix) == split["test"]
    right = sum(int(row["pixels"]) for row in matrix if row["actual"] == row["predicted"])
    assert scores["oa"] == pytest.approx(right / split["test"])

    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert raster.shape == (HEIGHT, WIDTH)
    assert set(np.unique(raster)) <= set(range(1, CLASSES + 1))
    labels = np.load(clone.path / "data/map/labels.npy")
    assert np.array_equal(np.array([255, *LABELS])[raster], labels)
    assert (clone.path / "metrics/plots/map.png").stat().st_size > 10_000

    (run,) = runs(clone)
    assert run["status"] == "FINISHED"
    assert run["latest_metrics"]["oa"] == pytest.approx(scores["oa"])
    assert run["latest_metrics"]["floor_oa"] == pytest.approx(scores["floor_oa"])
    assert run["latest_metrics"]["parameters"] > 0
    assert [step for step, _ in run["curve"]] == list(range(1, 31))
    assert run["params"]["model.attention"] == "none"
    assert run["tags"]["precision"] == machine.precision("auto", machine.device())
    assert "model.cbam.kernel" not in run["params"]
    lock = yaml.safe_load((clone.path / "dvc.lock").read_text())
    files = {out["path"]: out for out in lock["stages"]["train"]["outs"]}
    assert files["data/model"]["nfiles"] == 2
    assert run["tags"]["model_md5"] in md5s(clone.path / ".dvc/cache")
    head = clone.run("git", "rev-parse", "HEAD").stdout.strip()
    assert run["tags"]["dvc.baseline_rev"] == head
    assert artifacts(clone, run) == PICTURES

    probability = np.load(clone.path / "data/evaluation/probability.npy")
    assert probability.shape == (split["test"], CLASSES)

    # the second time nothing runs, and everything is as it was
    again = clone.run("dvc", "repro").stdout
    assert "Running stage" not in again
    assert len(runs(clone)) == 1
    before = (clone.path / "dvc.lock").read_text()
    clone.run("dvc", "repro", "--force", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert (clone.path / "dvc.lock").read_text() == before, "the same seed gave other bits"


@pytest.mark.slow
def test_a_clone_of_a_committed_run_has_a_whole_mlflow_run_of_its_own(clone, tmp_path):
    clone.run("dvc", "repro", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    clone.commit("results")
    shutil.rmtree(clone.path / ".dvc/cache/runs")
    for name in ("raw", "split", "reduced", "patches", "model", "evaluation", "map"):
        shutil.rmtree(clone.path / "data" / name)
    files = clone.path / ".dvc/cache/files"
    files.rename(tmp_path / "away")
    for name in ("cube", "truth"):  # the user's own files are all that a new machine is given
        file = yaml.safe_load((clone.path / f"data/scenes/{name}.npy.dvc").read_text())["outs"][0]
        part = Path("md5", file["md5"][:2], file["md5"][2:])
        (files / part).parent.mkdir(parents=True)
        shutil.copyfile(tmp_path / "away" / part, files / part)
    clone.run("dvc", "repro")
    (run,) = runs(clone)
    assert "oa" in run["latest_metrics"]
    assert artifacts(clone, run) == PICTURES


def md5s(cache: Path) -> set[str]:
    return {path.parent.name + path.name for path in cache.rglob("*") if path.is_file()}


@pytest.mark.slow
def test_experiments_keep_their_code_and_their_runs_and_metrics_diff_shows_them(clone):
    clone.run("dvc", "repro")
    clone.commit("none")

    clone.run("dvc", "exp", "run", "-n", "with-cbam", "-S", "model.attention=cbam")
    changed = clone.run("dvc", "params", "diff").stdout
    assert "model.attention" in changed
    assert "oa" in clone.run("dvc", "metrics", "diff", "--all").stdout
    named = [run for run in runs(clone) if run["tags"]["dvc.exp_name"] == "with-cbam"]
    assert [run["params"]["model.attention"] for run in named] == ["cbam"]
    assert "oa" in named[0]["latest_metrics"]
    assert artifacts(clone, named[0]) == PICTURES

    # a model that DVC restores from its cache has an MLflow run too, with the curve
    clone.run("git", "checkout", "-q", ".")
    clone.run("dvc", "checkout", "-q")
    restored = clone.run("dvc", "exp", "run", "-n", "again", "-S", "model.attention=cbam")
    assert "Stage 'train' is cached" in restored.stdout
    (run,) = [run for run in runs(clone) if run["tags"]["dvc.exp_name"] == "again"]
    assert run["tags"]["dvc.restored_from"] == named[0]["id"]
    assert run["curve"] == named[0]["curve"]
    assert run["latest_metrics"]["oa"] == named[0]["latest_metrics"]["oa"]
    assert artifacts(clone, run) == PICTURES


@pytest.mark.slow
def test_settings_of_a_block_not_in_use_run_nothing_and_a_misspelt_name_is_one_line(clone):
    dead = {"MLFLOW_TRACKING_URI": "http://127.0.0.1:9"}
    clone.run("dvc", "repro", "train", **dead)
    clone.set(model={"cbam": {"kernel": 3}}, train={"windows": {"batch": 7}})
    assert "Running stage" not in clone.run("dvc", "repro", "train", **dead).stdout
    clone.set(train={"scene": {"rate": 0.001}})
    assert "Running stage 'train'" in clone.run("dvc", "repro", "train", **dead).stdout

    clone.set(model={"attention": "cbma"})
    done = clone.run("dvc", "repro", "train", fails=True, **dead)
    told = "params.yaml: model.attention: may be none, se, channel, spatial, cbam, eca, nonlocal"
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "attention"), [("svm", "none"), ("se_resnet18", "se"), ("cnn3d", "strip")]
)
def test_other_networks_go_through_the_same_stages(clone, network, attention):
    clone.run("dvc", "repro", "patches")
    clone.commit("patches")
    asked = [f"model.name={network}", f"model.attention={attention}", "train.epochs=8"]
    options = [part for each in asked for part in ("-S", each)]
    clone.run("dvc", "exp", "run", "-n", "other", *options)
    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    assert scores["oa"] > (0.9 if network == "svm" else 0.3)
    (run,) = runs(clone)
    assert run["params"]["model.name"] == network
    assert artifacts(clone, run) == PICTURES
    assert len(run["curve"]) == (1 if network == "svm" else 8)


@pytest.mark.slow
def test_blocks_hide_sides_from_each_other_and_the_map_has_the_errors_that_were_scored(clone):
    clone.set(
        split={"method": "blocks", "block": 5, "validation": 0.1},
        reduce={"fit_on": "train"},
        inference={"temperature": True},
    )
    done = clone.run("dvc", "repro")
    assert "inside training windows" not in done.stderr
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert (split["test_inside_training_windows"], split["shared_pixels"]) == (0, 0)
    scores = json.loads((clone.path / "metrics/evaluate.json").read_text())
    assert scores["temperature"] != 1
    assert 0 <= scores["ece"] <= 1

    pixels = np.load(clone.path / "data/split/pixels.npy")
    rows, columns, targets, _ = pixels[pixels[:, 3] == TEST].T
    raster = spectral.envi.open(clone.path / "data/map/classes.hdr").read_band(0)
    assert (raster[rows, columns] - 1 == targets).mean() == pytest.approx(scores["oa"])
    confidence = np.load(clone.path / "data/map/confidence.npy")[rows, columns]
    probability = np.load(clone.path / "data/evaluation/probability.npy")
    assert np.allclose(confidence, probability.max(1), atol=1e-4)
    entropy = np.load(clone.path / "data/map/entropy.npy")
    assert entropy.shape == (HEIGHT, WIDTH)
    (run,) = runs(clone)
    assert run["tags"]["leak"] == "none"
    assert {"split.png", "calibration.png"} <= artifacts(clone, run)


@pytest.mark.slow
def test_own_masks_are_the_split_and_a_random_one_is_warned_of_everywhere(clone):
    labels = np.load(clone.path / "data/scenes/truth.npy")
    chosen = np.arange(labels.size).reshape(labels.shape) % 4
    for side, number in (("train", 0), ("test", 1)):
        mask = np.where((chosen == number) & (labels != 255), labels, 0)
        np.save(clone.path / f"data/scenes/{side}.npy", mask)
    files = {"train": "data/scenes/train.npy", "test": "data/scenes/test.npy"}
    clone.set(split={"method": "file", "file": files}, train={"epochs": 2})
    done = clone.run("dvc", "repro")
    split = json.loads((clone.path / "metrics/split.json").read_text())
    assert split["train"] == ((chosen == 0) & (labels != 255)).sum()
    assert split["test"] == ((chosen == 1) & (labels != 255)).sum()
    (warning,) = [line for line in done.stderr.splitlines() if "inside training windows" in line]
    assert "split.method=file" in warning
    (run,) = runs(clone)
    assert run["tags"]["leak"] in warning
    assert run["latest_metrics"]["test_inside_training_windows"] == 1

    (clone.path / "data/scenes/test.npy").unlink()
    done = clone.run("dvc", "repro", fails=True)
    assert "split: data/scenes/test.npy does not exist" in done.stderr


@pytest.mark.slow
def test_a_queue_from_an_empty_store_runs_its_own_code_and_keeps_every_run(clone):
    clone.run("dvc", "repro", "train", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    clone.commit("start")
    # code that only the queued experiments have: they must run it, not this checkout's
    code = clone.path / "src/hsi/attention/__init__.py"
    original = code.read_text()
    code.write_text(original + "\nprint('queued code')\n")
    clone.run("dvc", "exp", "run", "--queue", "-S", "model.attention=none,se")
    code.write_text(original)
    clone.run("dvc", "queue", "start", "-j", "2")
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        status = clone.run("dvc", "queue", "status").stdout
        if "Running" not in status and "Queued" not in status:
            break
        time.sleep(2)
    names = [line.split()[1] for line in status.splitlines()[1:] if "Success" in line]
    assert len(names) == 2, status
    for name in names:
        assert "queued code" in clone.run("dvc", "queue", "logs", name).stdout

    found = runs(clone)
    assert {run["tags"]["dvc.exp_name"] for run in found} == set(names)
    assert {run["params"]["model.attention"] for run in found} == {"none", "se"}
    for run in found:
        assert run["status"] == "FINISHED"
        assert "oa" in run["latest_metrics"]
        assert artifacts(clone, run) == PICTURES
    shown = clone.run("dvc", "exp", "show", "--csv").stdout
    assert all(name in shown for name in names)


@pytest.mark.slow
def test_a_training_killed_halfway_goes_on_to_the_same_model(clone):
    clone.set(train={"epochs": 400})
    clone.run("dvc", "repro", "patches")
    code = clone.path / "stages/follow.py"
    often = code.read_text().replace("CHECKPOINTS = 20", "CHECKPOINTS = 0.2")
    code.write_text(often)
    clone.run(sys.executable, "-m", "stages.train")
    whole = (clone.path / "data/model/model.pt").read_bytes()
    (clone.path / "data/model/model.pt").unlink()

    killed = subprocess.Popen(
        [sys.executable, "-m", "stages.train"],
        cwd=clone.path,
        env=clone.environment(),
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not list((clone.path / ".scratch").glob("*.pt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert not (clone.path / "data/model/model.pt").exists()

    clone.run(sys.executable, "-m", "stages.train")
    assert (clone.path / "data/model/model.pt").read_bytes() == whole
    assert not list((clone.path / ".scratch").glob("*.pt"))
    first, second = runs(clone)
    assert second["curve"] == first["curve"], "the resumed training logged into the same run, once"


@pytest.mark.slow
def test_what_a_user_can_mend_is_one_line_and_costs_nothing_computed(clone):
    clone.run("dvc", "repro", "patches")

    def complaint(stage: str, **sections: dict[str, object]) -> str:
        before = (clone.path / "params.yaml").read_text()
        clone.set(**sections)
        done = clone.run(sys.executable, "-m", f"stages.{stage}", fails=True)
        (clone.path / "params.yaml").write_text(before)
        assert "Traceback" not in done.stderr
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        return done.stderr

    assert "params.yaml: split.trian: unknown key" in complaint("split", split={"trian": 1})
    assert "split.train=5000" in complaint("split", split={"train": 5000})
    assert "reduce.components=99 exceeds" in complaint("reduce", reduce={"components": 99})
    assert "patches.window=27 is larger" in complaint("patches", patches={"window": 27})
    assert "patches.window=7 does not fit" in complaint("train", patches={"window": 7})
    wrong = {"scene": {"rate": 1e20, "schedule": "constant"}}
    assert "lower train.scene.rate" in complaint("train", train=wrong)
    missing = {"custom": {"cube": "data/scenes/none.mat"}}
    assert "none.mat does not exist" in complaint("fetch", scene=missing)
    (clone.path / "data/patches/owner.npy").unlink()
    assert "owner.npy is missing; run `dvc repro`" in complaint("train")
    assert (clone.path / "data/patches/cube.npy").is_file()


@pytest.mark.slow
def test_mlflow_down_is_a_warning(clone):
    done = clone.run("dvc", "repro", MLFLOW_TRACKING_URI="http://127.0.0.1:9")
    assert done.stderr.count("warning: not tracked in MLflow") == 3  # train, evaluate, map
    assert json.loads((clone.path / "metrics/evaluate.json").read_text())["oa"] > 0.9
