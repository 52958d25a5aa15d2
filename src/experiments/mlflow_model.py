"""The classifier as a model of MLflow, which can load it, serve it and register it.

MLflow gets the folder of the classifier, the library and `mlflow_served.py`. Nothing is pickled:
https://mlflow.org/docs/latest/ml/model/models-from-code
"""

import re
import tomllib
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np

import hsi
from hsi.files import read_json

FOLDER = "classifier"  # of the model among the artifacts of its run
PROJECT = Path("pyproject.toml")
SERVED = Path(__file__).with_name("mlflow_served.py")
ANSWERS = (("classes", np.int32), ("confidence", np.float32), ("entropy", np.float32))


def write_model(classifier: Path, folder: Path) -> None:
    """Write the folder of a classifier as a model of MLflow.

    Args:
        classifier: What `Classifier.save` wrote.
        folder: The new folder.
    """
    config = read_json(classifier / "config.json")
    scene = config["scene"]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r".*Any type hint is inferred", UserWarning)
        warnings.filterwarnings("ignore", r".*An input example was not provided", UserWarning)
        from mlflow.models import ModelSignature
        from mlflow.pyfunc import save_model
        from mlflow.types import Schema, TensorSpec

        cube = Schema([TensorSpec(np.dtype(np.float64), (-1, -1, config["bands"]))])
        answers = Schema([TensorSpec(np.dtype(dtype), (-1, -1), name) for name, dtype in ANSWERS])
        save_model(
            folder,
            python_model=str(SERVED),
            artifacts={"classifier": str(classifier)},
            code_paths=[str(Path(hsi.__file__).parent)],
            signature=ModelSignature(cube, answers),
            pip_requirements=requirements(PROJECT),
            metadata={key: scene[key] for key in ("class_names", "labels", "wavelengths")},
        )


def requirements(project: Path) -> list[str]:
    """Return what the library needs, in the versions that are installed, without their build."""
    listed = tomllib.loads(project.read_text(encoding="utf-8"))["project"]["dependencies"]
    names = [re.match(r"[\w.-]+", each) for each in listed]
    return [f"{name[0]}=={version(name[0]).partition('+')[0]}" for name in names if name]
