"""The champion of a scene in a real registry."""

from pathlib import Path

import mlflow
import pytest
from small_classifier import classifier

from experiments import mlflow_champion
from experiments.mlflow_champion import make_champion
from experiments.mlflow_model import FOLDER, write_model
from experiments.mlflow_run import Run
from experiments.mlflow_store import address, open_store
from hsi.files import md5

# Of MLflow's own code, with a real database.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore:.*Any type hint is inferred:UserWarning",
)


@pytest.fixture
def store(monkeypatch, tmp_path) -> Path:
    """A repository with an empty store."""
    monkeypatch.setenv("DVC_ROOT", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path


def trained(store: Path, content: str, oa: float) -> Path:
    """A model file, and a run of it without a classifier."""
    model = store / f"{content}.safetensors"
    model.write_text(content)

    def connect(run: Run) -> None:
        run.client, experiment = open_store("salinas")
        tags = {"model_md5": md5(model)}
        run.id = run.client.create_run(experiment, tags=tags, run_name=content).info.run_id

    Run(connect).log({"oa": oa})
    return model


def evaluated(store: Path, model: Path, cube, truth) -> None:
    """Log a classifier to the run of a model."""

    def connect(run: Run) -> None:
        run.client, experiment = open_store("salinas")
        (found,) = run.client.search_runs([experiment], f"tags.model_md5 = '{md5(model)}'")
        run.id = found.info.run_id

    classifier(cube, truth).save(store / "classifier")
    Run(connect).log_folder(lambda folder: write_model(store / "classifier", folder), FOLDER)


@pytest.mark.slow
def test_the_champion_is_the_model_in_the_workspace(store, cube, truth):
    first, second = trained(store, "first", 0.9), trained(store, "second", 0.95)
    with pytest.raises(ValueError, match=r"no MLflow run has the classifier of .*first\.safe"):
        make_champion("salinas", first)
    for model in (first, second):
        evaluated(store, model, cube, truth)

    line = make_champion("salinas", first)
    assert line == "salinas: champion is version 1, run 'first' (OA 90.00%); there was none before"
    assert make_champion("salinas", first).endswith("version 1, run 'first' (OA 90.00%), as before")
    line = make_champion("salinas", second)
    assert line.startswith("salinas: champion is version 2, run 'second' (OA 95.00%)")
    assert line.endswith("; before it was version 1, run 'first' (OA 90.00%)")
    line = make_champion("salinas", first)
    assert line.startswith("salinas: champion is version 1"), "it keeps its version"

    mlflow.set_tracking_uri(address())
    try:
        answer = mlflow.pyfunc.load_model("models:/salinas@champion").predict(cube.astype(float))
    finally:
        mlflow.set_tracking_uri(None)
    assert answer["classes"] == classifier(cube, truth).predict(cube).classes.tolist()


def test_without_a_model_it_says_so_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(mlflow_champion, "MODEL", tmp_path / "model.safetensors")
    with pytest.raises(SystemExit, match=r"^champion: .*model\.safetensors is missing; run `dvc"):
        mlflow_champion.main()


def test_a_store_that_fails_is_one_line(store, monkeypatch, tmp_path):
    (tmp_path / "model.safetensors").write_text("model")
    monkeypatch.setattr(mlflow_champion, "MODEL", tmp_path / "model.safetensors")

    def fails(scene: str) -> None:
        raise RuntimeError("no\nserver")

    monkeypatch.setattr(mlflow_champion, "open_store", fails)
    with pytest.raises(SystemExit, match=r"^champion: no server$"):
        mlflow_champion.main()
