"""The classifier as a model of MLflow, loaded and served without this checkout on the path."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.metadata import version
from pathlib import Path

import mlflow
import numpy as np
import pytest
from small_classifier import NAMES, classifier

import hsi
from experiments.mlflow_model import PROJECT, requirements, write_model

# Of MLflow's own code.
pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning",
    "ignore::ResourceWarning",
    "ignore:.*Any type hint is inferred:UserWarning",
)
SECONDS = 120  # in which the server has to start


@pytest.fixture
def folder(cube, truth, tmp_path) -> Path:
    """A model of MLflow in a folder."""
    classifier(cube, truth, attention="se").save(tmp_path / "data/classifier")
    write_model(tmp_path / "data/classifier", tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def holed(cube) -> np.ndarray:
    """A part of the scene with a pixel without data."""
    part = cube[:7, :9].astype(np.float64)
    part[2, 3] = np.nan
    return part


def assert_right(answer: dict[str, list], folder: Path, cube: np.ndarray) -> None:
    """The answer is that of the classifier, with null where that has NaN."""
    expected = hsi.load(folder / "artifacts/classifier").predict(cube)
    assert answer["classes"] == expected.classes.tolist()
    for name in ("confidence", "entropy"):
        assert answer[name][2][3] is None
        found = np.array(answer[name], np.float32)
        assert np.array_equal(found, getattr(expected, name), equal_nan=True)


def test_the_model_answers_as_the_classifier_in_what_json_can_carry(folder, holed):
    answer = mlflow.pyfunc.load_model(str(folder)).predict(holed)
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer
    assert_right(answer, folder, holed)


def test_the_model_says_what_it_takes_and_holds_no_pickle(folder):
    model = mlflow.models.Model.load(str(folder))
    (cube,) = model.signature.inputs.inputs
    assert (cube.shape, cube.type) == ((-1, -1, 24), np.dtype(np.float64))
    assert [each.name for each in model.signature.outputs.inputs] == [
        "classes",
        "confidence",
        "entropy",
    ]
    assert model.metadata["class_names"] == list(NAMES)
    assert model.metadata["labels"] == [2, 5, 9]
    assert (folder / "code/hsi/classifier.py").is_file()
    assert not [path for path in folder.rglob("*") if path.suffix in {".pkl", ".pickle", ".pyc"}]
    assert "python_model" not in model.flavors["python_function"], "the key of a pickled model"


def test_the_requirements_are_those_of_the_library_as_they_are_installed():
    found = dict(each.split("==") for each in requirements(PROJECT))
    assert found["numpy"] == version("numpy")
    assert found["torch"] == version("torch").split("+")[0]
    assert found.keys().isdisjoint({"mlflow", "dvc"})


@pytest.mark.slow
def test_mlflow_serves_the_model_without_this_checkout(folder, holed, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", str(folder)]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PYTHONPATH": "", "PATH": path}
    with (tmp_path / "log").open("w") as log:
        child = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stderr=log, stdout=log, start_new_session=True
        )
    try:
        wait_for(f"{server}/ping", child)
        content = json.dumps({"inputs": holed.tolist()}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{server}/invocations", content, headers)
        with urllib.request.urlopen(request) as response:
            answer = json.load(response)["predictions"]
    finally:
        os.killpg(child.pid, signal.SIGTERM)
        child.wait()
    assert_right(answer, folder, holed)


def wait_for(address: str, server: subprocess.Popen) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    pytest.fail("the server does not answer")
